use crate::{
    Effect, Ignored,
    fixture::{GROUP, MONITOR, POOL, REFUSED, Vote, WEST, World, endpoint, key, monitor, observation, pool},
};
use model::{EndpointState, MonitorId, Outcome, Pool, PoolState};

// LB-48
#[test]
fn a_pool_without_monitor_is_usable_and_silent() {
    let mut world = World::with(Pool { monitor: None, ..pool(POOL, 2) });
    assert_eq!((world.state(0), world.pool_state()), (EndpointState::Unmonitored, PoolState::Unmonitored));
    assert!(world.state(0).is_usable() && world.pool_state().is_usable());
    assert_eq!(world.see(0, REFUSED), Effect::Ignored(Ignored::NoVote));
}

// LB-47
#[test]
fn attaching_a_monitor_makes_everything_unknown() {
    let mut world = World::with(Pool { monitor: None, ..pool(POOL, 2) });
    assert_eq!(world.edit_pool(|pool| pool.monitor = Some(MONITOR)), []);
    assert_eq!((world.state(0), world.pool_state()), (EndpointState::Unknown, PoolState::Unknown));
}

#[test]
fn a_group_of_which_nobody_votes_leaves_the_pool_unmonitored() {
    let mut world = World::new(1);
    world.use_group(&[Vote::Watching, Vote::Off]);
    assert_eq!(world.pool_state(), PoolState::Unmonitored);
}

// LB-57
#[test]
fn disabling_an_endpoint_can_push_the_pool_under_its_minimum() {
    let mut world = World::new(2);
    world.edit_pool(|pool| pool.minimum_origins = 2);
    world.see(0, Outcome::Pass);
    world.see(1, Outcome::Pass);
    assert_eq!(world.pool_state(), PoolState::Healthy);
    let [event] = world.edit_pool(|pool| pool.origins[0].enabled = false).try_into().unwrap();
    assert!(event.pool.changed && !event.pool.healthy);
    assert!(event.origins.iter().all(|origin| !origin.changed), "switching off is not a change of health");
    assert!(!event.origins[0].enabled && !event.origins[0].healthy && event.origins[1].healthy);
}

#[test]
fn what_was_switched_off_starts_again_as_unknown() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    assert_eq!(world.edit_pool(|pool| pool.enabled = false), []);
    assert_eq!((world.state(0), world.pool_state()), (EndpointState::Disabled, PoolState::Disabled));
    assert_eq!(world.edit_pool(|pool| pool.enabled = true), []);
    assert_eq!((world.state(0), world.pool_state()), (EndpointState::Unknown, PoolState::Unknown));
    world.see(0, Outcome::Pass).event();
}

#[test]
fn a_new_endpoint_starts_as_unknown_beside_the_known_ones() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    assert_eq!(world.edit_pool(|pool| pool.origins.push(endpoint(1))), []);
    assert_eq!((world.state(0), world.state(1)), (EndpointState::Healthy, EndpointState::Unknown));
    assert_eq!(world.pool_state(), PoolState::Degraded);
}

#[test]
fn an_endpoint_is_known_by_its_address_not_its_name_or_place() {
    let mut world = World::new(2);
    world.see(0, Outcome::Pass);
    world.see(1, REFUSED);
    let edited = world.edit_pool(|pool| {
        pool.origins[0].name = "renamed".to_owned();
        pool.origins.reverse();
    });
    assert_eq!(edited, []);
    assert_eq!((world.state(0), world.state(1)), (EndpointState::Healthy, EndpointState::Unhealthy));
}

#[test]
fn edited_expectations_keep_health_until_a_result_to_them_comes() {
    let mut world = World::new(1);
    world.edit_monitor(|monitor| monitor.consecutive_down = 2);
    world.see(0, Outcome::Pass);
    world.see(0, REFUSED);
    assert_eq!(world.edit_monitor(|monitor| monitor.path = "/health".to_owned()), []);
    assert_eq!(world.state(0), EndpointState::Healthy);
    world.wait(1);
    let mut old = observation(0, "LCL", WEST, world.now, REFUSED);
    old.revision = world.intent.revision - 1;
    assert_eq!(world.take(old.clone()), Effect::Ignored(Ignored::OldPlan));
    old.revision = world.intent.revision;
    assert_eq!(world.take(old), Effect::Recorded, "the run began anew with the new question");
    world.see(0, REFUSED).event();
}

#[test]
fn an_edited_host_is_another_question_and_an_edited_weight_is_not() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    let of_revision = |world: &World, revision| {
        let mut observation = observation(0, "LCL", WEST, world.now, Outcome::Pass);
        observation.revision = revision;
        observation
    };
    world.edit_pool(|pool| pool.origins[0].weight = 0.5);
    world.wait(1);
    assert_eq!(world.take(of_revision(&world, 1)), Effect::Recorded);
    world.edit_pool(|pool| pool.origins[0].host = Some("www.example.com".to_owned()));
    world.wait(1);
    assert_eq!(world.take(of_revision(&world, 1)), Effect::Ignored(Ignored::OldPlan));
}

#[test]
fn another_monitor_inherits_health_as_remembered() {
    let mut world = World::new(1);
    world.see(0, Outcome::Pass);
    let other = MonitorId::from_bytes([7; 16]);
    world.intent.monitors.insert(other, monitor(other).into());
    assert_eq!(world.edit_pool(|pool| pool.monitor = Some(other)), []);
    assert!(world.state(0) == EndpointState::Healthy && world.is_remembered(0));
    assert!(world.health().endpoints[&key(0)].data_centers.is_empty());
    world.see_with(other, 0, REFUSED).event();
}

#[test]
fn taking_a_vote_away_lets_the_others_decide() {
    let mut world = World::new(1);
    let [a, b] = world.use_group(&[Vote::Plain, Vote::Must]).try_into().unwrap();
    world.see_with(a, 0, Outcome::Pass);
    world.see_with(b, 0, REFUSED);
    assert_eq!(world.state(0), EndpointState::Unhealthy);
    let group = world.intent.monitor_groups.get_mut(&GROUP).unwrap();
    std::sync::Arc::make_mut(group).members[1].monitoring_only = true;
    let [event] = world.reconcile().try_into().unwrap();
    assert!(event.origins[0].changed && event.origins[0].healthy && event.pool.changed);
    assert_eq!(world.reconcile(), [], "the same intent again changes nothing");
}

#[test]
fn a_restart_changes_nothing_but_the_mark() {
    let mut world = World::new(2);
    world.see(0, Outcome::Pass);
    world.see(1, REFUSED);
    let before = world.machine.snapshot();
    assert_eq!(world.restart(), []);
    let mut after = world.machine.snapshot();
    assert_ne!(before, after);
    let marked = std::sync::Arc::make_mut(after.pools.get_mut(&POOL).unwrap());
    marked.endpoints.values_mut().for_each(|endpoint| endpoint.remembered = false);
    assert_eq!(before, after);
}
