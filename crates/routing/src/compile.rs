//! Compiling: an intent and a health snapshot become a table.
//!
//! Nothing here can fail: what does not fit (a pool id that names nothing) is left out, and the rest keeps working.
//! Parts of the previous table that would come out the same are kept, so that a change of one pool costs little
//! in a table of many.

use crate::{
    hosts::Hosts,
    route::{Route, RoutePool, ZoneFacts},
    table::Table,
    wheel::Wheel,
};
use model::{HealthSnapshot, Intent, LoadBalancer, PoolId, Scope, SteeringPolicy};
use std::{collections::BTreeMap, sync::Arc};

mod pool;
mod zone;

pub(crate) use pool::Compiled;

/// The table for this intent and health.
pub fn compile(intent: &Intent, health: &HealthSnapshot, generation: u64) -> Table {
    compile_from(&Table::default(), intent, health, generation)
}

/// Like [`compile`], but keeps the parts of `previous` that have not changed. The result is the same.
pub fn compile_from(previous: &Table, intent: &Intent, health: &HealthSnapshot, generation: u64) -> Table {
    let pools = intent.pools.iter().map(|(id, pool)| {
        let compiled = pool::keep_or_make(previous.pools.get(id), pool, health.pools.get(id));
        (*id, compiled)
    });
    let pools: BTreeMap<PoolId, Compiled> = pools.collect();
    let zones = zone::all(previous, intent);
    let mut hosts = Hosts::with_capacity(intent.zones.len() + intent.load_balancers.len());
    for (index, zone) in zones.iter().enumerate() {
        hosts.add_zone(&zone.name, index);
    }
    let routes = routes(intent, &pools, &zones, &mut hosts);
    Table {
        generation,
        revision: intent.revision,
        hosts,
        routes,
        zone_names: zones.iter().enumerate().map(|(index, zone)| (zone.name.clone(), index)).collect(),
        zones,
        pools,
        certificates: intent.certificates.values().cloned().collect(),
    }
}

/// A route for each enabled load balancer, `proxied` or not: whoever sends a request here has been sent here. Of two with
/// one name, that of a zone wins over that of an account, then the lower id.
fn routes(
    intent: &Intent,
    pools: &BTreeMap<PoolId, Compiled>,
    zones: &[Arc<ZoneFacts>],
    hosts: &mut Hosts,
) -> Vec<Route> {
    let enabled = || intent.load_balancers.values().filter(|balancer| balancer.enabled);
    let in_zone = |balancer: &&Arc<LoadBalancer>| matches!(balancer.scope, Scope::Zone(_));
    let ordered = enabled().filter(in_zone).chain(enabled().filter(|balancer| !in_zone(balancer)));
    let mut routes = Vec::with_capacity(intent.load_balancers.len());
    for balancer in ordered {
        let name = balancer.name.strip_prefix("*.").unwrap_or(&balancer.name);
        let zone = hosts.zone_of(name).and_then(|index| zones.get(index)).cloned();
        let zone = zone.unwrap_or_else(|| Arc::new(ZoneFacts::outside_zones(&balancer.name)));
        hosts.add_route(&balancer.name, routes.len());
        routes.push(route(balancer, zone, pools));
    }
    routes
}

fn route(balancer: &LoadBalancer, zone: Arc<ZoneFacts>, pools: &BTreeMap<PoolId, Compiled>) -> Route {
    let pool = |id: &PoolId| pools.get(id).map(|compiled| compiled.pool.clone());
    let candidates: Vec<_> = balancer.default_pools.iter().filter_map(pool).collect();
    let fallback = pool(&balancer.fallback_pool);
    let policy = resolved_policy(balancer);
    let pool_weights = pool_weights(balancer, policy, &candidates);
    let usable = candidates.iter().zip(&pool_weights).enumerate().filter(|(_, (pool, _))| pool.is_usable());
    let by_weight = Wheel::new(usable.map(|(index, (_, weight))| (index, *weight)));
    Route {
        load_balancer: balancer.id,
        name: balancer.name.as_str().into(),
        zone,
        by_weight,
        pool_weights,
        pools: candidates,
        fallback: fallback.unwrap_or_else(|| Arc::new(RoutePool::missing(balancer.fallback_pool))),
        policy,
        failover_across_pools: balancer.adaptive_routing.is_some_and(|routing| routing.failover_across_pools),
    }
}

/// An automatic policy is `geo` when there is any mapping, else `off`.
fn resolved_policy(balancer: &LoadBalancer) -> SteeringPolicy {
    let maps = [&balancer.region_pools, &balancer.country_pools, &balancer.pop_pools];
    match balancer.steering_policy {
        SteeringPolicy::Automatic if maps.iter().any(|map| !map.is_empty()) => SteeringPolicy::Geo,
        SteeringPolicy::Automatic => SteeringPolicy::Off,
        policy => policy,
    }
}

fn pool_weights(balancer: &LoadBalancer, policy: SteeringPolicy, pools: &[Arc<RoutePool>]) -> Box<[f64]> {
    if policy != SteeringPolicy::Random {
        return Box::default();
    }
    let weights = balancer.random_steering.clone().unwrap_or_default();
    pools.iter().map(|pool| weights.weight(pool.id)).collect()
}

#[cfg(test)]
mod tests;
