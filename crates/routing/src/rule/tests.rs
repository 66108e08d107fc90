use super::*;
use crate::{
    Role, Why, compile_from,
    fixture::{self, CLIENT, HOST, Healthy, RequestAt, World, numbers, pool_id},
    steer,
};
use model::{AdaptiveRouting, Overrides, PoolId, PoolState, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Four healthy pools of one endpoint each: 1 and 2 serve, 3 is the fallback, 4 waits for rules.
fn world(rules: Vec<Rule>) -> World {
    let mut world = World::default();
    for number in 1..=4 {
        world.healthy(number, 1);
    }
    world.balancer(&[pool_id(1), pool_id(2)], pool_id(3)).rules = rules;
    world
}

fn rule(condition: &str, overrides: Overrides) -> Rule {
    Rule { condition: condition.to_owned(), overrides: Some(overrides), ..Rule::default() }
}

fn pools(numbers: &[u8]) -> Option<Vec<PoolId>> {
    Some(numbers.iter().copied().map(pool_id).collect())
}

/// Exactly one pool, by number.
fn only(number: u8) -> Overrides {
    Overrides { pools: pools(&[number]), ..Overrides::default() }
}

/// The pools that requests for a path go to, over many seeds.
fn reached(world: &World, path: &'static str) -> BTreeSet<u8> {
    let table = world.table();
    let route = fixture::route(&table, HOST);
    let asked = route.ask_rules(&RequestAt(path));
    let plan = route.plan(&asked.applied);
    (0..300).map(|seed| numbers(&steer(plan, &CLIENT, seed).expect("something serves")).0).collect()
}

// LB-106
#[test]
fn a_condition_chooses_the_requests_whose_pools_are_others() {
    let world = world(vec![rule("http.request.uri.path contains \"/blog\"", only(4))]);
    assert_eq!(reached(&world, "/blog/x"), BTreeSet::from([4]));
    assert_eq!(reached(&world, "/"), BTreeSet::from([1]));
}

// LB-103
#[test]
fn rules_are_asked_by_priority_up_to_one_that_terminates() {
    let rules = |terminates| {
        let late = Rule { priority: 10, ..rule("", only(2)) };
        let early = Rule { priority: 5, terminates, ..rule("", only(4)) };
        world(vec![late, early])
    };
    assert_eq!(reached(&rules(false), "/"), BTreeSet::from([2]), "the later one has its way");
    assert_eq!(reached(&rules(true), "/"), BTreeSet::from([4]), "the later one is not asked");
}

#[test]
fn equal_priorities_keep_the_order_of_the_array() {
    let world = world(vec![rule("", only(4)), rule("", only(2))]);
    assert_eq!(reached(&world, "/"), BTreeSet::from([2]));
}

// LB-105
#[test]
fn disabled_and_false_rules_have_no_effect_and_an_empty_condition_always_applies() {
    let disabled = Rule { disabled: true, terminates: true, ..rule("", only(4)) };
    assert_eq!(reached(&world(vec![disabled]), "/"), BTreeSet::from([1]));
    let no = Rule { terminates: true, ..rule("http.host eq \"other.example.com\"", only(4)) };
    assert_eq!(reached(&world(vec![no]), "/"), BTreeSet::from([1]));
    assert_eq!(reached(&world(vec![rule("", only(4))]), "/"), BTreeSet::from([4]));
}

#[test]
fn a_condition_that_does_not_compile_holds_of_nothing() {
    assert_eq!(reached(&world(vec![rule("http.hots eq", only(4))]), "/"), BTreeSet::from([1]));
}

// LB-104, which rule answers and that the rest is not asked.
#[test]
fn an_answer_ends_the_asking() {
    let answer = FixedResponse { status_code: Some(418), ..FixedResponse::default() };
    let answering = Rule { fixed_response: Some(answer), ..Rule::default() };
    let table = world(vec![rule("", only(2)), answering, rule("", only(4))]).table();
    let route = fixture::route(&table, HOST);
    let asked = route.ask_rules(&RequestAt("/"));
    assert_eq!(asked.answered.and_then(|answer| answer.status_code), Some(418));
    assert_eq!(asked.applied.as_slice(), [0, 1]);
}

#[test]
fn everything_that_steering_obeys_can_be_overridden() {
    let overriding = |overrides: Overrides| world(vec![rule("", overrides)]);
    let defaults = Overrides { default_pools: pools(&[4, 2]), ..Overrides::default() };
    assert_eq!(reached(&overriding(defaults.clone()), "/"), BTreeSet::from([4]));
    let both = Overrides { pools: pools(&[2]), ..defaults };
    assert_eq!(reached(&overriding(both), "/"), BTreeSet::from([2]), "`pools` replaces whatever else is said");
    let random = Overrides { steering_policy: Some(SteeringPolicy::Random), ..Overrides::default() };
    assert_eq!(reached(&overriding(random.clone()), "/"), BTreeSet::from([1, 2]));
    let flat =
        Overrides { pool_weights: Some([(pool_id(2), 0.5)].into()), pool_default_weight: Some(0.0), ..random.clone() };
    assert_eq!(reached(&overriding(flat), "/"), BTreeSet::from([2]));
    let weights = RandomSteering { default_weight: 1.0, pool_weights: [(pool_id(2), 0.0)].into() };
    let whole = Overrides { random_steering: Some(weights), ..random };
    assert_eq!(reached(&overriding(whole), "/"), BTreeSet::from([1]));
}

#[test]
fn a_fallback_of_the_rule_serves_when_nothing_else_can() {
    let mut world = world(vec![rule("", Overrides { fallback_pool: Some(pool_id(4)), ..Overrides::default() })]);
    for number in [1, 2] {
        world.set_health(pool_id(number), PoolState::Critical, &[fixture::Unhealthy]);
    }
    let table = world.table();
    let route = fixture::route(&table, HOST);
    let choice =
        |applied: &[u32]| steer(route.plan(applied), &CLIENT, 1).map(|choice| (numbers(&choice).0, choice.role));
    assert_eq!(choice(&[0]), Ok((4, Role::Fallback)));
    assert_eq!(choice(&[]), Ok((3, Role::Fallback)));
}

#[test]
fn moving_across_pools_can_be_allowed_by_a_rule() {
    let across = Some(AdaptiveRouting { failover_across_pools: true });
    let table = world(vec![rule("", Overrides { adaptive_routing: across, ..Overrides::default() })]).table();
    let route = fixture::route(&table, HOST);
    let after = |applied: &[u32]| {
        let first = steer(route.plan(applied), &CLIENT, 1).expect("a choice");
        crate::failover(route.plan(applied), &CLIENT, 1, &first, |_, _| true)
            .map(|other| (numbers(&other).0, other.why))
    };
    assert_eq!(after(&[0]), Some((2, Why::RetryNextPool)));
    assert_eq!(after(&[]), None);
}

#[test]
fn drawing_by_weight_is_the_same_with_and_without_preparation() {
    let weights = RandomSteering { default_weight: 0.3, pool_weights: BTreeMap::from([(pool_id(2), 0.6)]) };
    let drawn = Overrides {
        steering_policy: Some(SteeringPolicy::Random),
        random_steering: Some(weights.clone()),
        ..Overrides::default()
    };
    let mut world = world(vec![rule("", drawn)]);
    world.random(&[(pool_id(2), 0.6)], 0.3);
    let table = world.table();
    let route = fixture::route(&table, HOST);
    for seed in 0..1_000 {
        let [prepared, laid_over] =
            [&[][..], &[0]].map(|applied| numbers(&steer(route.plan(applied), &CLIENT, seed).expect("a choice")));
        assert_eq!(prepared, laid_over, "{seed}");
    }
}

#[test]
fn a_choice_by_a_rule_can_be_held_with_its_route_alone() {
    let table = world(vec![rule("", only(4))]).table();
    let route = fixture::route(&table, HOST);
    let choice = steer(route.plan(&[0]), &CLIENT, 1).expect("a choice");
    assert_eq!(choice.borrowed_from(route).map(|same| numbers(&same)), Some((4, 0)));
}

#[test]
fn pools_of_rules_follow_their_health_and_conditions_are_compiled_once() {
    let mut world =
        world(vec![rule("http.host matches \"example\"", Overrides { pools: pools(&[4, 1]), ..Overrides::default() })]);
    let first = world.table();
    world.set_health(pool_id(4), PoolState::Critical, &[fixture::Unhealthy]);
    let second = compile_from(&first, &world.intent, &world.health, 2);
    let [before, after] = [&first, &second].map(|table| fixture::route(table, HOST));
    assert!(Arc::ptr_eq(&before.rules[0].condition, &after.rules[0].condition));
    let chosen = |route| numbers(&steer(Route::plan(route, &[0]), &CLIENT, 1).expect("a choice")).0;
    assert_eq!((chosen(before), chosen(after)), (4, 1));
    world.set_health(pool_id(4), PoolState::Healthy, &[Healthy]);
    assert_eq!(reached(&world, "/"), BTreeSet::from([4]));
}
