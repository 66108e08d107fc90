//! A monitor as it goes out.

use crate::answer::{Note, stamp};
use model::Monitor;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a probe asks, how often, and what it expects.
#[derive(Serialize, ToSchema)]
#[schema(as = Monitor)]
pub(crate) struct MonitorView {
    #[schema(read_only)]
    id: String,
    #[schema(read_only)]
    created_on: String,
    #[schema(read_only)]
    modified_on: String,
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    method: String,
    path: String,
    /// 0 is the default of the protocol.
    port: u16,
    header: BTreeMap<String, Vec<String>>,
    expected_codes: String,
    expected_body: String,
    follow_redirects: bool,
    allow_insecure: bool,
    probe_zone: String,
    /// Seconds between two probes of one endpoint.
    interval: u32,
    /// Seconds that one attempt may take.
    timeout: u32,
    /// Extra attempts after a timeout.
    retries: u32,
    consecutive_up: u32,
    consecutive_down: u32,
}

/// The view of a monitor.
pub(crate) fn view(monitor: &Monitor) -> MonitorView {
    MonitorView {
        id: monitor.id.to_string(),
        created_on: stamp(monitor.created_on),
        modified_on: stamp(monitor.modified_on),
        kind: monitor.kind.as_str(),
        description: monitor.description.clone(),
        method: monitor.method.clone(),
        path: monitor.path.clone(),
        port: monitor.port,
        header: monitor.header.clone(),
        expected_codes: monitor.expected_codes.as_str().to_owned(),
        expected_body: monitor.expected_body.clone(),
        follow_redirects: monitor.follow_redirects,
        allow_insecure: monitor.allow_insecure,
        probe_zone: monitor.probe_zone.clone(),
        interval: monitor.interval,
        timeout: monitor.timeout,
        retries: monitor.retries,
        consecutive_up: monitor.consecutive_up,
        consecutive_down: monitor.consecutive_down,
    }
}

/// What of a monitor nothing acts on yet.
pub(crate) fn notes(monitor: &Monitor) -> Vec<Note> {
    use model::MonitorKind::{Http, Https, IcmpPing, Smtp, Tcp, UdpIcmp};
    match monitor.kind {
        Http | Https | Tcp | Smtp => Vec::new(),
        UdpIcmp | IcmpPing => {
            vec![Note::not_in_force("type", "monitors of this type send no probes; use http, https, tcp or smtp")]
        }
    }
}
