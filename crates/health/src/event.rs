//! Health events: one per pool and edge, with the picture of the whole pool.

use crate::{machine::File, picture::Picture};
use model::{EndpointHealth, EndpointKey, EndpointState, EventPool, HealthEvent, PoolHealth, PoolState, Timestamp};
use std::{collections::BTreeMap, sync::Arc};

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

/// How the health of a pool turned.
pub(crate) struct Turn {
    pool: bool,
    /// The endpoints that turned.
    pub endpoints: Vec<EndpointKey>,
}

impl Before {
    /// How `after` differs, if it does. `touched` names the only endpoint that can have changed; `None` means any.
    pub fn turn(&self, after: &PoolHealth, touched: Option<&EndpointKey>) -> Option<Turn> {
        let changed = |(key, health): (&EndpointKey, &EndpointHealth)| {
            let verdict = endpoint_verdict(health.state);
            let changed = verdict.is_some() && verdict != self.endpoints.get(key).copied();
            changed.then(|| key.clone())
        };
        let endpoints: Vec<EndpointKey> = match touched {
            Some(key) => after.endpoints.get_key_value(key).and_then(changed).into_iter().collect(),
            None => after.endpoints.iter().filter_map(changed).collect(),
        };
        let verdict = pool_verdict(after.state);
        // A first verdict on the pool is news only when it rests on one on an endpoint: a new pool whose endpoints are
        // all switched off is critical, but nothing has happened to it.
        let judged = self.pool.is_some() || !endpoints.is_empty();
        let pool = verdict.is_some() && verdict != self.pool && judged;
        (pool || !endpoints.is_empty()).then_some(Turn { pool, endpoints })
    }
}

/// The event that tells of a turn.
pub(crate) fn tell(
    turn: &Turn,
    file: &File,
    after: &PoolHealth,
    picture: &mut Arc<Picture>,
    now: Timestamp,
) -> HealthEvent {
    let pool = &*file.pool;
    let changed: Vec<usize> = turn.endpoints.iter().filter_map(|key| file.places.find(pool, key)).collect();
    HealthEvent {
        id: 0,
        timestamp: now,
        pool: EventPool {
            id: pool.id,
            name: pool.name.clone(),
            healthy: after.state.is_usable(),
            changed: turn.pool,
            minimum_origins: pool.minimum_origins,
        },
        origins: Arc::make_mut(picture).take(pool, after, &changed, now),
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
