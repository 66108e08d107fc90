//! A custom rule as it goes out.

use super::view_parts::{
    AdaptiveRoutingView, AffinityAttributesView, FixedResponseView, LocationStrategyView, RandomSteeringView,
    adaptive_routing, affinity_attributes, fixed_response, location_strategy, pool_ids, pool_map, pool_weights,
    random_steering,
};
use crate::answer::Number;
use model::{Overrides, Rule};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// When the condition holds, the overrides or the fixed response apply.
#[derive(Serialize, ToSchema)]
#[schema(as = Rule)]
pub(super) struct RuleView {
    name: String,
    /// An expression; empty is always true.
    condition: String,
    disabled: bool,
    /// Lower runs first.
    priority: u32,
    terminates: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed_response: Option<FixedResponseView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overrides: Option<OverridesView>,
}

/// What a rule changes. Only members that were written are present.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleOverrides)]
struct OverridesView {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_pools: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_pool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_pools: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_pools: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pop_pools: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pools: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool_weights: Option<BTreeMap<String, Number>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool_default_weight: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steering_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    random_steering: Option<RandomSteeringView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adaptive_routing: Option<AdaptiveRoutingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_strategy: Option<LocationStrategyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_affinity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_affinity_ttl: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_affinity_attributes: Option<AffinityAttributesView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<Number>,
}

/// The view of a rule.
pub(super) fn rule(rule: &Rule) -> RuleView {
    RuleView {
        name: rule.name.clone(),
        condition: rule.condition.clone(),
        disabled: rule.disabled,
        priority: rule.priority,
        terminates: rule.terminates,
        fixed_response: rule.fixed_response.as_ref().map(fixed_response),
        overrides: rule.overrides.as_ref().map(overrides),
    }
}

fn overrides(overrides: &Overrides) -> OverridesView {
    OverridesView {
        default_pools: overrides.default_pools.as_deref().map(pool_ids),
        fallback_pool: overrides.fallback_pool.map(|id| id.to_string()),
        region_pools: overrides.region_pools.as_ref().map(pool_map),
        country_pools: overrides.country_pools.as_ref().map(pool_map),
        pop_pools: overrides.pop_pools.as_ref().map(pool_map),
        pools: overrides.pools.as_deref().map(pool_ids),
        pool_weights: overrides.pool_weights.as_ref().map(pool_weights),
        pool_default_weight: overrides.pool_default_weight.map(Number),
        steering_policy: overrides.steering_policy.map(|policy| policy.as_str()),
        random_steering: overrides.random_steering.as_ref().map(random_steering),
        adaptive_routing: overrides.adaptive_routing.map(adaptive_routing),
        location_strategy: overrides.location_strategy.map(location_strategy),
        session_affinity: overrides.session_affinity.map(|affinity| affinity.as_str()),
        session_affinity_ttl: overrides.session_affinity_ttl.map(Number),
        session_affinity_attributes: overrides.session_affinity_attributes.as_ref().map(affinity_attributes),
        ttl: overrides.ttl.map(Number),
    }
}
