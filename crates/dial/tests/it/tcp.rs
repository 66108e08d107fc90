//! TCP: refused, silent, unroutable; and several addresses.

use crate::support::{SHORT, dial, failure, reason};
use dial::{DialPlan, Dialer, DialerSettings};
use std::{net::SocketAddr, time::Duration};
use testkit::{FullBacklog, Origin, RefusingPort, Route, RouteKind, rude};
use tokio::time::Instant;
use verdict::Reason;

#[tokio::test]
async fn an_open_port_gives_a_stream_with_its_timings() {
    let server = rude::silent().await;
    let dialed = dial(server.address()).await.unwrap();
    assert_eq!(dialed.remote, server.address());
    assert_eq!(dialed.resolved, [server.address().ip()]);
    assert!(dialed.timings.connect.is_some() && dialed.timings.total >= dialed.timings.connect);
    assert_eq!((dialed.timings.dns, dialed.timings.tls), (None, None));
    assert!(dialed.stream.tcp().nodelay().unwrap());
    assert!(!dialed.stream.is_tls() && dialed.tls.is_none());
}

// EDGE-29: a closed port is a refusal, known at once.
#[tokio::test]
async fn a_closed_port_refuses() {
    let port = RefusingPort::start();
    let address = port.address();
    let error = failure(dial(address).await);
    assert_eq!(error.failure.reason, Reason::TcpRefused);
    assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(521));
    assert_eq!(error.failure.evidence.remote, Some(address));
    assert_eq!(error.failure.evidence.errno, Some(libc::ECONNREFUSED));
    assert!(error.timings.total.unwrap() < Duration::from_millis(100));
    assert!(error.timings.connect.is_some());
}

// EDGE-31: a dropped SYN ends at the connect timer, and the evidence says which timer that was.
#[tokio::test]
async fn a_dropped_syn_runs_into_the_connect_timer() {
    let port = FullBacklog::start();
    let error = failure(dial(port.address()).await);
    assert_eq!(error.failure.reason, Reason::TcpConnectTimeout);
    assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(522));
    let limit = error.failure.evidence.limit.unwrap();
    assert!(limit <= SHORT && limit > SHORT / 2);
    assert_eq!(error.failure.evidence.remote, Some(port.address()));
    assert!(error.timings.connect.unwrap() >= limit);
}

// EDGE-30: an unroutable host or network is told apart from a silent one, with the errno.
#[tokio::test]
async fn an_unroutable_network_is_named_by_its_errno() {
    for (kind, expected, errno) in [
        (RouteKind::HostUnreachable, Reason::NoRouteHost, libc::EHOSTUNREACH),
        (RouteKind::NetworkUnreachable, Reason::NoRouteNet, libc::ENETUNREACH),
        (RouteKind::Prohibited, Reason::ConnectProhibited, libc::EACCES),
    ] {
        let route = Route::add(kind);
        let error = failure(dial(SocketAddr::new(route.address().into(), 80)).await);
        assert_eq!(error.failure.reason, expected, "{kind:?}");
        assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(523));
        assert_eq!(error.failure.evidence.errno, Some(errno));
    }
}

#[tokio::test]
async fn the_deadline_of_the_whole_cuts_a_phase_short() {
    let port = FullBacklog::start();
    let began = Instant::now();
    let host = port.address().ip().to_string();
    let plan = DialPlan { deadline: Some(began + SHORT), ..DialPlan::new(&host, port.address().port()) };
    assert_eq!(reason(Dialer::default().dial(&plan).await), Reason::TcpConnectTimeout);
    assert!(began.elapsed() < SHORT * 3);
}

/// A dialer for which `multi.test` has these addresses.
fn with_addresses(addresses: &[&str]) -> Dialer {
    let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
    let hosts = [("multi.test".to_owned(), addresses)].into();
    Dialer::new(DialerSettings { hosts, ..DialerSettings::default() })
}

#[tokio::test]
async fn the_next_address_is_tried_after_a_refusal() {
    let origin = Origin::saying("hello").await;
    let dialer = with_addresses(&["127.0.0.2", "127.0.0.1"]);
    let dialed = dialer.dial(&DialPlan::new("multi.test", origin.port())).await.unwrap();
    assert_eq!(dialed.remote, origin.address());
    assert_eq!(dialed.resolved.len(), 2);
}

#[tokio::test]
async fn a_silent_address_leaves_time_for_the_next() {
    let port = FullBacklog::start();
    let dialer = with_addresses(&["127.0.0.1", "127.0.0.2"]);
    let plan = DialPlan { connect_timeout: SHORT, ..DialPlan::new("multi.test", port.address().port()) };
    let error = failure(dialer.dial(&plan).await);
    // The second address refuses, but the silence of the first says more: 522 before 521.
    assert_eq!(error.failure.reason, Reason::TcpConnectTimeout);
    assert_eq!(error.failure.evidence.remote, Some(port.address()));
    assert_eq!(error.failure.evidence.resolved.len(), 2);
    assert!(error.timings.total.unwrap() < SHORT);
}

#[tokio::test]
async fn no_more_addresses_are_tried_than_the_setting_says() {
    let origin = Origin::saying("hello").await;
    let addresses = ["127.0.0.2", "127.0.0.1"].map(|text| text.parse().unwrap()).to_vec();
    let hosts = [("multi.test".to_owned(), addresses)].into();
    let dialer = Dialer::new(DialerSettings { hosts, attempts_addresses: 1, ..DialerSettings::default() });
    assert_eq!(reason(dialer.dial(&DialPlan::new("multi.test", origin.port())).await), Reason::TcpRefused);
    assert_eq!(origin.connections(), 0);
}
