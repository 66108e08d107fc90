use super::*;
use crate::fixture::{
    CLIENT, Disabled, HOST, Healthy, Unhealthy, Unknown, Unmonitored, World, numbers, pool_id, route,
};
use model::{EndpointState, OriginSteeringPolicy, PoolId, PoolState, RandomSteering};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 20_000;

/// How often each pool and endpoint is chosen, as a share of all requests.
fn shares(world: &World) -> BTreeMap<(u8, usize), f64> {
    let table = world.table();
    let mut shares = BTreeMap::new();
    for seed in 0..SEEDS {
        let choice = steer(route(&table, HOST), &CLIENT, seed).unwrap();
        *shares.entry(numbers(&choice)).or_insert(0.0) += 1.0 / SEEDS as f64;
    }
    shares
}

fn chosen_pools(world: &World) -> BTreeSet<u8> {
    shares(world).into_keys().map(|(pool, _)| pool).collect()
}

/// Whether the shares are these, give or take a hundredth.
fn assert_shares(world: &World, expected: &[((u8, usize), f64)]) {
    let shares = shares(world);
    assert_eq!(
        shares.keys().copied().collect::<Vec<_>>(),
        expected.iter().map(|(place, _)| *place).collect::<Vec<_>>()
    );
    for (place, expected) in expected {
        assert!((shares[place] - expected).abs() < 0.01, "{place:?}: {shares:?}");
    }
}

fn one_choice(world: &World) -> Result<((u8, usize), Role, Why), Reason> {
    let table = world.table();
    steer(route(&table, HOST), &CLIENT, 7).map(|choice| (numbers(&choice), choice.role, choice.why))
}

// LB-72
#[test]
fn off_takes_the_first_usable_pool_and_returns_to_it() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 1), world.healthy(2, 1));
    world.balancer(&[a, b], b);
    assert_eq!(one_choice(&world), Ok(((1, 0), Role::Default, Why::FailoverOrder)));
    world.set_health(a, PoolState::Critical, &[Unhealthy]);
    assert_eq!(one_choice(&world), Ok(((2, 0), Role::Default, Why::FailoverOrder)));
    world.set_health(a, PoolState::Healthy, &[Healthy]);
    assert_eq!(one_choice(&world), Ok(((1, 0), Role::Default, Why::FailoverOrder)));
}

// LB-73
#[test]
fn a_critical_pool_further_down_changes_nothing() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 2), world.critical(2, 1));
    world.balancer(&[a, b], b);
    assert_eq!(chosen_pools(&world), BTreeSet::from([1]));
}

// LB-74
#[test]
fn random_draws_pools_by_weight_and_gives_all_to_the_one_left() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 1), world.healthy(2, 1));
    world.balancer(&[a, b], a);
    world.random(&[(a, 0.3), (b, 0.6)], 1.0);
    assert_shares(&world, &[((1, 0), 1.0 / 3.0), ((2, 0), 2.0 / 3.0)]);
    world.set_health(a, PoolState::Critical, &[Unhealthy]);
    assert_shares(&world, &[((2, 0), 1.0)]);
}

#[test]
fn which_pool_is_drawn_says_nothing_about_the_endpoint() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 2), world.healthy(2, 2));
    world.balancer(&[a, b], a);
    world.random(&[], 1.0);
    assert_shares(&world, &[((1, 0), 0.25), ((1, 1), 0.25), ((2, 0), 0.25), ((2, 1), 0.25)]);
}

#[test]
fn a_pool_with_nothing_to_choose_from_is_not_drawn() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 1), world.healthy(2, 1));
    world.set_weights(a, &[0.0]);
    world.balancer(&[a, b], a);
    world.random(&[], 1.0);
    assert_shares(&world, &[((2, 0), 1.0)]);
}

// LB-75
#[test]
fn a_pool_without_a_weight_of_its_own_has_the_default_weight() {
    let mut world = World::default();
    let pools = [world.healthy(1, 1), world.healthy(2, 1), world.healthy(3, 1)];
    world.balancer(&pools, pools[0]);
    world.random(&[(pools[0], 0.2)], 0.4);
    assert_shares(&world, &[((1, 0), 0.2), ((2, 0), 0.4), ((3, 0), 0.4)]);
}

#[test]
fn random_without_weights_treats_all_pools_alike() {
    let mut world = World::default();
    let pools = [world.healthy(1, 1), world.healthy(2, 1)];
    let balancer = world.balancer(&pools, pools[0]);
    balancer.steering_policy = SteeringPolicy::Random;
    assert_eq!(balancer.random_steering, None::<RandomSteering>);
    assert_shares(&world, &[((1, 0), 0.5), ((2, 0), 0.5)]);
}

#[test]
fn a_pool_of_weight_zero_is_drawn_never_not_even_as_the_only_one() {
    let mut world = World::default();
    let (a, b, last) = (world.healthy(1, 1), world.healthy(2, 1), world.healthy(3, 1));
    world.balancer(&[a, b], last);
    world.random(&[(a, 0.5), (b, 0.0)], 1.0);
    assert_eq!(chosen_pools(&world), BTreeSet::from([1]));
    world.set_health(a, PoolState::Critical, &[Unhealthy]);
    assert_eq!(one_choice(&world), Ok(((3, 0), Role::Fallback, Why::LastResort)));
}

// LB-85
#[test]
fn endpoints_share_by_weight() {
    let mut world = World::default();
    let a = world.healthy(1, 3);
    world.set_weights(a, &[0.25, 0.25, 0.5]);
    world.balancer(&[a], a);
    assert_shares(&world, &[((1, 0), 0.25), ((1, 1), 0.25), ((1, 2), 0.5)]);
    world.set_health(a, PoolState::Degraded, &[Healthy, Healthy, Unhealthy]);
    assert_shares(&world, &[((1, 0), 0.5), ((1, 1), 0.5)]);
}

// LB-58
#[test]
fn an_endpoint_of_weight_zero_gets_nothing() {
    let mut world = World::default();
    let a = world.healthy(1, 2);
    world.set_weights(a, &[0.0, 1.0]);
    world.balancer(&[a], a);
    assert_shares(&world, &[((1, 1), 1.0)]);
}

#[test]
fn a_pool_whose_usable_endpoints_all_have_weight_zero_is_passed_over() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 2), world.healthy(2, 1));
    world.set_weights(a, &[0.0, 0.0]);
    world.balancer(&[a, b], a);
    assert_eq!(one_choice(&world), Ok(((2, 0), Role::Default, Why::FailoverOrder)));
    world.set_health(b, PoolState::Critical, &[Unhealthy]);
    assert_shares(&world, &[((1, 0), 0.5), ((1, 1), 0.5)]);
}

// LB-54
#[test]
fn a_degraded_pool_serves_and_a_critical_one_does_not() {
    let mut world = World::default();
    let (a, b) = (world.pool(1, PoolState::Degraded, &[Healthy, Healthy, Unhealthy]), world.healthy(2, 1));
    world.balancer(&[a, b], b);
    assert_eq!(chosen_pools(&world), BTreeSet::from([1]));
    // One endpoint is healthy still, but the pool needs two.
    world.set_health(a, PoolState::Critical, &[Healthy, Unhealthy, Unhealthy]);
    assert_eq!(chosen_pools(&world), BTreeSet::from([2]));
}

// LB-55
#[test]
fn when_all_pools_are_critical_the_fallback_serves_whatever_its_health() {
    let mut world = World::default();
    let (a, last) = (world.critical(1, 1), world.pool(2, PoolState::Critical, &[Unhealthy, Unhealthy, Disabled]));
    world.balancer(&[a], last);
    assert_shares(&world, &[((2, 0), 0.5), ((2, 1), 0.5)]);
    assert_eq!(one_choice(&world).unwrap().1, Role::Fallback);
}

#[test]
fn the_fallback_prefers_endpoints_with_a_weight() {
    let mut world = World::default();
    let (a, last) = (world.critical(1, 1), world.critical(2, 2));
    world.set_weights(last, &[0.0, 0.5]);
    world.balancer(&[a], last);
    assert_shares(&world, &[((2, 1), 1.0)]);
}

// LB-56
#[test]
fn without_a_fallback_nothing_is_left() {
    let mut world = World::default();
    let (a, last) = (world.critical(1, 1), world.healthy(2, 1));
    world.balancer(&[a], last);
    world.edit_pool(last).enabled = false;
    assert_eq!(one_choice(&world), Err(Reason::PoolsExhausted));
    assert_eq!(Reason::PoolsExhausted.code().map(|code| code.number()), Some(1016));
}

#[test]
fn a_fallback_without_enabled_endpoints_or_that_is_missing_serves_nothing() {
    let mut world = World::default();
    let (a, last) = (world.critical(1, 1), world.pool(2, PoolState::Critical, &[Disabled]));
    world.balancer(&[a], last);
    assert_eq!(one_choice(&world), Err(Reason::PoolsExhausted));
    world.balancer(&[a], pool_id(77));
    assert_eq!(one_choice(&world), Err(Reason::PoolsExhausted));
}

// LB-47
#[test]
fn a_pool_that_waits_for_its_first_results_leaves_traffic_to_the_fallback() {
    let mut world = World::default();
    let (a, last) = (world.pool(1, PoolState::Unknown, &[Unknown]), world.pool(2, PoolState::Unknown, &[Unknown]));
    world.balancer(&[a], last);
    assert_eq!(one_choice(&world), Ok(((2, 0), Role::Fallback, Why::LastResort)));
}

// LB-48
#[test]
fn an_unmonitored_pool_serves() {
    let mut world = World::default();
    let (a, b) = (world.pool(1, PoolState::Unmonitored, &[Unmonitored, Disabled]), world.healthy(2, 1));
    world.balancer(&[a, b], b);
    assert_shares(&world, &[((1, 0), 1.0)]);
}

#[test]
fn a_fallback_that_is_usable_among_the_pools_is_no_fallback() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    world.balancer(&[a], a);
    assert_eq!(one_choice(&world).unwrap().1, Role::Default);
}

#[test]
fn policies_that_are_not_in_force_follow_the_order_and_say_so() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 1), world.healthy(2, 1));
    for policy in SteeringPolicy::ALL {
        world.balancer(&[a, b], b).steering_policy = *policy;
        let why = one_choice(&world).unwrap().2;
        match policy {
            SteeringPolicy::Off | SteeringPolicy::Automatic => assert_eq!(why, Why::FailoverOrder),
            SteeringPolicy::Random => assert_eq!(why, Why::PoolWeight),
            policy => assert_eq!(why.as_str(), format!("{}_not_in_force", policy.as_str())),
        }
    }
    let balancer = world.balancer(&[a, b], b);
    balancer.steering_policy = SteeringPolicy::Automatic;
    balancer.region_pools.insert("WNAM".to_owned(), vec![b]);
    assert_eq!(one_choice(&world).unwrap().2, Why::NotInForce(SteeringPolicy::Geo), "a mapping makes it geo");
}

// LB-86
#[test]
fn hash_keeps_a_client_on_one_endpoint_until_it_goes() {
    let mut world = World::default();
    let a = world.healthy(1, 5);
    world.edit_pool(a).origin_steering = OriginSteeringPolicy::Hash;
    world.balancer(&[a], a);
    let table = world.table();
    let of = |table: &crate::Table, last: u8, seed| {
        let client = ClientFacts { ip: IpAddr::from([203, 0, 113, last]) };
        numbers(&steer(route(table, HOST), &client, seed).unwrap()).1
    };
    let first = of(&table, 9, 0);
    assert!((0..100).all(|seed| of(&table, 9, seed) == first));
    let met: BTreeSet<_> = (0..=255).map(|last| of(&table, last, 0)).collect();
    assert_eq!(met.len(), 5, "other clients may be elsewhere");
    let mut states = [Healthy; 5];
    states[first] = Unhealthy;
    world.set_health(a, PoolState::Degraded, &states);
    let without = world.table();
    for last in 0..=255 {
        let (before, after) = (of(&table, last, 0), of(&without, last, 0));
        assert!(if before == first { after != first } else { after == before }, "only its own clients move");
    }
}

fn state() -> impl Strategy<Value = EndpointState> {
    prop::sample::select(vec![Healthy, Unhealthy, Unknown, Unmonitored, Disabled])
}

fn pool_state() -> impl Strategy<Value = PoolState> {
    use PoolState::{Critical, Degraded, Disabled, Healthy, Unknown, Unmonitored};
    prop::sample::select(vec![Healthy, Degraded, Critical, Unknown, Unmonitored, Disabled])
}

fn steering() -> impl Strategy<Value = OriginSteeringPolicy> {
    use OriginSteeringPolicy::{Hash, LeastConnections, LeastOutstandingRequests, Random};
    prop::sample::select(vec![Random, Hash, LeastOutstandingRequests, LeastConnections])
}

fn policy() -> impl Strategy<Value = SteeringPolicy> {
    prop::sample::select(SteeringPolicy::ALL.to_vec())
}

proptest! {
    /// Whatever the health, weights and policies: the choice is one that may be chosen, or nothing may.
    #[test]
    fn only_what_may_be_chosen_is_chosen(
        pools in prop::collection::vec(
            (pool_state(), steering(), prop::collection::vec((state(), 0_u8..=2), 0..5)), 1..4),
        policy in policy(), pool_weights in prop::collection::vec(0_u8..=2, 4), seed: u64, ip: u32,
    ) {
        let mut world = World::default();
        let mut ids: Vec<PoolId> = Vec::new();
        for (number, (state, steering, endpoints)) in pools.iter().enumerate() {
            let states: Vec<_> = endpoints.iter().map(|(state, _)| *state).collect();
            let id = world.pool(number as u8, *state, &states);
            world.edit_pool(id).origin_steering = *steering;
            world.set_weights(id, &endpoints.iter().map(|(_, weight)| f64::from(*weight) / 2.0).collect::<Vec<_>>());
            ids.push(id);
        }
        let (fallback, defaults) = ids.split_last().unwrap();
        world.balancer(defaults, *fallback);
        if policy == SteeringPolicy::Random {
            let weights = defaults.iter().copied().zip(pool_weights.iter().map(|weight| f64::from(*weight) / 2.0));
            world.random(&weights.collect::<Vec<_>>(), 1.0);
        } else {
            world.balancer(defaults, *fallback).steering_policy = policy;
        }
        let table = world.table();
        let route = route(&table, HOST);
        let client = ClientFacts { ip: IpAddr::from(ip.to_be_bytes()) };
        let has_weight = |index: usize| Plan::from(route).weight(&route.pools[index]) > 0.0;
        let may_choose = |index: usize| route.pools[index].is_usable() && has_weight(index);
        let candidates: Vec<_> = (0..route.pools.len()).filter(|index| may_choose(*index)).collect();
        match steer(route, &client, seed) {
            Ok(choice) if choice.role == Role::Default => {
                prop_assert!(candidates.iter().any(|index| route.pools[*index].id == choice.pool.id));
                prop_assert!(choice.pool.state.is_usable() && choice.endpoint.state.is_usable());
                prop_assert!(choice.endpoint.weight > 0.0);
            }
            Ok(choice) => {
                prop_assert!(candidates.is_empty() && choice.pool.id == *fallback);
                prop_assert!(choice.endpoint.state != Disabled && choice.pool.state != PoolState::Disabled);
                let weighted = |e: &std::sync::Arc<RouteEndpoint>| e.weight > 0.0 && e.state != Disabled;
                prop_assert!(choice.endpoint.weight > 0.0 || !choice.pool.endpoints.iter().any(weighted));
            }
            Err(reason) => {
                prop_assert_eq!(reason, Reason::PoolsExhausted);
                let off = route.fallback.endpoints.iter().all(|endpoint| endpoint.state == Disabled);
                prop_assert!(candidates.is_empty() && (off || route.fallback.state == PoolState::Disabled));
            }
        }
        let again = steer(route, &client, seed).map(|choice| numbers(&choice));
        prop_assert_eq!(again, steer(route, &client, seed).map(|choice| numbers(&choice)));
    }
}
