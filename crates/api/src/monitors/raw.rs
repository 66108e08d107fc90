//! A monitor as it comes in.

use crate::{
    json::{Given, Object},
    resource::Identity,
};
use model::{Monitor, MonitorKind, StatusSet};

const INTERVAL: u32 = 60;
const TIMEOUT: u32 = 5;
const RETRIES: u32 = 2;
const PATH: &str = "/";

/// A monitor of which nothing was said.
pub(super) fn blank(Identity { id, home, created_on }: Identity<Monitor>) -> Monitor {
    Monitor {
        id,
        account: home,
        created_on,
        modified_on: created_on,
        kind: MonitorKind::Http,
        description: String::new(),
        method: default_method(MonitorKind::Http).to_owned(),
        path: PATH.to_owned(),
        port: 0,
        header: Default::default(),
        expected_codes: StatusSet::default(),
        expected_body: String::new(),
        follow_redirects: false,
        allow_insecure: false,
        probe_zone: String::new(),
        interval: INTERVAL,
        timeout: TIMEOUT,
        retries: RETRIES,
        consecutive_up: 0,
        consecutive_down: 0,
    }
}

/// Reads what the body says over `monitor`.
pub(crate) fn read(body: &Object<'_>, monitor: &mut Monitor) {
    body.read_only(&["id", "created_on", "modified_on"]);
    read_kind(body, monitor);
    body.set("description", &mut monitor.description, String::new());
    body.set("path", &mut monitor.path, PATH.to_owned());
    body.set("port", &mut monitor.port, 0);
    body.set("header", &mut monitor.header, Default::default());
    body.set("expected_codes", &mut monitor.expected_codes, StatusSet::default());
    body.set("expected_body", &mut monitor.expected_body, String::new());
    body.set("follow_redirects", &mut monitor.follow_redirects, false);
    body.set("allow_insecure", &mut monitor.allow_insecure, false);
    body.set("probe_zone", &mut monitor.probe_zone, String::new());
    body.set("interval", &mut monitor.interval, INTERVAL);
    body.set("timeout", &mut monitor.timeout, TIMEOUT);
    body.set("retries", &mut monitor.retries, RETRIES);
    body.set("consecutive_up", &mut monitor.consecutive_up, 0);
    body.set("consecutive_down", &mut monitor.consecutive_down, 0);
}

/// The default method depends on the type, so a new type takes its own default along unless a method is set.
fn read_kind(body: &Object<'_>, monitor: &mut Monitor) {
    let before = monitor.kind;
    body.set("type", &mut monitor.kind, MonitorKind::Http);
    match body.given::<String>("method") {
        Given::Value(method) if !method.is_empty() => monitor.method = method,
        Given::Value(_) | Given::Null => monitor.method = default_method(monitor.kind).to_owned(),
        Given::Absent if monitor.method == default_method(before) => {
            monitor.method = default_method(monitor.kind).to_owned();
        }
        Given::Absent | Given::Wrong => {}
    }
}

const fn default_method(kind: MonitorKind) -> &'static str {
    match kind {
        MonitorKind::Http | MonitorKind::Https => "GET",
        MonitorKind::Tcp => "connection_established",
        MonitorKind::UdpIcmp | MonitorKind::IcmpPing | MonitorKind::Smtp => "",
    }
}
