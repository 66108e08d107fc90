//! The machine: holds the health of every pool and moves it, one observation at a time.
//!
//! The health snapshot is the whole state: restored into a new machine it goes on where the old one stopped, runs of
//! results included. Beside it the machine keeps only what can be derived from the intent again (the panels) and an
//! index of deadlines.

use crate::{
    admission,
    deadlines::{Deadlines, after, earlier},
    effect::{Effect, Ignored},
    endpoint::{drop_lapsed, is_judged, record, settle},
    event::{self, Before},
    panel::Panel,
    picture::{Picture, Places},
    policy::QuorumPolicy,
    pool_state,
    reconcile::Reconciled,
};
use model::{HealthEvent, HealthSnapshot, Intent, Observation, Pool, PoolHealth, PoolId, SharedMap, Timestamp};
use std::{sync::Arc, time::Duration};

/// How long a picture is kept for the next event. Without it the next event costs the whole pool; with it a pool needs
/// the memory of its health twice.
const PICTURE_LIFETIME: Duration = Duration::from_secs(60);

/// Turns observations into health. Use it in this order: [`Machine::restore`] if there is a snapshot,
/// [`Machine::reconcile`] with every new intent, then [`Machine::observe`] and, about once a second,
/// [`Machine::expire`]. A clone costs next to nothing and shares memory with the original, so that a change can be tried out on it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) policy: QuorumPolicy,
    pub(crate) pools: SharedMap<PoolId, Arc<PoolHealth>>,
    pub(crate) files: SharedMap<PoolId, Arc<File>>,
    pub(crate) deadlines: Deadlines,
    /// Of the pools that had an event lately.
    pub(crate) pictures: SharedMap<PoolId, Arc<Picture>>,
    /// What the files were made from; `None` before there are any.
    pub(crate) reconciled: Option<Reconciled>,
}

/// What the machine knows of a pool besides its health.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The pool as last reconciled.
    pub pool: Arc<Pool>,
    pub panel: Panel,
    pub places: Places,
    /// Results from plans before this revision answer a question that is no longer asked.
    pub asked_since: u64,
}

impl Machine {
    /// A machine that knows nothing yet.
    pub fn new(policy: QuorumPolicy) -> Self {
        Self {
            policy,
            pools: SharedMap::new(),
            files: SharedMap::new(),
            deadlines: Deadlines::default(),
            pictures: SharedMap::new(),
            reconciled: None,
        }
    }

    /// Takes over what was known before a restart. Verdicts are marked `remembered` until a fresh observation comes.
    pub fn restore(&mut self, snapshot: HealthSnapshot) {
        self.files.clear();
        self.pictures.clear();
        self.reconciled = None;
        self.deadlines = Deadlines::default();
        self.pools = snapshot.pools;
        for pool in self.pools.values_mut() {
            let endpoints = Arc::make_mut(pool).endpoints.values_mut();
            endpoints.filter(|endpoint| is_judged(endpoint.state)).for_each(|endpoint| endpoint.remembered = true);
        }
    }

    /// The health of everything, sharing memory with the machine.
    pub fn snapshot(&self) -> HealthSnapshot {
        HealthSnapshot { pools: self.pools.clone() }
    }

    /// The health of one pool.
    pub fn pool_health(&self, pool: PoolId) -> Option<&Arc<PoolHealth>> {
        self.pools.get(&pool)
    }

    /// Takes an observation in: at most one event. See [`Machine::apply`].
    pub fn observe(&mut self, intent: &Intent, observation: Observation, now: Timestamp) -> Vec<HealthEvent> {
        match self.apply(intent, observation, now) {
            Effect::Changed(event) => vec![*event],
            Effect::Ignored(_) | Effect::Recorded => Vec::new(),
        }
    }

    /// Takes an observation in and says what it did. `intent` must be the one last reconciled.
    ///
    /// An observation from the future (a prober whose clock runs ahead) counts as made `now`, so that it cannot
    /// silence later ones.
    pub fn apply(&mut self, intent: &Intent, observation: Observation, now: Timestamp) -> Effect {
        let id = observation.target.pool;
        let (Some(pool), Some(file), Some(health)) =
            (intent.pools.get(&id), self.files.get(&id), self.pools.get_mut(&id))
        else {
            return Effect::Ignored(Ignored::TargetGone);
        };
        let admitted = match admission::admit(&observation, file, health, &self.policy, now) {
            Ok(admitted) => admitted,
            Err(ignored) => return Effect::Ignored(ignored),
        };
        let key = observation.target.endpoint.clone();
        let before = Before::of_endpoint(health, &key);
        let health = Arc::make_mut(health);
        let Some(endpoint) = health.endpoints.get_mut(&key) else {
            return Effect::Ignored(Ignored::TargetGone);
        };
        endpoint.remembered = false;
        record(endpoint, observation, &admitted, &file.panel);
        if settle(endpoint, &file.panel, &self.policy, now) {
            health.state = pool_state::judge(pool, &file.panel, health.endpoints.values().map(|e| e.state));
        }
        self.deadlines.set(id, after(admitted.at, self.policy.lifetime(admitted.monitor)));
        match before.turn(health, Some(&key)) {
            Some(turn) => {
                let picture = self.pictures.get_or_insert_with(id, || Picture::of(&file.pool, health).into());
                Effect::Changed(Box::new(event::tell(&turn, file, health, picture, now)))
            }
            None => {
                let place = file.places.find(&file.pool, &key);
                if let (Some(picture), Some(place)) = (self.pictures.get_mut(&id), place) {
                    Arc::make_mut(picture).outdate(place);
                }
                Effect::Recorded
            }
        }
    }

    /// Lets verdicts lapse whose monitor has been silent for too long: at most one event per pool. What is left
    /// decides; where nothing is left, the last health stays and is marked `remembered`.
    pub fn expire(&mut self, intent: &Intent, now: Timestamp) -> Vec<HealthEvent> {
        self.pictures.retain(|_, picture| after(picture.taken_at(), PICTURE_LIFETIME) > now);
        let mut due = Vec::new();
        while let Some(id) = self.deadlines.pop_due(now) {
            due.push(id);
        }
        due.into_iter().filter_map(|id| self.expire_pool(intent.pools.get(&id)?, now)).collect()
    }

    fn expire_pool(&mut self, pool: &Pool, now: Timestamp) -> Option<HealthEvent> {
        let file = self.files.get(&pool.id)?;
        let health = Arc::make_mut(self.pools.get_mut(&pool.id)?);
        let before = Before::of(Some(health));
        let mut next: Option<Timestamp> = None;
        for endpoint in health.endpoints.values_mut() {
            let lapsed = drop_lapsed(endpoint, &file.panel, &self.policy, now);
            next = earlier(next, lapsed.next);
            if lapsed.any {
                self.pictures.remove(&pool.id);
                settle(endpoint, &file.panel, &self.policy, now);
            }
        }
        health.state = pool_state::judge(pool, &file.panel, health.endpoints.values().map(|e| e.state));
        if let Some(next) = next {
            self.deadlines.set(pool.id, next);
        }
        let turn = before.turn(health, None)?;
        let picture = self.pictures.get_or_insert_with(pool.id, || Picture::of(&file.pool, health).into());
        Some(event::tell(&turn, file, health, picture, now))
    }
}

#[cfg(test)]
mod tests;
