//! Headers on their way to the origin and back.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use proxy::{Settings, Underscores};
use testkit::{Answer, Origin, Request};

/// What the origin received of a request with these lines.
async fn received(lines: &str) -> Request {
    received_with(lines, |_| {}).await
}

async fn received_with(lines: &str, change: impl FnOnce(&mut Settings)) -> Request {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), change).await;
    assert_eq!(edge.visitor().await.ask(get("/", lines)).await.status, 200);
    origin.requests().remove(0)
}

// EDGE-10
#[tokio::test]
async fn a_name_with_a_dot_does_not_reach_the_origin() {
    let request = received("X.Y: 1\r\nX-Y: 2\r\n").await;
    assert_eq!((request.header("x.y"), request.header("x-y")), (None, Some("2")));
}

#[tokio::test]
async fn underscores_are_a_matter_of_policy() {
    assert_eq!(received("X_Y: 1\r\n").await.header("x_y"), None);
    let kept = received_with("X_Y: 1\r\n", |settings| settings.underscores = Underscores::Keep).await;
    assert_eq!(kept.header("x_y"), Some("1"));
}

// EDGE-15
#[tokio::test]
async fn the_origin_is_always_asked_to_keep_the_connection() {
    assert_eq!(received("Connection: close\r\n").await.header_values("connection"), ["Keep-Alive"]);
}

// EDGE-16
#[tokio::test]
async fn the_codings_are_the_edges_to_ask_for() {
    let request = received("Accept-Encoding: deflate\r\n").await;
    assert_eq!(request.header_values("accept-encoding"), ["br, gzip"]);
}

// EDGE-66
#[tokio::test]
async fn the_visitor_is_told_to_the_origin() {
    let request = received("").await;
    assert_eq!(request.header_values("cf-connecting-ip"), ["127.0.0.1"]);
    assert_eq!(request.header_values("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(request.header_values("x-forwarded-proto"), ["http"]);
    assert_eq!(request.header_values("cf-visitor"), [r#"{"scheme":"http"}"#]);
    assert_eq!(request.header_values("cdn-loop"), ["bellwether"]);
    let through_two = received("X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n").await;
    assert_eq!(through_two.header_values("x-forwarded-for"), ["192.0.2.1, 192.0.2.2, 127.0.0.1"]);
}

#[tokio::test]
async fn a_host_override_is_what_the_origin_is_asked_for() {
    let origin = Origin::saying("hello").await;
    let mut site = Site::new(&[origin.address()]);
    site.pools[0].origins[0].host = Some("inner.test".into());
    let edge = Edge::start(&site).await;
    edge.get("/").await;
    assert_eq!(origin.requests()[0].header_values("host"), ["inner.test"]);
    assert_eq!(edge.record().await["EdgeRequestHost"], "inner.test");
}

// EDGE-65
#[tokio::test]
async fn one_ray_id_for_visitor_origin_and_record() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    let ray = answer.header("cf-ray").expect("a Ray ID");
    let (digits, data_center) = ray.split_once('-').expect("a data center");
    assert!(digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{ray}");
    assert_eq!(data_center, "LCL");
    assert_eq!(origin.requests()[0].header("cf-ray"), Some(ray));
    assert_eq!(edge.record().await["RayID"], digits);
}

// EDGE-69
#[tokio::test]
async fn instructions_to_a_proxy_end_here() {
    let lines = [
        ("X-Accel-Redirect", "/secret"),
        ("X-Accel-Buffering", "no"),
        ("X-Accel-Charset", "utf-8"),
        ("X-Accel-Limit-Rate", "1"),
        ("X-Mine", "kept"),
    ];
    let origin = Origin::start(move |_| Answer::with_headers(200, &lines, "hello")).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    assert!(!answer.head.to_ascii_lowercase().contains("x-accel"), "{}", answer.head);
    assert_eq!(answer.header("x-mine"), Some("kept"));
}

// EDGE-70
#[tokio::test]
async fn the_server_is_the_edge() {
    let origin =
        Origin::start(|_| Answer::with_headers(200, &[("Server", "Apache"), ("CF-RAY", "forged")], "hello")).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    assert_eq!(answer.headers("server"), ["bellwether"]);
    assert_eq!(answer.headers("cf-ray").len(), 1);
    assert_eq!(answer.headers("date").len(), 1);
}

#[tokio::test]
async fn a_date_of_the_origin_is_kept_and_connection_fields_are_not() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let lines = [("Date", date), ("Connection", "X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5")];
    let origin = Origin::start(move |_| Answer::with_headers(200, &lines, "hello")).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    assert_eq!(answer.headers("date"), [date]);
    for gone in ["x-hop", "keep-alive", "connection"] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
}

// EDGE-50
#[tokio::test]
async fn what_an_origin_refuses_passes_with_its_reasons() {
    let origin = Origin::start(|request| match request.target() {
        "/405" => Answer::with_headers(405, &[("Allow", "GET, PUT")], "no"),
        target => Answer::status(target[1..].parse().expect("a status"), "no"),
    })
    .await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for status in [404, 410, 411, 451] {
        let answer = visitor.get(&format!("/{status}")).await;
        assert_eq!((answer.status, answer.text()), (status, "no"));
    }
    let answer = visitor.get("/405").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, PUT")));
}

#[tokio::test]
async fn an_unknown_method_is_the_origins_business() {
    let origin = Origin::start(|request| Answer::ok(request.method())).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.visitor().await.ask(format!("PROPFIND / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    assert_eq!(answer.text(), "PROPFIND");
}
