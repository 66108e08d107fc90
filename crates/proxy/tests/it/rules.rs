//! Custom rules, seen from the visitor and from the origins.

use crate::{
    edge::{Edge, get},
    http2::client::Client,
    site::{HOST, Site},
};
use model::{FixedResponse, Overrides, Rule, SslMode};
use testkit::{Answer, Origin, RefusingPort};

/// Two pools that say `a` and `b`; the first serves.
async fn two_pools() -> (Site, [Origin; 2]) {
    let (a, b) = (Origin::saying("a").await, Origin::saying("b").await);
    (Site::with_pools(&[&[a.address()], &[b.address()]]), [a, b])
}

/// Requests that fit go to the second pool.
fn to_the_second(site: &Site, condition: &str) -> Rule {
    let overrides = Overrides { pools: Some(vec![site.pools[1].id]), ..Overrides::default() };
    Rule { name: "second".into(), condition: condition.into(), overrides: Some(overrides), ..Rule::default() }
}

fn answering(condition: &str, response: FixedResponse) -> Rule {
    Rule {
        name: "teapot".into(),
        condition: condition.into(),
        terminates: true,
        fixed_response: Some(response),
        ..Rule::default()
    }
}

fn teapot() -> FixedResponse {
    FixedResponse {
        status_code: Some(418),
        message_body: Some("short and stout".into()),
        content_type: Some("text/tea".into()),
        location: Some("/kettle".into()),
    }
}

// LB-106
#[tokio::test]
async fn a_path_chooses_another_pool() {
    let (mut site, _origins) = two_pools().await;
    site.rules = vec![to_the_second(&site, "http.request.uri.path contains \"/blog\"")];
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    assert_eq!(visitor.get("/blog/x").await.text(), "b");
    assert_eq!(visitor.get("/").await.text(), "a");
    assert_eq!(visitor.get("/?page=/blog").await.text(), "a");
    let records = edge.wait_for_records(3).await;
    assert_eq!((&records[0]["PoolName"], &records[1]["PoolName"]), (&"pool-1".into(), &"pool-0".into()));
    let story = edge.story(&records[0]);
    assert_eq!(story.rules.len(), 1);
    assert_eq!((story.rules[0].name.as_str(), story.rules[0].did.as_str()), ("second", "overrides"));
    assert_eq!(story.candidates[0].pool, "pool-1");
    assert!(telemetry::tell(&story).contains("1. second: overrides (http.request.uri.path contains \"/blog\")"));
}

// LB-104
#[tokio::test]
async fn a_fixed_response_is_the_answer_and_no_origin_hears_of_it() {
    let (mut site, origins) = two_pools().await;
    site.rules = vec![answering("http.request.uri.path eq \"/tea\"", teapot()), to_the_second(&site, "")];
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    let answer = visitor.get("/tea").await;
    assert_eq!((answer.status, answer.text()), (418, "short and stout"));
    assert_eq!((answer.header("content-type"), answer.header("location")), (Some("text/tea"), Some("/kettle")));
    assert_eq!((answer.header("server"), answer.header("proxy-status")), (Some("bellwether"), None));
    assert!(origins.iter().all(|origin| origin.connections() == 0));
    let record = edge.record().await;
    assert_eq!((&record["SteeredBy"], &record["EdgeResponseStatus"]), (&"fixed_response".into(), &418.into()));
    assert_eq!(record["EdgeResponseContentType"], "text/tea");
    assert_eq!(record["LoadBalancerName"], HOST);
    for absent in ["PoolName", "FailureReason"] {
        assert!(record[absent].is_null(), "{absent}: {record}");
    }
    assert_eq!((&record["EdgeErrorCode"], &record["Attempts"]), (&0.into(), &0.into()));
    let story = edge.story(&record);
    assert!(!story.is_failure() && story.candidates.is_empty() && story.attempts.is_empty());
    assert_eq!(story.rules.len(), 1, "the rule behind it is not asked");
    assert_eq!((story.rules[0].name.as_str(), story.rules[0].did.as_str()), ("teapot", "fixed_response"));
    // The connection goes on, and so do the other requests.
    assert_eq!(visitor.get("/").await.text(), "b");
}

#[tokio::test]
async fn a_fixed_response_says_little_unless_told() {
    let (mut site, _origins) = two_pools().await;
    let silent = FixedResponse { status_code: Some(204), ..FixedResponse::default() };
    let moved = FixedResponse { status_code: Some(301), location: Some("/new".into()), ..FixedResponse::default() };
    site.rules = vec![
        answering("http.request.uri.path eq \"/204\"", silent),
        answering("http.request.uri.path eq \"/301\"", moved),
        answering("", FixedResponse::default()),
    ];
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    let plain = visitor.get("/").await;
    assert_eq!((plain.status, plain.text(), plain.header("content-type")), (200, "", Some("text/plain")));
    let silent = visitor.get("/204").await;
    assert_eq!((silent.status, silent.header("content-type"), silent.header("content-length")), (204, None, None));
    let moved = visitor.get("/301").await;
    assert_eq!(
        (moved.status, moved.header("location"), moved.header("content-length")),
        (301, Some("/new"), Some("0"))
    );
    let mut client = Client::connect(&edge).await;
    assert_eq!(client.get("/204").await.status, 204);
    assert_eq!(client.get("/301").await.field("location"), Some("/new"));
}

// LB-105
#[tokio::test]
async fn rules_that_are_switched_off_or_do_not_hold_change_nothing() {
    let (mut site, _origins) = two_pools().await;
    let off = Rule { disabled: true, ..answering("", teapot()) };
    let other = answering("http.host eq \"other.example.com\"", teapot());
    site.rules = vec![off, other];
    let edge = Edge::start(&site).await;
    assert_eq!(edge.get("/").await.text(), "a");
    site.rules.push(to_the_second(&site, ""));
    edge.publish(&site);
    assert_eq!(edge.get("/").await.text(), "b");
}

#[tokio::test]
async fn rules_see_the_request_as_it_came() {
    let (mut site, _origins) = two_pools().await;
    site.settings.ssl = SslMode::Flexible;
    let conditions = [
        "cf.load_balancer.name eq \"www.example.com\"",
        "cf.load_balancer.region eq \"WNAM\"",
        "ip.src in { 127.0.0.0/8 }",
        "http.cookie contains \"b=2\"",
        "http.host eq \"www.example.com\"",
        "http.referer eq \"https://example.org/\"",
        "http.request.method eq \"GET\"",
        "http.request.timestamp.sec gt 1700000000",
        "http.request.uri eq \"/a%20b?x=1&y=%41&x=2\"",
        "http.request.uri.path eq \"/a%20b\"",
        "http.request.uri.query eq \"x=1&y=%41&x=2\"",
        "http.request.uri.args[\"x\"][1] eq \"2\" and http.request.uri.args[\"y\"][0] eq \"%41\"",
        "any(http.request.uri.args.names[*] eq \"y\") and http.request.uri.args.values[2] eq \"2\"",
        "http.request.headers[\"x-twice\"][0] eq \"one\" and http.request.headers[\"x-twice\"][1] eq \"two\"",
        "http.request.version eq \"HTTP/1.1\"",
    ];
    site.rules = vec![to_the_second(&site, &conditions.join(" and "))];
    let edge = Edge::start(&site).await;
    let lines = "Cookie: a=1; b=2\r\nReferer: https://example.org/\r\nX-Twice: one\r\nx-TWICE: two\r\n";
    let answer = edge.visitor().await.ask(get("/a%20b?x=1&y=%41&x=2", lines)).await;
    assert_eq!(answer.text(), "b");
    site.rules = vec![to_the_second(&site, "http.request.version eq \"HTTP/2\" and http.host eq \"www.example.com\"")];
    edge.publish(&site);
    assert_eq!(Client::connect(&edge).await.get("/").await.text(), "b");
    assert_eq!(edge.get("/").await.text(), "a");
    site.rules = vec![to_the_second(&site, "http.request.uri eq \"/?q\" and http.request.uri.path eq \"/\"")];
    edge.publish(&site);
    let absolute = format!("GET http://{HOST}?q HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    assert_eq!(edge.visitor().await.ask(absolute).await.text(), "b");
}

#[tokio::test]
async fn a_second_attempt_lives_by_the_same_rules() {
    let (refusing, b) = (RefusingPort::start(), Origin::saying("b").await);
    let mut site = Site::with_pools(&[&[b.address()], &[refusing.address(), b.address()]]);
    site.pools[1].origins[1].weight = 0.01;
    site.rules = vec![to_the_second(&site, "")];
    let edge = Edge::start(&site).await;
    for _ in 0..4 {
        assert_eq!(edge.get("/").await.text(), "b");
    }
    let records = edge.wait_for_records(4).await;
    assert!(records.iter().all(|record| record["PoolName"] == "pool-1"), "{records:#?}");
    assert!(records.iter().any(|record| record["SteeredBy"] == "retry_same_pool"), "{records:#?}");
}

#[tokio::test]
async fn a_tunnel_keeps_the_rules_that_applied() {
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let plain = Origin::saying("a").await;
    let socket = Origin::start(|_| {
        let head = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ];
        Answer::with_headers(101, &head, "")
    })
    .await;
    let mut site = Site::with_pools(&[&[plain.address()], &[socket.address()]]);
    site.rules = vec![to_the_second(&site, "any(http.request.headers[\"upgrade\"][*] eq \"websocket\")")];
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", upgrade)).await;
    drop(visitor);
    let record = edge.record().await;
    assert_eq!(record["PoolName"], "pool-1");
    assert_eq!(edge.story(&record).rules.len(), 1);
}
