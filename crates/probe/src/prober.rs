//! One check, from the target to the observation.

use crate::{
    anchors::KnownAnchors,
    attempt::{Attempt, is_timeout},
    connection, http,
    settings::ProberSettings,
};
use model::{Evidence, MonitorKind, Observation, Outcome, ProbeTarget, Timestamp, Timings};
use std::sync::Arc;
use verdict::Reason;

/// Performs checks. Cheap to clone.
#[derive(Clone)]
pub struct Prober {
    pub(crate) settings: Arc<ProberSettings>,
    anchors: Arc<KnownAnchors>,
}

impl Prober {
    /// A prober with these settings.
    pub fn new(settings: ProberSettings) -> Self {
        Self { settings: Arc::new(settings), anchors: Arc::default() }
    }

    /// Checks one target once. `revision` is that of the plan which names it.
    ///
    /// An attempt that times out is made again at once, as often as the monitor allows (LB-53); any other failure ends
    /// the check. Takes at most `(retries + 1) * timeout`. Dropping the future gives the check up.
    pub async fn probe(&self, target: &ProbeTarget, revision: u64) -> Observation {
        let mut attempts = 1;
        let mut last = self.attempt(target).await;
        while attempts <= target.monitor.retries && last.reason.is_some_and(is_timeout) {
            attempts += 1;
            last = self.attempt(target).await;
        }
        let Attempt { reason, timings, evidence } = last;
        Observation {
            target: target.id(),
            revision,
            data_center: self.settings.data_center.clone(),
            region: self.settings.region,
            at: Timestamp::now(),
            outcome: self.outcome(target, reason),
            attempts,
            timings,
            evidence,
        }
    }

    async fn attempt(&self, target: &ProbeTarget) -> Attempt {
        match target.monitor.kind {
            MonitorKind::Http | MonitorKind::Https => http::attempt(&self.settings, &self.anchors, target).await,
            MonitorKind::Tcp => connection::attempt(&self.settings, target, false).await,
            MonitorKind::Smtp => connection::attempt(&self.settings, target, true).await,
            MonitorKind::UdpIcmp | MonitorKind::IcmpPing => not_in_force(),
        }
    }

    /// A failure that this machine may itself have caused says nothing about the endpoint.
    fn outcome(&self, target: &ProbeTarget, reason: Option<Reason>) -> Outcome {
        match reason {
            None => Outcome::Pass,
            Some(Reason::EdgeResource) => Outcome::Inconclusive(Reason::EdgeResource),
            Some(Reason::NoRouteNet | Reason::DnsTimeout | Reason::DnsServfail) if (self.settings.is_offline)() => {
                Outcome::Inconclusive(Reason::ProberOffline)
            }
            Some(reason) if !is_in_force(target.monitor.kind) => Outcome::Inconclusive(reason),
            Some(reason) => Outcome::Fail(reason),
        }
    }
}

/// Whether checks of this kind are really made.
fn is_in_force(kind: MonitorKind) -> bool {
    !matches!(kind, MonitorKind::UdpIcmp | MonitorKind::IcmpPing)
}

/// Nothing was asked, so nothing is known: neither a pass nor a failure would be true.
fn not_in_force() -> Attempt {
    Attempt { reason: Some(Reason::MonitorInvalid), timings: Timings::default(), evidence: Evidence::default() }
}
