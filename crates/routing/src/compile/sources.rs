//! What a table was made of, kept with it to tell what is new for the next one.

use super::users::Users;
use model::{
    HealthSnapshot, Intent, LoadBalancer, LoadBalancerId, Mark, Pool, PoolHealth, PoolId, SharedMap, TrustAnchor,
    TrustAnchorId, Zone, ZoneId,
};
use std::sync::Arc;

/// The intent and health of a table, as far as it takes to tell what changed since.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub pools: Mark<PoolId, Arc<Pool>>,
    /// Not the health itself, which nobody may hold without need: it grows with every probe.
    pub health: Mark<PoolId, Arc<PoolHealth>>,
    pub balancers: SharedMap<LoadBalancerId, Arc<LoadBalancer>>,
    pub zones: SharedMap<ZoneId, Arc<Zone>>,
    pub trust_anchors: SharedMap<TrustAnchorId, Arc<TrustAnchor>>,
    pub users: Users,
}

impl Sources {
    /// What a table for this intent and health is made of.
    pub fn of(intent: &Intent, health: &HealthSnapshot, users: Users, previous: &Sources) -> Self {
        Self {
            pools: intent.pools.mark_after(&previous.pools),
            health: health.pools.mark_after(&previous.health),
            balancers: intent.load_balancers.clone(),
            zones: intent.zones.clone(),
            trust_anchors: intent.trust_anchors.clone(),
            users,
        }
    }
}
