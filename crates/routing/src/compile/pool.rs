//! Pools and endpoints of the table.

use crate::{
    hashing::endpoint_uid,
    route::{RouteEndpoint, RoutePool},
    table::{Extent, Table},
    wheel::Wheel,
};
use model::{
    Endpoint, EndpointHealth, EndpointState, HealthSnapshot, Intent, OriginSteeringPolicy, Pool, PoolHealth, PoolId,
    PoolState, SharedMap, Span,
};
use std::sync::{Arc, Weak};

/// A pool of the table, and the health it was made of.
///
/// The health is held weakly: it may change in place as soon as its owner lets go of it, and as long as the pointer is
/// the same, nothing in it has.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub pool: Arc<RoutePool>,
    health: Weak<PoolHealth>,
}

/// All pools of a table in the making.
pub(super) struct Pools {
    pub by_id: SharedMap<PoolId, Compiled>,
    /// Those that are not the same as in the previous table, or not there any more.
    pub changed: Vec<PoolId>,
    pub extent: Extent,
}

/// The pools of the previous table, with those made anew that come out otherwise now.
pub(super) fn follow(previous: &Table, intent: &Intent, health: &HealthSnapshot) -> Pools {
    let mut pools = Pools { by_id: previous.pools.clone(), changed: Vec::new(), extent: previous.extent };
    let spans = intent.pools.changes_since(&previous.sources.pools);
    for span in spans.into_iter().chain(health.pools.changes_since(&previous.sources.health)) {
        pools.follow_within(span, intent, health);
    }
    pools
}

impl Pools {
    fn follow_within(&mut self, span: Span<PoolId>, intent: &Intent, health: &HealthSnapshot) {
        let known = self.by_id.range(span).map(|(id, _)| *id);
        let gone: Vec<PoolId> = known.filter(|id| !intent.pools.contains_key(id)).collect();
        gone.into_iter().for_each(|id| self.replace(id, None));
        for (id, pool) in intent.pools.range(span) {
            let (known, health) = (self.by_id.get(id), health.pools.get(id));
            if !known.is_some_and(|known| known.is_made_of(pool, health)) {
                let compiled = keep_or_make(known, pool, health);
                self.replace(*id, Some(compiled));
            }
        }
    }

    fn replace(&mut self, id: PoolId, now: Option<Compiled>) {
        let pool = now.as_ref().map(|now| now.pool.clone());
        let before = match now {
            Some(now) => self.by_id.insert(id, now),
            None => self.by_id.remove(&id),
        };
        let before = before.map(|before| before.pool);
        if before.as_ref().map(Arc::as_ptr) != pool.as_ref().map(Arc::as_ptr) {
            before.iter().for_each(|before| self.extent.remove(before));
            pool.iter().for_each(|pool| self.extent.add(pool));
            self.changed.push(id);
        }
    }
}

impl Compiled {
    /// Whether nothing at all has happened to what it was made of.
    fn is_made_of(&self, pool: &Arc<Pool>, health: Option<&Arc<PoolHealth>>) -> bool {
        let same_pool = self.pool.source.as_ref().is_some_and(|source| Arc::ptr_eq(source, pool));
        same_pool && is_same_health(self, health)
    }
}

impl Extent {
    fn add(&mut self, pool: &RoutePool) {
        self.pools += 1;
        self.endpoints += pool.endpoints.len();
        self.usable_endpoints += usable_endpoints(pool);
    }

    fn remove(&mut self, pool: &RoutePool) {
        self.pools -= 1;
        self.endpoints -= pool.endpoints.len();
        self.usable_endpoints -= usable_endpoints(pool);
    }
}

fn usable_endpoints(pool: &RoutePool) -> usize {
    pool.endpoints.iter().filter(|endpoint| endpoint.state.is_usable()).count()
}

/// The pool of the previous table when it would come out the same, else a new one.
fn keep_or_make(previous: Option<&Compiled>, pool: &Arc<Pool>, health: Option<&Arc<PoolHealth>>) -> Compiled {
    let kept = previous.filter(|previous| {
        let same_intent = previous.pool.source.as_ref().is_some_and(|source| Arc::ptr_eq(source, pool));
        same_intent && (is_same_health(previous, health) || steers_the_same(&previous.pool, pool, health))
    });
    let health_now = health.map(Arc::downgrade).unwrap_or_default();
    let health = health.map(Arc::as_ref);
    Compiled { pool: kept.map_or_else(|| Arc::new(make(pool, health)), |kept| kept.pool.clone()), health: health_now }
}

fn is_same_health(previous: &Compiled, health: Option<&Arc<PoolHealth>>) -> bool {
    health.is_some_and(|health| Weak::as_ptr(&previous.health) == Arc::as_ptr(health))
}

/// Compares what steering reads, not the observations behind it, which change with every probe.
fn steers_the_same(previous: &RoutePool, pool: &Pool, health: Option<&Arc<PoolHealth>>) -> bool {
    let health = health.map(Arc::as_ref);
    previous.state == pool_state(pool, health)
        && previous.endpoints.iter().zip(&pool.origins).all(|(endpoint, origin)| {
            let known = health.and_then(|health| health.endpoints.get(&endpoint.key));
            endpoint.state == endpoint_state(previous.state, origin, known)
                && endpoint.reason == known.and_then(|known| known.reason)
        })
}

fn make(pool: &Arc<Pool>, health: Option<&PoolHealth>) -> RoutePool {
    let state = pool_state(pool, health);
    let endpoints: Vec<_> = pool.origins.iter().map(|origin| Arc::new(endpoint(state, pool, origin, health))).collect();
    let usable = Wheel::new(weights(&endpoints, |endpoint| endpoint.state.is_usable()));
    let mut last_resort = Wheel::new(weights(&endpoints, is_enabled));
    if last_resort.is_empty() {
        let enabled = endpoints.iter().enumerate().filter(|(_, endpoint)| is_enabled(endpoint));
        last_resort = Wheel::new(enabled.map(|(index, _)| (index, 1.0)));
    }
    RoutePool {
        id: pool.id,
        name: pool.name.as_str().into(),
        state,
        steering: pool.origin_steering,
        endpoints,
        usable,
        last_resort,
        source: Some(pool.clone()),
    }
}

fn is_enabled(endpoint: &RouteEndpoint) -> bool {
    endpoint.state != EndpointState::Disabled
}

fn weights(
    endpoints: &[Arc<RouteEndpoint>],
    admitted: impl Fn(&RouteEndpoint) -> bool,
) -> impl Iterator<Item = (usize, f64)> {
    let numbered = endpoints.iter().enumerate();
    numbered.filter(move |(_, endpoint)| admitted(endpoint)).map(|(index, endpoint)| (index, endpoint.weight))
}

fn endpoint(state: PoolState, pool: &Pool, origin: &Endpoint, health: Option<&PoolHealth>) -> RouteEndpoint {
    let key = origin.key();
    let known = health.and_then(|health| health.endpoints.get(&key));
    RouteEndpoint {
        uid: endpoint_uid(&key),
        name: origin.name.as_str().into(),
        address: origin.address.as_str().into(),
        ip: origin.address.parse().ok(),
        port: origin.port,
        host: origin.host.as_deref().map(Into::into),
        weight: origin.weight,
        max_connections: pool.max_connections(origin),
        state: endpoint_state(state, origin, known),
        reason: known.and_then(|known| known.reason),
        key: Arc::new(key),
    }
}

/// Switches come from the intent, which may be newer than the health; the rest from health. A monitored pool of which
/// nothing is known yet is unknown, and so counts as down (`LB-47`); an unmonitored one is usable (`LB-48`).
fn pool_state(pool: &Pool, health: Option<&PoolHealth>) -> PoolState {
    let monitored = pool.monitor.is_some() || pool.monitor_group.is_some();
    match health {
        _ if !pool.enabled => PoolState::Disabled,
        Some(health) => health.state,
        None if monitored => PoolState::Unknown,
        None => PoolState::Unmonitored,
    }
}

fn endpoint_state(pool_state: PoolState, origin: &Endpoint, known: Option<&EndpointHealth>) -> EndpointState {
    match (pool_state, known) {
        _ if !origin.enabled => EndpointState::Disabled,
        (PoolState::Disabled, _) => EndpointState::Disabled,
        (PoolState::Unmonitored, _) => EndpointState::Unmonitored,
        (_, Some(known)) => known.state,
        (_, None) => EndpointState::Unknown,
    }
}

impl RoutePool {
    /// Stands in for a pool that the intent does not have: disabled and empty.
    pub(super) fn missing(id: PoolId) -> Self {
        Self {
            id,
            name: "".into(),
            state: PoolState::Disabled,
            steering: OriginSteeringPolicy::Random,
            endpoints: Vec::new(),
            usable: Wheel::default(),
            last_resort: Wheel::default(),
            source: None,
        }
    }
}
