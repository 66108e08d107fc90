//! What of a load balancer nothing acts on yet.

use crate::answer::Note;
use model::{DEFAULT_NETWORK, LoadBalancer, Overrides, SessionAffinity, SteeringPolicy};

/// A note per value that is stored but not in force.
pub(super) fn notes(balancer: &LoadBalancer) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |holds: bool, path: &str, instead: &str| {
        if holds {
            notes.push(Note::not_in_force(path, instead));
        }
    };
    note(!balancer.proxied, "proxied", "there is no DNS server; the edge serves the name as if it were proxied");
    let steered = is_in_force(balancer.steering_policy, balancer);
    note(!steered, "steering_policy", "pools are used in the order of `default_pools`");
    note(balancer.location_strategy.is_some(), "location_strategy", "it only matters to DNS answers");
    let affinity = balancer.session_affinity != SessionAffinity::None;
    note(affinity, "session_affinity", "every request is steered anew");
    note(!balancer.pool_sets.is_empty(), "pool_sets", "no set is matched");
    note(balancer.networks != [DEFAULT_NETWORK], "networks", "the name is served wherever this product runs");
    notes.extend(notes_on_rules(balancer));
    notes
}

/// A note per override of a rule that nothing acts on.
fn notes_on_rules(balancer: &LoadBalancer) -> impl Iterator<Item = Note> {
    let overriding =
        balancer.rules.iter().enumerate().filter_map(|(index, rule)| Some((index, rule.overrides.as_ref()?)));
    overriding.flat_map(|(index, overrides)| {
        let waiting = waiting(overrides, balancer).into_iter().filter(|(is_said, ..)| *is_said);
        waiting.map(move |(_, name, instead)| Note::not_in_force(&format!("rules[{index}].overrides.{name}"), instead))
    })
}

/// What of the overrides is said, is not in force, and what happens instead.
fn waiting(overrides: &Overrides, balancer: &LoadBalancer) -> [(bool, &'static str, &'static str); 9] {
    let steered = overrides.steering_policy.is_none_or(|policy| is_in_force(policy, balancer));
    let (nowhere, anew) = ("requests are not located", "every request is steered anew");
    [
        (!steered, "steering_policy", "pools are used in their order"),
        (overrides.region_pools.is_some(), "region_pools", nowhere),
        (overrides.country_pools.is_some(), "country_pools", nowhere),
        (overrides.pop_pools.is_some(), "pop_pools", nowhere),
        (overrides.location_strategy.is_some(), "location_strategy", "it only matters to DNS answers"),
        (overrides.ttl.is_some(), "ttl", "it only matters to DNS answers"),
        (overrides.session_affinity.is_some(), "session_affinity", anew),
        (overrides.session_affinity_ttl.is_some(), "session_affinity_ttl", anew),
        (overrides.session_affinity_attributes.is_some(), "session_affinity_attributes", anew),
    ]
}

/// Automatic steering is in force as long as it means `off`.
fn is_in_force(policy: SteeringPolicy, balancer: &LoadBalancer) -> bool {
    let mappings = [&balancer.region_pools, &balancer.country_pools, &balancer.pop_pools];
    match policy {
        SteeringPolicy::Off | SteeringPolicy::Random => true,
        SteeringPolicy::Automatic => mappings.iter().all(|map| map.is_empty()),
        SteeringPolicy::Geo
        | SteeringPolicy::DynamicLatency
        | SteeringPolicy::Proximity
        | SteeringPolicy::LeastOutstandingRequests
        | SteeringPolicy::LeastConnections => false,
    }
}
