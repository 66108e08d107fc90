//! Connections that are used more than once, on both sides.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use proxy::Settings;
use std::time::Duration;
use testkit::{Answer, Origin};

// EDGE-64
#[tokio::test]
async fn twenty_visitors_in_turn_share_one_connection() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    for _ in 0..20 {
        assert_eq!(edge.get("/").await.text(), "hello");
    }
    assert_eq!(origin.connections(), 1);
    let records = edge.wait_for_records(20).await;
    let reused = records.iter().filter(|record| record["OriginConnectionReused"] == true).count();
    assert_eq!(reused, 19);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let origin = Origin::start(|request| Answer::ok(request.target())).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    let post = format!("POST /c HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\n\r\nbody");
    visitor.send(get("/a", "") + &get("/b", "") + &post + &get("/d", "")).await;
    for path in ["/a", "/b", "/c", "/d"] {
        assert_eq!(visitor.response().await.text(), path);
    }
    assert_eq!(edge.wait_for_records(4).await.len(), 4);
}

#[tokio::test]
async fn pipelined_requests_that_come_while_the_first_is_served_wait_for_their_turn() {
    let origin = Origin::start(|request| match request.target() {
        "/slow" => {
            Answer::default().pause(Duration::from_millis(60)).and("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")
        }
        target => Answer::ok(target),
    })
    .await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/slow", "")).await;
    origin.wait_for_requests(1).await;
    visitor.send(get("/next", "")).await;
    assert_eq!(visitor.response().await.text(), "slow");
    assert_eq!(visitor.response().await.text(), "/next");
}

#[tokio::test]
async fn a_request_in_single_bytes_is_a_request() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for byte in get("/", "X-A: b\r\n").bytes() {
        visitor.send([byte]).await;
    }
    assert_eq!(visitor.response().await.text(), "hello");
}

#[tokio::test]
async fn a_visitor_that_asks_for_a_close_gets_one() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    let answer = visitor.ask(get("/", "Connection: close\r\n")).await;
    assert_eq!((answer.text(), answer.header("connection")), ("hello", Some("close")));
    assert!(visitor.is_closed().await);
}

#[tokio::test]
async fn an_origin_that_closes_after_its_answer_is_dialed_again() {
    let answer = || Answer::with_headers(200, &[("Connection", "close")], "hello").then_close();
    let origin = Origin::start(move |_| answer()).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..3 {
        assert_eq!(visitor.get("/").await.text(), "hello");
    }
    assert_eq!(origin.connections(), 3);
}

#[tokio::test]
async fn an_old_idle_connection_is_not_used() {
    let origin = Origin::saying("hello").await;
    let hasty = |settings: &mut Settings| settings.timeouts.origin_idle = Duration::from_millis(30);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    origin.wait_for_closed(1).await;
    assert_eq!(visitor.get("/").await.text(), "hello");
    assert_eq!(origin.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_says_more_than_it_should_is_not_used_again() {
    let origin = Origin::start(|_| Answer::ok("hello").followed_by(Answer::ok("unasked"))).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..2 {
        assert_eq!(visitor.get("/").await.text(), "hello");
    }
    assert_eq!(origin.connections(), 2);
}
