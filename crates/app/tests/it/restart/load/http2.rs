//! A visitor of HTTP/2, with several requests at a time on each connection. A connection may end after GOAWAY, when
//! every request that it took is answered; one that it did not take may be sent again without doubt (RFC 9113 section
//! 6.8).

use super::{PATIENCE, PAUSE, State, Stream, Visits};
use crate::restart::HOST;
use bytes::Bytes;
use h2::{
    Reason,
    client::{SendRequest, handshake},
};
use http::{Request, StatusCode};
use std::{
    fmt::Display,
    future::Future,
    sync::{Arc, atomic::Ordering::SeqCst},
};
use tokio::{task::JoinSet, time::timeout};

/// How many requests of one connection are under way at a time.
const AT_A_TIME: usize = 4;

/// How asking came to an end, when not with a failure.
enum Asked {
    Answered,
    /// The connection takes no more, and has not taken this one.
    Refused,
    /// The connection takes no more; nothing was asked.
    Parting,
}

/// Talks over one connection after the other.
pub async fn visit(visits: Visits) {
    while let Some(stream) = visits.next().await {
        visits.note(converse(&visits.state, stream).await);
    }
}

/// Asks until the connection takes no more, or the load is over.
async fn converse(state: &Arc<State>, stream: Box<dyn Stream>) -> Result<(), String> {
    let (requests, connection) = soon(handshake(stream)).await?.map_err(text)?;
    let driver = tokio::spawn(connection);
    let mut askers = JoinSet::new();
    for _ in 0..AT_A_TIME {
        askers.spawn(ask_on(state.clone(), requests.clone()));
    }
    drop(requests);
    let mut told = Ok(false);
    while let Some(asked) = askers.join_next().await {
        told = told.and_then(|told| asked.map_err(text)?.map(|parting| told || parting));
    }
    let parting = told?;
    match soon(driver).await?.map_err(text)? {
        Err(error) if !is_farewell(&error) => return Err(format!("the connection ended: {error}")),
        _ => {}
    }
    state.http2.farewells.fetch_add(usize::from(parting), SeqCst);
    Ok(())
}

/// One request after the other. True when the connection said that it takes no more.
async fn ask_on(state: Arc<State>, mut requests: SendRequest<Bytes>) -> Result<bool, String> {
    while !state.is_over() {
        match ask(&mut requests).await? {
            Asked::Answered => state.http2.answers.fetch_add(1, SeqCst),
            Asked::Refused => {
                state.refused.fetch_add(1, SeqCst);
                return Ok(true);
            }
            Asked::Parting => return Ok(true),
        };
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}

async fn ask(requests: &mut SendRequest<Bytes>) -> Result<Asked, String> {
    let request = Request::get(format!("https://{HOST}/")).body(()).map_err(text)?;
    match soon(std::future::poll_fn(|cx| requests.poll_ready(cx))).await? {
        Ok(()) => {}
        Err(error) if is_farewell(&error) => return Ok(Asked::Parting),
        Err(error) => return Err(format!("no room for a request: {error}")),
    }
    let answer = match requests.send_request(request, true) {
        Ok((answer, _)) => answer,
        Err(error) if is_farewell(&error) => return Ok(Asked::Parting),
        Err(error) => return Err(format!("not sent: {error}")),
    };
    let answer = match soon(answer).await? {
        Ok(answer) => answer,
        Err(error) if is_farewell(&error) || error.reason() == Some(Reason::REFUSED_STREAM) => {
            return Ok(Asked::Refused);
        }
        Err(error) => return Err(format!("no answer: {error}")),
    };
    let status = answer.status();
    let (mut body, mut whole) = (answer.into_body(), Vec::new());
    while let Some(piece) = soon(body.data()).await? {
        let piece = piece.map_err(|error| format!("cut off after {whole:?}: {error}"))?;
        body.flow_control().release_capacity(piece.len()).map_err(text)?;
        whole.extend_from_slice(&piece);
    }
    match (status, whole.as_slice()) {
        (StatusCode::OK, b"hello") => Ok(Asked::Answered),
        _ => Err(format!("{status} {:?}", String::from_utf8_lossy(&whole))),
    }
}

/// Whether this is GOAWAY without any error.
fn is_farewell(error: &h2::Error) -> bool {
    error.is_go_away() && error.is_remote() && error.reason() == Some(Reason::NO_ERROR)
}

async fn soon<T>(work: impl Future<Output = T>) -> Result<T, String> {
    timeout(PATIENCE, work).await.map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}
