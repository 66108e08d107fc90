//! The probe plan: everything that probers are asked to probe, worked out from the intent.

use model::{Endpoint, Intent, Monitor, Pool, PoolId, ProbePlan, ProbeTarget, SimulatedZone, Span};
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

/// What to probe: each monitor of each enabled pool against each enabled endpoint, in the order of the pools.
pub fn probe_plan(intent: &Intent) -> ProbePlan {
    probe_plan_from(&ProbePlan::default(), &Intent::default(), intent)
}

/// Like [`probe_plan`], but shares what has not changed since `previous`, which is the plan of the intent `before`. The
/// result is the same.
pub(crate) fn probe_plan_from(previous: &ProbePlan, before: &Intent, intent: &Intent) -> ProbePlan {
    let mut plan = ProbePlan { revision: intent.revision, pools: previous.pools.clone() };
    let mut zones = Zones::of(intent);
    for span in changes(before, intent) {
        let gone = previous.pools.range(span).filter(|(id, _)| !intent.pools.contains_key(id));
        gone.for_each(|(id, _)| drop(plan.pools.remove(id)));
        for (id, pool) in intent.pools.range(span) {
            let known = previous.pools.get(id).map(AsRef::as_ref).unwrap_or_default();
            let targets = targets(intent, &mut zones, pool, known);
            if targets.is_empty() {
                plan.pools.remove(id);
            } else if known != targets {
                plan.pools.insert(*id, targets.into());
            }
        }
    }
    plan
}

/// Where pools may be probed otherwise: those that changed, or all, because what probes them did.
fn changes(before: &Intent, intent: &Intent) -> Vec<Span<PoolId>> {
    let same_questions = intent.monitors.is_same(&before.monitors)
        && intent.monitor_groups.is_same(&before.monitor_groups)
        && intent.zones.is_same(&before.zones)
        && intent.trust_anchors.is_same(&before.trust_anchors);
    match same_questions {
        true => intent.pools.changes_since(&before.pools.mark()),
        false => vec![(Bound::Unbounded, Bound::Unbounded)],
    }
}

/// The targets of a pool. Shares the endpoints that stood at the same place among those that are known.
fn targets(intent: &Intent, zones: &mut Zones<'_>, pool: &Pool, known: &[ProbeTarget]) -> Vec<ProbeTarget> {
    let monitors = if pool.enabled { intent.monitors_of(pool) } else { Vec::new() };
    let mut targets = Vec::new();
    if monitors.is_empty() {
        return targets;
    }
    let mut known =
        known.chunk_by(|one, next| Arc::ptr_eq(&one.endpoint, &next.endpoint)).map(|same| &same[0].endpoint);
    for endpoint in pool.origins.iter().filter(|endpoint| endpoint.enabled) {
        let endpoint = shared(known.next(), endpoint);
        targets.extend(monitors.iter().map(|monitor| ProbeTarget {
            pool: pool.id,
            monitor: monitor.clone(),
            endpoint: endpoint.clone(),
            simulated_zone: zones.simulated_by(monitor),
        }));
    }
    targets
}

/// The endpoint as it is known, if it is still the same.
fn shared(known: Option<&Arc<Endpoint>>, endpoint: &Endpoint) -> Arc<Endpoint> {
    let same = known.filter(|known| ***known == *endpoint);
    same.map_or_else(|| Arc::new(endpoint.clone()), Arc::clone)
}

/// The zones that monitors simulate, each made once, when it is asked for.
struct Zones<'a> {
    intent: &'a Intent,
    made: BTreeMap<String, Option<Arc<SimulatedZone>>>,
}

impl<'a> Zones<'a> {
    fn of(intent: &'a Intent) -> Self {
        Self { intent, made: BTreeMap::new() }
    }

    fn simulated_by(&mut self, monitor: &Monitor) -> Option<Arc<SimulatedZone>> {
        let name = &monitor.probe_zone;
        if name.is_empty() {
            return None;
        }
        if let Some(made) = self.made.get(name) {
            return made.clone();
        }
        let made = simulated(self.intent, name).map(Arc::new);
        self.made.insert(name.clone(), made.clone());
        made
    }
}

/// The egress settings of the zone of this name.
pub(crate) fn simulated(intent: &Intent, name: &str) -> Option<SimulatedZone> {
    let zone = intent.zones.values().find(|zone| zone.name == name)?;
    let anchors = intent.trust_anchors.values().filter(|anchor| anchor.zone == zone.id);
    Some(SimulatedZone {
        name: zone.name.clone(),
        trust_anchors_pem: anchors.map(|anchor| anchor.certificate_pem.clone()).collect(),
    })
}
