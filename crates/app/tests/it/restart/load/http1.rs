//! A visitor of HTTP/1.1. Its connection may end after a complete answer that said so, and at no other moment.

use super::{PAUSE, State, Visits, within};
use crate::restart::HOST;
use std::{io, sync::atomic::Ordering::SeqCst};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Talks over one connection after the other.
pub async fn visit(visits: Visits) {
    while let Some(stream) = visits.next().await {
        visits.note(converse(&visits.state, stream).await);
    }
}

/// One request after the other, until the connection ends as it was said to, or the load is over.
async fn converse(state: &State, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let mut answer = Vec::new();
    while !state.is_over() {
        within(stream.write_all(request.as_bytes())).await?;
        within(stream.flush()).await?;
        let head = within(read_answer(&mut stream, &mut answer)).await?;
        state.http1.answers.fetch_add(1, SeqCst);
        if head.to_ascii_lowercase().contains("\r\nconnection: close") {
            state.http1.farewells.fetch_add(1, SeqCst);
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Reads a whole answer, which must be the origin's; gives its head.
async fn read_answer(stream: &mut (impl AsyncRead + Unpin), answer: &mut Vec<u8>) -> io::Result<String> {
    const BODY: &str = "hello";
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(io::Error::other(format!("cut off after {:?}", String::from_utf8_lossy(answer))));
        }
        let text = String::from_utf8_lossy(answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(io::Error::other(head.to_owned()));
        }
        if body == BODY {
            return Ok(format!("{head}\r\n"));
        }
    }
}
