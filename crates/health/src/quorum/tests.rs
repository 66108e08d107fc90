use super::*;
use crate::{
    TieRule,
    fixture::{EAST, EUROPE, MONITOR, WEST, monitor, start},
    panel::Member,
};
use model::{Evidence, Timings};

fn voice(name: &str, region: Region, reason: Option<Reason>) -> (Arc<str>, DataCenterVerdict) {
    let run = CheckRun { at: start(), healthy: reason.is_none(), reason, against: 0 };
    let verdict = DataCenterVerdict {
        data_center: name.into(),
        region,
        at: start(),
        healthy: run.healthy,
        reason,
        timings: Timings::default(),
        evidence: Evidence::default(),
        checks: BTreeMap::from([(MONITOR, run)]),
    };
    (name.into(), verdict)
}

/// Data centers by region: how many pass, and how many there are.
fn voices(regions: &[(Region, usize, usize)]) -> BTreeMap<Arc<str>, DataCenterVerdict> {
    let all = regions.iter().flat_map(|&(region, passing, all)| {
        (0..all).map(move |number| {
            let reason = (number >= passing).then_some(Reason::TcpRefused);
            voice(&format!("{region}{number}"), region, reason)
        })
    });
    all.collect()
}

fn panel(constituency: Constituency) -> Panel {
    let member = Member { monitor: Arc::new(monitor(MONITOR)), must_be_healthy: false };
    Panel { members: vec![member], constituency }
}

fn is_healthy(voices: &BTreeMap<Arc<str>, DataCenterVerdict>, constituency: Constituency) -> Option<bool> {
    decide(voices, &panel(constituency), &QuorumPolicy::default()).map(Ballot::is_healthy)
}

// LB-49
#[test]
fn a_region_is_healthy_by_the_majority_of_its_data_centers() {
    let west = || Constituency::Regions(vec![WEST]);
    assert_eq!(is_healthy(&voices(&[(WEST, 2, 3)]), west()), Some(true));
    assert_eq!(is_healthy(&voices(&[(WEST, 1, 3)]), west()), Some(false));
}

// LB-50
#[test]
fn an_endpoint_is_healthy_by_the_majority_of_its_regions() {
    let regions = || Constituency::Regions(vec![WEST, EAST, EUROPE]);
    assert_eq!(is_healthy(&voices(&[(WEST, 3, 3), (EAST, 2, 3), (EUROPE, 0, 3)]), regions()), Some(true));
    assert_eq!(is_healthy(&voices(&[(WEST, 3, 3), (EAST, 1, 3), (EUROPE, 1, 3)]), regions()), Some(false));
}

#[test]
fn regions_and_data_centers_count_differently() {
    // Five of nine data centers pass, but only in one of three regions is that a majority.
    let voices = voices(&[(WEST, 3, 3), (EAST, 1, 3), (EUROPE, 1, 3)]);
    assert_eq!(is_healthy(&voices, Constituency::EveryDataCenter), Some(true));
    assert_eq!(is_healthy(&voices, Constituency::EveryRegion), Some(false));
}

#[test]
fn regions_outside_the_check_regions_have_no_voice() {
    let voices = voices(&[(WEST, 0, 3), (EAST, 0, 3), (EUROPE, 3, 3)]);
    assert_eq!(is_healthy(&voices, Constituency::Regions(vec![EUROPE])), Some(true));
    assert_eq!(is_healthy(&voices, Constituency::Regions(vec![Region::Oceania])), None);
}

#[test]
fn silence_is_no_verdict() {
    for constituency in [Constituency::EveryDataCenter, Constituency::EveryRegion] {
        assert_eq!(is_healthy(&BTreeMap::new(), constituency), None);
    }
}

#[test]
fn half_is_a_majority_only_when_the_policy_says_so() {
    let even = [
        (voices(&[(WEST, 1, 1), (EAST, 0, 1)]), Constituency::EveryRegion),
        (voices(&[(WEST, 1, 2)]), Constituency::EveryRegion),
        (voices(&[(WEST, 1, 2)]), Constituency::EveryDataCenter),
    ];
    for (voices, constituency) in even {
        for (tie, healthy) in [(TieRule::Unhealthy, false), (TieRule::Healthy, true)] {
            let policy = QuorumPolicy { tie, ..QuorumPolicy::default() };
            let decided = decide(&voices, &panel(constituency.clone()), &policy);
            assert_eq!(decided.map(Ballot::is_healthy), Some(healthy), "{constituency:?} {tie:?}");
        }
    }
}

#[test]
fn the_reason_is_the_one_most_data_centers_give() {
    let reasons = [Reason::ReadTimeout, Reason::TcpRefused, Reason::ReadTimeout];
    let voices: BTreeMap<_, _> =
        reasons.iter().enumerate().map(|(number, reason)| voice(&number.to_string(), WEST, Some(*reason))).collect();
    let decided = decide(&voices, &panel(Constituency::EveryDataCenter), &QuorumPolicy::default());
    assert_eq!(decided, Some(Ballot::Unhealthy(Some(Reason::ReadTimeout))));
    assert_eq!(commonest([Reason::ReadTimeout, Reason::TcpRefused].into_iter()), Some(Reason::TcpRefused));
}
