//! Limits of size and time on the visitor's side.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use proxy::Settings;
use std::time::Duration;
use testkit::{Answer, Origin};

async fn edge_and_origin(site: impl FnOnce(Site) -> Site) -> (Edge, Origin) {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let edge = Edge::start(&site(Site::new(&[origin.address()]))).await;
    (edge, origin)
}

// EDGE-4
#[tokio::test]
async fn a_target_of_32768_bytes_is_accepted_and_one_more_is_not() {
    let (edge, origin) = edge_and_origin(|site| site).await;
    let longest = format!("/{}", "a".repeat(32_767));
    assert_eq!(edge.get(&longest).await.status, 200);
    assert_eq!(edge.get(&format!("{longest}a")).await.status, 414);
    let records = edge.wait_for_records(2).await;
    assert_eq!((&records[1]["EdgeResponseStatus"], &records[1]["OriginResponseStatus"]), (&414.into(), &0.into()));
    assert_eq!(origin.requests().len(), 1);
}

// EDGE-5
#[tokio::test]
async fn a_body_that_is_declared_too_large_is_refused_before_any_origin_is_asked() {
    let (edge, origin) = edge_and_origin(|site| site).await;
    let length = (100 << 20) + 1;
    let request = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n");
    let mut visitor = edge.visitor().await;
    assert_eq!(visitor.ask(request).await.status, 413);
    assert!(visitor.is_closed().await);
    assert_eq!(origin.connections(), 0);
}

// EDGE-6
#[tokio::test]
async fn a_chunked_body_is_refused_when_it_crosses_the_cap() {
    let (edge, _origin) = edge_and_origin(|site| site.set(|zone| zone.max_upload = 1)).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n")).await;
    let chunk = format!("40000\r\n{}\r\n", "x".repeat(0x40000));
    for _ in 0..5 {
        // The edge may have answered and closed by now.
        let _ = visitor.try_send(&chunk).await;
    }
    let answer = visitor.response().await;
    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
    assert!(visitor.is_closed().await);
    assert_eq!(edge.record().await["FailureReason"], "request_body_too_large");
}

// EDGE-7
#[tokio::test]
async fn the_site_owner_can_lower_the_cap() {
    let (edge, origin) = edge_and_origin(|site| site.set(|zone| zone.max_upload = 1)).await;
    let request = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {}\r\n\r\n", 2 << 20);
    assert_eq!(edge.visitor().await.ask(request).await.status, 413);
    assert_eq!(origin.connections(), 0);
}

// EDGE-8
#[tokio::test]
async fn a_head_of_127_kib_passes_and_one_of_129_does_not() {
    let (edge, origin) = edge_and_origin(|site| site).await;
    let head = |kib: usize| {
        let line = format!("X-Fill: {}\r\n", "f".repeat(1024 - 10));
        get("/", &line.repeat(kib))
    };
    assert_eq!(edge.visitor().await.ask(head(126)).await.status, 200);
    let refused = edge.visitor().await.ask(head(129)).await;
    assert_eq!(refused.status, 400);
    assert_eq!(edge.wait_for_records(2).await[1]["EdgeErrorCode"], 1038);
    assert_eq!(origin.requests().len(), 1);
}

// EDGE-9
#[tokio::test]
async fn a_head_that_does_not_finish_in_time_is_answered_with_408() {
    let origin = Origin::saying("hello").await;
    let hasty = |settings: &mut Settings| settings.timeouts.request_head = Duration::from_millis(80);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.send("GET / HTTP/1.1\r\nHost: ").await;
    assert_eq!(visitor.response().await.status, 408);
    assert!(visitor.is_closed().await);
    assert_eq!(edge.record().await["FailureReason"], "request_head_timeout");
}

#[tokio::test]
async fn a_body_that_stops_coming_is_answered_with_408() {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let hasty = |settings: &mut Settings| settings.timeouts.request_body = Duration::from_millis(80);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\nhalf")).await;
    assert_eq!(visitor.response().await.status, 408);
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["FailureParty"]), (&"client_body_timeout".into(), &"visitor".into()));
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let origin = Origin::saying("hello").await;
    let hasty = |settings: &mut Settings| settings.timeouts.visitor_idle = Duration::from_millis(50);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    assert!(visitor.is_closed().await);
    assert_eq!(edge.records().len(), 1);
}

#[tokio::test]
async fn visitors_beyond_the_limit_are_turned_away() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), |settings| settings.limits.connections = 1).await;
    let mut first = edge.visitor().await;
    first.get("/").await;
    let mut second = edge.visitor().await;
    assert!(second.is_closed().await);
    assert_eq!(first.get("/").await.text(), "hello");
}
