//! Names: what the DNS can say, what is remembered, and where a name may lead.

use crate::support::{SHORT, asking, failure, reason};
use dial::{DialPlan, Dialer, DialerSettings};
use std::time::Duration;
use testkit::{DnsServer, Origin, Records, RefusingPort};
use verdict::{HealthReason, Reason};

async fn reason_for(records: Option<Records>) -> Reason {
    let server = DnsServer::start().await;
    if let Some(records) = records {
        server.set("origin.test", records);
    }
    let dialer = Dialer::new(asking(&server));
    let error = failure(dialer.dial(&DialPlan::new("origin.test", 80)).await);
    assert!(error.timings.dns.is_some() && error.timings.connect.is_none());
    assert_eq!(error.failure.evidence.remote, None);
    error.failure.reason
}

// EDGE-23: a name that does not exist is 1016, and a health check calls it unknown.
#[tokio::test]
async fn a_name_that_does_not_exist() {
    let reason = reason_for(None).await;
    assert_eq!(reason, Reason::DnsNxdomain);
    assert_eq!(reason.code().map(|code| code.number()), Some(1016));
    assert_eq!(reason.health(), HealthReason::DnsUnknownHost);
}

// EDGE-24: failing and silent servers are told from a missing name, and from each other.
#[tokio::test]
async fn a_server_that_fails_or_is_silent() {
    for (records, expected) in [
        (Records::ServFail, Reason::DnsServfail),
        (Records::Refused, Reason::DnsServfail),
        (Records::Silence, Reason::DnsTimeout),
        (Records::NoData, Reason::DnsNodata),
    ] {
        let reason = reason_for(Some(records.clone())).await;
        assert_eq!(reason, expected, "{records:?}");
        assert_eq!(reason.code().map(|code| code.number()), Some(1016));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_as_good_as_silent() {
    let port = RefusingPort::start();
    let settings = DialerSettings { resolvers: vec![port.address()], dns_timeout: SHORT, ..DialerSettings::default() };
    assert_eq!(reason(Dialer::new(settings).dial(&DialPlan::new("origin.test", 80)).await), Reason::DnsTimeout);
}

#[tokio::test]
async fn aliases_are_followed_and_circles_are_named() {
    let server = DnsServer::start().await;
    server.set("www.test", Records::Alias("cdn.test".to_owned(), 60));
    server.set("cdn.test", Records::Alias("origin.test".to_owned(), 60));
    server.set_addresses("origin.test", &["127.0.0.1"]);
    server.set("a.test", Records::Alias("b.test".to_owned(), 60));
    server.set("b.test", Records::Alias("a.test".to_owned(), 60));
    let dialer = Dialer::new(asking(&server));
    assert_eq!(dialer.resolve("www.test", true).await, Ok(vec!["127.0.0.1".parse().unwrap()]));
    assert_eq!(dialer.resolve("a.test", true).await, Err(Reason::DnsChain));
}

#[tokio::test]
async fn a_chain_longer_than_the_setting_is_refused() {
    let server = DnsServer::start().await;
    for link in 0..17 {
        server.set(&format!("c{link}.test"), Records::Alias(format!("c{}.test", link + 1), 60));
    }
    server.set_addresses("c17.test", &["127.0.0.1"]);
    let dialer = Dialer::new(asking(&server));
    assert_eq!(dialer.resolve("c0.test", true).await, Err(Reason::DnsChain));
    assert_eq!(dialer.resolve("c1.test", true).await, Ok(vec!["127.0.0.1".parse().unwrap()]));
}

#[tokio::test]
async fn both_families_are_used_and_ipv4_comes_first() {
    let server = DnsServer::start().await;
    server.set_addresses("dual.test", &["::1", "127.0.0.1"]);
    let addresses = Dialer::new(asking(&server)).resolve("dual.test", true).await.unwrap();
    assert_eq!(addresses, ["127.0.0.1".parse::<std::net::IpAddr>().unwrap(), "::1".parse().unwrap()]);
}

#[tokio::test]
async fn a_fresh_lookup_asks_anew_and_traffic_does_not() {
    let server = DnsServer::start().await;
    server.set_addresses("origin.test", &["127.0.0.1"]);
    let dialer = Dialer::new(asking(&server));
    let first = dialer.resolve("origin.test", false).await.unwrap();
    let asked = server.questions("origin.test");
    server.set_addresses("origin.test", &["127.0.0.9"]);
    assert_eq!(dialer.resolve("origin.test", false).await.unwrap(), first);
    assert_eq!(server.questions("origin.test"), asked);
    assert_eq!(dialer.resolve("origin.test", true).await.unwrap(), ["127.0.0.9".parse::<std::net::IpAddr>().unwrap()]);
    assert!(server.questions("origin.test") > asked);
}

#[tokio::test]
async fn a_ttl_of_nothing_is_respected() {
    let server = DnsServer::start().await;
    let at = |last: u8| Records::Addresses(vec![[127, 0, 0, last].into()], 0);
    server.set("origin.test", at(1));
    let dialer = Dialer::new(asking(&server));
    dialer.resolve("origin.test", false).await.unwrap();
    server.set("origin.test", at(2));
    let addresses = dialer.resolve("origin.test", false).await.unwrap();
    assert_eq!(addresses, [std::net::IpAddr::from([127, 0, 0, 2])]);
}

#[tokio::test]
async fn while_the_servers_fail_traffic_uses_the_last_answer_and_probes_do_not() {
    let server = DnsServer::start().await;
    server.set("origin.test", Records::Addresses(vec![[127, 0, 0, 1].into()], 0));
    let dialer = Dialer::new(asking(&server));
    let known = dialer.resolve("origin.test", false).await.unwrap();
    server.set("origin.test", Records::ServFail);
    assert_eq!(dialer.resolve("origin.test", false).await, Ok(known));
    assert_eq!(dialer.resolve("origin.test", true).await, Err(Reason::DnsServfail));
    let impatient = DialerSettings { dns_stale: Duration::ZERO, ..asking(&server) };
    dialer.apply(impatient);
    assert_eq!(dialer.resolve("origin.test", false).await, Err(Reason::DnsServfail));
}

#[tokio::test]
async fn silent_servers_delay_traffic_once_and_then_no_more() {
    let server = DnsServer::start().await;
    server.set("origin.test", Records::Addresses(vec![[127, 0, 0, 1].into()], 0));
    let settings = DialerSettings { dns_stale_after: SHORT / 3, dns_timeout: SHORT * 10, ..asking(&server) };
    let dialer = Dialer::new(settings);
    let known = dialer.resolve("origin.test", false).await.unwrap();
    server.set("origin.test", Records::Silence);
    let asked = server.questions("origin.test");
    let began = tokio::time::Instant::now();
    for _ in 0..5 {
        assert_eq!(dialer.resolve("origin.test", false).await.as_ref(), Ok(&known));
    }
    assert!(began.elapsed() >= SHORT / 3 && began.elapsed() < SHORT * 3);
    assert!(server.questions("origin.test") > asked);
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_question() {
    let server = DnsServer::start().await;
    server.set("origin.test", Records::Silence);
    let dialer = Dialer::new(asking(&server));
    let one = dialer.resolve("origin.test", false);
    let (a, b, c) = tokio::join!(one, dialer.resolve("origin.test", false), dialer.resolve("origin.test", false));
    assert!([a, b, c].iter().all(|answer| *answer == Err(Reason::DnsTimeout)));
    let together = server.questions("origin.test");
    let alone = DnsServer::start().await;
    alone.set("origin.test", Records::Silence);
    let _ = Dialer::new(asking(&alone)).resolve("origin.test", false).await;
    // A question may be repeated while it is unanswered, but not once per asker.
    assert!(together < alone.questions("origin.test") * 2, "{together} questions");
}

// EDGE-25: a name that leads back to this edge is a loop; a health check calls it DNS internal.
#[tokio::test]
async fn a_name_that_points_back_at_the_edge() {
    let server = DnsServer::start().await;
    let edge = Origin::saying("I am the edge").await;
    server.set_addresses("loop.test", &["127.0.0.1"]);
    let dialer = Dialer::new(asking(&server));
    dialer.set_edge_listeners(&[edge.address()]);
    let error = failure(dialer.dial(&DialPlan::new("loop.test", edge.port())).await);
    assert_eq!(error.failure.reason, Reason::DnsEdgeAddress);
    assert_eq!(error.failure.reason.health(), HealthReason::DnsInternal);
    assert_eq!(error.failure.evidence.remote, Some(edge.address()));
    assert_eq!(reason(dialer.dial(&DialPlan::new("127.0.0.1", edge.port())).await), Reason::DnsEdgeAddress);
    assert_eq!(edge.connections(), 0);
}

// EDGE-26, EDGE-27, EDGE-28: policy is asked after resolution and of literal addresses alike.
#[tokio::test]
async fn policy_holds_for_names_and_for_literal_addresses() {
    let server = DnsServer::start().await;
    let shut = DialerSettings { allow_private: false, ..asking(&server) };
    let dialer = Dialer::new(shut);
    for (address, expected, code) in [
        ("127.0.0.1", Reason::DnsDisallowedAddress, 1002),
        ("::1", Reason::DnsDisallowedAddress, 1002),
        ("1.1.1.1", Reason::DnsReservedAddress, 1034),
        ("192.0.2.0", Reason::OriginPlaceholder, 522),
        ("100::", Reason::OriginPlaceholder, 522),
    ] {
        server.set_addresses("origin.test", &[address]);
        let plan = |address| DialPlan { fresh: true, ..DialPlan::new(address, 9) };
        assert_eq!(reason(dialer.dial(&plan("origin.test")).await), expected, "{address} by name");
        assert_eq!(reason(dialer.dial(&plan(address)).await), expected, "{address} itself");
        assert_eq!(expected.code().map(|code| code.number()), Some(code));
    }
}

#[tokio::test]
async fn an_address_that_policy_allows_is_used_beside_one_that_it_forbids() {
    let origin = Origin::saying("hello").await;
    let hosts = [("mixed.test".to_owned(), vec!["1.1.1.1".parse().unwrap(), "127.0.0.1".parse().unwrap()])].into();
    let dialer = Dialer::new(DialerSettings { hosts, ..DialerSettings::default() });
    let dialed = dialer.dial(&DialPlan::new("mixed.test", origin.port())).await.unwrap();
    assert_eq!(dialed.remote, origin.address());
}

#[tokio::test]
async fn brackets_around_a_literal_address_are_accepted() {
    let port = RefusingPort::start();
    let error = failure(Dialer::default().dial(&DialPlan::new("[::1]", port.address().port())).await);
    assert_eq!(error.failure.evidence.resolved, ["::1".parse::<std::net::IpAddr>().unwrap()]);
}
