//! When a check is made again.

use crate::support::{SECOND, http};
use testkit::{FullBacklog, RefusingPort, rude};
use tokio::time::Instant;
use verdict::{HealthReason, Reason};

// LB-53: a server that hangs sees `retries + 1` connections back to back, and then the check fails.
#[tokio::test]
async fn a_timeout_is_followed_by_another_attempt_at_once() {
    let server = rude::silent().await;
    let began = Instant::now();
    let check = http(server.address()).monitor(|monitor| monitor.retries = 2);
    let seen = check.fails(Reason::ReadTimeout, HealthReason::HttpTimeout).await;
    assert_eq!(seen.attempts, 3);
    assert_eq!(server.connections(), 3);
    assert!(began.elapsed() >= SECOND * 3 && began.elapsed() < SECOND * 4);
}

// LB-53: a connection that times out is followed by another attempt just like a silent server.
#[tokio::test]
async fn a_connect_timeout_is_a_timeout_too() {
    let port = FullBacklog::start();
    let check = http(port.address()).monitor(|monitor| monitor.retries = 1);
    assert_eq!(check.fails(Reason::TcpConnectTimeout, HealthReason::TcpConnectionFailed).await.attempts, 2);
}

#[tokio::test]
async fn any_other_failure_ends_the_check() {
    let port = RefusingPort::start();
    let check = http(port.address()).monitor(|monitor| monitor.retries = 5);
    assert_eq!(check.fails(Reason::TcpRefused, HealthReason::TcpConnectionFailed).await.attempts, 1);
    let server = rude::garbage().await;
    let check = http(server.address()).monitor(|monitor| monitor.retries = 5);
    check.fails(Reason::BadStatusLine, HealthReason::HttpInvalidResponse).await;
    assert_eq!(server.connections(), 1);
}
