//! Ready-made servers, each wrong in one way.

use crate::{RawServer, Step};
use std::time::Duration;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// Accepts, reads nothing and says nothing.
pub async fn silent() -> RawServer {
    RawServer::start(vec![Step::Hang]).await
}

/// Reads the request and never answers.
pub async fn mute() -> RawServer {
    RawServer::start(vec![Step::ReadToEnd]).await
}

/// Answers one byte at a time, for ever, with `pause` before each.
pub async fn trickling(pause: Duration) -> RawServer {
    let head = b"HTTP/1.1 200 OK\r\nX-Slow: ".to_vec();
    RawServer::start(vec![request(), Step::Trickle([head, vec![b'a'; 4096]].concat(), pause)]).await
}

/// Resets the connection after the request head, without a word.
pub async fn resetting_before_head() -> RawServer {
    RawServer::start(vec![request(), Step::Reset]).await
}

/// Resets the connection in the middle of the answer's head.
pub async fn resetting_inside_head() -> RawServer {
    saying_then_reset("HTTP/1.1 200 OK\r\nContent-Le").await
}

/// Resets the connection in the middle of the answer's body.
pub async fn resetting_inside_body() -> RawServer {
    saying_then_reset("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await
}

/// Closes the connection after the request, without a word.
pub async fn empty_reply() -> RawServer {
    RawServer::start(vec![request(), Step::Close]).await
}

/// Closes the connection in the middle of the answer's head.
pub async fn closing_inside_head() -> RawServer {
    saying("HTTP/1.1 200 OK\r\nContent-Le").await
}

/// Announces more body than it sends.
pub async fn truncated_body() -> RawServer {
    saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await
}

/// Stops in the middle of a chunk.
pub async fn truncated_chunk() -> RawServer {
    saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf").await
}

/// Sends a chunk whose size is not a number.
pub async fn bad_chunk() -> RawServer {
    saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n0\r\n\r\n").await
}

/// Sends something that is not HTTP.
pub async fn garbage() -> RawServer {
    saying("\x01\x02 this is not a status line at all\r\n\r\n").await
}

/// Sends a head of about `size` bytes.
pub async fn oversized_head(size: usize) -> RawServer {
    saying(&format!("HTTP/1.1 200 OK\r\nX-Big: {}\r\nContent-Length: 0\r\n\r\n", "a".repeat(size))).await
}

/// Gives two lengths that differ.
pub async fn two_lengths() -> RawServer {
    saying("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhello").await
}

/// Gives a length and chunks.
pub async fn length_and_chunked() -> RawServer {
    saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").await
}

/// Answers twice to one request.
pub async fn answering_twice() -> RawServer {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    saying(&format!("{answer}{answer}")).await
}

/// Reads the request, says `text` and closes in good order.
pub async fn saying(text: &str) -> RawServer {
    RawServer::start(vec![request(), Step::Send(text.into()), Step::Close]).await
}

/// Reads the request, says `text` and resets. The pause lets the text arrive: a reset discards what is under way.
pub async fn saying_then_reset(text: &str) -> RawServer {
    RawServer::start(vec![request(), Step::Send(text.into()), Step::Pause(Duration::from_millis(50)), Step::Reset])
        .await
}

/// Answers a ClientHello with a fatal alert (RFC 8446 section 6), such as 40, 70 or 112.
pub async fn tls_alert(number: u8) -> RawServer {
    // Record type 21, version 3.3, two bytes: level 2 (fatal) and the description.
    RawServer::start(vec![Step::Read, Step::Send(vec![21, 3, 3, 0, 2, 2, number]), Step::Close]).await
}

/// Speaks plain HTTP where TLS is expected, as web servers do.
pub async fn plain_http_on_tls_port() -> RawServer {
    let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    RawServer::start(vec![Step::Read, Step::Send(answer.into()), Step::Close]).await
}

/// Closes the connection after the ClientHello.
pub async fn tls_closing() -> RawServer {
    RawServer::start(vec![Step::Read, Step::Close]).await
}

/// Resets the connection after the ClientHello.
pub async fn tls_resetting() -> RawServer {
    RawServer::start(vec![Step::Read, Step::Reset]).await
}

/// An SMTP server that answers `HELO` and `QUIT` with these lines.
pub async fn smtp(greeting: &str, helo: &str, quit: &str) -> RawServer {
    let line = |text: &str| Step::Send(format!("{text}\r\n").into());
    let command = |text: &str| Step::ReadUntil(text.into());
    RawServer::start(vec![line(greeting), command("HELO"), line(helo), command("QUIT"), line(quit), Step::ReadToEnd])
        .await
}

fn request() -> Step {
    Step::ReadUntil(HEAD_END.to_vec())
}
