//! A plan: how one request is steered, which is how its route says, but for what rules laid over it.

use crate::{
    route::{Route, RoutePool},
    wheel::{self, Wheel},
};
use model::{RandomSteering, SteeringPolicy};
use std::sync::Arc;

/// Pools, policy and fallback for one request; borrowed from its route. A [`Route`] is also the plan of those requests
/// that no rule applies to.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'t> {
    pub(crate) pools: &'t [Arc<RoutePool>],
    pub(crate) fallback: &'t Arc<RoutePool>,
    /// As configured, except that an automatic one is already decided.
    pub policy: SteeringPolicy,
    pub(crate) failover_across_pools: bool,
    weights: &'t RandomSteering,
    /// The usable pools by weight, where that was prepared for just these.
    prepared: Option<&'t Wheel>,
}

impl<'t> From<&'t Route> for Plan<'t> {
    fn from(route: &'t Route) -> Self {
        Self {
            pools: &route.pools,
            fallback: &route.fallback,
            policy: route.policy,
            failover_across_pools: route.failover_across_pools,
            weights: &route.weights,
            prepared: Some(&route.by_weight),
        }
    }
}

impl<'t> From<&'t Arc<Route>> for Plan<'t> {
    fn from(route: &'t Arc<Route>) -> Self {
        Plan::from(&**route)
    }
}

impl<'t> Plan<'t> {
    /// Lays these over the plan.
    pub(crate) fn override_with(
        &mut self,
        pools: Option<&'t [Arc<RoutePool>]>,
        policy: Option<SteeringPolicy>,
        weights: Option<&'t RandomSteering>,
    ) {
        if pools.is_some() || policy.is_some() || weights.is_some() {
            self.prepared = None;
        }
        self.pools = pools.unwrap_or(self.pools);
        self.policy = policy.unwrap_or(self.policy);
        self.weights = weights.unwrap_or(self.weights);
    }

    /// The first pool that health allows.
    pub(crate) fn first_usable(&self) -> Option<&'t RoutePool> {
        self.pools.iter().map(AsRef::as_ref).find(|pool| pool.is_usable())
    }

    /// A usable pool with a weight; pools without one get nothing, even when they are the only usable ones.
    pub(crate) fn drawn(&self, at: f64) -> Option<&'t RoutePool> {
        let index = match self.prepared {
            Some(wheel) => wheel.spin(at),
            None => wheel::spin_among(self.usable_weights(), at),
        };
        self.pools.get(index?).map(AsRef::as_ref)
    }

    /// As [`Plan::drawn`], of those that are admitted.
    pub(crate) fn drawn_where(&self, at: f64, admits: impl Fn(usize) -> bool) -> Option<&'t RoutePool> {
        let index = match self.prepared {
            Some(wheel) => wheel.spin_where(at, admits),
            None => wheel::spin_among(self.usable_weights().filter(|(index, _)| admits(*index)), at),
        };
        self.pools.get(index?).map(AsRef::as_ref)
    }

    /// The weight of a pool; 1 where pools are not drawn by weight.
    pub(crate) fn weight(&self, pool: &RoutePool) -> f64 {
        if self.policy == SteeringPolicy::Random { self.weights.weight(pool.id) } else { 1.0 }
    }

    fn usable_weights(&self) -> impl Iterator<Item = (usize, f64)> + Clone {
        let usable = self.pools.iter().enumerate().filter(|(_, pool)| pool.is_usable());
        usable.map(|(index, pool)| (index, self.weights.weight(pool.id)))
    }
}
