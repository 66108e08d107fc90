//! Headers of the PROXY protocol from proxies in front: who is believed, who is refused, and what is told of it.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
    visitor::Visitor,
};
use model::SslMode;
use proxy::{ProxyProtocol, Settings};
use std::{net::SocketAddr, time::Duration};
use testkit::Origin;
use wire::proxy_protocol::{Introduction, write_v2};

fn require_from(networks: &[&str]) -> impl FnOnce(&mut Settings) {
    let networks = networks.iter().map(|network| network.parse().expect("a network")).collect();
    |settings| settings.proxy_protocol = ProxyProtocol::RequireFrom(networks)
}

fn v2(source: &str) -> Vec<u8> {
    let (source, destination) = (source.parse().expect("an address"), SocketAddr::from(([192, 0, 2, 80], 80)));
    let mut out = Vec::new();
    let told = Introduction { parties: Some((source, destination)), checksum: true, ..Introduction::default() };
    write_v2(&told, &mut out).expect("it fits");
    out
}

async fn proxied(origin: &Origin) -> Edge {
    let site = Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Flexible);
    Edge::start_with(&site, require_from(&["127.0.0.0/8"])).await
}

#[tokio::test]
async fn the_address_that_a_trusted_proxy_names_is_the_visitors() {
    let origin = Origin::saying("hello").await;
    let edge = proxied(&origin).await;
    let v1 = b"PROXY TCP4 203.0.113.7 192.0.2.80 56324 80\r\n".to_vec();
    for (header, address, port) in [(v1, "203.0.113.7", 56324), (v2("[2001:db8::7]:99"), "2001:db8::7", 99)] {
        let request = [header, get("/", "").into_bytes(), get("/again", "").into_bytes()].concat();
        let mut visitor = edge.visitor().await;
        assert_eq!(visitor.ask(request).await.text(), "hello");
        assert_eq!(visitor.response().await.text(), "hello", "what follows the header is all there");
        let asked = origin.requests();
        let last = asked.last().expect("a request");
        assert_eq!(last.header("CF-Connecting-IP"), Some(address));
        assert_eq!(last.header("X-Forwarded-For"), Some(address));
        let record = edge.wait_for_records(2).await.pop().expect("a record");
        assert_eq!((&record["ClientIP"], &record["ClientSrcPort"]), (&address.into(), &port.into()));
        assert_eq!(record.get("ClientTCPRTTMs"), None, "the way to the proxy says nothing about the visitor");
    }
}

#[tokio::test]
async fn a_header_may_come_in_any_pieces_and_before_tls() {
    let origin = Origin::saying("hello").await;
    let edge = proxied(&origin).await;
    let mut visitor = edge.visitor().await;
    for byte in v2("203.0.113.7:1") {
        visitor.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(visitor.get("/").await.text(), "hello");
    let header = v2("203.0.113.9:1");
    let mut secure = Visitor::connect_tls_behind(edge.https(), edge.authority.certificate_pem(), HOST, &header)
        .await
        .expect("a handshake behind the header");
    assert_eq!(secure.get("/").await.text(), "hello");
    assert_eq!(edge.wait_for_records(2).await[1]["ClientIP"], "203.0.113.9");
}

/// A health check of the proxy's own, and a visitor that it does not name: the connection's own address holds.
#[tokio::test]
async fn a_proxy_may_speak_for_itself() {
    let origin = Origin::saying("hello").await;
    let edge = proxied(&origin).await;
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00".to_vec();
    for (number, header) in [local, b"PROXY UNKNOWN\r\n".to_vec()].into_iter().enumerate() {
        let request = [header, get("/", "").into_bytes()].concat();
        assert_eq!(edge.visitor().await.ask(request).await.status, 200);
        assert_eq!(edge.wait_for_records(number + 1).await[number]["ClientIP"], "127.0.0.1");
    }
}

#[tokio::test]
async fn a_trusted_proxy_that_sends_none_is_refused_and_told_of() {
    let origin = Origin::saying("hello").await;
    let edge = proxied(&origin).await;
    let bad = b"PROXY TCP4 203.0.113.7 192.0.2.80 56324\r\n".to_vec();
    for (bytes, reason) in [(get("/", "").into_bytes(), "proxy_protocol_missing"), (bad, "proxy_protocol_bad")] {
        let mut visitor = edge.visitor().await;
        visitor.send(&bytes).await;
        assert!(visitor.is_closed().await);
        let record = edge.wait_for_record_of(reason).await;
        assert_eq!((&record["ClientIP"], &record["FailurePhase"]), (&"127.0.0.1".into(), &"accept".into()));
        let story = edge.story(&record);
        assert!(bytes.starts_with(&story.evidence.first_bytes) && !story.evidence.first_bytes.is_empty());
        let metrics = edge.telemetry.metrics.encode();
        assert!(metrics.contains(&format!("bellwether_request_failures_total{{reason=\"{reason}\"")), "{metrics}");
    }
    assert!(edge.telemetry.metrics.encode().contains("bellwether_connections_refused_total{why=\"proxy_protocol\"} 2"));
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn a_header_that_does_not_end_in_time_is_refused() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), |settings| {
        require_from(&["127.0.0.1/32"])(settings);
        settings.timeouts.proxy_header = Duration::from_millis(100);
    })
    .await;
    for (bytes, reason) in [(&b""[..], "proxy_protocol_missing"), (b"PROXY TCP4 ", "proxy_protocol_bad")] {
        let mut visitor = edge.visitor().await;
        visitor.send(bytes).await;
        assert!(visitor.is_closed().await);
        let record = edge.wait_for_record_of(reason).await;
        assert_eq!(edge.story(&record).evidence.limit, Some(Duration::from_millis(100)));
    }
}

/// Whoever is not configured as a proxy is a visitor, whatever it writes: else anybody could choose an address.
#[tokio::test]
async fn a_stranger_is_not_believed() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), require_from(&["10.0.0.0/8"])).await;
    assert_eq!(edge.get("/").await.text(), "hello");
    let request = [b"PROXY TCP4 203.0.113.7 192.0.2.80 56324 80\r\n".to_vec(), get("/", "").into_bytes()].concat();
    assert_eq!(edge.visitor().await.ask(request).await.status, 400);
    let record = edge.wait_for_records(2).await.remove(1);
    assert_eq!((&record["ClientIP"], &record["FailurePhase"]), (&"127.0.0.1".into(), &"request".into()));
}

/// Behind a proxy that introduces them, visitors are counted as they would be without it, on all its connections.
#[tokio::test]
async fn an_introduced_address_may_hold_only_so_many_connections() {
    let origin = Origin::saying("hello").await;
    let require = require_from(&["127.0.0.0/8"]);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), |settings| {
        settings.limits.connections_per_address = 1;
        require(settings);
    })
    .await;
    let introduced = async |who: &str| {
        let mut visitor = edge.visitor().await;
        let request =
            [format!("PROXY TCP4 {who} 192.0.2.80 1 80\r\n").into_bytes(), get("/", "").into_bytes()].concat();
        // It may be refused before all of it is sent.
        let _ = visitor.try_send(request).await;
        visitor
    };
    let mut first = introduced("203.0.113.7").await;
    assert_eq!(first.response().await.status, 200);
    assert!(introduced("203.0.113.7").await.is_closed().await);
    assert_eq!(introduced("203.0.113.8").await.response().await.status, 200, "another visitor");
    for _ in 0..3 {
        let mut own = edge.visitor().await;
        let request = [b"PROXY UNKNOWN\r\n".to_vec(), get("/", "").into_bytes()].concat();
        assert_eq!(own.ask(request).await.status, 200, "the proxy itself is not counted");
    }
    assert!(edge.telemetry.scrape().contains("bellwether_connections_refused_total{why=\"address_full\"} 1"));
    drop(first);
    let again = async { while introduced("203.0.113.7").await.try_response().await.is_none() {} };
    tokio::time::timeout(crate::edge::PATIENCE, again).await.expect("its place is free again");
}
