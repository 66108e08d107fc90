//! The nested objects that a load balancer and its rules share, as they go out.

use crate::answer::Number;
use model::{AdaptiveRouting, FixedResponse, LocationStrategy, PoolId, RandomSteering, SessionAffinityAttributes};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The ids of pools, as texts.
pub(super) fn pool_ids(pools: &[PoolId]) -> Vec<String> {
    pools.iter().map(PoolId::to_string).collect()
}

/// Pools by place, as texts.
pub(super) fn pool_map(map: &BTreeMap<String, Vec<PoolId>>) -> BTreeMap<String, Vec<String>> {
    map.iter().map(|(place, pools)| (place.clone(), pool_ids(pools))).collect()
}

/// Weights by pool, as texts.
pub(super) fn pool_weights(weights: &BTreeMap<PoolId, f64>) -> BTreeMap<String, Number> {
    weights.iter().map(|(pool, weight)| (pool.to_string(), Number(*weight))).collect()
}

/// Pool weights, each 0 to 1.
#[derive(Serialize, ToSchema)]
#[schema(as = RandomSteering)]
pub(super) struct RandomSteeringView {
    default_weight: Number,
    pool_weights: BTreeMap<String, Number>,
}

/// The view of pool weights.
pub(super) fn random_steering(steering: &RandomSteering) -> RandomSteeringView {
    RandomSteeringView {
        default_weight: Number(steering.default_weight),
        pool_weights: pool_weights(&steering.pool_weights),
    }
}

/// Where a DNS question is taken to come from.
#[derive(Serialize, ToSchema)]
#[schema(as = LocationStrategy)]
pub(super) struct LocationStrategyView {
    prefer_ecs: &'static str,
    mode: &'static str,
}

/// The view of a location strategy.
pub(super) fn location_strategy(strategy: LocationStrategy) -> LocationStrategyView {
    LocationStrategyView { prefer_ecs: strategy.prefer_ecs.as_str(), mode: strategy.mode.as_str() }
}

/// How far a failed request may be moved.
#[derive(Serialize, ToSchema)]
#[schema(as = AdaptiveRouting)]
pub(super) struct AdaptiveRoutingView {
    failover_across_pools: bool,
}

/// The view of adaptive routing.
pub(super) fn adaptive_routing(routing: AdaptiveRouting) -> AdaptiveRoutingView {
    AdaptiveRoutingView { failover_across_pools: routing.failover_across_pools }
}

/// The details of session affinity.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionAffinityAttributes)]
pub(super) struct AffinityAttributesView {
    samesite: &'static str,
    secure: &'static str,
    /// Seconds that the sessions of a disabled endpoint live on.
    drain_duration: Number,
    zero_downtime_failover: &'static str,
    headers: Vec<String>,
    require_all_headers: bool,
}

/// The view of the details of session affinity.
pub(super) fn affinity_attributes(attributes: &SessionAffinityAttributes) -> AffinityAttributesView {
    AffinityAttributesView {
        samesite: attributes.samesite.as_str(),
        secure: attributes.secure.as_str(),
        drain_duration: Number(attributes.drain_duration),
        zero_downtime_failover: attributes.zero_downtime_failover.as_str(),
        headers: attributes.headers.clone(),
        require_all_headers: attributes.require_all_headers,
    }
}

/// An answer that the edge gives itself. Only members that were written are present.
#[derive(Serialize, ToSchema)]
#[schema(as = FixedResponse)]
pub(super) struct FixedResponseView {
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

/// The view of a fixed response.
pub(super) fn fixed_response(response: &FixedResponse) -> FixedResponseView {
    FixedResponseView {
        status_code: response.status_code,
        message_body: response.message_body.clone(),
        content_type: response.content_type.clone(),
        location: response.location.clone(),
    }
}
