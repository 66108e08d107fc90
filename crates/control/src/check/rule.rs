//! The rules of a custom rule, its overrides and its fixed response.

use super::{Scene, affinity, steering, value};
use model::{Complaints, FixedResponse, LoadBalancer, Overrides, Rule};

/// Bounds of a fixed response, in characters.
const BODY_MAX: usize = 1_024;
const CONTENT_TYPE_MAX: usize = 32;
const LOCATION_MAX: usize = 2_048;

/// Everything that is wrong with a rule of `balancer`.
pub fn check(rule: &Rule, balancer: &LoadBalancer, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    condition(&mut complaints, &rule.condition);
    if rule.overrides.is_none() && rule.fixed_response.is_none() {
        complaints.add("", "the rule does nothing", "give it `overrides` or a `fixed_response`");
    }
    let replaces_pools = rule.overrides.as_ref().is_some_and(|overrides| overrides.pools.is_some());
    if replaces_pools && rule.fixed_response.is_some() {
        complaints.add(
            "fixed_response",
            "the rule chooses `pools` as well, and answers before any is reached",
            "keep one of the two",
        );
    }
    if let Some(response) = &rule.fixed_response {
        complaints.nest("fixed_response", fixed_response(response));
    }
    if let Some(overrides) = &rule.overrides {
        complaints.nest("overrides", self::overrides(overrides, balancer, scene));
    }
    complaints
}

/// A condition compiles, within the limits of the language.
fn condition(complaints: &mut Complaints, condition: &str) {
    for found in expr::compile(condition).err().into_iter().flatten() {
        let problem = format!("at character {}: {}", found.character, found.problem);
        complaints.add("condition", problem, found.remedy);
    }
}

/// Everything that is wrong with an answer that the edge gives itself.
pub(super) fn fixed_response(response: &FixedResponse) -> Complaints {
    let mut complaints = Complaints::new();
    if let Some(status) = response.status_code
        && !(200..=599).contains(&status)
    {
        let problem = format!("{status} is not the status of a final answer");
        complaints.add("status_code", problem, "write a status from 200 to 599");
    }
    let silent = response.status_code.filter(|status| matches!(status, 204 | 205 | 304));
    if let (Some(status), Some(1..)) = (silent, response.message_body.as_ref().map(String::len)) {
        let problem = format!("an answer of status {status} has no content");
        complaints.add("message_body", problem, "leave it out, or write another status");
    }
    let texts = [
        ("message_body", &response.message_body, BODY_MAX),
        ("content_type", &response.content_type, CONTENT_TYPE_MAX),
        ("location", &response.location, LOCATION_MAX),
    ];
    for (path, text, max) in texts {
        value::length(&mut complaints, path, text.as_deref().unwrap_or_default(), max);
    }
    for (path, text, _) in &texts[1..] {
        if text.as_deref().is_some_and(|text| !value::is_field_value(text)) {
            complaints.add(*path, "cannot be the value of a header", "leave out control characters and outer spaces");
        }
    }
    complaints
}

fn overrides(overrides: &Overrides, balancer: &LoadBalancer, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    pools(&mut complaints, overrides, scene);
    weights(&mut complaints, overrides, scene);
    sessions(&mut complaints, overrides, balancer, scene);
    if let Some(ttl) = overrides.ttl {
        steering::ttl(&mut complaints, ttl);
    }
    complaints
}

fn pools(complaints: &mut Complaints, overrides: &Overrides, scene: &Scene<'_>) {
    for (path, list) in [("default_pools", &overrides.default_pools), ("pools", &overrides.pools)] {
        if let Some(list) = list {
            value::pools(complaints, path, list, scene);
        }
    }
    if let Some(pool) = overrides.fallback_pool {
        value::known_pool(complaints, "fallback_pool", pool, scene);
    }
    if let Some(map) = &overrides.region_pools {
        steering::regions(complaints, map, scene);
    }
    if let Some(map) = &overrides.country_pools {
        steering::countries(complaints, map, scene);
    }
    if let Some(map) = &overrides.pop_pools {
        steering::pops(complaints, map, scene);
    }
}

fn weights(complaints: &mut Complaints, overrides: &Overrides, scene: &Scene<'_>) {
    if let Some(random) = &overrides.random_steering {
        steering::random(complaints, random, scene);
        if overrides.pool_weights.is_some() || overrides.pool_default_weight.is_some() {
            complaints.add(
                "random_steering",
                "the weights are given twice",
                "keep either `random_steering`, or `pool_weights` and `pool_default_weight`",
            );
        }
    }
    if let Some(weights) = &overrides.pool_weights {
        value::weights(complaints, "pool_weights", weights, scene);
    }
    if let Some(weight) = overrides.pool_default_weight {
        value::weight(complaints, "pool_default_weight", weight);
    }
}

/// What a rule leaves out of its sessions is as in the load balancer.
fn sessions(complaints: &mut Complaints, overrides: &Overrides, balancer: &LoadBalancer, scene: &Scene<'_>) {
    let kind = overrides.session_affinity.unwrap_or(balancer.session_affinity);
    affinity::ttl(complaints, kind, overrides.session_affinity_ttl);
    let own = overrides.session_affinity_attributes.as_ref();
    if overrides.session_affinity.is_some() || own.is_some() {
        let attributes = own.or(balancer.session_affinity_attributes.as_ref());
        affinity::attributes(complaints, kind, attributes, scene.policy);
    }
    if own.is_some_and(|attributes| attributes.drain_duration > 0.0) {
        complaints.add(
            "session_affinity_attributes.drain_duration",
            "a rule cannot say how long endpoints drain",
            "set it on the load balancer",
        );
    }
}
