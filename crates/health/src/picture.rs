//! The picture of a pool that goes with every event: all its endpoints, as they were last drawn.
//!
//! Consecutive events share what nobody has looked at in between, so that an event costs the observations since the one
//! before it, and not the whole pool. Drawing again what did not change would give the same picture.

use model::{
    DataCenterVerdict, Endpoint, EndpointHealth, EndpointKey, EventDataCenter, EventOrigin, Pool, PoolHealth, Timestamp,
};
use std::{collections::BTreeSet, sync::Arc};

/// Where the endpoints of a pool stand in it.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Places in the order of the keys.
    by_key: Vec<usize>,
}

impl Places {
    pub fn of(pool: &Pool) -> Self {
        let mut by_key: Vec<usize> = (0..pool.origins.len()).collect();
        by_key.sort_by(|left, right| identity(&pool.origins[*left]).cmp(&identity(&pool.origins[*right])));
        Self { by_key }
    }

    /// The place of an endpoint in `pool`, which must be the one that these are the places of.
    pub fn find(&self, pool: &Pool, key: &EndpointKey) -> Option<usize> {
        let sought = (key.address.as_str(), key.port, key.virtual_network_id.as_deref());
        let found = self.by_key.binary_search_by(|place| {
            pool.origins.get(*place).map_or(std::cmp::Ordering::Less, |endpoint| identity(endpoint).cmp(&sought))
        });
        found.ok().and_then(|at| self.by_key.get(at)).copied()
    }
}

/// What makes the key of an endpoint, without making one.
fn identity(endpoint: &Endpoint) -> (&str, u16, Option<&str>) {
    (&endpoint.address, endpoint.port, endpoint.virtual_network_id.as_deref())
}

/// All endpoints of a pool in its order, as events show them.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    origins: Vec<Arc<EventOrigin>>,
    /// Places that have to be drawn again.
    outdated: BTreeSet<usize>,
    taken_at: Timestamp,
}

impl Picture {
    /// A picture of everything, nothing of which has changed.
    pub fn of(pool: &Pool, health: &PoolHealth) -> Self {
        let drawn = pool.origins.iter().map(|endpoint| Arc::new(draw(endpoint, health, false)));
        Self { origins: drawn.collect(), outdated: BTreeSet::new(), taken_at: Timestamp::UNIX_EPOCH }
    }

    /// Something was learnt of the endpoint at this place.
    pub fn outdate(&mut self, place: usize) {
        self.outdated.insert(place);
    }

    /// When it was last taken.
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// The picture as of now, in which the endpoints at these places have just changed.
    pub fn take(
        &mut self,
        pool: &Pool,
        health: &PoolHealth,
        changed: &[usize],
        now: Timestamp,
    ) -> Vec<Arc<EventOrigin>> {
        self.taken_at = now;
        self.outdated.extend(changed);
        // What has just changed will not have changed the next time.
        let again = changed.iter().copied().collect();
        for place in std::mem::replace(&mut self.outdated, again) {
            if let (Some(drawn), Some(endpoint)) = (self.origins.get_mut(place), pool.origins.get(place)) {
                *drawn = Arc::new(draw(endpoint, health, changed.contains(&place)));
            }
        }
        self.origins.clone()
    }
}

fn draw(endpoint: &Endpoint, health: &PoolHealth, changed: bool) -> EventOrigin {
    let unknown = EndpointHealth::default();
    let health = health.endpoints.get(&endpoint.key()).unwrap_or(&unknown);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{POOL, endpoint, key, pool, start};

    #[test]
    fn every_endpoint_is_found_at_its_place_and_nothing_else_is() {
        let pool = Pool { origins: [3, 1, 2, 10].map(endpoint).into(), ..pool(POOL, 0) };
        let places = Places::of(&pool);
        for (place, number) in [3, 1, 2, 10].into_iter().enumerate() {
            assert_eq!(places.find(&pool, &key(number)), Some(place));
        }
        assert_eq!(places.find(&pool, &key(4)), None);
        assert_eq!(places.find(&pool, &EndpointKey { port: 1, ..key(3) }), None);
    }

    #[test]
    fn only_what_was_learnt_is_drawn_again() {
        let (pool, health) = (pool(POOL, 3), PoolHealth::default());
        let mut picture = Picture::of(&pool, &health);
        let first = picture.take(&pool, &health, &[0], start());
        picture.outdate(1);
        let second = picture.take(&pool, &health, &[], start());
        assert!(first[0].changed && !second[0].changed, "it changed once");
        let same: Vec<bool> = first.iter().zip(&second).map(|(first, second)| Arc::ptr_eq(first, second)).collect();
        assert_eq!(same, [false, false, true]);
    }
}
