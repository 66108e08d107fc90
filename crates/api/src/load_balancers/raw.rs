//! A load balancer as it comes in.

use crate::json::{Given, Object};
use model::{LoadBalancer, Rule, SessionAffinity, SteeringPolicy};

/// Reads what the body says over `balancer`. `before` is the stored one: null pool sets leave them as they were there.
pub(super) fn read(body: &Object<'_>, balancer: &mut LoadBalancer, before: Option<&LoadBalancer>) {
    let blank = LoadBalancer::blank(balancer.id, balancer.scope, balancer.created_on);
    body.read_only(&["id", "created_on", "modified_on", "zone_name", "zone_id"]);
    read_name(body, balancer);
    body.require("default_pools", &mut balancer.default_pools);
    body.require("fallback_pool", &mut balancer.fallback_pool);
    body.set("description", &mut balancer.description, blank.description);
    body.set("enabled", &mut balancer.enabled, blank.enabled);
    body.set("proxied", &mut balancer.proxied, blank.proxied);
    body.set("ttl", &mut balancer.ttl, blank.ttl);
    read_steering(body, balancer);
    read_affinity(body, balancer);
    read_rules(body, balancer);
    read_pool_sets(body, balancer, before);
    body.set("networks", &mut balancer.networks, blank.networks);
}

/// Host names are kept in lower case and without the trailing dot, so that a name is one name.
fn read_name(body: &Object<'_>, balancer: &mut LoadBalancer) {
    body.require("name", &mut balancer.name);
    let name = balancer.name.strip_suffix('.').unwrap_or(&balancer.name);
    balancer.name = name.to_ascii_lowercase();
}

fn read_steering(body: &Object<'_>, balancer: &mut LoadBalancer) {
    body.set("steering_policy", &mut balancer.steering_policy, SteeringPolicy::Automatic);
    body.set("region_pools", &mut balancer.region_pools, Default::default());
    body.set("country_pools", &mut balancer.country_pools, Default::default());
    body.set("pop_pools", &mut balancer.pop_pools, Default::default());
    body.set_optional("random_steering", &mut balancer.random_steering);
    body.set_optional("location_strategy", &mut balancer.location_strategy);
    body.set_optional("adaptive_routing", &mut balancer.adaptive_routing);
}

fn read_affinity(body: &Object<'_>, balancer: &mut LoadBalancer) {
    body.set("session_affinity", &mut balancer.session_affinity, SessionAffinity::None);
    body.set_optional("session_affinity_ttl", &mut balancer.session_affinity_ttl);
    body.set_optional("session_affinity_attributes", &mut balancer.session_affinity_attributes);
}

/// When no rule has a priority, their order in the array gives them one.
fn read_rules(body: &Object<'_>, balancer: &mut LoadBalancer) {
    match body.given::<Vec<super::raw_rule::PrioritizedRule>>("rules") {
        Given::Value(rules) => {
            let by_order = rules.iter().all(|rule| rule.priority.is_none());
            let in_place = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
            let prioritize = |(index, rule): (usize, super::raw_rule::PrioritizedRule)| Rule {
                priority: if by_order { in_place(index) } else { rule.priority.unwrap_or(0) },
                ..rule.rule
            };
            balancer.rules = rules.into_iter().enumerate().map(prioritize).collect();
        }
        Given::Null => balancer.rules = Vec::new(),
        Given::Absent | Given::Wrong => {}
    }
}

fn read_pool_sets(body: &Object<'_>, balancer: &mut LoadBalancer, before: Option<&LoadBalancer>) {
    match body.given("pool_sets") {
        Given::Value(sets) => balancer.pool_sets = sets,
        Given::Null => balancer.pool_sets = before.map(|before| before.pool_sets.clone()).unwrap_or_default(),
        Given::Absent | Given::Wrong => {}
    }
}
