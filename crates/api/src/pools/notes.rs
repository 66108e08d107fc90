//! What of a pool nothing acts on yet.

use crate::answer::Note;
use model::{DEFAULT_NETWORK, Endpoint, OriginSteeringPolicy, Pool};

/// A note per value that is stored but not in force.
pub(super) fn notes(pool: &Pool) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |holds: bool, path: &str, instead: &str| {
        if holds {
            notes.push(Note::not_in_force(path, instead));
        }
    };
    let by_load = [OriginSteeringPolicy::LeastOutstandingRequests, OriginSteeringPolicy::LeastConnections];
    note(
        by_load.contains(&pool.origin_steering),
        "origin_steering.policy",
        "endpoints are chosen at random, by weight",
    );
    note(pool.load_shedding.is_some(), "load_shedding", "the pool takes all the traffic that is steered to it");
    note(pool.notification_filter.is_some(), "notification_filter", "no notifications are sent");
    note(!pool.notification_email.is_empty(), "notification_email", "no notifications are sent");
    note(pool.health_sources.is_some(), "health_sources", "every request obeys the one global decision");
    note(pool.networks != [DEFAULT_NETWORK], "networks", "the pool is served wherever this product runs");
    for (index, origin) in pool.origins.iter().enumerate() {
        endpoint_notes(&format!("origins[{index}]"), origin, &mut note);
    }
    notes
}

fn endpoint_notes(path: &str, origin: &Endpoint, note: &mut impl FnMut(bool, &str, &str)) {
    let network = format!("{path}.virtual_network_id");
    note(origin.virtual_network_id.is_some(), &network, "the address is reached over this machine's own network");
    note(!origin.flatten_cname, &format!("{path}.flatten_cname"), "there is no DNS server that could answer a CNAME");
}
