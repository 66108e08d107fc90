//! Routes of the table: one for each enabled load balancer, `proxied` or not, since whoever sends a request here has
//! been sent here.

use super::{pool::Pools, rule, users::Users};
use crate::{
    hosts::Hosts,
    route::{Route, RoutePool, ZoneFacts},
    table::Table,
    wheel::Wheel,
    zones::Zones,
};
use model::{Intent, LoadBalancer, LoadBalancerId, PoolId, SharedMap, SteeringPolicy};
use std::{collections::BTreeSet, sync::Arc};

/// The routes, by whatever they are looked for.
pub(super) struct Routes {
    pub by_balancer: SharedMap<LoadBalancerId, Arc<Route>>,
    pub hosts: Hosts,
    pub users: Users,
}

/// The routes of the previous table, with those made anew that come out otherwise now.
pub(super) fn follow(previous: &Table, intent: &Intent, pools: &Pools, zones: &Arc<Zones>) -> Routes {
    let (mut routes, known) = if Arc::ptr_eq(&previous.zones, zones) {
        (Routes::of(previous), previous.sources.balancers.clone())
    } else {
        // Which zone a route lies in is a matter of all names, and its facts stand in it.
        (Routes::blank(zones, intent.load_balancers.len()), SharedMap::new())
    };
    let mut affected: BTreeSet<LoadBalancerId> = pools.changed.iter().flat_map(|pool| routes.users.of(*pool)).collect();
    for (before, now) in differences(&known, &intent.load_balancers) {
        routes.forget(before);
        if let Some(now) = now {
            routes.users.add(now);
            routes.make(now, pools, previous);
            affected.remove(&now.id);
        }
    }
    for balancer in affected.iter().filter_map(|id| intent.load_balancers.get(id)) {
        routes.make(balancer, pools, previous);
    }
    routes
}

type Balancers = SharedMap<LoadBalancerId, Arc<LoadBalancer>>;
type Difference<'a> = (Option<&'a Arc<LoadBalancer>>, Option<&'a Arc<LoadBalancer>>);

/// The load balancers that are not the same in both, each as it was and as it is.
fn differences<'a>(before: &'a Balancers, now: &'a Balancers) -> Vec<Difference<'a>> {
    let mut differences = Vec::new();
    if now.is_same(before) {
        return differences;
    }
    for span in now.changes_since(&before.mark()) {
        let gone = before.range(span).filter(|(id, _)| !now.contains_key(id));
        differences.extend(gone.map(|(_, balancer)| (Some(balancer), None)));
        let there = now.range(span).map(|(id, balancer)| (before.get(id), Some(balancer)));
        differences.extend(there.filter(|pair| !matches!(pair, (Some(one), Some(other)) if Arc::ptr_eq(one, other))));
    }
    differences
}

impl Routes {
    fn of(table: &Table) -> Self {
        let (by_balancer, hosts) = (table.routes.clone(), table.hosts.clone());
        Self { by_balancer, hosts, users: table.sources.users.clone() }
    }

    fn blank(zones: &Zones, balancers: usize) -> Self {
        let hosts = Hosts::new(zones.iter(), zones.iter().len() + balancers);
        Self { by_balancer: SharedMap::new(), hosts, users: Users::default() }
    }

    fn forget(&mut self, balancer: Option<&Arc<LoadBalancer>>) {
        let Some(balancer) = balancer else { return };
        self.users.remove(balancer);
        if let Some(route) = self.by_balancer.remove(&balancer.id) {
            self.hosts.remove(&route);
        }
    }

    /// Makes the route of a load balancer, in the place of one that it had under the same name.
    fn make(&mut self, balancer: &LoadBalancer, pools: &Pools, previous: &Table) {
        if !balancer.enabled {
            return;
        }
        let name = balancer.name.strip_prefix("*.").unwrap_or(&balancer.name);
        let zone = self.hosts.zone_of(name).cloned();
        let zone = zone.unwrap_or_else(|| Arc::new(ZoneFacts::outside_zones(&balancer.name)));
        let before = previous.routes.get(&balancer.id).map(Arc::as_ref);
        let route = Arc::new(route(balancer, zone, pools, before));
        self.hosts.put(route.clone());
        self.by_balancer.insert(balancer.id, route);
    }
}

fn route(balancer: &LoadBalancer, zone: Arc<ZoneFacts>, pools: &Pools, before: Option<&Route>) -> Route {
    let pool = |id: &PoolId| pools.by_id.get(id).map(|compiled| compiled.pool.clone());
    let candidates: Vec<_> = balancer.default_pools.iter().filter_map(pool).collect();
    let policy = resolve(balancer.steering_policy, balancer);
    let weights = balancer.random_steering.clone().unwrap_or_default();
    let drawn = candidates.iter().enumerate().filter(|_| policy == SteeringPolicy::Random);
    let usable = drawn.filter(|(_, pool)| pool.is_usable());
    Route {
        load_balancer: balancer.id,
        scope: balancer.scope,
        name: balancer.name.as_str().into(),
        zone,
        by_weight: Wheel::new(usable.map(|(index, pool)| (index, weights.weight(pool.id)))),
        weights,
        pools: candidates,
        fallback: pool_named(balancer.fallback_pool, pools),
        policy,
        failover_across_pools: balancer.adaptive_routing.is_some_and(|routing| routing.failover_across_pools),
        rules: rule::all(balancer, before, pools),
    }
}

/// The pool with this id; one that serves nothing where there is none.
pub(super) fn pool_named(id: PoolId, pools: &Pools) -> Arc<RoutePool> {
    let known = pools.by_id.get(&id).map(|compiled| compiled.pool.clone());
    known.unwrap_or_else(|| Arc::new(RoutePool::missing(id)))
}

/// An automatic policy is `geo` when the load balancer has any mapping, else `off`.
pub(super) fn resolve(policy: SteeringPolicy, balancer: &LoadBalancer) -> SteeringPolicy {
    let maps = [&balancer.region_pools, &balancer.country_pools, &balancer.pop_pools];
    match policy {
        SteeringPolicy::Automatic if maps.iter().any(|map| !map.is_empty()) => SteeringPolicy::Geo,
        SteeringPolicy::Automatic => SteeringPolicy::Off,
        policy => policy,
    }
}
