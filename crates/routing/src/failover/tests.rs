use super::*;
use crate::{
    fixture::{CLIENT, HOST, Healthy, Unhealthy, World, numbers, route},
    steer,
};
use model::{AdaptiveRouting, OriginSteeringPolicy, PoolState};
use proptest::prelude::*;
use std::collections::HashSet;

/// Pool and endpoint.
type Place = (u8, usize);

/// Where requests go first, and where when that fails, over many seeds.
fn moves(world: &World) -> HashSet<(Place, Option<(Place, Why)>)> {
    let table = world.table();
    let route = route(&table, HOST);
    let moves = (0..500).map(|seed| {
        let first = steer(route, &CLIENT, seed).unwrap();
        let second = failover(route, &CLIENT, seed, &first, |_, _| true);
        (numbers(&first), second.map(|second| (numbers(&second), second.why)))
    });
    moves.collect()
}

fn across(world: &mut World) {
    let balancer = world.intent.load_balancers.values_mut().next().unwrap();
    std::sync::Arc::make_mut(balancer).adaptive_routing = Some(AdaptiveRouting { failover_across_pools: true });
}

// LB-97
#[test]
fn another_healthy_endpoint_of_the_pool_takes_over() {
    let mut world = World::default();
    let a = world.pool(1, PoolState::Degraded, &[Healthy, Healthy, Unhealthy]);
    world.balancer(&[a], a);
    let other = |number| Some(((1, number), Why::RetrySamePool));
    assert_eq!(moves(&world), HashSet::from([((1, 0), other(1)), ((1, 1), other(0))]));
}

// LB-101
#[test]
fn the_next_pool_takes_over_only_when_requests_may_move_across() {
    let mut world = World::default();
    let pools = [world.healthy(1, 1), world.critical(2, 1), world.healthy(3, 1)];
    world.balancer(&pools, pools[0]);
    assert_eq!(moves(&world), HashSet::from([((1, 0), None)]));
    across(&mut world);
    assert_eq!(moves(&world), HashSet::from([((1, 0), Some(((3, 0), Why::RetryNextPool)))]));
}

#[test]
fn a_random_pool_is_drawn_anew_without_the_failed_one() {
    let mut world = World::default();
    let pools = [world.healthy(1, 1), world.healthy(2, 1), world.healthy(3, 1)];
    world.balancer(&pools, pools[0]);
    world.random(&[(pools[2], 0.0)], 1.0);
    across(&mut world);
    let next = |pool| Some(((pool, 0), Why::RetryNextPool));
    assert_eq!(moves(&world), HashSet::from([((1, 0), next(2)), ((2, 0), next(1))]));
}

#[test]
fn endpoints_of_weight_zero_do_not_take_over() {
    let mut world = World::default();
    let a = world.healthy(1, 2);
    world.set_weights(a, &[1.0, 0.0]);
    world.balancer(&[a], a);
    assert_eq!(moves(&world), HashSet::from([((1, 0), None)]));
}

#[test]
fn in_the_fallback_pool_every_other_enabled_endpoint_may_take_over_and_no_other_pool() {
    let mut world = World::default();
    let (a, last) = (world.critical(1, 1), world.critical(2, 2));
    world.balancer(&[a], last);
    across(&mut world);
    let other = |number| Some(((2, number), Why::RetrySamePool));
    assert_eq!(moves(&world), HashSet::from([((2, 0), other(1)), ((2, 1), other(0))]));
}

/// Where a request goes whose first choice has no room, when only these places have any.
fn diversions(world: &World, roomy: &[Place]) -> HashSet<(Place, Option<(Place, Why)>)> {
    let table = world.table();
    let route = route(&table, HOST);
    let has_room = |pool: &RoutePool, endpoint: &RouteEndpoint| {
        roomy.iter().any(|(number, index)| {
            pool.id == model::PoolId::from_bytes([*number; 16])
                && std::ptr::eq(endpoint, pool.endpoints[*index].as_ref())
        })
    };
    let moves = (0..500).map(|seed| {
        let first = steer(route, &CLIENT, seed).unwrap();
        let second = divert(route, &CLIENT, seed, &first, has_room);
        (numbers(&first), second.map(|second| (numbers(&second), second.why)))
    });
    moves.collect()
}

#[test]
fn a_full_endpoint_is_passed_over_for_one_with_room() {
    for steering in [OriginSteeringPolicy::Random, OriginSteeringPolicy::Hash] {
        let mut world = World::default();
        let a = world.pool(1, PoolState::Degraded, &[Healthy, Healthy, Healthy, Unhealthy]);
        world.edit_pool(a).origin_steering = steering;
        world.balancer(&[a], a);
        let moves = diversions(&world, &[(1, 1), (1, 3)]);
        assert!(moves.iter().all(|(from, _)| *from != (1, 3)));
        for (from, to) in moves {
            let expected = (from != (1, 1)).then_some(((1, 1), Why::SpillSamePool));
            assert_eq!(to, expected, "from {from:?}: an endpoint that health forbids has no room for anybody");
        }
    }
}

#[test]
fn a_full_pool_is_left_only_when_requests_may_move_across_and_pools_without_room_are_passed_over() {
    let mut world = World::default();
    let pools = [world.healthy(1, 1), world.healthy(2, 1), world.healthy(3, 1)];
    world.balancer(&pools, pools[0]);
    assert_eq!(diversions(&world, &[(3, 0)]), HashSet::from([((1, 0), None)]));
    across(&mut world);
    assert_eq!(diversions(&world, &[(3, 0)]), HashSet::from([((1, 0), Some(((3, 0), Why::SpillNextPool)))]));
    assert_eq!(diversions(&world, &[]), HashSet::from([((1, 0), None)]));
    world.random(&[], 1.0);
    let third = Some(((3, 0), Why::SpillNextPool));
    assert_eq!(diversions(&world, &[(3, 0)]), HashSet::from([((1, 0), third), ((2, 0), third), ((3, 0), None)]));
}

proptest! {
    /// The second choice is never the first, and never one that health forbids.
    #[test]
    fn the_second_choice_is_another_usable_endpoint(
        healthy in prop::collection::vec(any::<bool>(), 1..6), hash: bool, seed: u64, ip: u32,
    ) {
        let states: Vec<_> = healthy.iter().map(|healthy| if *healthy { Healthy } else { Unhealthy }).collect();
        let usable = healthy.iter().filter(|healthy| **healthy).count();
        prop_assume!(usable > 0);
        let mut world = World::default();
        let a = world.pool(1, PoolState::Degraded, &states);
        if hash {
            world.edit_pool(a).origin_steering = OriginSteeringPolicy::Hash;
        }
        world.balancer(&[a], a);
        let table = world.table();
        let client = ClientFacts { ip: std::net::IpAddr::from(ip.to_be_bytes()) };
        let first = steer(route(&table, HOST), &client, seed).unwrap();
        let second = failover(route(&table, HOST), &client, seed, &first, |_, _| true);
        prop_assert_eq!(second.is_some(), usable > 1);
        if let Some(second) = second {
            prop_assert_ne!(numbers(&second), numbers(&first));
            prop_assert!(second.endpoint.state.is_usable());
        }
    }
}
