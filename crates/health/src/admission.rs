//! Admission: whether an observation counts at all.

use crate::{deadlines::after, effect::Ignored, machine::File, policy::QuorumPolicy};
use model::{EndpointState, Monitor, Observation, Outcome, PoolHealth, Timestamp};
use verdict::Reason;

/// What an observation that counts has to say.
pub(crate) struct Admitted<'f> {
    pub monitor: &'f Monitor,
    /// When it was made, but not later than now.
    pub at: Timestamp,
    /// How the check failed, if it did.
    pub failure: Option<Reason>,
}

/// Admits an observation, or says why it does not count. From the lasting to the passing: first whether anybody may
/// speak like this about the target, then whether this one word still matters.
pub(crate) fn admit<'f>(
    observation: &Observation,
    file: &'f File,
    health: &PoolHealth,
    policy: &QuorumPolicy,
    now: Timestamp,
) -> Result<Admitted<'f>, Ignored> {
    let target = &observation.target;
    let endpoint = health.endpoints.get(&target.endpoint).ok_or(Ignored::TargetGone)?;
    if endpoint.state == EndpointState::Disabled {
        return Err(Ignored::TargetDisabled);
    }
    let monitor = &*file.panel.member(target.monitor).ok_or(Ignored::NoVote)?.monitor;
    if !file.panel.constituency.includes(observation.region) {
        return Err(Ignored::OutsideRegions);
    }
    if observation.revision < file.asked_since {
        return Err(Ignored::OldPlan);
    }
    let failure = match observation.outcome {
        Outcome::Pass => None,
        Outcome::Fail(reason) => Some(reason),
        Outcome::Inconclusive(_) => return Err(Ignored::Inconclusive),
    };
    if after(observation.at, policy.lifetime(monitor)) <= now {
        return Err(Ignored::Expired);
    }
    let at = observation.at.min(now);
    let known = endpoint.data_centers.get(&observation.data_center);
    match known.and_then(|known| known.checks.get(&target.monitor)) {
        Some(run) if run.at >= at => Err(Ignored::Overtaken),
        _ => Ok(Admitted { monitor, at, failure }),
    }
}
