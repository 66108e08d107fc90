//! Reconciling: when the intent changes, health follows what was added, edited, switched off or removed.
//!
//! The rules:
//! - what is new and monitored starts as unknown; what is not monitored is usable as it is;
//! - what is switched off is forgotten: switched on again it starts as unknown, because a pause is when things change;
//! - an edited monitor leaves health as it is until results to the new question come; results to the old one that are
//!   still on their way no longer count;
//! - a monitor, region or vote that is taken away takes its verdicts with it, and the others decide anew.

use crate::{
    deadlines::earlier,
    endpoint::{drop_lapsed, is_judged, settle},
    event::{self, Before},
    machine::{File, Machine},
    panel::Panel,
    picture::{Picture, Places},
    policy::QuorumPolicy,
    pool_state,
};
use model::{
    Endpoint, EndpointHealth, EndpointState, HealthEvent, Intent, Mark, Monitor, MonitorGroup, MonitorGroupId,
    MonitorId, Pool, PoolHealth, PoolId, SharedMap, Span, Timestamp,
};
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

/// The part of an intent that health follows, to tell what is new in the next one.
#[derive(Clone, Debug)]
pub(crate) struct Reconciled {
    pools: Mark<PoolId, Arc<Pool>>,
    monitors: SharedMap<MonitorId, Arc<Monitor>>,
    monitor_groups: SharedMap<MonitorGroupId, Arc<MonitorGroup>>,
}

impl Reconciled {
    fn of(intent: &Intent) -> Self {
        Self {
            pools: intent.pools.mark(),
            monitors: intent.monitors.clone(),
            monitor_groups: intent.monitor_groups.clone(),
        }
    }

    /// Where pools may have to be looked at: those that changed, or all, because any may be monitored otherwise now.
    fn changes(&self, intent: &Intent) -> Vec<Span<PoolId>> {
        if intent.monitors.is_same(&self.monitors) && intent.monitor_groups.is_same(&self.monitor_groups) {
            intent.pools.changes_since(&self.pools)
        } else {
            vec![EVERYWHERE]
        }
    }
}

const EVERYWHERE: Span<PoolId> = (Bound::Unbounded, Bound::Unbounded);

impl Machine {
    /// Brings health in line with a new intent: at most one event per pool, and only where the change of the intent
    /// itself made a pool or an endpoint healthy or unhealthy. Pools that did not change cost nothing, unless a monitor
    /// did.
    pub fn reconcile(&mut self, intent: &Intent, now: Timestamp) -> Vec<HealthEvent> {
        let changes = self.reconciled.as_ref().map_or_else(|| vec![EVERYWHERE], |before| before.changes(intent));
        self.reconciled = Some(Reconciled::of(intent));
        let mut events = Vec::new();
        for span in changes {
            self.forget_removed(intent, span);
            let pools = intent.pools.range(span);
            events.extend(pools.filter_map(|(_, pool)| self.reconcile_pool(intent, pool, now)));
        }
        events
    }

    fn forget_removed(&mut self, intent: &Intent, span: Span<PoolId>) {
        let known = self.pools.range(span).map(|(id, _)| *id);
        let removed: Vec<PoolId> = known.filter(|id| !intent.pools.contains_key(id)).collect();
        for id in removed {
            self.pools.remove(&id);
            self.files.remove(&id);
            self.pictures.remove(&id);
            self.deadlines.remove(id);
        }
    }

    fn reconcile_pool(&mut self, intent: &Intent, pool: &Arc<Pool>, now: Timestamp) -> Option<HealthEvent> {
        let panel = Panel::of(intent, pool, self.policy.staffed);
        let file = self.files.get(&pool.id);
        if file.is_some_and(|file| Arc::ptr_eq(&file.pool, pool) && file.panel.is_same(&panel)) {
            return None;
        }
        let asks_otherwise = file.is_some_and(|file| asks_otherwise(file, pool, &panel));
        let asked_since = match file {
            Some(_) if asks_otherwise => intent.revision,
            Some(file) => file.asked_since,
            None => 0,
        };
        let known = self.pools.remove(&pool.id).unwrap_or_default();
        let before = Before::of(Some(&known));
        let (after, next) = following(&known, pool, &panel, asks_otherwise, &self.policy, now);
        let file = Arc::new(File { pool: pool.clone(), panel, places: Places::of(pool), asked_since });
        self.pictures.remove(&pool.id);
        let event = before.turn(&after, None).map(|turn| {
            let picture = self.pictures.get_or_insert_with(pool.id, || Picture::of(pool, &after).into());
            event::tell(&turn, &file, &after, picture, now)
        });
        self.pools.insert(pool.id, Arc::new(after));
        self.files.insert(pool.id, file);
        self.deadlines.remove(pool.id);
        if let Some(next) = next {
            self.deadlines.set(pool.id, next);
        }
        event
    }
}

/// Whether results of older plans answer another question: a monitor or the host name of an endpoint was edited.
fn asks_otherwise(file: &File, pool: &Pool, panel: &Panel) -> bool {
    let hosts: BTreeMap<_, _> = file.pool.origins.iter().map(|endpoint| (endpoint.key(), &endpoint.host)).collect();
    let host_edited = |endpoint: &Endpoint| hosts.get(&endpoint.key()).is_some_and(|before| **before != endpoint.host);
    pool.origins.iter().any(host_edited) || panel.asks_otherwise(&file.panel)
}

/// The health of a pool under a new intent, and when the first verdict in it lapses.
fn following(
    known: &PoolHealth,
    pool: &Pool,
    panel: &Panel,
    asks_otherwise: bool,
    policy: &QuorumPolicy,
    now: Timestamp,
) -> (PoolHealth, Option<Timestamp>) {
    let mut next = None;
    let endpoints = pool.origins.iter().map(|origin| {
        let key = origin.key();
        let known = known.endpoints.get(&key);
        if let Some(state) = switched(pool.enabled && origin.enabled, panel) {
            return (key, unjudged(known, state, now));
        }
        let mut health = judged(known, now);
        if asks_otherwise {
            end_runs(&mut health);
        }
        next = earlier(next, drop_lapsed(&mut health, panel, policy, now).next);
        settle(&mut health, panel, policy, now);
        (key, health)
    });
    let endpoints: BTreeMap<_, _> = endpoints.collect();
    let state = pool_state::judge(pool, panel, endpoints.values().map(|health| health.state));
    (PoolHealth { state, endpoints }, next)
}

/// The state that an endpoint has without anyone judging it.
fn switched(enabled: bool, panel: &Panel) -> Option<EndpointState> {
    match enabled {
        false => Some(EndpointState::Disabled),
        true if !panel.is_monitored() => Some(EndpointState::Unmonitored),
        true => None,
    }
}

fn unjudged(known: Option<&EndpointHealth>, state: EndpointState, now: Timestamp) -> EndpointHealth {
    let since = known.filter(|known| known.state == state).map_or(Some(now), |known| known.since);
    EndpointHealth { state, since, ..EndpointHealth::default() }
}

/// What was known, if it was judged before; else nothing.
fn judged(known: Option<&EndpointHealth>, now: Timestamp) -> EndpointHealth {
    match known {
        Some(known) if is_judged(known.state) || known.state == EndpointState::Unknown => known.clone(),
        _ => unjudged(None, EndpointState::Unknown, now),
    }
}

/// Results to the old question no longer add to a run.
fn end_runs(health: &mut EndpointHealth) {
    let checks = health.data_centers.values_mut().flat_map(|verdict| verdict.checks.values_mut());
    checks.for_each(|run| run.against = 0);
}

#[cfg(test)]
mod tests;
