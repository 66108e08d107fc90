//! What of a load balancer nothing acts on yet.

use crate::answer::Note;
use model::{DEFAULT_NETWORK, LoadBalancer, SessionAffinity, SteeringPolicy};

/// A note per value that is stored but not in force.
pub(super) fn notes(balancer: &LoadBalancer) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |holds: bool, path: &str, instead: &str| {
        if holds {
            notes.push(Note::not_in_force(path, instead));
        }
    };
    note(!balancer.proxied, "proxied", "there is no DNS server; the edge serves the name as if it were proxied");
    note(!steering_in_force(balancer), "steering_policy", "pools are used in the order of `default_pools`");
    note(balancer.location_strategy.is_some(), "location_strategy", "it only matters to DNS answers");
    let affinity = balancer.session_affinity != SessionAffinity::None;
    note(affinity, "session_affinity", "every request is steered anew");
    note(!balancer.rules.is_empty(), "rules", "no rule is evaluated");
    note(!balancer.pool_sets.is_empty(), "pool_sets", "no set is matched");
    note(balancer.networks != [DEFAULT_NETWORK], "networks", "the name is served wherever this product runs");
    notes
}

/// Automatic steering is in force as long as it means `off`.
fn steering_in_force(balancer: &LoadBalancer) -> bool {
    let mappings = [&balancer.region_pools, &balancer.country_pools, &balancer.pop_pools];
    match balancer.steering_policy {
        SteeringPolicy::Off | SteeringPolicy::Random => true,
        SteeringPolicy::Automatic => mappings.iter().all(|map| map.is_empty()),
        SteeringPolicy::Geo
        | SteeringPolicy::DynamicLatency
        | SteeringPolicy::Proximity
        | SteeringPolicy::LeastOutstandingRequests
        | SteeringPolicy::LeastConnections => false,
    }
}
