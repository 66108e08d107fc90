//! The probe plan: everything that probers are asked to probe, worked out from the intent.

use model::{Endpoint, Intent, Monitor, PoolId, ProbePlan, ProbeTarget, SimulatedZone};
use std::{collections::BTreeMap, sync::Arc};

/// What to probe: each monitor of each enabled pool against each enabled endpoint, in the order of the pools.
pub fn probe_plan(intent: &Intent) -> ProbePlan {
    probe_plan_from(&ProbePlan::default(), intent)
}

/// Like [`probe_plan`], but shares the endpoints of `previous` that have not changed. The result is the same.
pub(crate) fn probe_plan_from(previous: &ProbePlan, intent: &Intent) -> ProbePlan {
    let zones = Zones::of(intent);
    let known = Known::of(previous);
    let mut targets = Vec::with_capacity(previous.targets.len());
    for pool in intent.pools.values().filter(|pool| pool.enabled) {
        let monitors = intent.monitors_of(pool);
        if monitors.is_empty() {
            continue;
        }
        for (position, endpoint) in pool.origins.iter().filter(|endpoint| endpoint.enabled).enumerate() {
            let endpoint = known.share(pool.id, position, endpoint);
            targets.extend(monitors.iter().map(|monitor| ProbeTarget {
                pool: pool.id,
                monitor: monitor.clone(),
                endpoint: endpoint.clone(),
                simulated_zone: zones.simulated_by(monitor),
            }));
        }
    }
    ProbePlan { revision: intent.revision, targets }
}

/// The endpoints of a plan, by pool and in its order.
struct Known<'a>(BTreeMap<PoolId, Vec<&'a Arc<Endpoint>>>);

impl<'a> Known<'a> {
    fn of(plan: &'a ProbePlan) -> Self {
        let mut known: BTreeMap<PoolId, Vec<&Arc<Endpoint>>> = BTreeMap::new();
        for target in &plan.targets {
            let endpoints = known.entry(target.pool).or_default();
            // Several monitors of one endpoint stand side by side.
            if endpoints.last().is_none_or(|last| !Arc::ptr_eq(last, &target.endpoint)) {
                endpoints.push(&target.endpoint);
            }
        }
        Self(known)
    }

    /// The endpoint as it was at this position, if it is still the same.
    fn share(&self, pool: PoolId, position: usize, endpoint: &Endpoint) -> Arc<Endpoint> {
        let before = self.0.get(&pool).and_then(|endpoints| endpoints.get(position)).copied();
        let same = before.filter(|before| ***before == *endpoint);
        same.map_or_else(|| Arc::new(endpoint.clone()), Arc::clone)
    }
}

/// The zones that monitors may simulate, each made once.
pub(crate) struct Zones<'a>(BTreeMap<&'a str, Arc<SimulatedZone>>);

impl<'a> Zones<'a> {
    pub(crate) fn of(intent: &'a Intent) -> Self {
        let mut by_name: BTreeMap<&str, Arc<SimulatedZone>> = BTreeMap::new();
        for monitor in intent.monitors.values().filter(|monitor| !monitor.probe_zone.is_empty()) {
            let name = monitor.probe_zone.as_str();
            if !by_name.contains_key(name)
                && let Some(zone) = simulated(intent, name)
            {
                by_name.insert(name, Arc::new(zone));
            }
        }
        Self(by_name)
    }

    pub(crate) fn simulated_by(&self, monitor: &Monitor) -> Option<Arc<SimulatedZone>> {
        self.0.get(monitor.probe_zone.as_str()).cloned()
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
