//! How one process hands over to the next, told the way of the other events: by both of them, each with what it can be
//! asked about.

use crate::Telemetry;
use std::time::Duration;
use tracing::{debug, error, info, warn};
use verdict::UpgradeFailure;

/// A new process was started to take over from this one.
#[derive(Clone, Copy, Debug)]
pub struct UpgradeStarted {
    pub pid: u32,
}

impl UpgradeStarted {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.upgrade("started", "");
        info!(pid = self.pid, "a new process is to take over");
    }
}

/// The new process did not take over, or ended too soon; this one serves on.
#[derive(Clone, Debug)]
pub struct UpgradeFailed<'a> {
    pub why: UpgradeFailure,
    pub detail: &'a str,
}

impl UpgradeFailed<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.upgrade("failed", self.why.id());
        let entry = self.why.entry();
        error!(
            cause = entry.id,
            party = entry.party.as_str(),
            remedy = entry.remedy,
            "the upgrade failed: {}",
            self.why.message(self.detail)
        );
    }
}

/// This process serves in place of the one before it.
#[derive(Clone, Copy, Debug)]
pub struct UpgradeSucceeded;

impl UpgradeSucceeded {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.upgrade("succeeded", "");
        info!("this process serves in place of the one before it");
    }
}

/// How the drain of the process before this one goes on.
#[derive(Clone, Copy, Debug)]
pub struct Draining {
    /// Connections that are still there.
    pub connections: u64,
    pub since: Duration,
}

impl Draining {
    /// Logs it and sets its gauges.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.draining(self.connections, self.since);
        debug!(connections = self.connections, since = ?self.since, "the process before this one drains");
    }
}

/// A drain is over: of the process before this one, or of this one.
#[derive(Clone, Debug)]
pub struct Drained<'a> {
    pub took: Duration,
    /// How many connections were cut off, by protocol.
    pub cut: &'a [(&'static str, u64)],
}

impl Drained<'_> {
    /// Logs and counts it.
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.metrics.draining(0, self.took);
        self.cut.iter().for_each(|(protocol, count)| telemetry.metrics.drain_cut(protocol, *count));
        let cut: Vec<String> = self.cut.iter().filter(|(_, count)| *count > 0).map(cut_off).collect();
        match cut.is_empty() {
            true => info!(took = ?self.took, "drained: every connection ended in its own time"),
            false => warn!(took = ?self.took, cut_off = cut.join(" "), "drained: connections were cut off"),
        }
    }
}

fn cut_off((protocol, count): &(&'static str, u64)) -> String {
    format!("{protocol}={count}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_moves_its_metric() {
        let telemetry = Telemetry::silent();
        UpgradeStarted { pid: 7 }.emit(&telemetry);
        UpgradeFailed { why: UpgradeFailure::TooLate, detail: "30s" }.emit(&telemetry);
        UpgradeSucceeded.emit(&telemetry);
        Draining { connections: 3, since: Duration::from_secs(1) }.emit(&telemetry);
        Drained { took: Duration::from_millis(1_500), cut: &[("tunnel", 2), ("http1", 0)] }.emit(&telemetry);
        let text = telemetry.scrape();
        for line in [
            "bellwether_upgrades_total{outcome=\"failed\",cause=\"upgrade_too_late\"} 1",
            "bellwether_upgrades_total{outcome=\"succeeded\",cause=\"\"} 1",
            "bellwether_draining_connections 0",
            "bellwether_drain_seconds 1.5",
            "bellwether_drain_cut_connections_total{protocol=\"tunnel\"} 2",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
