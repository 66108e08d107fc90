//! Quorum: from the verdicts of data centers to one verdict.

use crate::{
    panel::{Constituency, Panel},
    policy::QuorumPolicy,
    vote::{self, Ballot, Vote},
};
use model::{CheckRun, DataCenterVerdict, MonitorId, Region};
use std::{collections::BTreeMap, sync::Arc};
use verdict::Reason;

/// What the panel as a whole says of an endpoint; `None` when nobody has a verdict that counts.
pub(crate) fn decide(
    data_centers: &BTreeMap<Arc<str>, DataCenterVerdict>,
    panel: &Panel,
    policy: &QuorumPolicy,
) -> Option<Ballot> {
    let votes = panel.members.iter().filter_map(|member| {
        let ballot = of_monitor(data_centers, member.monitor.id, &panel.constituency, policy)?;
        Some(Vote { ballot, must_be_healthy: member.must_be_healthy })
    });
    vote::count(votes)
}

/// What the panel's monitors say from one data center.
pub(crate) fn decide_locally(checks: &BTreeMap<MonitorId, CheckRun>, panel: &Panel) -> Option<Ballot> {
    let votes = panel.members.iter().filter_map(|member| {
        let run = checks.get(&member.monitor.id)?;
        Some(Vote { ballot: Ballot::new(run.healthy, run.reason), must_be_healthy: member.must_be_healthy })
    });
    vote::count(votes)
}

/// One monitor's verdict: the majority of reporting regions, each by the majority of its reporting data centers; or the
/// majority of all reporting data centers. Those outside the constituency have no voice.
fn of_monitor(
    data_centers: &BTreeMap<Arc<str>, DataCenterVerdict>,
    monitor: MonitorId,
    constituency: &Constituency,
    policy: &QuorumPolicy,
) -> Option<Ballot> {
    let voices = || {
        let heard = data_centers.values().filter(|voice| constituency.includes(voice.region));
        heard.filter_map(|voice| Some((voice.region, voice.checks.get(&monitor)?)))
    };
    let mut regions = [Tally::default(); Region::ALL.len()];
    let mut all = Tally::default();
    for (region, run) in voices() {
        all.add(run.healthy);
        if let Some(tally) = regions.get_mut(region as usize) {
            tally.add(run.healthy);
        }
    }
    if all.voices == 0 {
        return None;
    }
    let carried = match constituency {
        Constituency::EveryDataCenter => all.carries(policy),
        Constituency::EveryRegion | Constituency::Regions(_) => {
            let mut majority = Tally::default();
            regions.iter().filter(|tally| tally.voices > 0).for_each(|tally| majority.add(tally.carries(policy)));
            majority.carries(policy)
        }
    };
    let reason = || commonest(voices().filter_map(|(_, run)| run.reason));
    Some(if carried { Ballot::Healthy } else { Ballot::Unhealthy(reason()) })
}

/// How many spoke, and how many said healthy.
#[derive(Clone, Copy, Default)]
struct Tally {
    passing: usize,
    voices: usize,
}

impl Tally {
    fn add(&mut self, passing: bool) {
        self.voices += 1;
        self.passing += usize::from(passing);
    }

    fn carries(&self, policy: &QuorumPolicy) -> bool {
        policy.carries(self.passing, self.voices)
    }
}

/// The reason that most give; of several the one that comes first in the journey of a request.
fn commonest(reasons: impl Iterator<Item = Reason>) -> Option<Reason> {
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    // The last of equal maxima wins, so the order is turned round.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(reason, _)| reason)
}

#[cfg(test)]
mod tests;
