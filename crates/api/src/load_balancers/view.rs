//! A load balancer as it goes out.

use super::{
    view_parts::{
        AdaptiveRoutingView, AffinityAttributesView, LocationStrategyView, RandomSteeringView, adaptive_routing,
        affinity_attributes, location_strategy, pool_ids, pool_map, random_steering,
    },
    view_pool_set::{PoolSetView, pool_set},
    view_rule::{RuleView, rule},
};
use crate::answer::{Number, stamp};
use model::{Intent, LoadBalancer, Scope, SessionAffinity};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A host name, the pools behind it, and how a request is steered among them.
#[derive(Serialize, ToSchema)]
#[schema(as = LoadBalancer)]
pub(crate) struct LoadBalancerView {
    #[schema(read_only)]
    id: String,
    #[schema(read_only)]
    created_on: String,
    #[schema(read_only)]
    modified_on: String,
    /// Only of load balancers that belong to a zone.
    #[schema(read_only)]
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_name: Option<String>,
    name: String,
    description: String,
    enabled: bool,
    proxied: bool,
    /// Seconds that DNS answers may be kept.
    ttl: Number,
    /// In failover order.
    default_pools: Vec<String>,
    /// The last resort; its health is ignored.
    fallback_pool: String,
    region_pools: BTreeMap<String, Vec<String>>,
    country_pools: BTreeMap<String, Vec<String>>,
    pop_pools: BTreeMap<String, Vec<String>>,
    steering_policy: &'static str,
    random_steering: Option<RandomSteeringView>,
    location_strategy: Option<LocationStrategyView>,
    adaptive_routing: Option<AdaptiveRoutingView>,
    session_affinity: &'static str,
    /// Seconds; null without affinity.
    session_affinity_ttl: Option<Number>,
    session_affinity_attributes: Option<AffinityAttributesView>,
    rules: Vec<RuleView>,
    pool_sets: Vec<PoolSetView>,
    networks: Vec<String>,
}

/// The view of a load balancer. `intent` gives the name of its zone.
pub(super) fn view(balancer: &LoadBalancer, intent: &Intent) -> LoadBalancerView {
    LoadBalancerView {
        id: balancer.id.to_string(),
        created_on: stamp(balancer.created_on),
        modified_on: stamp(balancer.modified_on),
        zone_name: zone_name(balancer, intent),
        name: balancer.name.clone(),
        description: balancer.description.clone(),
        enabled: balancer.enabled,
        proxied: balancer.proxied,
        ttl: Number(balancer.ttl),
        default_pools: pool_ids(&balancer.default_pools),
        fallback_pool: balancer.fallback_pool.to_string(),
        region_pools: pool_map(&balancer.region_pools),
        country_pools: pool_map(&balancer.country_pools),
        pop_pools: pool_map(&balancer.pop_pools),
        steering_policy: balancer.steering_policy.as_str(),
        random_steering: balancer.random_steering.as_ref().map(random_steering),
        location_strategy: balancer.location_strategy.map(location_strategy),
        adaptive_routing: balancer.adaptive_routing.map(adaptive_routing),
        session_affinity: balancer.session_affinity.as_str(),
        session_affinity_ttl: affinity_ttl(balancer).map(Number),
        session_affinity_attributes: balancer.session_affinity_attributes.as_ref().map(affinity_attributes),
        rules: balancer.rules.iter().map(rule).collect(),
        pool_sets: balancer.pool_sets.iter().map(pool_set).collect(),
        networks: balancer.networks.clone(),
    }
}

fn zone_name(balancer: &LoadBalancer, intent: &Intent) -> Option<String> {
    match balancer.scope {
        Scope::Zone(zone) => intent.zones.get(&zone).map(|zone| zone.name.clone()),
        Scope::Account(_) => None,
    }
}

/// What was written, else the default of the kind of affinity.
fn affinity_ttl(balancer: &LoadBalancer) -> Option<f64> {
    const COOKIE: f64 = 82_800.0;
    const HEADER: f64 = 1_800.0;
    balancer.session_affinity_ttl.or(match balancer.session_affinity {
        SessionAffinity::None => None,
        SessionAffinity::Cookie | SessionAffinity::IpCookie => Some(COOKIE),
        SessionAffinity::Header => Some(HEADER),
    })
}
