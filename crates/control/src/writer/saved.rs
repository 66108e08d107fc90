//! What of the health the store holds: not every number that a probe measures, only the verdicts.

use model::{
    EndpointHealth, EndpointKey, EndpointState, HealthSnapshot, Mark, PoolHealth, PoolId, PoolState, Timestamp,
};
use std::{collections::BTreeMap, sync::Arc};
use verdict::Reason;

/// The verdicts that the store holds.
#[derive(Default)]
pub(super) struct Saved {
    pools: BTreeMap<PoolId, Verdicts>,
    /// The health that they are from.
    mark: Mark<PoolId, Arc<PoolHealth>>,
}

type Verdict = (EndpointState, Option<Timestamp>, Option<Reason>);

struct Verdicts {
    state: PoolState,
    endpoints: Vec<(EndpointKey, Verdict)>,
}

/// What to write of a pool; `None` to forget it.
type Change = (PoolId, Option<Arc<PoolHealth>>);

impl Saved {
    /// Everything in `snapshot` is in the store.
    pub(super) fn of(snapshot: &HealthSnapshot) -> Self {
        let mut saved = Self::default();
        saved.follow(snapshot);
        saved
    }

    /// What to write, so that the store holds the verdicts of `snapshot`. Looks only at what may have changed.
    pub(super) fn changes(&self, snapshot: &HealthSnapshot) -> Vec<Change> {
        let mut changes = Vec::new();
        for span in snapshot.pools.changes_since(&self.mark) {
            let gone = self.pools.range(span).filter(|(id, _)| !snapshot.pools.contains_key(id));
            changes.extend(gone.map(|(id, _)| (*id, None)));
            let there = snapshot.pools.range(span);
            let new = there.filter(|(id, health)| !self.pools.get(id).is_some_and(|saved| saved.are_those_of(health)));
            changes.extend(new.map(|(id, health)| (*id, Some(health.clone()))));
        }
        changes
    }

    /// The store holds the verdicts of `snapshot` now.
    pub(super) fn follow(&mut self, snapshot: &HealthSnapshot) {
        for (id, health) in self.changes(snapshot) {
            match health {
                Some(health) => drop(self.pools.insert(id, Verdicts::of(&health))),
                None => drop(self.pools.remove(&id)),
            }
        }
        self.mark = snapshot.pools.mark();
    }
}

impl Verdicts {
    fn of(health: &PoolHealth) -> Self {
        let endpoints = health.endpoints.iter().map(|(key, health)| (key.clone(), verdict(health)));
        Self { state: health.state, endpoints: endpoints.collect() }
    }

    fn are_those_of(&self, health: &PoolHealth) -> bool {
        let saved = self.endpoints.iter().map(|(key, verdict)| (key, *verdict));
        self.state == health.state && saved.eq(health.endpoints.iter().map(|(key, health)| (key, verdict(health))))
    }
}

fn verdict(health: &EndpointHealth) -> Verdict {
    (health.state, health.since, health.reason)
}
