//! The rules of pool sets. Their complaints begin with the symbol that clients know them by.

use super::{Scene, rule, steering, value};
use model::{
    Complaints, LoadBalancer, PoolSet, PoolSetMatch, PoolSetOverrides, PoolSetTopology, Scope, SteeringPolicy,
};
use std::collections::BTreeSet;

/// The longest name of a set, in characters.
const NAME_MAX: usize = 200;
/// How many places a list may name.
const PLACES_MAX: usize = 1_000;

/// Everything that is wrong with the pool sets of a load balancer.
pub(super) fn check_all(complaints: &mut Complaints, balancer: &LoadBalancer, scene: &Scene<'_>) {
    let (count, allowed) = (balancer.pool_sets.len(), scene.quotas.pool_sets_per_load_balancer);
    if count > allowed {
        let problem = format!("POOL_SETS_TOO_LARGE: there are {count} pool sets");
        complaints.add("pool_sets", problem, format!("write at most {allowed}"));
    }
    for (index, set) in balancer.pool_sets.iter().enumerate() {
        complaints.nest(&format!("pool_sets[{index}]"), check(set, balancer, scene));
    }
}

/// Everything that is wrong with one pool set of `balancer`.
pub fn check(set: &PoolSet, balancer: &LoadBalancer, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    value::length(&mut complaints, "name", &set.name, NAME_MAX);
    intent(&mut complaints, set);
    if let Some(matches) = &set.matches {
        self::matches(&mut complaints, matches);
    }
    if let Some(overrides) = &set.overrides {
        complaints.nest("overrides", self::overrides(overrides, scene));
    }
    if let Some(response) = &set.fixed_response {
        complaints.nest("fixed_response", rule::fixed_response(response));
        if matches!(balancer.scope, Scope::Account(_)) {
            let problem = "a load balancer of an account has no visitors to answer";
            complaints.add("fixed_response", problem, "name `overrides.pools` instead");
        }
    }
    complaints
}

/// A set either chooses pools or answers.
fn intent(complaints: &mut Complaints, set: &PoolSet) {
    let chooses = set.overrides.as_ref().is_some_and(|overrides| overrides.pools.is_some());
    match (chooses, set.fixed_response.is_some()) {
        (false, false) => complaints.add(
            "",
            "POOL_SET_NO_INTENT: the set does nothing",
            "give it `overrides.pools` or a `fixed_response`",
        ),
        (true, true) => complaints.add(
            "fixed_response",
            "the set chooses `overrides.pools` as well, and answers before any is reached",
            "keep one of the two",
        ),
        _ => {}
    }
}

fn matches(complaints: &mut Complaints, matches: &PoolSetMatch) {
    match (matches.default, &matches.topology) {
        (false, None) => complaints.add(
            "match",
            "POOL_SET_EMPTY_MATCH: the match says nothing",
            "give it `default` or a `topology`, or leave out `match` to match everything",
        ),
        (true, Some(_)) => complaints.add(
            "match",
            "POOL_SET_DEFAULT_WITH_MATCH: `default` matches everything, whatever `topology` says",
            "keep one of the two",
        ),
        (_, Some(topology)) => self::topology(complaints, topology),
        (true, None) => {}
    }
}

/// Says what is wrong with one place, and what to write instead.
type CheckPlace = fn(&str) -> Result<(), (String, String)>;

fn topology(complaints: &mut Complaints, topology: &PoolSetTopology) {
    let lists: [(&str, &Option<Vec<String>>, CheckPlace); 3] = [
        ("pops", &topology.pops, steering::pop),
        ("countries", &topology.countries, steering::country),
        ("regions", &topology.regions, steering::region),
    ];
    if lists.iter().all(|(_, list, _)| list.as_ref().is_none_or(Vec::is_empty)) {
        complaints.add(
            "match.topology",
            "POOL_SET_EMPTY_TOPOLOGY: the topology names no place",
            "list `pops`, `countries` or `regions`",
        );
    }
    for (name, list, check) in lists {
        places(complaints, &format!("match.topology.{name}"), list.as_deref().unwrap_or_default(), check);
    }
}

fn places(complaints: &mut Complaints, path: &str, places: &[String], check: CheckPlace) {
    if places.len() > PLACES_MAX {
        let problem = format!("POOL_SET_TOPOLOGY_TOO_LARGE: names {} places", places.len());
        return complaints.add(path, problem, format!("name at most {PLACES_MAX}"));
    }
    let mut seen = BTreeSet::new();
    for (index, place) in places.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if let Err((problem, remedy)) = check(place) {
            complaints.add(&path, problem, remedy);
        }
        if !seen.insert(place) {
            complaints.add(path, format!("`{place}` stands in this list already"), "name each place once");
        }
    }
}

fn overrides(overrides: &PoolSetOverrides, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    if let Some(pools) = &overrides.pools {
        value::pools(&mut complaints, "pools", pools, scene);
    }
    value::weights(&mut complaints, "pool_weights", &overrides.pool_weights, scene);
    if let Some(weight) = overrides.pool_default_weight {
        value::weight(&mut complaints, "pool_default_weight", weight);
    }
    if let Some(pool) = overrides.fallback_pool {
        value::known_pool(&mut complaints, "fallback_pool", pool, scene);
    }
    if overrides.steering_policy == Some(SteeringPolicy::Geo) {
        let problem = "a pool set has no maps from places to pools, so `geo` has nothing to go by";
        complaints.add("steering_policy", problem, "write another policy, or leave it out for failover order");
    }
    complaints
}
