use super::*;
use crate::fixture::{EAST, EUROPE, POOL, REFUSED, Vote, WEST, World, key, observation};
use model::{EndpointState, Monitor, Outcome, PoolState};
use std::time::Duration;
use verdict::Reason;

// LB-47
#[test]
fn a_monitored_pool_without_results_is_unknown_and_not_usable() {
    let world = World::new(2);
    assert_eq!((world.state(0), world.pool_state()), (EndpointState::Unknown, PoolState::Unknown));
    assert!(!world.state(0).is_usable() && !world.pool_state().is_usable());
}

// LB-40
#[test]
fn one_event_per_edge_and_none_for_the_same_again() {
    let mut world = World::new(2);
    let event = world.see(0, Outcome::Pass).event();
    assert!(event.origins[0].changed && event.origins[0].healthy && !event.origins[1].changed);
    assert_eq!(world.see(0, Outcome::Pass), Effect::Recorded);
    let event = world.see(0, REFUSED).event();
    assert!(event.origins[0].changed && !event.origins[0].healthy);
    assert_eq!(event.origins[0].reason, Some(Reason::TcpRefused));
    assert_eq!(world.see(0, REFUSED), Effect::Recorded);
}

#[test]
fn an_event_shows_the_whole_pool_with_what_each_data_center_saw() {
    let mut world = World::new(3);
    world.see_from("SJC", WEST, 1, Outcome::Pass);
    let mut failed = observation(0, "SJC", WEST, world.now, REFUSED);
    failed.evidence.remote = Some("198.51.100.7:80".parse().unwrap());
    world.wait(1);
    failed.at = world.now;
    let event = world.take(failed).event();
    assert_eq!((event.id, event.timestamp, event.pool.id), (0, world.now, POOL));
    assert!(event.pool.healthy && !event.pool.changed, "one endpoint is still healthy");
    let seen: Vec<_> = event.origins.iter().map(|o| (o.name.as_str(), o.healthy, o.changed, o.ip.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("endpoint-0", false, true, "198.51.100.7"),
            ("endpoint-1", true, false, "192.0.2.1"),
            ("endpoint-2", false, false, "192.0.2.2"),
        ]
    );
    let breakdown = &event.origins[0].data_centers[0];
    assert_eq!(
        (&*breakdown.data_center, breakdown.healthy, breakdown.reason),
        ("SJC", false, Some(Reason::TcpRefused))
    );
}

#[test]
fn the_first_verdict_is_a_change_and_the_pool_follows_its_endpoints() {
    let mut world = World::new(2);
    let event = world.see(0, REFUSED).event();
    assert!(event.origins[0].changed && !event.pool.changed, "the other endpoint may still save the pool");
    let event = world.see(1, REFUSED).event();
    assert!(event.pool.changed && !event.pool.healthy);
    let event = world.see(1, Outcome::Pass).event();
    assert!(event.pool.changed && event.pool.healthy);
    assert_eq!(world.pool_state(), PoolState::Degraded);
    let event = world.see(0, Outcome::Pass).event();
    assert!(!event.pool.changed && event.pool.healthy);
    assert_eq!(world.pool_state(), PoolState::Healthy);
}

// LB-51
#[test]
fn a_flip_needs_failures_in_a_row() {
    let mut world = World::new(1);
    world.edit_monitor(|monitor| monitor.consecutive_down = 3);
    world.see(0, Outcome::Pass);
    for outcome in [REFUSED, REFUSED, Outcome::Pass, REFUSED, REFUSED] {
        assert_eq!(world.see(0, outcome), Effect::Recorded);
        assert_eq!(world.state(0), EndpointState::Healthy);
    }
    world.see(0, REFUSED).event();
    assert_eq!(world.state(0), EndpointState::Unhealthy);
}

#[test]
fn an_inconclusive_result_moves_nothing() {
    let mut world = World::new(1);
    world.edit_monitor(|monitor| monitor.consecutive_down = 2);
    world.see(0, Outcome::Pass);
    world.see(0, REFUSED);
    let before = world.health().clone();
    let doubt = Outcome::Inconclusive(Reason::ProberOffline);
    assert_eq!(world.see(0, doubt), Effect::Ignored(Ignored::Inconclusive));
    assert_eq!(world.health(), &before);
    world.see(0, REFUSED).event();
}

#[test]
fn late_and_repeated_observations_are_ignored() {
    let mut world = World::new(1);
    let at = world.now;
    world.see(0, Outcome::Pass);
    assert_eq!(world.take(observation(0, "LCL", WEST, at, REFUSED)), Effect::Ignored(Ignored::Overtaken));
    let again = observation(0, "LCL", WEST, world.now, REFUSED);
    assert_eq!(world.take(again.clone()), Effect::Ignored(Ignored::Overtaken));
    let elsewhere = observation(0, "SJC", WEST, at, REFUSED);
    assert_ne!(world.take(elsewhere), Effect::Ignored(Ignored::Overtaken), "each data center has an order of its own");
    world.wait(1_000);
    assert_eq!(world.take(again), Effect::Ignored(Ignored::Expired));
}

#[test]
fn a_clock_that_runs_ahead_silences_nobody() {
    let mut world = World::new(1);
    let tomorrow = world.now + Duration::from_secs(86_400);
    world.take(observation(0, "LCL", WEST, tomorrow, Outcome::Pass)).event();
    world.see(0, REFUSED).event();
}

// LB-57
#[test]
fn observations_of_what_is_gone_or_off_are_ignored() {
    let mut world = World::new(2);
    world.edit_pool(|pool| pool.origins[0].enabled = false);
    assert_eq!(world.see(0, Outcome::Pass), Effect::Ignored(Ignored::TargetDisabled));
    assert_eq!(world.state(0), EndpointState::Disabled);
    world.edit_pool(|pool| drop(pool.origins.remove(0)));
    assert_eq!(world.see(0, Outcome::Pass), Effect::Ignored(Ignored::TargetGone));
    world.intent.pools.clear();
    assert_eq!(world.see(1, Outcome::Pass), Effect::Ignored(Ignored::TargetGone));
}

#[test]
fn only_check_regions_have_a_voice() {
    let mut world = World::new(1);
    world.edit_pool(|pool| pool.check_regions = Some(vec![model::CheckRegion::One(EUROPE)]));
    assert_eq!(world.see_from("SJC", WEST, 0, REFUSED), Effect::Ignored(Ignored::OutsideRegions));
    world.see_from("AMS", EUROPE, 0, Outcome::Pass).event();
}

// LB-49, LB-50
#[test]
fn quorum_holds_over_observations() {
    let mut world = World::new(1);
    let regions = [WEST, EAST, EUROPE].map(model::CheckRegion::One);
    world.edit_pool(|pool| pool.check_regions = Some(regions.to_vec()));
    for (region, name) in [(WEST, "W"), (EAST, "E"), (EUROPE, "X")] {
        for number in 0..3 {
            world.see_from(&format!("{name}{number}"), region, 0, Outcome::Pass);
        }
    }
    // One data center in each region, and then all of one region: no change.
    for (name, region) in [("W0", WEST), ("E0", EAST), ("X0", EUROPE), ("W1", WEST), ("W2", WEST)] {
        assert_eq!(world.see_from(name, region, 0, REFUSED), Effect::Recorded, "{name}");
    }
    world.see_from("E1", EAST, 0, REFUSED).event();
    assert_eq!(world.state(0), EndpointState::Unhealthy);
    world.see_from("E1", EAST, 0, Outcome::Pass).event();
    assert_eq!(world.state(0), EndpointState::Healthy);
}

#[test]
fn silent_data_centers_lose_their_voice() {
    let mut world = World::new(1);
    for name in ["SJC", "LAX"] {
        world.see_from(name, WEST, 0, REFUSED);
    }
    world.wait(100);
    world.see_from("SEA", WEST, 0, Outcome::Pass);
    assert_eq!((world.expire(), world.state(0)), (vec![], EndpointState::Unhealthy));
    world.wait(100);
    let [event] = world.expire().try_into().unwrap();
    assert!(event.origins[0].changed && event.origins[0].healthy && event.pool.changed);
    assert_eq!(world.health().endpoints[&key(0)].data_centers.len(), 1);
}

#[test]
fn when_all_are_silent_health_stays_and_is_remembered() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    world.wait(184);
    assert_eq!(world.expire(), []);
    assert!(!world.is_remembered(0));
    world.wait(1);
    assert_eq!(world.expire(), []);
    assert_eq!((world.state(0), world.pool_state()), (EndpointState::Healthy, PoolState::Healthy));
    assert!(world.is_remembered(0) && world.health().endpoints[&key(0)].data_centers.is_empty());
    world.see(0, REFUSED).event();
    assert!(!world.is_remembered(0));
}

#[test]
fn a_restart_keeps_health_runs_and_voices() {
    let mut world = World::new(1);
    world.edit_monitor(|monitor| monitor.consecutive_down = 2);
    for name in ["SJC", "LAX", "SEA"] {
        world.see_from(name, WEST, 0, Outcome::Pass);
    }
    world.see_from("SJC", WEST, 0, REFUSED);
    assert_eq!(world.restart(), []);
    assert!(world.is_remembered(0));
    // The second failure in a row counts, but one voice of three is no majority.
    assert_eq!(world.see_from("SJC", WEST, 0, REFUSED), Effect::Recorded);
    assert!(!world.health().endpoints[&key(0)].data_centers["SJC"].healthy && !world.is_remembered(0));
    assert_eq!(world.state(0), EndpointState::Healthy);
}

// LB-51
#[test]
fn thresholds_hold_over_silence_restarts_and_new_data_centers() {
    let mut world = World::new(1);
    world.edit_monitor(|monitor| monitor.consecutive_down = 2);
    world.see(0, Outcome::Pass);
    world.wait(1_000);
    world.expire();
    world.restart();
    assert!(world.is_remembered(0) && world.health().endpoints[&key(0)].data_centers.is_empty());
    assert_eq!(world.see_from("LCL", WEST, 0, REFUSED), Effect::Recorded);
    assert_eq!(world.see_from("SJC", WEST, 0, REFUSED), Effect::Recorded);
    assert_eq!(world.state(0), EndpointState::Healthy, "one failure each");
    world.see_from("LCL", WEST, 0, REFUSED).event();
    assert_eq!(world.state(0), EndpointState::Unhealthy);
}

#[test]
fn a_pool_that_was_removed_while_the_machine_was_down_is_forgotten() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    world.intent.pools.clear();
    assert_eq!(world.restart(), []);
    assert_eq!(world.machine.snapshot(), HealthSnapshot::default());
}

// LB-68
#[test]
fn a_group_needs_more_than_half_to_fail() {
    let mut world = World::new(1);
    let [a, b, c] = world.use_group(&[Vote::Plain; 3]).try_into().unwrap();
    world.see_with(a, 0, Outcome::Pass);
    world.see_with(b, 0, REFUSED);
    assert_eq!(world.state(0), EndpointState::Healthy, "one of two");
    world.see_with(c, 0, REFUSED).event();
    assert_eq!(world.state(0), EndpointState::Unhealthy);
}

// LB-69
#[test]
fn a_member_that_must_be_healthy_decides_at_once() {
    let mut world = World::new(1);
    let [must, b, c] = world.use_group(&[Vote::Must, Vote::Plain, Vote::Plain]).try_into().unwrap();
    for monitor in [must, b, c] {
        world.see_with(monitor, 0, Outcome::Pass);
    }
    let event = world.see_with(must, 0, REFUSED).event();
    assert!(event.origins[0].changed && !event.origins[0].data_centers[0].healthy);
}

// LB-70
#[test]
fn a_member_that_only_watches_has_no_effect() {
    let mut world = World::new(1);
    let [a, watching, off] = world.use_group(&[Vote::Plain, Vote::Watching, Vote::Off]).try_into().unwrap();
    world.see_with(a, 0, Outcome::Pass);
    let before = world.health().clone();
    for silent in [watching, off] {
        assert_eq!(world.see_with(silent, 0, REFUSED), Effect::Ignored(Ignored::NoVote));
    }
    assert_eq!(world.health(), &before);
}

#[test]
fn the_last_result_of_a_slow_member_counts_until_its_next_run() {
    let mut world = World::new(1);
    let [fast, slow, other] = world.use_group(&[Vote::Plain; 3]).try_into().unwrap();
    let monitors = &mut world.intent.monitors;
    *monitors.get_mut(&slow).unwrap() = Arc::new(Monitor { interval: 600, ..crate::fixture::monitor(slow) });
    world.reconcile();
    world.see_with(slow, 0, REFUSED);
    for _ in 0..9 {
        world.wait(60);
        world.see_with(fast, 0, Outcome::Pass);
        world.see_with(other, 0, Outcome::Pass);
        assert_eq!(world.expire(), []);
    }
    world.see_with(fast, 0, REFUSED).event();
    assert_eq!(world.state(0), EndpointState::Unhealthy, "the slow member still says so");
}

#[test]
fn a_snapshot_does_not_change_afterwards() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    let snapshot = world.machine.snapshot();
    world.see(0, REFUSED);
    assert_eq!(snapshot.pools[&POOL].endpoints[&key(0)].state, EndpointState::Healthy);
    assert_eq!(world.state(0), EndpointState::Unhealthy);
}

#[test]
fn an_observation_without_a_reconciled_intent_is_of_nothing() {
    let mut world = World::new(1);
    world.machine = Machine::new(QuorumPolicy::default());
    assert_eq!(world.see(0, Outcome::Pass), Effect::Ignored(Ignored::TargetGone));
}
