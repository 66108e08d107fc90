//! Failures below HTTPS, each against a real socket: the reason, its spelling in a health event, and the evidence.

use crate::support::{SECOND, http};
use std::{net::SocketAddr, time::Duration};
use testkit::{Answer, FullBacklog, Origin, RefusingPort, Route, RouteKind, rude};
use verdict::{HealthReason, Reason};

#[tokio::test]
async fn connection_refused() {
    let port = RefusingPort::start();
    let seen = http(port.address()).fails(Reason::TcpRefused, HealthReason::TcpConnectionFailed).await;
    assert_eq!(seen.evidence.remote, Some(port.address()));
    assert_eq!(seen.evidence.errno, Some(libc::ECONNREFUSED));
    assert!(seen.timings.connect.is_some() && seen.timings.first_byte.is_none());
}

#[tokio::test]
async fn no_route_to_host() {
    let route = Route::add(RouteKind::HostUnreachable);
    let check = http(SocketAddr::new(route.address().into(), 80));
    let seen = check.fails(Reason::NoRouteHost, HealthReason::NoRouteToHost).await;
    assert_eq!(seen.evidence.errno, Some(libc::EHOSTUNREACH));
}

#[tokio::test]
async fn network_unreachable() {
    let route = Route::add(RouteKind::NetworkUnreachable);
    let check = http(SocketAddr::new(route.address().into(), 80));
    let seen = check.fails(Reason::NoRouteNet, HealthReason::NetworkUnreachable).await;
    assert_eq!(seen.evidence.errno, Some(libc::ENETUNREACH));
}

#[tokio::test]
async fn connect_prohibited() {
    let route = Route::add(RouteKind::Prohibited);
    let check = http(SocketAddr::new(route.address().into(), 80));
    let seen = check.fails(Reason::ConnectProhibited, HealthReason::TcpConnectionFailed).await;
    assert_eq!(seen.evidence.errno, Some(libc::EACCES));
}

#[tokio::test]
async fn connect_timeout() {
    let port = FullBacklog::start();
    let seen = http(port.address()).fails(Reason::TcpConnectTimeout, HealthReason::TcpConnectionFailed).await;
    assert_eq!(seen.evidence.remote, Some(port.address()));
    assert_eq!(seen.evidence.limit, Some(SECOND));
    assert!(seen.timings.connect.unwrap() > SECOND / 2);
}

#[tokio::test]
async fn accepts_and_stays_silent() {
    let server = rude::silent().await;
    let seen = http(server.address()).fails(Reason::ReadTimeout, HealthReason::HttpTimeout).await;
    assert_eq!(seen.evidence.limit, Some(SECOND));
    assert!(seen.timings.connect.is_some() && seen.timings.first_byte.is_none());
    assert!(seen.timings.total.unwrap() >= SECOND);
}

#[tokio::test]
async fn trickles_one_byte_a_second() {
    let server = rude::trickling(Duration::from_millis(300)).await;
    let seen = http(server.address()).fails(Reason::ReadTimeout, HealthReason::HttpTimeout).await;
    assert!(seen.timings.first_byte.is_some());
    assert!(seen.evidence.bytes_read > 0 && seen.evidence.first_bytes.starts_with(b"HT"));
}

#[tokio::test]
async fn reset_before_the_answer() {
    let server = rude::resetting_before_head().await;
    let seen = http(server.address()).fails(Reason::ResetBeforeHeaders, HealthReason::ConnectionReset).await;
    assert_eq!(seen.evidence.errno, Some(libc::ECONNRESET));
    assert_eq!(seen.evidence.bytes_read, 0);
}

#[tokio::test]
async fn reset_inside_the_head() {
    let server = rude::resetting_inside_head().await;
    let seen = http(server.address()).fails(Reason::ResetBeforeHeaders, HealthReason::ConnectionReset).await;
    assert_eq!(seen.evidence.errno, Some(libc::ECONNRESET));
    assert!(seen.evidence.first_bytes.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn reset_inside_the_body() {
    let server = rude::resetting_inside_body().await;
    let check = http(server.address()).monitor(|monitor| monitor.expected_body = "alive".to_owned());
    let seen = check.fails(Reason::BodyTruncated, HealthReason::ConnectionReset).await;
    assert_eq!(seen.evidence.errno, Some(libc::ECONNRESET));
    assert_eq!(seen.evidence.status, Some(200));
}

#[tokio::test]
async fn empty_reply() {
    let server = rude::empty_reply().await;
    let seen = http(server.address()).fails(Reason::EmptyReply, HealthReason::HttpInvalidResponse).await;
    assert_eq!((seen.evidence.bytes_read, seen.evidence.errno), (0, None));
}

#[tokio::test]
async fn closed_inside_the_head() {
    let server = rude::closing_inside_head().await;
    let seen = http(server.address()).fails(Reason::ClosedInsideHead, HealthReason::HttpInvalidResponse).await;
    assert!(seen.evidence.first_bytes.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn garbage_instead_of_a_status_line() {
    let server = rude::garbage().await;
    let seen = http(server.address()).fails(Reason::BadStatusLine, HealthReason::HttpInvalidResponse).await;
    assert!(seen.evidence.first_bytes.starts_with(b"\x01\x02 this is not"));
    let short = rude::saying("SSH-2.0").await;
    http(short.address()).fails(Reason::BadStatusLine, HealthReason::HttpInvalidResponse).await;
}

#[tokio::test]
async fn oversized_head() {
    let server = rude::oversized_head(129 * 1024).await;
    let seen = http(server.address()).fails(Reason::ResponseHeadTooLarge, HealthReason::HttpInvalidResponse).await;
    assert!(seen.evidence.bytes_read >= 128 * 1024);
    let large = rude::oversized_head(120 * 1024).await;
    http(large.address()).passes().await;
}

#[tokio::test]
async fn lengths_that_contradict_each_other() {
    for server in [rude::two_lengths().await, rude::length_and_chunked().await] {
        http(server.address()).fails(Reason::BadFraming, HealthReason::HttpInvalidResponse).await;
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short() {
    for server in [rude::truncated_body().await, rude::truncated_chunk().await] {
        let check = http(server.address()).monitor(|monitor| monitor.expected_body = "alive".to_owned());
        check.fails(Reason::BodyTruncated, HealthReason::ConnectionReset).await;
    }
    let server = rude::bad_chunk().await;
    let check = http(server.address()).monitor(|monitor| monitor.expected_body = "alive".to_owned());
    check.fails(Reason::BadResponseChunk, HealthReason::HttpInvalidResponse).await;
}

#[tokio::test]
async fn a_body_that_never_ends() {
    let origin =
        Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nslow").then(testkit::Act::Hang))
            .await;
    let check = http(origin.address()).monitor(|monitor| monitor.expected_body = "alive".to_owned());
    let seen = check.fails(Reason::BodyReadTimeout, HealthReason::HttpTimeout).await;
    assert_eq!(seen.evidence.limit, Some(SECOND));
}

#[tokio::test]
async fn interim_answers_and_nothing_after() {
    let origin = Origin::start(|_| Answer::interim(102, &[]).then(testkit::Act::Hang)).await;
    http(origin.address()).fails(Reason::InterimThenTimeout, HealthReason::HttpTimeout).await;
    let flood =
        Origin::start(|_| (0..101).fold(Answer::default(), |answer, _| answer.followed_by(Answer::interim(103, &[]))))
            .await;
    http(flood.address()).fails(Reason::InterimFlood, HealthReason::HttpInvalidResponse).await;
    let upgrade = rude::saying("HTTP/1.1 101 Switching Protocols\r\n\r\n").await;
    http(upgrade.address()).fails(Reason::UnexpectedUpgrade, HealthReason::HttpInvalidResponse).await;
}

#[tokio::test]
async fn status_mismatch() {
    let origin = Origin::start(|_| Answer::status(503, "busy")).await;
    let seen = http(origin.address()).fails(Reason::StatusMismatch, HealthReason::ResponseCodeMismatch).await;
    assert_eq!(seen.evidence.status, Some(503));
    assert!(seen.timings.first_byte.is_some());
}

#[tokio::test]
async fn monitor_configuration_error() {
    let origin = Origin::saying("hello").await;
    for check in [
        http(origin.address()).monitor(|monitor| monitor.path = "/a b".to_owned()),
        http(origin.address()).monitor(|monitor| monitor.method = "GE T".to_owned()),
        http(origin.address()).host("a\r\nX-Injected: yes"),
        http(origin.address()).monitor(|monitor| {
            monitor.header.insert("X-Bad".to_owned(), vec!["a\r\nX-Injected: yes".to_owned()]);
        }),
    ] {
        check.fails(Reason::MonitorInvalid, HealthReason::MonitorConfigError).await;
    }
    assert_eq!(origin.connections(), 0, "an invalid monitor probes nothing");
}
