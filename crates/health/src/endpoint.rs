//! One endpoint: what comes into its record, what leaves it, and the state that follows from the rest.

use crate::{
    admission::Admitted,
    deadlines::{after, earlier},
    panel::Panel,
    policy::QuorumPolicy,
    quorum, run,
    vote::Ballot,
};
use model::{CheckRun, DataCenterVerdict, EndpointHealth, EndpointState, Observation, Timestamp};

/// Puts an observation that counts into the endpoint's record of its data center.
pub(crate) fn record(endpoint: &mut EndpointHealth, observation: Observation, admitted: &Admitted<'_>, panel: &Panel) {
    let Admitted { monitor, at, failure } = *admitted;
    let Observation { data_center, region, timings, evidence, .. } = observation;
    let known = endpoint.data_centers.remove(&data_center);
    let mut checks = known.map(|known| known.checks).unwrap_or_default();
    let before = checks.get(&monitor.id).copied().or_else(|| inherited(endpoint, at));
    checks.insert(monitor.id, run::advance(before.as_ref(), at, failure, monitor));
    let here = quorum::decide_locally(&checks, panel).unwrap_or(Ballot::new(failure.is_none(), failure));
    let verdict = DataCenterVerdict {
        data_center: data_center.clone(),
        region,
        at,
        healthy: here.is_healthy(),
        reason: here.reason(),
        timings,
        evidence,
        checks,
    };
    endpoint.data_centers.insert(data_center, verdict);
}

/// What a data center without a run begins with: the verdict in force, so that thresholds hold over silence, over
/// restarts, and for a data center that joins later. Where nothing is known yet, its first result decides.
fn inherited(endpoint: &EndpointHealth, at: Timestamp) -> Option<CheckRun> {
    let healthy = endpoint.state == EndpointState::Healthy;
    is_judged(endpoint.state).then_some(CheckRun { at, healthy, reason: endpoint.reason, against: 0 })
}

/// Brings an endpoint's state in line with its verdicts. True when the state changed. Without any verdict the state
/// stays, as something remembered.
pub(crate) fn settle(endpoint: &mut EndpointHealth, panel: &Panel, policy: &QuorumPolicy, now: Timestamp) -> bool {
    let Some(ballot) = quorum::decide(&endpoint.data_centers, panel, policy) else {
        endpoint.remembered |= is_judged(endpoint.state);
        return false;
    };
    let state = if ballot.is_healthy() { EndpointState::Healthy } else { EndpointState::Unhealthy };
    endpoint.reason = ballot.reason();
    let changed = endpoint.state != state;
    if changed {
        endpoint.state = state;
        endpoint.since = Some(now);
    }
    changed
}

/// What became of the verdicts of an endpoint as time went on.
pub(crate) struct Lapsed {
    pub any: bool,
    /// When the next one lapses.
    pub next: Option<Timestamp>,
}

/// Drops runs that have outlived their time or that no longer have a voice.
pub(crate) fn drop_lapsed(
    endpoint: &mut EndpointHealth,
    panel: &Panel,
    policy: &QuorumPolicy,
    now: Timestamp,
) -> Lapsed {
    let mut lapsed = Lapsed { any: false, next: None };
    endpoint.data_centers.retain(|_, verdict| {
        let has_voice = panel.constituency.includes(verdict.region);
        let before = verdict.checks.len();
        verdict.checks.retain(|monitor, run| {
            let ends = panel.lifetime(*monitor, policy).map(|lifetime| after(run.at, lifetime));
            let counts = has_voice && ends.is_some_and(|ends| ends > now);
            if counts {
                lapsed.next = earlier(lapsed.next, ends);
            }
            counts
        });
        lapsed.any |= verdict.checks.len() != before;
        let here = quorum::decide_locally(&verdict.checks, panel);
        if let Some(here) = here {
            (verdict.healthy, verdict.reason) = (here.is_healthy(), here.reason());
        }
        here.is_some()
    });
    lapsed
}

/// Whether health has been decided about.
pub(crate) fn is_judged(state: EndpointState) -> bool {
    matches!(state, EndpointState::Healthy | EndpointState::Unhealthy)
}
