//! TLS with origins, by the mode of the zone.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
    visitor::Visitor,
};
use model::SslMode;
use serde_json::Value;
use std::net::SocketAddr;
use testkit::{
    Answer, Origin, RefusingPort, rude,
    tls::{Authority, Identity, ServerTls, Validity},
};

async fn origin_showing(identity: &Identity) -> Origin {
    Origin::start_tls(ServerTls::new(identity), |_| Answer::ok("hello")).await
}

fn site(mode: SslMode, endpoint: SocketAddr) -> Site {
    Site::new(&[endpoint]).set(|zone| zone.ssl = mode)
}

/// Asks by HTTPS and gives the status, `Retry-After` and the record.
async fn ask(site: &Site) -> (u16, Option<String>, Value) {
    let edge = Edge::start(site).await;
    let visitor = Visitor::connect_tls(edge.https(), edge.authority.certificate_pem(), HOST).await;
    let answer = visitor.expect("a TLS connection").ask(get("/", "")).await;
    let wait = answer.header("retry-after").map(str::to_owned);
    (answer.status, wait, edge.record().await)
}

async fn expect(mode: SslMode, endpoint: SocketAddr, status: u16, reason: &str) {
    let (got, _, record) = ask(&site(mode, endpoint)).await;
    assert_eq!((got, record["FailureReason"].as_str().unwrap_or_default()), (status, reason), "{}", mode.as_str());
}

// EDGE-51
#[tokio::test]
async fn a_handshake_without_a_common_cipher() {
    let origin = rude::tls_alert(40).await;
    for mode in [SslMode::Full, SslMode::Strict] {
        let (status, wait, record) = ask(&site(mode, origin.address())).await;
        assert_eq!((status, wait, record["FailureReason"].as_str()), (525, None, Some("tls_no_cipher")));
    }
}

// EDGE-52
#[tokio::test]
async fn plain_http_on_the_tls_port() {
    let origin = rude::plain_http_on_tls_port().await;
    expect(SslMode::Full, origin.address(), 525, "tls_not_tls").await;
}

#[tokio::test]
async fn a_handshake_that_breaks_off() {
    let origin = rude::tls_closing().await;
    expect(SslMode::Full, origin.address(), 525, "tls_reset").await;
    let port = RefusingPort::start();
    expect(SslMode::Full, port.address(), 521, "tcp_refused").await;
}

// EDGE-53
#[tokio::test]
async fn a_self_signed_certificate_is_enough_for_full_and_not_for_strict() {
    let origin = origin_showing(&Identity::self_signed(&[HOST])).await;
    expect(SslMode::Full, origin.address(), 200, "").await;
    expect(SslMode::Strict, origin.address(), 526, "cert_self_signed").await;
}

// EDGE-53
#[tokio::test]
async fn an_authority_of_the_zone_makes_its_certificates_valid() {
    let authority = Authority::new("zone");
    let origin = origin_showing(&authority.issue(&[HOST])).await;
    let mut site = site(SslMode::Strict, origin.address());
    site.trust_anchors = vec![authority.root_pem()];
    let (status, _, record) = ask(&site).await;
    assert_eq!((status, record["OriginSSLProtocol"].as_str()), (200, Some("TLSv1.3")));
    assert_eq!(origin.server_names(), [Some(HOST.to_owned())]);
}

// EDGE-54
#[tokio::test]
async fn each_fault_of_a_certificate_has_its_name() {
    let authority = Authority::new("zone");
    let faults = [
        (authority.issue_valid(&[HOST], Validity::Expired), "cert_expired"),
        (authority.issue_valid(&[HOST], Validity::NotYet), "cert_not_yet_valid"),
        (authority.issue(&["other.test"]), "cert_name"),
        (authority.issue_leaf_only(&[HOST]), "cert_chain"),
    ];
    for (identity, reason) in faults {
        let origin = origin_showing(&identity).await;
        let mut site = site(SslMode::Strict, origin.address());
        site.trust_anchors = vec![authority.root_pem()];
        let (status, _, record) = ask(&site).await;
        assert_eq!((status, record["FailureReason"].as_str()), (526, Some(reason)));
        site.settings.ssl = SslMode::Full;
        assert_eq!(ask(&site).await.0, 200, "{reason} does not matter in full mode");
    }
}

// EDGE-55
#[tokio::test]
async fn with_authorities_of_its_own_a_zone_trusts_no_others() {
    let origin = origin_showing(&Authority::new("another").issue(&[HOST])).await;
    let mut site = site(SslMode::Strict, origin.address());
    site.trust_anchors = vec![Authority::new("zone").root_pem()];
    assert_eq!(ask(&site).await.0, 526);
}

// EDGE-58
#[tokio::test]
async fn ssl_only_origin_pull_speaks_tls_even_for_plain_visitors() {
    let authority = Authority::new("zone");
    let origin = origin_showing(&authority.issue(&[HOST])).await;
    let mut site = site(SslMode::OriginPull, origin.address());
    site.trust_anchors = vec![authority.root_pem()];
    let edge = Edge::start(&site).await;
    assert_eq!(edge.get("/").await.text(), "hello");
    assert_eq!(origin.requests()[0].header("x-forwarded-proto"), Some("http"));
}

// EDGE-59
#[tokio::test]
async fn a_host_override_changes_the_server_name_too() {
    let origin = origin_showing(&Identity::self_signed(&["inner.test"])).await;
    let mut site = site(SslMode::Full, origin.address());
    site.pools[0].origins[0].host = Some("inner.test".into());
    assert_eq!(ask(&site).await.0, 200);
    assert_eq!(origin.server_names(), [Some("inner.test".to_owned())]);
    assert_eq!(origin.requests()[0].header("host"), Some("inner.test"));
}

#[tokio::test]
async fn connections_over_tls_are_used_again_and_never_for_other_needs() {
    let origin = origin_showing(&Identity::self_signed(&[HOST])).await;
    let edge = Edge::start(&site(SslMode::Full, origin.address())).await;
    let visitor = Visitor::connect_tls(edge.https(), edge.authority.certificate_pem(), HOST).await;
    let mut visitor = visitor.expect("a TLS connection");
    for _ in 0..3 {
        assert_eq!(visitor.ask(get("/", "")).await.status, 200);
    }
    assert_eq!(origin.connections(), 1);
    edge.publish(&site(SslMode::Strict, origin.address()));
    assert_eq!(visitor.ask(get("/", "")).await.status, 526, "a connection that nobody verified is not trusted now");
}
