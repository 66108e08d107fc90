//! Monitor groups: several monitors that vote on one endpoint.

use crate::{AccountId, MonitorGroupId, MonitorId, Timestamp};
use serde::{Deserialize, Serialize};

/// Several monitors that vote on the endpoints of a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitorGroup {
    pub id: MonitorGroupId,
    pub account: AccountId,
    pub created_on: Timestamp,
    pub modified_on: Timestamp,
    pub description: String,
    pub members: Vec<MonitorGroupMember>,
}

/// One monitor of a group, and its say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitorGroupMember {
    pub monitor_id: MonitorId,
    /// False: sends no probes and has no vote.
    pub enabled: bool,
    /// True: probes, but has no vote.
    pub monitoring_only: bool,
    /// True: its failure alone makes an endpoint unhealthy.
    pub must_be_healthy: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl MonitorGroupMember {
    /// Whether its results decide health.
    pub fn votes(&self) -> bool {
        self.enabled && !self.monitoring_only
    }
}
