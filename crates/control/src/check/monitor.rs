//! The rules of a monitor.

use super::{Scene, host, value};
use crate::Policy;
use model::{Complaints, Monitor, MonitorKind};

/// The longest path, in characters.
const PATH_MAX: usize = 2_048;
/// How much of an answer a probe looks at, in bytes: a longer text can never be found.
const BODY_WINDOW: usize = 10_240;
/// Headers that frame the probe's own message.
const FRAMING_HEADERS: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// Everything that is wrong with a monitor.
pub fn check(monitor: &Monitor, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    scene.require_account(&mut complaints, monitor.account);
    value::description(&mut complaints, &monitor.description);
    timing(&mut complaints, monitor, scene.policy);
    port(&mut complaints, monitor);
    if monitor.kind.is_http() {
        method(&mut complaints, &monitor.method);
        path(&mut complaints, &monitor.path);
        headers(&mut complaints, monitor);
        body(&mut complaints, &monitor.expected_body);
        probe_zone(&mut complaints, monitor, scene);
    }
    complaints
}

fn timing(complaints: &mut Complaints, monitor: &Monitor, policy: &Policy) {
    let mut within = |path: &str, value: u32, low: u32, high: u32| {
        value::range(complaints, path, value.into(), low.into(), high.into());
    };
    within("interval", monitor.interval, policy.min_interval, policy.max_interval);
    within("timeout", monitor.timeout, 1, policy.max_timeout);
    within("retries", monitor.retries, 0, policy.max_retries);
    let longest = u64::from(monitor.timeout) * (u64::from(monitor.retries) + 1);
    if u64::from(monitor.interval) <= longest {
        complaints.add(
            "interval",
            format!(
                "{} s is not longer than one check may take: {} s for each of {} attempts",
                monitor.interval,
                monitor.timeout,
                u64::from(monitor.retries) + 1
            ),
            format!("write more than {longest}, or lower `timeout` or `retries`"),
        );
    }
}

fn port(complaints: &mut Complaints, monitor: &Monitor) {
    let needed = matches!(monitor.kind, MonitorKind::Tcp | MonitorKind::UdpIcmp | MonitorKind::Smtp);
    if needed && monitor.port == 0 {
        let kind = monitor.kind.as_str();
        complaints.add("port", format!("a monitor of type `{kind}` has no port of its own"), "write the port to probe");
    }
}

fn method(complaints: &mut Complaints, method: &str) {
    if !value::is_token(method) {
        complaints.add("method", format!("`{method}` is not an HTTP method"), "write `GET` or `HEAD`");
    } else if method.eq_ignore_ascii_case("CONNECT") {
        complaints.add("method", "CONNECT opens a tunnel and checks nothing", "write `GET` or `HEAD`");
    }
}

fn path(complaints: &mut Complaints, path: &str) {
    if !path.starts_with('/') {
        complaints.add("path", format!("`{path}` does not start with a slash"), "write a path such as `/health`");
    } else if let Some(bad) = path.chars().find(|c| !c.is_ascii_graphic()) {
        complaints.add("path", format!("contains {bad:?}"), "percent-encode whatever is not visible ASCII");
    } else if path.contains('#') {
        complaints.add("path", "contains a fragment, which is never sent", "leave out the `#` and what follows");
    }
    value::length(complaints, "path", path, PATH_MAX);
}

fn headers(complaints: &mut Complaints, monitor: &Monitor) {
    for (name, values) in &monitor.header {
        let path = format!("header.{name}");
        if !value::is_token(name) {
            complaints.add(&path, format!("`{name}` is not the name of a header"), "use letters, digits and hyphens");
        }
        if FRAMING_HEADERS.iter().any(|framing| framing.eq_ignore_ascii_case(name)) {
            complaints.add(&path, "this header belongs to the connection, not to the monitor", "leave it out");
        }
        for (index, value) in values.iter().enumerate().filter(|(_, value)| !value::is_field_value(value)) {
            let problem = format!("{value:?} cannot be the value of a header");
            complaints.add(format!("{path}[{index}]"), problem, "leave out control characters and outer spaces");
        }
    }
    host_header(complaints, monitor);
}

fn host_header(complaints: &mut Complaints, monitor: &Monitor) {
    let hosts = || monitor.header.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    let values: Vec<&String> = hosts().flat_map(|(_, values)| values).collect();
    if hosts().next().is_some() && values.len() != 1 {
        complaints.add("header.Host", format!("has {} values", values.len()), "give exactly one");
    }
    for value in values {
        if let Err(problem) = host::host_header(value) {
            complaints.add(
                "header.Host",
                format!("`{value}` {problem}"),
                "write a host name such as `www.example.com`",
            );
        }
    }
}

fn body(complaints: &mut Complaints, expected: &str) {
    if expected.len() > BODY_WINDOW {
        complaints.add(
            "expected_body",
            format!("has {} bytes, but only the first {BODY_WINDOW} of an answer are looked at", expected.len()),
            "write a shorter text",
        );
    }
}

fn probe_zone(complaints: &mut Complaints, monitor: &Monitor, scene: &Scene<'_>) {
    let name = monitor.probe_zone.as_str();
    let known = || scene.intent.zones.values().any(|zone| zone.name == name && zone.account == monitor.account);
    if !name.is_empty() && !known() {
        complaints.add(
            "probe_zone",
            format!("there is no zone `{name}` in the account"),
            "write the name of one of your zones, or leave it empty",
        );
    }
}
