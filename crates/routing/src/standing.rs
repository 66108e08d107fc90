//! Standings: every endpoint that a route knows, and why it could or could not be chosen. Read only by stories.

use crate::{
    plan::Plan,
    route::{RouteEndpoint, RoutePool},
    steer::Role,
};
use model::{EndpointState, PoolState};
use std::fmt;
use verdict::Reason;

/// How one endpoint stood when the table was compiled.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'t> {
    pub pool: &'t RoutePool,
    pub endpoint: &'t RouteEndpoint,
    /// In which of the route's lists the pool stands.
    pub role: Role,
    pub fitness: Fitness,
}

/// Whether an endpoint could be chosen, or the first thing that forbade it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fitness {
    /// It could be chosen.
    Usable,
    /// It could be chosen only if no pool were usable.
    LastResort,
    PoolDisabled,
    EndpointDisabled,
    /// The last checks of it failed.
    Unhealthy(Option<Reason>),
    /// It has a monitor but no result yet.
    AwaitingFirstCheck,
    /// Its own health is fine, but too few of its pool's endpoints are healthy.
    PoolCritical,
    /// Its own health is fine, but too little is known of its pool.
    PoolUnknown,
    /// Its weight is 0.
    WeightZero,
    /// The weight of its pool is 0.
    PoolWeightZero,
}

impl Fitness {
    /// The text form, such as `weight_zero`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fitness::Usable => "usable",
            Fitness::LastResort => "last_resort",
            Fitness::PoolDisabled => "pool_disabled",
            Fitness::EndpointDisabled => "endpoint_disabled",
            Fitness::Unhealthy(_) => "unhealthy",
            Fitness::AwaitingFirstCheck => "awaiting_first_check",
            Fitness::PoolCritical => "pool_critical",
            Fitness::PoolUnknown => "pool_unknown",
            Fitness::WeightZero => "weight_zero",
            Fitness::PoolWeightZero => "pool_weight_zero",
        }
    }

    /// Why the endpoint is unhealthy, when it is.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Fitness::Unhealthy(reason) => reason,
            _ => None,
        }
    }
}

impl fmt::Display for Fitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Every candidate of the plan in failover order, then those of the fallback pool. Allocates: not for the busy path.
pub fn standings<'t>(plan: impl Into<Plan<'t>>) -> Vec<Standing<'t>> {
    let plan = plan.into();
    let defaults = plan.pools.iter().flat_map(|pool| {
        let without_weight = plan.weight(pool) <= 0.0;
        pool.endpoints.iter().map(move |endpoint| Standing {
            pool,
            endpoint,
            role: Role::Default,
            fitness: fitness(pool, endpoint, without_weight),
        })
    });
    let fallback = plan.fallback.endpoints.iter().enumerate().map(|(index, endpoint)| Standing {
        pool: plan.fallback,
        endpoint,
        role: Role::Fallback,
        fitness: fitness_as_fallback(plan.fallback, index, endpoint),
    });
    defaults.chain(fallback).collect()
}

fn fitness(pool: &RoutePool, endpoint: &RouteEndpoint, pool_without_weight: bool) -> Fitness {
    match (pool.state, endpoint.state) {
        (PoolState::Disabled, _) => Fitness::PoolDisabled,
        (_, EndpointState::Disabled) => Fitness::EndpointDisabled,
        (_, EndpointState::Unhealthy) => Fitness::Unhealthy(endpoint.reason),
        (_, EndpointState::Unknown) => Fitness::AwaitingFirstCheck,
        (PoolState::Critical, _) => Fitness::PoolCritical,
        (PoolState::Unknown, _) => Fitness::PoolUnknown,
        _ if endpoint.weight <= 0.0 => Fitness::WeightZero,
        _ if pool_without_weight => Fitness::PoolWeightZero,
        _ => Fitness::Usable,
    }
}

fn fitness_as_fallback(pool: &RoutePool, index: usize, endpoint: &RouteEndpoint) -> Fitness {
    match (pool.state, endpoint.state) {
        (PoolState::Disabled, _) => Fitness::PoolDisabled,
        (_, EndpointState::Disabled) => Fitness::EndpointDisabled,
        _ if pool.last_resort.contains(index) => Fitness::LastResort,
        _ => Fitness::WeightZero,
    }
}

#[cfg(test)]
mod tests;
