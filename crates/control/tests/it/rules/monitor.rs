//! Monitors and monitor groups.

use crate::fixture::{World, group, monitor};
use control::Policy;
use model::{Monitor, MonitorKind};

async fn wrong(change: impl FnOnce(&mut Monitor)) -> Vec<String> {
    let world = World::new().await;
    let mut monitor = monitor(world.account);
    change(&mut monitor);
    world.wrong(monitor)
}

/// LB-11: the interval must be longer than a check can take, and seconds are enough.
#[tokio::test]
async fn an_interval_must_exceed_what_one_check_may_take() {
    let with =
        |interval, timeout, retries| wrong(move |m| (m.interval, m.timeout, m.retries) = (interval, timeout, retries));
    assert_eq!(with(15, 5, 2).await, ["interval"]);
    assert!(with(16, 5, 2).await.is_empty());
    assert_eq!(with(1, 1, 0).await, ["interval"]);
    assert!(with(2, 1, 0).await.is_empty(), "the machines are the user's own");
    assert_eq!(with(0, 1, 0).await, ["interval", "interval"]);
    assert_eq!(with(3_601, 5, 2).await, ["interval"]);
}

/// LB-12
#[tokio::test]
async fn timeout_and_retries_have_their_ranges() {
    for (timeout, retries, expected) in [(0, 2, "timeout"), (11, 2, "timeout"), (5, 6, "retries")] {
        assert_eq!(wrong(|m| (m.timeout, m.retries) = (timeout, retries)).await, [expected]);
    }
    assert!(wrong(|m| (m.timeout, m.retries, m.interval) = (10, 5, 61)).await.is_empty());
    assert!(wrong(|m| m.retries = 0).await.is_empty());
}

/// LB-13, the part about ports.
#[tokio::test]
async fn protocols_without_a_port_of_their_own_need_one() {
    for kind in [MonitorKind::Tcp, MonitorKind::Smtp, MonitorKind::UdpIcmp] {
        assert_eq!(wrong(|m| m.kind = kind).await, ["port"]);
        assert!(wrong(|m| (m.kind, m.port) = (kind, 25)).await.is_empty());
    }
    for kind in [MonitorKind::Http, MonitorKind::Https, MonitorKind::IcmpPing] {
        assert!(wrong(|m| m.kind = kind).await.is_empty());
    }
}

#[tokio::test]
async fn what_an_http_probe_sends_must_be_a_request() {
    for method in ["", "GE T", "CONNECT", "GET\r\n"] {
        assert_eq!(wrong(|m| m.method = method.to_owned()).await, ["method"], "{method:?}");
    }
    for path in ["", "health", "/a b", "/a\r\nHost: b", "/é", "/a#b"] {
        assert_eq!(wrong(|m| m.path = path.to_owned()).await, ["path"], "{path:?}");
    }
    let header = |name: &str, value: &[&str]| {
        let values = value.iter().map(|value| (*value).to_owned()).collect();
        let header = [(name.to_owned(), values)].into();
        wrong(move |m: &mut Monitor| m.header = header)
    };
    assert_eq!(header("a b", &["c"]).await, ["header.a b"]);
    assert_eq!(header("X-A", &["fine", "b\r\nX-B: c"]).await, ["header.X-A[1]"]);
    assert_eq!(header("Content-Length", &["3"]).await, ["header.Content-Length"]);
    assert_eq!(header("Host", &["a.example", "b.example"]).await, ["header.Host"]);
    assert_eq!(header("host", &["a b"]).await, ["header.Host"]);
    assert!(header("Host", &["a.example:8080"]).await.is_empty());
    assert!(header("User-Agent", &["mine"]).await.is_empty(), "accepted, though the probe keeps its own");
    assert_eq!(wrong(|m| m.expected_body = "x".repeat(10_241)).await, ["expected_body"]);
    assert!(
        wrong(|m| (m.kind, m.port, m.method) = (MonitorKind::Tcp, 25, "connection_established".into()))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn the_bounds_of_timing_are_settings() {
    let strict = Policy { min_interval: 10, max_timeout: 3, max_retries: 1, ..Policy::default() };
    let world = World::with(|options| options.policy = strict).await;
    let monitor = Monitor { interval: 9, timeout: 4, retries: 2, ..monitor(world.account) };
    assert_eq!(world.wrong(monitor), ["interval", "timeout", "retries", "interval"]);
}

#[tokio::test]
async fn a_group_has_members_each_once() {
    let world = World::with(|options| options.quotas.members_per_monitor_group = 2).await;
    let monitors = [world.monitor().await.id, world.monitor().await.id, world.monitor().await.id];
    assert_eq!(world.wrong(group(world.account, &[])), ["members"]);
    assert_eq!(world.wrong(group(world.account, &monitors)), ["members"]);
    assert_eq!(world.wrong(group(world.account, &[monitors[0], monitors[0]])), ["members[1].monitor_id"]);
    assert!(world.wrong(group(world.account, &monitors[..2])).is_empty());
    let long = model::MonitorGroup { description: "x".repeat(1_025), ..group(world.account, &monitors[..1]) };
    assert_eq!(world.wrong(long), ["description"]);
}
