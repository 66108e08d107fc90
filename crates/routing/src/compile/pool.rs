//! Pools and endpoints of the table.

use crate::{
    hashing::endpoint_uid,
    route::{RouteEndpoint, RoutePool},
    wheel::Wheel,
};
use model::{Endpoint, EndpointHealth, EndpointState, OriginSteeringPolicy, Pool, PoolHealth, PoolId, PoolState};
use std::sync::{Arc, Weak};

/// A pool of the table, and the health it was made of.
///
/// The health is held weakly: it may change in place as soon as its owner lets go of it, and as long as the pointer is
/// the same, nothing in it has.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub pool: Arc<RoutePool>,
    health: Weak<PoolHealth>,
}

/// The pool of the previous table when it would come out the same, else a new one.
pub(super) fn keep_or_make(
    previous: Option<&Compiled>,
    pool: &Arc<Pool>,
    health: Option<&Arc<PoolHealth>>,
) -> Compiled {
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
