//! The gate: what a request passes before a handler sees it, and what is written on the answer on the way out.

use super::{
    auth,
    call::Caller,
    listener::Peer,
    rate::{Meter, Standing},
    router::Door,
};
use crate::{
    ApiState,
    answer::{Answer, Failure, failure_body},
};
use axum::{
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

/// The gate of one router, with the counts of its clients.
pub(super) struct Gate {
    pub state: ApiState,
    door: Door,
    tokens: Meter<String>,
    addresses: Meter<IpAddr>,
}

/// What a request has been found to be so far; written on the answer, whatever becomes of it.
pub(super) struct Visit {
    /// Names the request in the log and in the answer.
    pub id: String,
    standing: Option<Standing>,
}

impl Visit {
    /// A request of which nothing is known yet.
    pub fn new() -> Self {
        let id = getrandom::u64().map(|number| format!("{number:016x}")).unwrap_or_default();
        Self { id, standing: None }
    }
}

impl Gate {
    pub fn new(state: ApiState, door: Door) -> Self {
        let settings = &state.settings;
        let tokens = Meter::new(settings.token_rate, settings.counted_clients);
        let addresses = Meter::new(settings.address_rate, settings.counted_clients);
        Self { state, door, tokens, addresses }
    }

    /// Counts the call and finds out who calls.
    pub fn admit(
        &self,
        visit: &mut Visit,
        peer: Option<&ConnectInfo<Peer>>,
        headers: &HeaderMap,
    ) -> Result<Caller, Failure> {
        if self.door == Door::Local {
            return Ok(Caller::Local);
        }
        let now = Instant::now();
        if let Some(ConnectInfo(Peer(peer))) = peer {
            let standing = self.addresses.count(&peer.ip().to_canonical(), now);
            refuse_above(&mut visit.standing, standing, || self.addresses.words())?;
            visit.standing = None;
        }
        let caller = auth::identify(headers, |token| self.state.control.verify_token(token))?;
        if let Caller::Token(facts) = &caller {
            let standing = self.tokens.count(&facts.id, now);
            refuse_above(&mut visit.standing, standing, || self.tokens.words())?;
        }
        Ok(caller)
    }

    /// Reads the body, bounded in length and time.
    pub async fn read_body(&self, body: Body) -> Result<Bytes, Failure> {
        let limit = self.state.settings.body_limit;
        let reading = Limited::new(body, limit).collect();
        match tokio::time::timeout(self.state.settings.body_timeout, reading).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Failure::BodyTooLarge { limit }),
            Ok(Err(_)) | Err(_) => Err(Failure::BodyLost),
        }
    }

    /// The answer as it goes out.
    pub fn respond(&self, visit: &Visit, outcome: Result<Answer, Failure>) -> Response<Body> {
        let (status, bytes) = match &outcome {
            Ok(answer) => (StatusCode::OK, answer.to_bytes()),
            Err(failure) => {
                let body = failure_body(failure, &visit.id, self.state.settings.complaints_shown);
                (failure.status(), body)
            }
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        set(headers, HeaderName::from_static("x-request-id"), &visit.id);
        write_standing(headers, visit.standing);
        if let Err(failure) = &outcome {
            write_failure(headers, failure);
        }
        response
    }
}

/// Remembers how the client stands, and refuses it above the limit.
fn refuse_above(
    seen: &mut Option<Standing>,
    standing: Standing,
    words: impl FnOnce() -> String,
) -> Result<(), Failure> {
    *seen = Some(standing);
    if standing.allowed { Ok(()) } else { Err(Failure::TooMany { limit: words(), retry_after: standing.reset }) }
}

fn write_standing(headers: &mut HeaderMap, standing: Option<Standing>) {
    let Some(standing) = standing else { return };
    set(headers, HeaderName::from_static("x-ratelimit-limit"), &standing.limit.to_string());
    set(headers, HeaderName::from_static("x-ratelimit-remaining"), &standing.remaining.to_string());
    set(headers, HeaderName::from_static("x-ratelimit-reset"), &http_date(Timestamp::now(), standing.reset));
}

fn write_failure(headers: &mut HeaderMap, failure: &Failure) {
    match failure {
        Failure::TooMany { retry_after, .. } => set(headers, header::RETRY_AFTER, &whole_seconds(*retry_after)),
        Failure::WrongVerb { allowed, .. } => set(headers, header::ALLOW, allowed),
        failure if failure.status() == StatusCode::UNAUTHORIZED => {
            set(headers, header::WWW_AUTHENTICATE, "Bearer realm=\"bellwether\"");
        }
        _ => {}
    }
}

/// Seconds, rounded up: who waits that long is let in again.
fn whole_seconds(time: Duration) -> String {
    time.as_millis().div_ceil(1000).max(1).to_string()
}

/// A moment from now in the form of RFC 1123.
fn http_date(now: Timestamp, ahead: Duration) -> String {
    let at = now.checked_add(ahead).unwrap_or(now);
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

/// Sets a header whose value is ours. A value that cannot stand in a header is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
