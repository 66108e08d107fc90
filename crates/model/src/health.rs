//! The health of endpoints and pools, as quorum decided it.

use crate::{EndpointKey, Evidence, MonitorId, PoolId, Region, SharedMap, Timestamp, Timings};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use verdict::Reason;

/// What is known of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// Monitored, but no decision yet: counts as down.
    #[default]
    Unknown,
    Healthy,
    Unhealthy,
    /// Has no monitor: usable, health is not considered.
    Unmonitored,
    /// Switched off: neither probed nor used.
    Disabled,
}

impl EndpointState {
    /// Whether health allows traffic.
    pub const fn is_usable(self) -> bool {
        matches!(self, EndpointState::Healthy | EndpointState::Unmonitored)
    }

    /// The text form, such as `unhealthy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            EndpointState::Unknown => "unknown",
            EndpointState::Healthy => "healthy",
            EndpointState::Unhealthy => "unhealthy",
            EndpointState::Unmonitored => "unmonitored",
            EndpointState::Disabled => "disabled",
        }
    }
}

/// What one data center holds of an endpoint, and the last thing it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataCenterVerdict {
    pub data_center: Arc<str>,
    pub region: Region,
    /// When the check that `timings` and `evidence` tell of was made.
    pub at: Timestamp,
    /// The verdict in force here, after thresholds and, in a monitor group, the vote.
    pub healthy: bool,
    /// Why the verdict is unhealthy; `None` while it is healthy.
    #[serde(with = "crate::evidence::reason_id_option")]
    pub reason: Option<Reason>,
    pub timings: Timings,
    pub evidence: Evidence,
    /// Where each monitor's run of results stands; one entry unless the pool has a monitor group.
    #[serde(default)]
    pub checks: BTreeMap<MonitorId, CheckRun>,
}

/// Where the results of one monitor from one data center stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// When the last conclusive check was made.
    pub at: Timestamp,
    /// The verdict in force.
    pub healthy: bool,
    /// Why the verdict is unhealthy; `None` while it is healthy.
    #[serde(with = "crate::evidence::reason_id_option")]
    pub reason: Option<Reason>,
    /// How many of the latest results in a row spoke against the verdict without yet reaching the threshold.
    pub against: u32,
}

impl DataCenterVerdict {
    /// The round trip that the API reports: the whole check, from its start to its end.
    pub fn rtt(&self) -> Option<Duration> {
        self.timings.total
    }
}

/// An endpoint's health.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EndpointHealth {
    pub state: EndpointState,
    /// When the state was entered.
    pub since: Option<Timestamp>,
    /// Why it is unhealthy.
    #[serde(with = "crate::evidence::reason_id_option")]
    pub reason: Option<Reason>,
    /// True until a fresh observation confirms what was known before a restart.
    pub remembered: bool,
    /// What each data center last saw, by data center.
    pub data_centers: BTreeMap<Arc<str>, DataCenterVerdict>,
}

/// What is known of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolState {
    /// Monitored, but too little is known yet: counts as down.
    #[default]
    Unknown,
    Healthy,
    /// Some endpoints are down, enough are up.
    Degraded,
    /// Fewer healthy endpoints than `minimum_origins`.
    Critical,
    /// Has no monitor: usable, health is not considered.
    Unmonitored,
    /// Switched off.
    Disabled,
}

impl PoolState {
    /// Whether the pool may take traffic other than as fallback.
    pub const fn is_usable(self) -> bool {
        matches!(self, PoolState::Healthy | PoolState::Degraded | PoolState::Unmonitored)
    }

    /// The text form, such as `degraded`.
    pub const fn as_str(self) -> &'static str {
        match self {
            PoolState::Unknown => "unknown",
            PoolState::Healthy => "healthy",
            PoolState::Degraded => "degraded",
            PoolState::Critical => "critical",
            PoolState::Unmonitored => "unmonitored",
            PoolState::Disabled => "disabled",
        }
    }
}

/// A pool's health.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolHealth {
    pub state: PoolState,
    /// Kept as a list in memory order of the keys; a map with a structured key has no text form.
    #[serde(with = "endpoint_list")]
    pub endpoints: BTreeMap<EndpointKey, EndpointHealth>,
}

/// The health of every pool, at one moment. What two snapshots have in common they share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HealthSnapshot {
    pub pools: SharedMap<PoolId, Arc<PoolHealth>>,
}

mod endpoint_list {
    //! A map with structured keys is kept as a list of pairs.
    use super::{EndpointHealth, EndpointKey};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<S: Serializer>(
        map: &BTreeMap<EndpointKey, EndpointHealth>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<EndpointKey, EndpointHealth>, D::Error> {
        Ok(Vec::<(EndpointKey, EndpointHealth)>::deserialize(deserializer)?.into_iter().collect())
    }
}
