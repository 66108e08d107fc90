//! Intent: everything that site owners asked for, at one revision.

use crate::{
    Account, AccountId, Certificate, CertificateId, LoadBalancer, LoadBalancerId, Monitor, MonitorGroup,
    MonitorGroupId, MonitorId, Pool, PoolId, TrustAnchor, TrustAnchorId, Zone, ZoneId,
};
use std::{collections::BTreeMap, sync::Arc};

/// Everything that was asked for, at one revision. Values are shared: a new intent copies pointers, not objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// Grows by one with each accepted change.
    pub revision: u64,
    pub accounts: BTreeMap<AccountId, Arc<Account>>,
    pub zones: BTreeMap<ZoneId, Arc<Zone>>,
    pub monitors: BTreeMap<MonitorId, Arc<Monitor>>,
    pub monitor_groups: BTreeMap<MonitorGroupId, Arc<MonitorGroup>>,
    pub pools: BTreeMap<PoolId, Arc<Pool>>,
    pub load_balancers: BTreeMap<LoadBalancerId, Arc<LoadBalancer>>,
    pub certificates: BTreeMap<CertificateId, Arc<Certificate>>,
    pub trust_anchors: BTreeMap<TrustAnchorId, Arc<TrustAnchor>>,
}

impl Intent {
    /// The monitors that probe a pool, with each one's say: its single monitor, or the enabled members of its group.
    pub fn monitors_of(&self, pool: &Pool) -> Vec<Arc<Monitor>> {
        if let Some(monitor) = pool.monitor.and_then(|id| self.monitors.get(&id)) {
            return vec![monitor.clone()];
        }
        let Some(group) = pool.monitor_group.and_then(|id| self.monitor_groups.get(&id)) else {
            return Vec::new();
        };
        let enabled = group.members.iter().filter(|member| member.enabled);
        enabled.filter_map(|member| self.monitors.get(&member.monitor_id).cloned()).collect()
    }
}
