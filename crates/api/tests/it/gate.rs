//! The gate: token, rate limits, bodies.

use crate::bench::{Bench, TOKEN};
use api::{Peer, RateLimit};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header::AUTHORIZATION},
};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};

fn request(path: &str) -> axum::http::request::Builder {
    Request::builder().uri(format!("/client/v4{path}"))
}

/// LB-10, EDGE-133
#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let bench = Bench::new().await;
    for path in ["/accounts", "/nothing", &bench.path("monitors")] {
        let reply = bench.send(request(path).body(Body::empty()).unwrap()).await;
        reply.refused(401, 10000);
        assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
    let with = |name: &str, value: &str| request("/accounts").header(name, value).body(Body::empty()).unwrap();
    bench.send(with("authorization", "Bearer wrong")).await.refused(401, 9109);
    bench.send(with("authorization", "Basic dTpw")).await.refused(400, 6003);
    let key = bench.send(with("x-auth-key", TOKEN)).await;
    assert!(key.refused(401, 10000).errors().contains("keys"), "{}", key.errors());
    let reply = bench.send(request("/accounts").method("DELETE").body(Body::empty()).unwrap()).await;
    reply.refused(401, 10000);
}

/// EDGE-132
#[tokio::test]
async fn a_token_that_asks_too_often_waits() {
    let limit = RateLimit { calls: 3, window: Duration::from_secs(300) };
    let bench = Bench::with(|_| {}, |settings| settings.token_rate = limit).await;
    for left in ["2", "1", "0"] {
        let reply = bench.get("/accounts").await;
        reply.result();
        assert_eq!(reply.headers["x-ratelimit-limit"], "3");
        assert_eq!(reply.headers["x-ratelimit-remaining"], left);
        assert!(reply.headers["x-ratelimit-reset"].to_str().unwrap().ends_with(" GMT"));
    }
    let reply = bench.get("/accounts").await;
    reply.refused(429, 10429);
    let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((299..=300).contains(&wait), "{wait}");
    let anonymous = bench.send(request("/accounts").body(Body::empty()).unwrap()).await;
    anonymous.refused(401, 10000);
}

#[tokio::test]
async fn an_address_that_asks_too_often_waits_whatever_its_token() {
    let limit = RateLimit { calls: 2, window: Duration::from_secs(60) };
    let bench = Bench::with(|_| {}, |settings| settings.address_rate = limit).await;
    let from = |address: &str| {
        let peer: SocketAddr = address.parse().unwrap();
        request("/accounts").extension(ConnectInfo(Peer(peer))).body(Body::empty()).unwrap()
    };
    for _ in 0..2 {
        bench.send(from("192.0.2.1:1000")).await.refused(401, 10000);
    }
    let refused = bench.send(from("192.0.2.1:2000")).await;
    refused.refused(429, 10429);
    assert!(refused.headers.contains_key("retry-after"));
    bench.send(from("[::ffff:192.0.2.1]:2000")).await.refused(429, 10429);
    bench.send(from("192.0.2.2:1000")).await.refused(401, 10000);
}

#[tokio::test]
async fn a_body_that_is_too_long_too_deep_or_no_json_changes_nothing() {
    let bench = Bench::with(|_| {}, |settings| settings.body_limit = 1000).await;
    let path = bench.path("monitors");
    let send = |body: String| {
        let request = request(&path).method("POST").header(AUTHORIZATION, format!("Bearer {TOKEN}"));
        // A content type that does not fit is no reason to refuse what can be read.
        request.header("content-type", "text/plain").body(Body::from(body)).unwrap()
    };
    bench.send(send(json!({"description": "x".repeat(1000)}).to_string())).await.refused(413, 10413);
    bench.send(send(format!("{}{}", "[".repeat(33), "]".repeat(33)))).await.refused(400, 6007);
    let reply = bench.send(send("{\"type\": \n http}".to_owned())).await;
    assert!(reply.refused(400, 6007).errors().contains("line 2"), "{}", reply.errors());
    bench.send(send("[1]".to_owned())).await.refused(400, 1002);
    assert!(bench.get(&path).await.ids().is_empty());
    bench.send(send(json!({"type": "http"}).to_string())).await.result();
}

#[tokio::test]
async fn the_local_door_needs_no_token_and_counts_nothing() {
    let limit = RateLimit { calls: 1, window: Duration::from_secs(300) };
    let mut bench = Bench::with(|_| {}, |settings| settings.token_rate = limit).await;
    bench.router = api::local_router(api::ApiState {
        control: bench.control.clone(),
        telemetry: bench.telemetry.clone(),
        settings: Default::default(),
    });
    for _ in 0..3 {
        let reply = bench.send(request("/accounts").body(Body::empty()).unwrap()).await;
        assert_eq!(reply.ids(), [bench.account.clone()]);
        assert!(!reply.headers.contains_key("x-ratelimit-limit"));
    }
}
