//! A prober that doubts itself.

use crate::support::{http, named};
use model::{MonitorKind, Outcome};
use std::net::SocketAddr;
use testkit::{DnsServer, Records, RefusingPort, Route, RouteKind};
use verdict::Reason;

#[tokio::test]
async fn without_any_network_an_unreachable_endpoint_is_not_to_blame() {
    let route = Route::add(RouteKind::NetworkUnreachable);
    let mut check = http(SocketAddr::new(route.address().into(), 80));
    check.settings.is_offline = || true;
    let seen = check.run().await;
    assert_eq!(seen.outcome, Outcome::Inconclusive(Reason::ProberOffline));
    assert_eq!(seen.evidence.errno, Some(libc::ENETUNREACH), "the evidence is kept all the same");

    let dns = DnsServer::start().await;
    dns.set("origin.test", Records::Silence);
    let mut check = named(MonitorKind::Http, "origin.test", 80, &dns);
    check.settings.is_offline = || true;
    assert_eq!(check.run().await.outcome, Outcome::Inconclusive(Reason::ProberOffline));
}

#[tokio::test]
async fn an_answer_is_an_answer_even_without_a_network() {
    let port = RefusingPort::start();
    let mut check = http(port.address());
    check.settings.is_offline = || true;
    assert_eq!(check.run().await.outcome, Outcome::Fail(Reason::TcpRefused));
}
