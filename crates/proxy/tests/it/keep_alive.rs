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

// OCI-59: the last request of a connection is answered in full, and told that it was the last.
#[tokio::test]
async fn a_visitors_connection_carries_so_many_requests_and_no_more() {
    assert_eq!(Settings::default().limits.requests_per_connection, 10_000);
    let origin = Origin::saying("hello").await;
    let few = |settings: &mut Settings| settings.limits.requests_per_connection = 3;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), few).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/1", "") + &get("/2", "") + &get("/3", "") + &get("/4", "")).await;
    for _ in 0..2 {
        assert_eq!(visitor.response().await.header("connection"), None);
    }
    let last = visitor.response().await;
    assert_eq!((last.text(), last.header("connection")), ("hello", Some("close")));
    assert!(visitor.is_closed().await);
    assert_eq!(origin.requests().len(), 3);

    let any = |settings: &mut Settings| settings.limits.requests_per_connection = 0;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), any).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..20 {
        assert_eq!(visitor.get("/").await.header("connection"), None);
    }
}

// OCI-59: an answer of the edge's own counts like any other.
#[tokio::test]
async fn the_last_request_may_be_one_that_the_edge_answers() {
    let origin = Origin::saying("hello").await;
    let few = |settings: &mut Settings| settings.limits.requests_per_connection = 2;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), few).await;
    let mut visitor = edge.visitor().await;
    assert_eq!(visitor.get("/cdn-cgi/trace").await.header("connection"), None);
    assert_eq!(visitor.get("/cdn-cgi/trace").await.header("connection"), Some("close"));
    assert!(visitor.is_closed().await);
}

// OCI-59
#[tokio::test]
async fn an_idle_visitor_is_let_go() {
    let origin = Origin::saying("hello").await;
    let hasty = |settings: &mut Settings| settings.timeouts.visitor_idle = Duration::from_millis(60);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    let begun = std::time::Instant::now();
    assert!(visitor.is_closed().await);
    assert!(begun.elapsed() >= Duration::from_millis(50), "closed after {:?}", begun.elapsed());
}

// OCI-60: our time counts, whatever the origin says of its own.
#[tokio::test]
async fn an_idle_connection_to_an_origin_is_closed_by_our_time_and_not_by_its_hints() {
    let hint = |timeout: &str| Answer::with_headers(200, &[("Keep-Alive", timeout)], "hello");
    let generous = Origin::start(move |_| hint("timeout=86400, max=1000000")).await;
    let hasty = |settings: &mut Settings| settings.timeouts.origin_idle = Duration::from_millis(40);
    let edge = Edge::start_with(&Site::new(&[generous.address()]), hasty).await;
    edge.get("/").await;
    generous.wait_for_closed(1).await;

    let stingy = Origin::start(move |_| hint("timeout=0, max=1")).await;
    let edge = Edge::start(&Site::new(&[stingy.address()])).await;
    for _ in 0..3 {
        edge.get("/").await;
    }
    assert_eq!(stingy.connections(), 1);
    assert_eq!(Settings::default().timeouts.origin_idle, Duration::from_secs(900));
}

#[tokio::test]
async fn a_connection_to_an_origin_can_be_limited_to_so_many_requests() {
    assert_eq!(Settings::default().limits.requests_per_origin_connection, 0);
    let origin = Origin::saying("hello").await;
    let few = |settings: &mut Settings| settings.limits.requests_per_origin_connection = 3;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), few).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..7 {
        assert_eq!(visitor.get("/").await.text(), "hello");
    }
    assert_eq!(origin.connections(), 3);
    origin.wait_for_closed(2).await;
}
