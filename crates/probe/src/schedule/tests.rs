use super::*;
use model::{Endpoint, Monitor, MonitorId, PoolId, Timestamp};
use proptest::prelude::*;

const SOON: Duration = Duration::from_millis(500);

fn monitor(number: u8, interval: u32) -> Monitor {
    Monitor {
        interval,
        timeout: 1,
        retries: 0,
        ..Monitor::blank(
            MonitorId::from_bytes([number; 16]),
            model::AccountId::from_bytes([0; 16]),
            Timestamp::UNIX_EPOCH,
        )
    }
}

fn endpoint(number: u8) -> Endpoint {
    Endpoint { name: format!("e{number}"), port: 80, ..Endpoint::at(format!("10.0.0.{number}")) }
}

fn target(number: u8, interval: u32) -> ProbeTarget {
    ProbeTarget {
        pool: PoolId::from_bytes([1; 16]),
        monitor: Arc::new(monitor(1, interval)),
        endpoint: Arc::new(endpoint(number)),
        simulated_zone: None,
    }
}

fn plan(targets: impl IntoIterator<Item = ProbeTarget>) -> ProbePlan {
    ProbePlan::new(1, targets)
}

/// Runs a schedule for a while; every check takes no time. Gives which endpoint was checked when.
fn play(schedule: &mut Schedule, from: Instant, span: Duration) -> Vec<(Duration, String)> {
    let mut checks = Vec::new();
    while let Some(now) = schedule.next().filter(|due| *due <= from + span) {
        let due = schedule.take(now).expect("what is next is due then");
        checks.push((now - from, due.target.endpoint.name.clone()));
        assert!(schedule.finish(due.ticket, now));
    }
    checks
}

#[test]
fn a_new_target_is_checked_soon_and_then_once_per_interval() {
    let now = Instant::now();
    let mut schedule = Schedule::new(SOON, now);
    schedule.apply(&plan([target(1, 10)]), now);
    let times: Vec<_> = play(&mut schedule, now, Duration::from_secs(60)).into_iter().map(|(at, _)| at).collect();
    assert!(times[0] <= SOON);
    assert!(times[1] - times[0] <= Duration::from_secs(10));
    assert!(times[1..].windows(2).all(|pair| pair[1] - pair[0] == Duration::from_secs(10)), "{times:?}");
}

#[test]
fn the_phase_of_a_target_is_its_own_and_stable() {
    let now = Instant::now();
    let phases = |targets: Vec<ProbeTarget>| {
        let mut schedule = Schedule::new(SOON, now);
        schedule.apply(&plan(targets), now);
        let checks = play(&mut schedule, now, Duration::from_secs(40));
        checks.into_iter().filter(|(at, _)| *at > Duration::from_secs(20)).collect::<Vec<_>>()
    };
    let all = phases((0..200).map(|number| target(number, 10)).collect());
    assert_eq!(all.len(), 400);
    // Alone, each target is checked when it was among the many.
    let alone = phases(vec![target(7, 10)]);
    assert!(alone.iter().all(|check| all.contains(check)));
    // Two hundred targets over ten seconds: no second gets more than three times its share.
    for second in 20..30 {
        let count = all.iter().filter(|(at, _)| at.as_secs() == second).count();
        assert!((1..=60).contains(&count), "{count} checks in second {second}");
    }
}

#[test]
fn a_plan_leaves_the_timing_of_what_it_does_not_change() {
    let now = Instant::now();
    let mut schedule = Schedule::new(SOON, now);
    schedule.apply(&plan([target(1, 10), target(2, 10)]), now);
    play(&mut schedule, now, Duration::from_secs(15));
    let later = now + Duration::from_secs(15);
    let kept = schedule.queue.iter().find(|(_, slot)| schedule.slots[slot].target.endpoint.name == "e1").copied();
    let mut renamed = target(1, 10);
    Arc::make_mut(&mut renamed.endpoint).weight = 0.5;
    Arc::make_mut(&mut renamed.monitor).description = "other words".to_owned();
    schedule.apply(&plan([renamed, target(3, 10)]), later);
    assert!(schedule.queue.contains(&kept.unwrap()));
    let names: Vec<_> = play(&mut schedule, later, Duration::from_secs(30)).into_iter().map(|(_, name)| name).collect();
    assert!(!names.contains(&"e2".to_owned()) && names.contains(&"e3".to_owned()));
}

#[test]
fn a_changed_question_is_asked_soon() {
    let now = Instant::now();
    let mut schedule = Schedule::new(SOON, now);
    schedule.apply(&plan([target(1, 3_600)]), now);
    play(&mut schedule, now, Duration::from_secs(1));
    let later = now + Duration::from_secs(2);
    let mut changed = target(1, 3_600);
    Arc::make_mut(&mut changed.monitor).path = "/other".to_owned();
    schedule.apply(&plan([changed]), later);
    assert!(schedule.next().unwrap() <= later + SOON);
}

#[test]
fn a_result_counts_only_while_its_question_is_asked() {
    let now = Instant::now();
    let soon = now + SOON;
    let mut schedule = Schedule::new(SOON, now);
    schedule.apply(&plan([target(1, 10), target(2, 10)]), now);
    let (one, two) = (schedule.take(soon).unwrap(), schedule.take(soon).unwrap());
    let (changed, gone) = if one.target.endpoint.name == "e1" { (one, two) } else { (two, one) };
    let mut other = target(1, 10);
    Arc::make_mut(&mut other.endpoint).host = Some("other.test".to_owned());
    schedule.apply(&plan([other]), soon);
    assert_eq!(schedule.next(), None, "never two checks of one target at once");
    assert!(!schedule.finish(changed.ticket, soon));
    assert!(!schedule.finish(gone.ticket, soon));
    let again = schedule.take(soon).expect("the new question follows at once");
    assert_eq!(again.target.endpoint.host.as_deref(), Some("other.test"));
    assert!(schedule.finish(again.ticket, soon));
}

// LB-57: a disabled endpoint is not checked.
#[test]
fn a_disabled_endpoint_is_never_due() {
    let now = Instant::now();
    let mut schedule = Schedule::new(SOON, now);
    let mut disabled = target(1, 10);
    Arc::make_mut(&mut disabled.endpoint).enabled = false;
    schedule.apply(&plan([disabled]), now);
    assert_eq!(schedule.next(), None);
}

// LB-58, the half about probes: an endpoint of weight 0 is checked like any other.
#[test]
fn an_endpoint_without_weight_is_checked() {
    let now = Instant::now();
    let mut schedule = Schedule::new(SOON, now);
    let mut weightless = target(1, 10);
    Arc::make_mut(&mut weightless.endpoint).weight = 0.0;
    schedule.apply(&plan([weightless]), now);
    assert!(schedule.take(now + SOON).is_some());
}

#[test]
fn a_check_that_outlasts_its_interval_is_not_made_up_for() {
    let now = Instant::now();
    let mut schedule = Schedule::new(SOON, now);
    schedule.apply(&plan([target(1, 1)]), now);
    let due = schedule.take(now + SOON).unwrap();
    let end = now + Duration::from_secs(20);
    schedule.finish(due.ticket, end);
    let next = schedule.next().unwrap();
    assert!(next > end && next <= end + Duration::from_secs(1));
}

/// What can happen to a schedule.
#[derive(Clone, Debug)]
enum Event {
    Advance(u64),
    Take,
    Finish(usize),
    Apply(Vec<(u8, u32)>),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3_000_u64).prop_map(Event::Advance),
        Just(Event::Take),
        (0..8_usize).prop_map(Event::Finish),
        prop::collection::vec((0..6_u8, 1..5_u32), 0..8).prop_map(Event::Apply),
    ]
}

proptest! {
    /// Whatever happens: one target is never under way twice, nothing is taken before its time, and every target of
    /// the plan either waits or is under way.
    #[test]
    fn no_target_is_under_way_twice(events in prop::collection::vec(event(), 0..200)) {
        let start = Instant::now();
        let (mut now, mut schedule) = (start, Schedule::new(SOON, start));
        let mut running: Vec<Due> = Vec::new();
        let mut current = plan([]);
        for event in events {
            match event {
                Event::Advance(millis) => now += Duration::from_millis(millis),
                Event::Take => if let Some(due) = schedule.take(now) {
                    prop_assert!(due.due <= now);
                    running.push(due);
                },
                Event::Finish(which) if which < running.len() => {
                    let done = running.remove(which);
                    let asked = schedule.finish(done.ticket, now);
                    let planned = current.targets().any(|target| target.id() == done.target.id());
                    prop_assert!(planned || !asked);
                }
                Event::Finish(_) => {}
                Event::Apply(targets) => {
                    current = plan(targets.into_iter().map(|(number, interval)| target(number, interval)));
                    schedule.apply(&current, now);
                }
            }
            for known in current.targets().map(ProbeTarget::id) {
                let number = schedule.by_target[&known];
                let waits = schedule.queue.iter().filter(|(_, slot)| *slot == number).count();
                let runs = running.iter().filter(|due| due.target.id() == known).count();
                prop_assert_eq!(waits + runs, 1);
            }
        }
    }
}
