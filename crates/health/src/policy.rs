//! The choices that quorum leaves open, as settings.

use model::{Monitor, Region};
use std::time::Duration;

/// What half of the voices is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TieRule {
    /// Half is not a majority.
    #[default]
    Unhealthy,
    /// Half is enough.
    Healthy,
}

/// The regions that have a prober. By default every region counts as staffed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaffedRegions(u16);

impl StaffedRegions {
    /// Every region.
    pub const ALL: StaffedRegions = StaffedRegions(u16::MAX);

    /// Only these regions.
    pub fn only(regions: impl IntoIterator<Item = Region>) -> Self {
        Self(regions.into_iter().fold(0, |bits, region| bits | bit(region)))
    }

    /// Whether the region has a prober.
    pub fn contains(self, region: Region) -> bool {
        self.0 & bit(region) != 0
    }
}

impl Default for StaffedRegions {
    fn default() -> Self {
        Self::ALL
    }
}

const fn bit(region: Region) -> u16 {
    1 << region as u16
}

/// How verdicts become health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumPolicy {
    /// Decides ties among the data centers of a region, among regions, and among all data centers.
    pub tie: TieRule,
    /// How many intervals a verdict outlives its last check before it no longer counts. Default 3.
    pub missed_intervals: u32,
    /// Where probers are. A pool whose check regions have none is watched by all there are, because a pool that nobody
    /// watches would never serve.
    pub staffed: StaffedRegions,
}

impl Default for QuorumPolicy {
    fn default() -> Self {
        Self { tie: TieRule::default(), missed_intervals: 3, staffed: StaffedRegions::ALL }
    }
}

impl QuorumPolicy {
    /// Whether `passing` of `all` voices carry the day. `all` is not 0.
    pub(crate) fn carries(&self, passing: usize, all: usize) -> bool {
        match self.tie {
            TieRule::Unhealthy => 2 * passing > all,
            TieRule::Healthy => 2 * passing >= all,
        }
    }

    /// How long a verdict of this monitor counts after its check: the missed intervals and one check of full length.
    pub(crate) fn lifetime(&self, monitor: &Monitor) -> Duration {
        monitor.interval() * self.missed_intervals.max(1) + monitor.timeout() * monitor.retries.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{MONITOR, monitor};

    #[test]
    fn every_region_can_be_told_from_every_other() {
        for staffed in Region::ALL {
            for region in Region::ALL {
                assert_eq!(StaffedRegions::only([staffed]).contains(region), staffed == region);
            }
            assert!(StaffedRegions::default().contains(staffed));
        }
    }

    #[test]
    fn a_verdict_outlives_the_missed_intervals_and_one_check_of_full_length() {
        let slow = Monitor { retries: 2, ..monitor(MONITOR) };
        let policy = QuorumPolicy::default();
        assert_eq!(policy.lifetime(&slow), Duration::from_secs(3 * 60 + 3 * 5));
        let hasty = QuorumPolicy { missed_intervals: 0, ..policy };
        assert_eq!(hasty.lifetime(&slow), Duration::from_secs(60 + 3 * 5), "less than one interval makes no sense");
    }
}
