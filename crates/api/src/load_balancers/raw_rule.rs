//! A custom rule as it comes in.

use crate::json::{FromJson, Object, Place};
use model::{Overrides, Rule};

/// A rule and the priority that it was given, if any: without one, the order of the array may decide.
pub(super) struct PrioritizedRule {
    pub rule: Rule,
    pub priority: Option<u32>,
}

impl FromJson for PrioritizedRule {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let (mut rule, mut priority) = (Rule::default(), None);
            body.set("name", &mut rule.name, String::new());
            body.set("condition", &mut rule.condition, String::new());
            body.set("disabled", &mut rule.disabled, false);
            body.set("terminates", &mut rule.terminates, false);
            body.set_optional("priority", &mut priority);
            body.set_optional("fixed_response", &mut rule.fixed_response);
            body.set_optional("overrides", &mut rule.overrides);
            PrioritizedRule { rule, priority }
        })
    }
}

impl FromJson for Overrides {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut overrides = Overrides::default();
            read_pools(body, &mut overrides);
            body.set_optional("steering_policy", &mut overrides.steering_policy);
            body.set_optional("random_steering", &mut overrides.random_steering);
            body.set_optional("adaptive_routing", &mut overrides.adaptive_routing);
            body.set_optional("location_strategy", &mut overrides.location_strategy);
            body.set_optional("session_affinity", &mut overrides.session_affinity);
            body.set_optional("session_affinity_ttl", &mut overrides.session_affinity_ttl);
            body.set_optional("session_affinity_attributes", &mut overrides.session_affinity_attributes);
            body.set_optional("ttl", &mut overrides.ttl);
            overrides
        })
    }
}

fn read_pools(body: &Object<'_>, overrides: &mut Overrides) {
    body.set_optional("default_pools", &mut overrides.default_pools);
    body.set_optional("fallback_pool", &mut overrides.fallback_pool);
    body.set_optional("region_pools", &mut overrides.region_pools);
    body.set_optional("country_pools", &mut overrides.country_pools);
    body.set_optional("pop_pools", &mut overrides.pop_pools);
    body.set_optional("pools", &mut overrides.pools);
    body.set_optional("pool_weights", &mut overrides.pool_weights);
    body.set_optional("pool_default_weight", &mut overrides.pool_default_weight);
}
