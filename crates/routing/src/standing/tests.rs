use super::*;
use crate::fixture::{Disabled, HOST, Healthy, Unhealthy, Unknown, World, route};

fn told(world: &World) -> Vec<(String, &'static str)> {
    let table = world.table();
    let standings = standings(route(&table, HOST));
    standings.iter().map(|s| (format!("{} {}", s.role.as_str(), s.endpoint.name), s.fitness.as_str())).collect()
}

#[test]
fn every_candidate_says_why_it_could_or_could_not_be_chosen() {
    let mut world = World::default();
    let a = world.pool(1, PoolState::Degraded, &[Healthy, Unhealthy, Unknown, Disabled, Healthy]);
    world.set_weights(a, &[1.0, 1.0, 1.0, 1.0, 0.0]);
    let (b, last) = (world.pool(2, PoolState::Critical, &[Healthy]), world.critical(3, 1));
    world.balancer(&[a, b], last);
    let expected = [
        ("default endpoint-1-0", "usable"),
        ("default endpoint-1-1", "unhealthy"),
        ("default endpoint-1-2", "awaiting_first_check"),
        ("default endpoint-1-3", "endpoint_disabled"),
        ("default endpoint-1-4", "weight_zero"),
        ("default endpoint-2-0", "pool_critical"),
        ("fallback endpoint-3-0", "last_resort"),
    ];
    assert_eq!(told(&world), expected.map(|(who, why)| (who.to_owned(), why)));
    let table = world.table();
    let unhealthy = standings(route(&table, HOST)).remove(1);
    assert_eq!(unhealthy.fitness.reason(), Some(Reason::TcpRefused));
}

#[test]
fn pools_that_are_off_undecided_or_without_weight_say_so() {
    let mut world = World::default();
    let (a, b, c) = (world.healthy(1, 1), world.pool(2, PoolState::Unknown, &[Healthy]), world.healthy(3, 1));
    world.edit_pool(a).enabled = false;
    world.balancer(&[a, b, c], a);
    world.random(&[(c, 0.0)], 1.0);
    let expected = [
        ("default endpoint-1-0", "pool_disabled"),
        ("default endpoint-2-0", "pool_unknown"),
        ("default endpoint-3-0", "pool_weight_zero"),
        ("fallback endpoint-1-0", "pool_disabled"),
    ];
    assert_eq!(told(&world), expected.map(|(who, why)| (who.to_owned(), why)));
}

#[test]
fn a_fallback_endpoint_without_weight_stands_back_for_those_with() {
    let mut world = World::default();
    let (a, last) = (world.critical(1, 0), world.critical(2, 3));
    world.set_weights(last, &[0.0, 1.0, 1.0]);
    world.edit_pool(last).origins[2].enabled = false;
    world.balancer(&[a], last);
    let fitness: Vec<_> = told(&world).into_iter().map(|(_, why)| why).collect();
    assert_eq!(fitness, ["weight_zero", "last_resort", "endpoint_disabled"]);
}
