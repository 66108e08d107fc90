//! HTTP/2 with origins.

use super::{
    client::{Client, Reply, post, soon},
    modern::{Modern, edge_before},
};
use crate::edge::Edge;
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Request, Response};
use std::net::SocketAddr;
use testkit::{
    Answer, Origin,
    tls::{Authority, ServerTls},
};

/// Sends what comes back, piece by piece, beginning before the request has ended; then trailers.
async fn echo(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let mut head = Response::new(());
    let te = request.headers().get("te").cloned();
    head.headers_mut().extend(te.map(|te| (http::HeaderName::from_static("x-te"), te)));
    let mut body = request.into_body();
    let mut answer = respond.send_response(head, false).expect("an open stream");
    while let Some(Ok(piece)) = body.data().await {
        let _ = body.flow_control().release_capacity(piece.len());
        answer.send_data(piece, false).expect("an open stream");
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().expect("a value"));
    answer.send_trailers(trailers).expect("an open stream");
}

async fn edge_for(address: SocketAddr) -> Edge {
    edge_before(address, |_| {}).await
}

async fn send(edge: &Edge) -> Reply {
    Client::connect(edge).await.send(post("/"), b"hello").await.expect("an answer")
}

#[tokio::test]
async fn requests_share_one_connection_to_the_origin() {
    let origin = Modern::start(|_, request, respond| Box::pin(echo(request, respond))).await;
    let edge = edge_for(origin.address).await;
    for _ in 0..5 {
        let reply = send(&edge).await;
        assert_eq!((reply.status, reply.text(), reply.field("x-te")), (200, "hello", Some("trailers")));
        let trailers = reply.trailers.expect("trailers");
        assert_eq!(trailers.get("grpc-status").map(|value| value.as_bytes()), Some(&b"0"[..]));
    }
    assert_eq!(origin.connections(), 1);
    let records = edge.wait_for_records(5).await;
    assert_eq!(records.iter().filter(|record| record["OriginConnectionReused"] == true).count(), 4);
}

#[tokio::test]
async fn both_sides_may_speak_at_once() {
    let origin = Modern::start(|_, request, respond| Box::pin(echo(request, respond))).await;
    let edge = edge_for(origin.address).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    let mut answer = soon(begun.answer).await.expect("a head before the request has ended").into_body();
    for round in 0..20 {
        let said = format!("piece {round}");
        begun.body.send_data(Bytes::from(said.clone()), false).expect("it is sent");
        let heard = soon(answer.data()).await.expect("a piece").expect("a piece");
        assert_eq!(heard, said.as_bytes());
        answer.flow_control().release_capacity(heard.len()).expect("an open stream");
    }
    begun.body.send_data(Bytes::new(), true).expect("it is sent");
    assert!(soon(answer.data()).await.is_none());
    assert!(soon(answer.trailers()).await.expect("an open stream").is_some());
    assert_eq!(edge.record().await["EdgeResponseStatus"], 200);
}

#[tokio::test]
async fn visitors_of_http1_reach_origins_of_http2() {
    let origin = Modern::start(|_, request, respond| Box::pin(echo(request, respond))).await;
    let edge = edge_for(origin.address).await;
    let root = edge.authority.certificate_pem();
    let visitor = crate::visitor::Visitor::connect_tls(edge.https(), root, crate::site::HOST).await;
    let mut visitor = visitor.expect("a TLS connection");
    for body in ["one", "two"] {
        let head = format!("POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 3\r\n\r\n{body}");
        let answer = visitor.ask(head).await;
        assert_eq!((answer.status, answer.text()), (200, body));
        assert!(answer.trailers.contains("grpc-status: 0"), "{:?}", answer.trailers);
    }
}

#[tokio::test]
async fn an_origin_that_chooses_http1_gets_it() {
    let identity = Authority::new("origins").issue(&["www.example.com"]);
    let origin = Origin::start_tls(ServerTls::new(&identity), |request| Answer::ok(&request.body)).await;
    let edge = edge_for(origin.address()).await;
    assert_eq!(send(&edge).await.text(), "hello");
    assert_eq!(origin.requests()[0].header_values("te"), Vec::<&str>::new());
}

// EDGE-45
#[tokio::test]
async fn a_stream_that_is_reset_in_its_body_resets_the_visitors() {
    let origin = Modern::start(|_, _, mut respond| {
        Box::pin(async move {
            let mut body = respond.send_response(Response::new(()), false).expect("an open stream");
            body.send_data(Bytes::from_static(b"some"), false).expect("an open stream");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            body.send_reset(h2::Reason::INTERNAL_ERROR);
        })
    })
    .await;
    let edge = edge_for(origin.address).await;
    let ended = Client::connect(&edge).await.send(post("/"), b"hello").await.expect_err("a part is no answer");
    assert_eq!((ended.is_reset(), ended.reason()), (true, Some(h2::Reason::INTERNAL_ERROR)));
}
