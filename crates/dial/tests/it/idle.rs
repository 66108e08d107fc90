//! Whether an idle stream can still be used.

use crate::support::{dial, dial_tls, trusting};
use dial::Stream;
use testkit::{
    Answer, Origin, RawServer, Step,
    tls::{Authority, ServerTls},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends one request and reads an answer of five bytes.
async fn exchange(stream: &mut Stream) {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") {
        stream.read_buf(&mut answer).await.unwrap();
    }
}

/// Waits until the runtime has seen what the peer did to the socket.
async fn noticed(stream: &Stream) {
    stream.tcp().readable().await.unwrap();
}

// EDGE-63: a pooled stream that the origin closed is recognised before it is used.
#[tokio::test]
async fn a_plain_stream_that_the_peer_closed_is_dead() {
    let origin = Origin::saying("hello").await;
    let mut stream = dial(origin.address()).await.unwrap().stream;
    exchange(&mut stream).await;
    assert!(!stream.is_dead());
    exchange(&mut stream).await;
    drop(origin);
    noticed(&stream).await;
    assert!(stream.is_dead());
}

// EDGE-63
#[tokio::test]
async fn a_tls_stream_that_the_peer_closed_is_dead_and_session_tickets_are_no_sign_of_that() {
    let authority = Authority::new("Test");
    let tls = ServerTls::new(&authority.issue(&["origin.test"]));
    let origin = Origin::start_tls(tls, |_| Answer::ok("hello")).await;
    let mut stream = dial_tls(origin.address(), Some("origin.test"), trusting(&authority)).await.unwrap().stream;
    // The tickets of TLS 1.3 come unasked, right after the handshake.
    noticed(&stream).await;
    assert!(!stream.is_dead());
    exchange(&mut stream).await;
    assert!(!stream.is_dead());
    drop(origin);
    noticed(&stream).await;
    assert!(stream.is_dead());
}

#[tokio::test]
async fn a_stream_on_which_the_peer_speaks_unasked_is_dead() {
    let server = RawServer::start(vec![Step::Send(b"HTTP/1.1 408 Request Timeout\r\n\r\n".to_vec()), Step::Hang]).await;
    let mut stream = dial(server.address()).await.unwrap().stream;
    noticed(&stream).await;
    assert!(stream.is_dead());
    // Nothing was taken from it.
    let mut first = [0; 8];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1");
}

#[tokio::test]
async fn a_stream_that_the_peer_reset_is_dead() {
    let server = RawServer::start(vec![Step::Read, Step::Reset]).await;
    let mut stream = dial(server.address()).await.unwrap().stream;
    stream.write_all(b"x").await.unwrap();
    noticed(&stream).await;
    assert!(stream.is_dead());
}
