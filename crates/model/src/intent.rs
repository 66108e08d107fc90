//! Intent: everything that site owners asked for, at one revision.

use crate::{
    Account, AccountId, Certificate, CertificateId, LoadBalancer, LoadBalancerId, Monitor, MonitorGroup,
    MonitorGroupId, MonitorId, Pool, PoolId, SharedMap, TrustAnchor, TrustAnchorId, Zone, ZoneId,
};
use std::sync::Arc;

/// Everything that was asked for, at one revision. What two intents have in common they share, so that a copy costs next
/// to nothing and a change of it little.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intent {
    /// Grows by one with each accepted change.
    pub revision: u64,
    pub accounts: SharedMap<AccountId, Arc<Account>>,
    pub zones: SharedMap<ZoneId, Arc<Zone>>,
    pub monitors: SharedMap<MonitorId, Arc<Monitor>>,
    pub monitor_groups: SharedMap<MonitorGroupId, Arc<MonitorGroup>>,
    pub pools: SharedMap<PoolId, Arc<Pool>>,
    pub load_balancers: SharedMap<LoadBalancerId, Arc<LoadBalancer>>,
    pub certificates: SharedMap<CertificateId, Arc<Certificate>>,
    pub trust_anchors: SharedMap<TrustAnchorId, Arc<TrustAnchor>>,
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
