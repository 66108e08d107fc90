//! A monitor as it comes in.

use crate::json::{Given, Object};
use model::{Monitor, MonitorKind};

/// Reads what the body says over `monitor`. Null puts a member back to its default.
pub(crate) fn read(body: &Object<'_>, monitor: &mut Monitor) {
    let blank = Monitor::blank(monitor.id, monitor.account, monitor.created_on);
    body.read_only(&["id", "created_on", "modified_on"]);
    read_kind(body, monitor);
    body.set("description", &mut monitor.description, blank.description);
    body.set("path", &mut monitor.path, blank.path);
    body.set("port", &mut monitor.port, blank.port);
    body.set("header", &mut monitor.header, blank.header);
    body.set("expected_codes", &mut monitor.expected_codes, blank.expected_codes);
    body.set("expected_body", &mut monitor.expected_body, blank.expected_body);
    body.set("follow_redirects", &mut monitor.follow_redirects, blank.follow_redirects);
    body.set("allow_insecure", &mut monitor.allow_insecure, blank.allow_insecure);
    body.set("probe_zone", &mut monitor.probe_zone, blank.probe_zone);
    body.set("interval", &mut monitor.interval, blank.interval);
    body.set("timeout", &mut monitor.timeout, blank.timeout);
    body.set("retries", &mut monitor.retries, blank.retries);
    body.set("consecutive_up", &mut monitor.consecutive_up, blank.consecutive_up);
    body.set("consecutive_down", &mut monitor.consecutive_down, blank.consecutive_down);
}

/// The default method depends on the type, so a new type takes its own default along unless a method is set.
fn read_kind(body: &Object<'_>, monitor: &mut Monitor) {
    let before = monitor.kind;
    body.set("type", &mut monitor.kind, MonitorKind::Http);
    match body.given::<String>("method") {
        Given::Value(method) if !method.is_empty() => monitor.method = method,
        Given::Value(_) | Given::Null => monitor.method = monitor.kind.default_method().to_owned(),
        Given::Absent if monitor.method == before.default_method() => {
            monitor.method = monitor.kind.default_method().to_owned();
        }
        Given::Absent | Given::Wrong => {}
    }
}
