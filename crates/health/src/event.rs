//! Health events: one per pool and edge, with the picture of the whole pool.

use model::{
    DataCenterVerdict, Endpoint, EndpointHealth, EndpointKey, EndpointState, EventDataCenter, EventOrigin, EventPool,
    HealthEvent, Pool, PoolHealth, PoolState, Timestamp,
};
use std::collections::BTreeMap;

/// What a pool and its endpoints were held to be before something happened. Only verdicts count: what is unknown,
/// unmonitored or disabled has none, and becoming so is not an event.
pub(crate) struct Before {
    pool: Option<bool>,
    endpoints: BTreeMap<EndpointKey, bool>,
}

impl Before {
    /// The verdicts of a pool as it is now; of one that is not known yet, none.
    pub fn of(health: Option<&PoolHealth>) -> Self {
        let endpoints = health.iter().flat_map(|health| &health.endpoints);
        let judged = endpoints.filter_map(|(key, health)| Some((key.clone(), endpoint_verdict(health.state)?)));
        Self { pool: health.and_then(|health| pool_verdict(health.state)), endpoints: judged.collect() }
    }

    /// Like [`Before::of`] for one endpoint, when the others cannot change.
    pub fn of_endpoint(health: &PoolHealth, key: &EndpointKey) -> Self {
        let verdict = health.endpoints.get(key).and_then(|health| endpoint_verdict(health.state));
        let endpoints = verdict.map(|verdict| (key.clone(), verdict)).into_iter().collect();
        Self { pool: pool_verdict(health.state), endpoints }
    }
}

/// The event that tells how `after` differs from `before`, if it does. `touched` names the only endpoint that can have
/// changed; `None` means any.
pub(crate) fn tell(
    before: &Before,
    pool: &Pool,
    after: &PoolHealth,
    touched: Option<&EndpointKey>,
    now: Timestamp,
) -> Option<HealthEvent> {
    let changed = |key: &EndpointKey, health: &EndpointHealth| {
        let verdict = endpoint_verdict(health.state);
        touched.is_none_or(|touched| touched == key)
            && verdict.is_some()
            && verdict != before.endpoints.get(key).copied()
    };
    let endpoint_changed = after.endpoints.iter().any(|(key, health)| changed(key, health));
    let verdict = pool_verdict(after.state);
    // A first verdict on the pool is news only when it rests on one on an endpoint: a new pool whose endpoints are all
    // switched off is critical, but nothing has happened to it.
    let pool_judged = before.pool.is_some() || endpoint_changed;
    let pool_changed = verdict.is_some() && verdict != before.pool && pool_judged;
    if !pool_changed && !endpoint_changed {
        return None;
    }
    let origins = pool.origins.iter().filter_map(|endpoint| {
        let key = endpoint.key();
        let health = after.endpoints.get(&key)?;
        Some(origin(endpoint, health, changed(&key, health)))
    });
    Some(HealthEvent {
        id: 0,
        timestamp: now,
        pool: EventPool {
            id: pool.id,
            name: pool.name.clone(),
            healthy: after.state.is_usable(),
            changed: pool_changed,
            minimum_origins: pool.minimum_origins,
        },
        origins: origins.collect(),
    })
}

fn origin(endpoint: &Endpoint, health: &EndpointHealth, changed: bool) -> EventOrigin {
    let probed = health.data_centers.values().filter_map(|verdict| Some((verdict.at, verdict.evidence.remote?)));
    let latest = probed.max_by_key(|(at, _)| *at).map(|(_, remote)| remote.ip().to_string());
    EventOrigin {
        name: endpoint.name.clone(),
        address: endpoint.address.clone(),
        ip: latest.unwrap_or_else(|| endpoint.address.clone()),
        enabled: endpoint.enabled,
        healthy: health.state.is_usable(),
        reason: health.reason,
        changed,
        data_centers: health.data_centers.values().map(data_center).collect(),
    }
}

fn data_center(verdict: &DataCenterVerdict) -> EventDataCenter {
    EventDataCenter {
        data_center: verdict.data_center.clone(),
        region: verdict.region,
        healthy: verdict.healthy,
        reason: verdict.reason,
        timings: verdict.timings,
        evidence: verdict.evidence.clone(),
    }
}

fn endpoint_verdict(state: EndpointState) -> Option<bool> {
    match state {
        EndpointState::Healthy => Some(true),
        EndpointState::Unhealthy => Some(false),
        EndpointState::Unknown | EndpointState::Unmonitored | EndpointState::Disabled => None,
    }
}

fn pool_verdict(state: PoolState) -> Option<bool> {
    match state {
        PoolState::Healthy | PoolState::Degraded => Some(true),
        PoolState::Critical => Some(false),
        PoolState::Unknown | PoolState::Unmonitored | PoolState::Disabled => None,
    }
}
