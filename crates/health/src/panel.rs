//! The panel of a pool: whose observations of it count, and how.

use crate::policy::{QuorumPolicy, StaffedRegions};
use model::{CheckRegion, Intent, Monitor, MonitorId, Pool, Region};
use std::{sync::Arc, time::Duration};

/// Which data centers speak, and whether they speak for themselves or for their region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constituency {
    /// All, each for itself.
    EveryDataCenter,
    /// All, by region.
    EveryRegion,
    /// Those of the listed regions, by region.
    Regions(Vec<Region>),
}

/// A monitor with a vote.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub monitor: Arc<Monitor>,
    pub must_be_healthy: bool,
}

/// Whose observations count: the voting monitors, in the order of the group, and the data centers.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub members: Vec<Member>,
    pub constituency: Constituency,
}

impl Constituency {
    /// Whether data centers of this region have a voice.
    pub fn includes(&self, region: Region) -> bool {
        match self {
            Constituency::EveryDataCenter | Constituency::EveryRegion => true,
            Constituency::Regions(regions) => regions.contains(&region),
        }
    }

    /// Without check regions every data center speaks. So it does where none of the listed regions has a prober.
    fn of(pool: &Pool, staffed: StaffedRegions) -> Self {
        let listed = pool.check_regions.as_deref().unwrap_or_default();
        if listed.contains(&CheckRegion::All) {
            return Constituency::EveryRegion;
        }
        let regions: Vec<Region> = listed.iter().filter_map(one_region).collect();
        let watched = regions.iter().any(|region| staffed.contains(*region));
        if watched { Constituency::Regions(regions) } else { Constituency::EveryDataCenter }
    }
}

fn one_region(listed: &CheckRegion) -> Option<Region> {
    match listed {
        CheckRegion::One(region) => Some(*region),
        CheckRegion::China | CheckRegion::All => None,
    }
}

impl Panel {
    /// The panel of a pool: its monitor, or the voting members of its group. Without any the pool is unmonitored, even
    /// if members without a vote probe it.
    pub fn of(intent: &Intent, pool: &Pool, staffed: StaffedRegions) -> Self {
        Self { members: members(intent, pool), constituency: Constituency::of(pool, staffed) }
    }

    /// Whether anybody decides about the pool's health.
    pub fn is_monitored(&self) -> bool {
        !self.members.is_empty()
    }

    /// The voting member with this monitor.
    pub fn member(&self, monitor: MonitorId) -> Option<&Member> {
        self.members.iter().find(|member| member.monitor.id == monitor)
    }

    /// How long a verdict of this monitor counts; `None` when it has no vote.
    pub fn lifetime(&self, monitor: MonitorId, policy: &QuorumPolicy) -> Option<Duration> {
        self.member(monitor).map(|member| policy.lifetime(&member.monitor))
    }

    /// Whether nothing differs, not even in what the monitors ask.
    pub fn is_same(&self, other: &Panel) -> bool {
        let same_members = self.members.len() == other.members.len()
            && self.members.iter().zip(&other.members).all(|(left, right)| {
                Arc::ptr_eq(&left.monitor, &right.monitor) && left.must_be_healthy == right.must_be_healthy
            });
        same_members && self.constituency == other.constituency
    }

    /// Whether a monitor of both asks or expects something else now, so that older results answer another question.
    pub fn asks_otherwise(&self, before: &Panel) -> bool {
        self.members.iter().any(|member| {
            let before = before.member(member.monitor.id);
            before.is_some_and(|before| questions_differ(&before.monitor, &member.monitor))
        })
    }
}

fn members(intent: &Intent, pool: &Pool) -> Vec<Member> {
    if let Some(monitor) = pool.monitor.and_then(|id| intent.monitors.get(&id)) {
        return vec![Member { monitor: monitor.clone(), must_be_healthy: false }];
    }
    let group = pool.monitor_group.and_then(|id| intent.monitor_groups.get(&id));
    let voting = group.iter().flat_map(|group| &group.members).filter(|member| member.votes());
    let found = voting.filter_map(|member| {
        let monitor = intent.monitors.get(&member.monitor_id)?.clone();
        Some(Member { monitor, must_be_healthy: member.must_be_healthy })
    });
    found.collect()
}

/// Everything but the texts, the schedule and the thresholds makes the question.
fn questions_differ(before: &Arc<Monitor>, after: &Arc<Monitor>) -> bool {
    if Arc::ptr_eq(before, after) {
        return false;
    }
    let schedule_aside = Monitor {
        created_on: before.created_on,
        modified_on: before.modified_on,
        description: before.description.clone(),
        interval: before.interval,
        consecutive_up: before.consecutive_up,
        consecutive_down: before.consecutive_down,
        ..Monitor::clone(after)
    };
    schedule_aside != **before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{EAST, EUROPE, POOL, WEST, pool};
    use Constituency::{EveryDataCenter, EveryRegion, Regions};

    fn constituency(listed: Option<&[CheckRegion]>, staffed: &[Region]) -> Constituency {
        let pool = Pool { check_regions: listed.map(<[_]>::to_vec), ..pool(POOL, 1) };
        Constituency::of(&pool, StaffedRegions::only(staffed.iter().copied()))
    }

    #[test]
    fn the_check_regions_say_who_speaks() {
        let europe = [CheckRegion::One(EUROPE)];
        assert_eq!(constituency(None, &[WEST]), EveryDataCenter);
        assert_eq!(constituency(Some(&[]), &[WEST]), EveryDataCenter);
        assert_eq!(constituency(Some(&[CheckRegion::All]), &[WEST]), EveryRegion);
        assert_eq!(constituency(Some(&europe), &[WEST, EUROPE]), Regions(vec![EUROPE]));
        assert_eq!(constituency(Some(&[CheckRegion::One(EAST), europe[0]]), &[EUROPE]), Regions(vec![EAST, EUROPE]));
    }

    #[test]
    fn where_no_listed_region_has_a_prober_all_there_are_stand_in() {
        assert_eq!(constituency(Some(&[CheckRegion::One(EUROPE)]), &[WEST, EAST]), EveryDataCenter);
        assert_eq!(constituency(Some(&[CheckRegion::China]), &[WEST]), EveryDataCenter);
    }
}
