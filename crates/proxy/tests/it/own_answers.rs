//! What the edge answers itself.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use serde_json::Value;
use testkit::{Origin, RefusingPort};

async fn edge() -> (Edge, Origin) {
    let origin = Origin::saying("hello").await;
    (Edge::start(&Site::new(&[origin.address()])).await, origin)
}

// EDGE-71
#[tokio::test]
async fn the_trace_tells_what_the_edge_knows() {
    let (edge, origin) = edge().await;
    let answer = edge.visitor().await.ask(get("/cdn-cgi/trace", "User-Agent: test/1\r\n")).await;
    let line = |key: &str| {
        let start = format!("{key}=");
        answer.text().lines().find_map(|line| line.strip_prefix(start.as_str()).map(str::to_owned))
    };
    for (key, value) in [
        ("fl", "local"),
        ("h", HOST),
        ("ip", "127.0.0.1"),
        ("visit_scheme", "http"),
        ("uag", "test/1"),
        ("colo", "LCL"),
        ("http", "http/1.1"),
        ("loc", "XX"),
        ("tls", "off"),
    ] {
        assert_eq!(line(key).as_deref(), Some(value), "{key}");
    }
    let (seconds, decimals) =
        line("ts").and_then(|ts| ts.split_once('.').map(|(a, b)| (a.len(), b.len()))).expect("a time");
    assert_eq!((seconds, decimals), (10, 3));
    assert_eq!(origin.connections(), 0);
}

// EDGE-72
#[tokio::test]
async fn a_code_can_be_looked_at_as_json() {
    let (edge, origin) = edge().await;
    let answer = edge.visitor().await.ask(get("/cdn-cgi/error/522", "Accept: application/json\r\n")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (522, Some("120")));
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((body["error_code"].as_u64(), body["retry_after"].as_u64()), (Some(522), Some(120)));
    assert_eq!(body.as_object().map(|members| members.len()), Some(17));
    assert_eq!(origin.connections(), 0);
}

// EDGE-73, EDGE-74
#[tokio::test]
async fn the_format_is_the_visitors_choice() {
    let (edge, _origin) = edge().await;
    for (accept, content_type) in [
        ("*/*", "text/html; charset=UTF-8"),
        ("text/*", "text/markdown; charset=utf-8"),
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("application/problem+json", "application/problem+json; charset=utf-8"),
        ("application/json, text/html", "application/json; charset=utf-8"),
    ] {
        let answer = edge.visitor().await.ask(get("/cdn-cgi/error/521", &format!("Accept: {accept}\r\n"))).await;
        assert_eq!(answer.header("content-type"), Some(content_type), "{accept}");
    }
}

#[tokio::test]
async fn nothing_else_below_the_edges_path_reaches_an_origin() {
    let (edge, origin) = edge().await;
    for path in ["/cdn-cgi/", "/cdn-cgi/other", "/cdn-cgi/error/12345", "/cdn-cgi/error/x"] {
        assert_eq!(edge.get(path).await.status, 404, "{path}");
    }
    assert_eq!(origin.connections(), 0);
}

// EDGE-75
#[tokio::test]
async fn the_page_of_a_failure_names_the_request() {
    let port = RefusingPort::start();
    let edge = Edge::start(&Site::new(&[port.address()])).await;
    let answer = edge.get("/").await;
    let record = edge.record().await;
    let page = answer.text();
    for part in [record["RayID"].as_str().expect("a Ray ID"), HOST, "521"] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert_eq!(answer.header("server"), Some("bellwether"));
    assert!(answer.header("proxy-status").is_some_and(|status| status.contains("connection_refused")));
}

#[tokio::test]
async fn an_answer_to_head_is_its_head() {
    let port = RefusingPort::start();
    let edge = Edge::start(&Site::new(&[port.address()])).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..2 {
        visitor.send(format!("HEAD / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
        let answer = visitor.response_to_head().await;
        assert_eq!(answer.status, 521);
        assert!(answer.header("content-length").is_some_and(|length| length != "0"));
    }
}
