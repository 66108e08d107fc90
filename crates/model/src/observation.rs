//! What probers are asked to do and what they report: observations, never conclusions.

use crate::{Endpoint, EndpointKey, Evidence, Monitor, MonitorId, PoolId, Region, SharedMap, Timestamp, Timings};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use verdict::Reason;

/// What a result is about: one monitor's view of one endpoint of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetId {
    pub monitor: MonitorId,
    pub pool: PoolId,
    pub endpoint: EndpointKey,
}

/// Something to probe, with all that a prober needs to do it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeTarget {
    pub pool: PoolId,
    pub monitor: Arc<Monitor>,
    pub endpoint: Arc<Endpoint>,
    pub simulated_zone: Option<Arc<SimulatedZone>>,
}

impl ProbeTarget {
    /// What a result of this target is about.
    pub fn id(&self) -> TargetId {
        TargetId { monitor: self.monitor.id, pool: self.pool, endpoint: self.endpoint.key() }
    }
}

/// The egress settings of the zone that a monitor simulates.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedZone {
    pub name: String,
    /// Certificate authorities of the zone's custom origin trust store, in PEM; empty means the public ones.
    pub trust_anchors_pem: Vec<String>,
}

/// Everything to probe, at one revision of the intent. What two plans have in common they share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbePlan {
    pub revision: u64,
    /// The targets of every pool that has any.
    pub pools: SharedMap<PoolId, Arc<[ProbeTarget]>>,
}

impl ProbePlan {
    /// The plan of these targets, which may come in any order. Those of one pool keep theirs.
    pub fn new(revision: u64, targets: impl IntoIterator<Item = ProbeTarget>) -> Self {
        let mut pools: BTreeMap<PoolId, Vec<ProbeTarget>> = BTreeMap::new();
        for target in targets {
            pools.entry(target.pool).or_default().push(target);
        }
        Self { revision, pools: pools.into_iter().map(|(pool, targets)| (pool, targets.into())).collect() }
    }

    /// The targets of all pools.
    pub fn targets(&self) -> impl Iterator<Item = &ProbeTarget> {
        self.pools.values().flat_map(|targets| targets.iter())
    }
}

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Pass,
    Fail(#[serde(with = "crate::evidence::reason_id")] Reason),
    /// The prober doubts itself; moves no counter.
    Inconclusive(#[serde(with = "crate::evidence::reason_id")] Reason),
}

/// One check, as one prober saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub target: TargetId,
    /// Revision of the plan that the prober worked from.
    pub revision: u64,
    pub data_center: Arc<str>,
    pub region: Region,
    pub at: Timestamp,
    pub outcome: Outcome,
    /// How many attempts were made; more than 1 only after timeouts.
    pub attempts: u32,
    pub timings: Timings,
    pub evidence: Evidence,
}
