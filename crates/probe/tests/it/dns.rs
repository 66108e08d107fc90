//! Checks of endpoints that are named.

use crate::support::named;
use model::MonitorKind;
use testkit::{DnsServer, Origin, Records};
use verdict::{HealthReason, Reason};

const NAME: &str = "origin.test";

#[tokio::test]
async fn a_name_is_looked_up_for_every_check() {
    let dns = DnsServer::start().await;
    let origin = Origin::saying("hello").await;
    dns.set_addresses(NAME, &["127.0.0.1"]);
    let check = named(MonitorKind::Http, NAME, origin.port(), &dns);
    let seen = check.passes().await;
    assert!(seen.timings.dns.is_some());
    assert_eq!(seen.evidence.resolved, [origin.address().ip()]);
    assert_eq!(origin.requests()[0].header("host"), Some(NAME));
    let asked = dns.questions(NAME);
    let prober = probe::Prober::new(check.settings.clone());
    for _ in 0..2 {
        prober.probe(&check.target(), 1).await;
    }
    assert_eq!(dns.questions(NAME), asked * 3);
}

#[tokio::test]
async fn unknown_host() {
    let dns = DnsServer::start().await;
    let seen = named(MonitorKind::Http, NAME, 80, &dns).fails(Reason::DnsNxdomain, HealthReason::DnsUnknownHost).await;
    assert!(seen.timings.dns.is_some() && seen.timings.connect.is_none());
    assert_eq!(seen.evidence.remote, None);
    for (records, reason) in [
        (Records::NoData, Reason::DnsNodata),
        (Records::ServFail, Reason::DnsServfail),
        (Records::Silence, Reason::DnsTimeout),
        (Records::Alias(NAME.to_owned(), 60), Reason::DnsChain),
    ] {
        dns.set(NAME, records);
        named(MonitorKind::Tcp, NAME, 80, &dns).fails(reason, HealthReason::DnsUnknownHost).await;
    }
}

#[tokio::test]
async fn an_answer_that_points_back_at_the_edge_is_not_probed() {
    let dns = DnsServer::start().await;
    let edge = Origin::saying("I am the edge").await;
    dns.set_addresses(NAME, &["127.0.0.1"]);
    let check = named(MonitorKind::Http, NAME, edge.port(), &dns);
    check.settings.dialer.set_edge_listeners(&[edge.address()]);
    let seen = check.fails(Reason::DnsEdgeAddress, HealthReason::DnsInternal).await;
    assert_eq!(seen.evidence.remote, Some(edge.address()));
    assert_eq!(edge.connections(), 0);
}
