//! Compiling the rules of a load balancer. Conditions that were compiled before are kept: a route is made anew whenever
//! the health of a pool changes, and conditions change only when somebody writes others.

use super::{
    pool::Pools,
    route::{pool_named, resolve},
};
use crate::{
    route::{Route, RoutePool},
    rule::{Overlay, RouteRule},
};
use expr::Expression;
use model::{LoadBalancer, Overrides, PoolId, RandomSteering, Rule};
use std::sync::Arc;

/// The rules that may ever apply, in the order in which they are asked: by priority, and as in the array where that is
/// the same. A condition that does not compile, because it was stored when nobody looked, holds of no request.
pub(super) fn all(balancer: &LoadBalancer, before: Option<&Route>, pools: &Pools) -> Box<[RouteRule]> {
    let mut enabled: Vec<&Rule> = balancer.rules.iter().filter(|rule| !rule.disabled).collect();
    enabled.sort_by_key(|rule| rule.priority);
    let compiled = enabled.into_iter().filter_map(|rule| {
        Some(RouteRule {
            name: rule.name.as_str().into(),
            condition: condition(&rule.condition, before)?,
            answer: rule.fixed_response.clone(),
            source: rule.condition.as_str().into(),
            terminates: rule.terminates,
            overlay: rule.overrides.as_ref().map(|over| overlay(over, balancer, pools)).unwrap_or_default(),
        })
    });
    compiled.collect()
}

fn condition(source: &str, before: Option<&Route>) -> Option<Arc<Expression>> {
    let mut known = before.into_iter().flat_map(|route| &route.rules);
    let kept = known.find(|rule| *rule.source == *source).map(|rule| rule.condition.clone());
    kept.or_else(|| expr::compile(source).ok().map(Arc::new))
}

fn overlay(overrides: &Overrides, balancer: &LoadBalancer, pools: &Pools) -> Overlay {
    let list = |ids: &Vec<PoolId>| -> Box<[Arc<RoutePool>]> {
        ids.iter().filter_map(|id| pools.by_id.get(id)).map(|compiled| compiled.pool.clone()).collect()
    };
    Overlay {
        exactly: overrides.pools.as_ref().map(list),
        defaults: overrides.default_pools.as_ref().map(list),
        fallback: overrides.fallback_pool.map(|id| pool_named(id, pools)),
        policy: overrides.steering_policy.map(|policy| resolve(policy, balancer)),
        weights: weights(overrides),
        failover_across_pools: overrides.adaptive_routing.map(|routing| routing.failover_across_pools),
    }
}

/// The weights, in whichever of their two forms they are given.
fn weights(overrides: &Overrides) -> Option<RandomSteering> {
    let flat = overrides.pool_weights.is_some() || overrides.pool_default_weight.is_some();
    let of_flat = || RandomSteering {
        default_weight: overrides.pool_default_weight.unwrap_or(RandomSteering::default().default_weight),
        pool_weights: overrides.pool_weights.clone().unwrap_or_default(),
    };
    overrides.random_steering.clone().or_else(|| flat.then(of_flat))
}
