//! TCP and SMTP checks, and the kinds that are not in force.

use crate::support::{Check, SECOND, check};
use model::{MonitorKind, Outcome};
use testkit::{FullBacklog, RawServer, RefusingPort, Step, rude};
use verdict::{HealthReason, Reason};

fn tcp(address: std::net::SocketAddr) -> Check {
    check(MonitorKind::Tcp, address)
}

// LB-65: a TCP check passes on a listening socket and closes in good order without having sent anything.
#[tokio::test]
async fn a_tcp_check_connects_and_closes() {
    let server = RawServer::start(vec![Step::ReadToEnd]).await;
    let seen = tcp(server.address()).passes().await;
    assert!(seen.timings.connect.is_some());
    assert_eq!(server.wait_for_ends(1).await, [(0, true)]);
    assert_eq!(server.received(), [Vec::<u8>::new()]);
}

#[tokio::test]
async fn a_tcp_check_that_cannot_connect() {
    let port = RefusingPort::start();
    tcp(port.address()).fails(Reason::TcpRefused, HealthReason::TcpConnectionFailed).await;
    let full = FullBacklog::start();
    let seen = tcp(full.address()).fails(Reason::TcpConnectTimeout, HealthReason::TcpConnectionFailed).await;
    assert_eq!(seen.evidence.limit, Some(SECOND));
}

#[tokio::test]
async fn a_tcp_check_without_a_port_is_a_configuration_error() {
    let port = RefusingPort::start();
    let mut check = tcp(port.address());
    check.endpoint.port = 0;
    check.fails(Reason::MonitorInvalid, HealthReason::MonitorConfigError).await;
}

// LB-66: 250 to HELO and 221 to QUIT is a pass, 554 to HELO a failure.
#[tokio::test]
async fn smtp() {
    let good = rude::smtp("220-hello\r\n220 there", "250 at your service", "221 bye").await;
    check(MonitorKind::Smtp, good.address()).passes().await;
    let said = String::from_utf8(good.received().remove(0)).unwrap();
    assert!(said.starts_with("HELO ") && said.contains("\r\nQUIT\r\n"), "{said}");

    let bad = rude::smtp("220 hello", "554 no", "221 bye").await;
    let refused = check(MonitorKind::Smtp, bad.address());
    let seen = refused.fails(Reason::StatusMismatch, HealthReason::ResponseCodeMismatch).await;
    assert_eq!(seen.evidence.status, Some(554));

    let web = rude::saying("HTTP/1.1 200 OK\r\n\r\n").await;
    check(MonitorKind::Smtp, web.address()).fails(Reason::ReadTimeout, HealthReason::HttpTimeout).await;
}

#[tokio::test]
async fn kinds_that_are_not_in_force_say_nothing_about_the_endpoint() {
    let server = rude::silent().await;
    for kind in [MonitorKind::UdpIcmp, MonitorKind::IcmpPing] {
        let seen = check(kind, server.address()).run().await;
        assert_eq!(seen.outcome, Outcome::Inconclusive(Reason::MonitorInvalid));
    }
    assert_eq!(server.connections(), 0);
}
