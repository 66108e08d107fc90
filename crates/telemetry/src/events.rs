//! Things worth a log line and a count, as values: emitting one writes both, so the two cannot drift apart.
//!
//! Levels: `error` when a visitor or an operator was harmed, `warn` when something is wrong and was survived, `info`
//! for a change of state, `debug` for the ordinary.

use crate::{ChangeOutcome, Metrics, RefusedWhy, Telemetry};
use model::{EndpointState, MonitorKind, Outcome, PoolId, PoolState, Timestamp};
use std::{net::SocketAddr, time::Duration};
use tracing::{debug, error, info, warn};
use verdict::{LegacyError, Reason};

/// An endpoint's health changed.
#[derive(Clone, Debug)]
pub struct EndpointChanged<'a> {
    pub pool: PoolId,
    pub pool_name: &'a str,
    pub endpoint_name: &'a str,
    pub address: &'a str,
    pub to: EndpointState,
    /// Why it is unhealthy.
    pub reason: Option<Reason>,
}

impl EndpointChanged<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.endpoint_changed(self.to.as_str(), self.reason);
        let (pool, endpoint, address, to) = (self.pool_name, self.endpoint_name, self.address, self.to.as_str());
        match self.reason {
            Some(reason) => {
                let (party, phase) = (reason.party().as_str(), reason.phase().as_str());
                warn!(pool, endpoint, address, to, reason = reason.id(), party, phase, "endpoint changed");
            }
            None => info!(pool, endpoint, address, to, "endpoint changed"),
        }
    }
}

/// A pool's health changed.
#[derive(Clone, Debug)]
pub struct PoolChanged<'a> {
    pub pool: PoolId,
    pub pool_name: &'a str,
    pub to: PoolState,
}

impl PoolChanged<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.pool_changed(self.to.as_str());
        let (pool, to) = (self.pool_name, self.to.as_str());
        match self.to {
            PoolState::Critical => error!(pool, to, "pool changed"),
            PoolState::Degraded => warn!(pool, to, "pool changed"),
            _ => info!(pool, to, "pool changed"),
        }
    }
}

/// A routing table came into force.
#[derive(Clone, Debug)]
pub struct TablePublished {
    pub generation: u64,
    pub revision: u64,
    pub pools: usize,
    pub endpoints: usize,
    /// Endpoints that health allows traffic to.
    pub usable_endpoints: usize,
    /// How long compiling took.
    pub compile: Duration,
}

impl TablePublished {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.table(self);
        debug!(
            generation = self.generation,
            revision = self.revision,
            pools = self.pools,
            endpoints = self.endpoints,
            usable = self.usable_endpoints,
            compile = ?self.compile,
            "routing table published"
        );
    }
}

/// A visitor's connection was refused before any request. The count is in the worker's own cells; see
/// [`crate::Tally::connection_refused`].
#[derive(Clone, Debug)]
pub struct ConnectionRefused {
    pub peer: SocketAddr,
    pub why: RefusedWhy,
}

impl ConnectionRefused {
    /// Logs it and counts it in the cells of the worker that refused.
    pub fn emit(&self, tally: &crate::Tally) {
        tally.connection_refused(self.why);
        debug!(peer = %self.peer, why = self.why.as_str(), "connection refused");
    }
}

/// Visitors' connections were refused for one reason since it was last told.
#[derive(Clone, Debug)]
pub struct ConnectionsRefused<'a> {
    pub why: RefusedWhy,
    pub count: u64,
    /// The last that was refused, for whatever reason, or that others had to make room for.
    pub last: Option<SocketAddr>,
    /// What the system last said, where it refused to let anybody in.
    pub error: Option<&'a std::io::Error>,
    /// The address that holds the most connections of the worker, and how many.
    pub largest: Option<(&'a str, usize)>,
}

impl ConnectionsRefused<'_> {
    /// Logs it; each was counted when it happened.
    pub fn emit(&self) {
        let (largest, held) = self.largest.unwrap_or_default();
        warn!(
            why = self.why.as_str(),
            reason = self.why.reason().map_or("", Reason::id),
            count = self.count,
            last = self.last.map(tracing::field::display),
            error = self.error.map(tracing::field::display),
            largest_holder = largest,
            held,
            "visitors' connections were refused"
        );
    }
}

/// Requests and connections found every endpoint of a pool at its limit since it was last told.
#[derive(Clone, Debug)]
pub struct EndpointsFull<'a> {
    /// The pool of the last of them.
    pub pool: &'a str,
    pub count: u64,
}

impl EndpointsFull<'_> {
    /// Logs it, in the words that operators of the second system search for; each was counted and recorded when it
    /// happened.
    pub fn emit(&self) {
        let reason = Reason::EndpointsFull.id();
        warn!(pool = self.pool, count = self.count, reason, "{}", LegacyError::E26.text(&[]));
    }
}

/// A probe ended.
#[derive(Clone, Debug)]
pub struct ProbeFinished<'a> {
    pub monitor: MonitorKind,
    pub address: &'a str,
    pub outcome: Outcome,
    /// All attempts together.
    pub duration: Option<Duration>,
    /// How long after its due time the probe started.
    pub lateness: Duration,
}

impl ProbeFinished<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        let (outcome, reason) = match self.outcome {
            Outcome::Pass => ("pass", None),
            Outcome::Fail(reason) => ("fail", Some(reason)),
            Outcome::Inconclusive(reason) => ("inconclusive", Some(reason)),
        };
        telemetry.metrics.probe(self.monitor.as_str(), outcome, reason);
        telemetry.metrics.probe_took(self.duration, self.lateness);
        debug!(
            monitor = self.monitor.as_str(),
            address = self.address,
            outcome,
            reason = reason.map_or("", Reason::id),
            duration = ?self.duration,
            "probe finished"
        );
    }
}

/// A change of the intent was stored and published.
#[derive(Clone, Debug)]
pub struct ChangeApplied {
    pub revision: u64,
    /// Objects written or deleted.
    pub edits: usize,
}

impl ChangeApplied {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.change(ChangeOutcome::Applied);
        info!(revision = self.revision, edits = self.edits, "change applied");
    }
}

/// A change of the intent was refused; nothing changed.
#[derive(Clone, Debug)]
pub struct ChangeRejected<'a> {
    /// The first complaint, or what stood in the way.
    pub because: &'a str,
}

impl ChangeRejected<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.change(ChangeOutcome::Rejected);
        info!(because = self.because, "change rejected");
    }
}

/// The store could not do what it was asked.
#[derive(Clone, Debug)]
pub struct StoreFailed<'a> {
    /// Such as `commit`, `append_event`, `save_health`.
    pub operation: &'static str,
    pub error: &'a dyn std::error::Error,
}

impl StoreFailed<'_> {
    /// Logs and counts it; a failed commit also counts as a failed change.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.store_failed(self.operation);
        if self.operation == "commit" {
            telemetry.metrics.change(ChangeOutcome::Failed);
        }
        error!(operation = self.operation, error = %self.error, "the store failed");
    }
}

/// The API answered a request.
#[derive(Clone, Debug)]
pub struct ApiAnswered<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub status: u16,
    pub duration: Duration,
}

impl ApiAnswered<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.api_answered(self.status);
        let (method, path, status) = (self.method, self.path, self.status);
        debug!(method, path, status, duration = ?self.duration, "API request answered");
    }
}

/// A snapshot of the store was written.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotTaken {
    pub at: Timestamp,
    pub took: Duration,
}

impl SnapshotTaken {
    /// Logs it and sets its gauges.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.snapshot(self.at, false);
        debug!(took = ?self.took, "snapshot of the store taken");
    }
}

/// The store cannot be opened, and the node serves from a snapshot of it.
#[derive(Clone, Debug)]
pub struct SnapshotInUse<'a> {
    pub taken: Timestamp,
    pub why: &'a str,
}

impl SnapshotInUse<'_> {
    /// Logs it and sets its gauges.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.snapshot(self.taken, true);
        error!(taken = %self.taken, why = self.why, "the store cannot be opened: serving from its snapshot");
    }
}

/// The store could be opened again.
#[derive(Clone, Copy, Debug)]
pub struct StoreIsBack;

impl StoreIsBack {
    /// Logs it and sets its gauge.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.store_is_back();
        info!("the store is back: serving from it again");
    }
}

impl Telemetry {
    /// The exposition of `/metrics`, with the counts of the access log and the story book brought up to date.
    pub fn scrape(&self) -> String {
        let metrics: &Metrics = &self.metrics;
        metrics.mirror(&self.access, &self.stories);
        metrics.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_moves_its_metric() {
        let telemetry = Telemetry::silent();
        let endpoint = EndpointChanged {
            pool: PoolId::from_bytes([1; 16]),
            pool_name: "primary",
            endpoint_name: "app-1",
            address: "192.0.2.1:80",
            to: EndpointState::Unhealthy,
            reason: Some(Reason::TcpRefused),
        };
        endpoint.emit(&telemetry);
        PoolChanged { pool: endpoint.pool, pool_name: "primary", to: PoolState::Critical }.emit(&telemetry);
        let compile = Duration::from_millis(3);
        TablePublished { generation: 5, revision: 4, pools: 2, endpoints: 6, usable_endpoints: 4, compile }
            .emit(&telemetry);
        ProbeFinished {
            monitor: MonitorKind::Https,
            address: "192.0.2.1",
            outcome: Outcome::Fail(Reason::TlsTimeout),
            duration: Some(Duration::from_secs(5)),
            lateness: Duration::ZERO,
        }
        .emit(&telemetry);
        ChangeApplied { revision: 4, edits: 1 }.emit(&telemetry);
        ChangeRejected { because: "weight: 2 is over 1" }.emit(&telemetry);
        let error = std::io::Error::other("disk full");
        StoreFailed { operation: "commit", error: &error }.emit(&telemetry);
        ApiAnswered { method: "GET", path: "/", status: 404, duration: Duration::ZERO }.emit(&telemetry);
        SnapshotInUse { taken: Timestamp::UNIX_EPOCH, why: "damaged" }.emit(&telemetry);
        let text = telemetry.scrape();
        for line in [
            "bellwether_store_snapshot_in_use 1",
            "bellwether_endpoint_changes_total{to=\"unhealthy\",reason=\"tcp_refused\"} 1",
            "bellwether_pool_changes_total{to=\"critical\"} 1",
            "bellwether_table_generation 5",
            "bellwether_table_endpoints{usable=\"true\"} 4",
            "bellwether_table_endpoints{usable=\"false\"} 2",
            "bellwether_table_compile_seconds_count 1",
            "bellwether_probes_total{monitor=\"https\",outcome=\"fail\",reason=\"tls_timeout\"} 1",
            "bellwether_changes_total{outcome=\"applied\"} 1",
            "bellwether_changes_total{outcome=\"rejected\"} 1",
            "bellwether_changes_total{outcome=\"failed\"} 1",
            "bellwether_store_failures_total{operation=\"commit\"} 1",
            "bellwether_api_requests_total{class=\"4xx\"} 1",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
