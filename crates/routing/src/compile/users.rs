//! Which load balancers use a pool: those whose routes are to be made anew when it changes.

use model::{LoadBalancer, LoadBalancerId, PoolId, SharedMap};

const FIRST: LoadBalancerId = LoadBalancerId::from_bytes([0; 16]);
const LAST: LoadBalancerId = LoadBalancerId::from_bytes([u8::MAX; 16]);

/// Who uses which pool, there or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users(SharedMap<(PoolId, LoadBalancerId), ()>);

impl Users {
    /// Notes what a load balancer uses.
    pub fn add(&mut self, balancer: &LoadBalancer) {
        self.0.extend(balancer.referenced_pools().map(|pool| ((pool, balancer.id), ())));
    }

    /// Forgets what a load balancer used.
    pub fn remove(&mut self, balancer: &LoadBalancer) {
        for pool in balancer.referenced_pools() {
            self.0.remove(&(pool, balancer.id));
        }
    }

    /// Who uses a pool.
    pub fn of(&self, pool: PoolId) -> impl Iterator<Item = LoadBalancerId> {
        self.0.range((pool, FIRST)..=(pool, LAST)).map(|((_, balancer), ())| *balancer)
    }
}
