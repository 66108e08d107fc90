//! Steering: which pool, and which endpoint of it.
//!
//! The order of the questions: which pools are usable, which of them does the policy prefer, else the fallback pool;
//! then which endpoint by the pool's own steering. (A session of the visitor will be asked before all of these.)

use crate::{
    draw::{Draw, place},
    plan::Plan,
    route::{Route, RouteEndpoint, RoutePool},
    why::Why,
};
use model::SteeringPolicy;
use std::{net::IpAddr, sync::Arc};
use verdict::Reason;

/// What steering may know of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientFacts {
    /// The address that `hash` steering goes by.
    pub ip: IpAddr,
}

/// In which capacity a pool serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Its health allows it.
    Default,
    /// Nothing else could be used; its health was not asked.
    Fallback,
}

impl Role {
    /// The text form, such as `fallback`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Default => "default",
            Role::Fallback => "fallback",
        }
    }
}

/// Where a request is to go, and why.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'t> {
    pub pool: &'t RoutePool,
    pub endpoint: &'t RouteEndpoint,
    pub role: Role,
    pub why: Why,
}

impl Choice<'_> {
    /// The same choice, borrowed from `route`, which must be the very route that it was made from. `None` when it has no
    /// such pool or endpoint.
    pub fn borrowed_from<'r>(&self, route: &'r Route) -> Option<Choice<'r>> {
        let pool = route.every_pool().find(|pool| std::ptr::eq(*pool, self.pool))?;
        let endpoint =
            pool.endpoints.iter().map(Arc::as_ref).find(|endpoint| std::ptr::eq(*endpoint, self.endpoint))?;
        Some(Choice { pool, endpoint, role: self.role, why: self.why })
    }
}

/// Chooses an endpoint. `seed` is one random number per request; the same table, plan, client and seed choose the same.
/// Allocates nothing and waits for nothing.
///
/// # Errors
/// [`Reason::PoolsExhausted`] when no pool is usable and the fallback pool is disabled or has no enabled endpoint.
pub fn steer<'t>(plan: impl Into<Plan<'t>>, client: &ClientFacts, seed: u64) -> Result<Choice<'t>, Reason> {
    let plan = plan.into();
    usable(&plan, client, seed).or_else(|| fallback(&plan, client, seed)).ok_or(Reason::PoolsExhausted)
}

fn usable<'t>(plan: &Plan<'t>, client: &ClientFacts, seed: u64) -> Option<Choice<'t>> {
    let (pool, why) = match plan.policy {
        SteeringPolicy::Off => (plan.first_usable()?, Why::FailoverOrder),
        SteeringPolicy::Random => (plan.drawn(place(seed, Draw::Pool))?, Why::PoolWeight),
        policy @ (SteeringPolicy::Geo
        | SteeringPolicy::DynamicLatency
        | SteeringPolicy::Proximity
        | SteeringPolicy::LeastOutstandingRequests
        | SteeringPolicy::LeastConnections
        | SteeringPolicy::Automatic) => (plan.first_usable()?, Why::NotInForce(policy)),
    };
    let endpoint = pool.pick(&pool.usable, client.ip, place(seed, Draw::Endpoint))?;
    Some(Choice { pool, endpoint, role: Role::Default, why })
}

fn fallback<'t>(plan: &Plan<'t>, client: &ClientFacts, seed: u64) -> Option<Choice<'t>> {
    let pool = plan.fallback.as_ref();
    if !pool.can_fall_back() {
        return None;
    }
    let endpoint = pool.pick(&pool.last_resort, client.ip, place(seed, Draw::Endpoint))?;
    Some(Choice { pool, endpoint, role: Role::Fallback, why: Why::LastResort })
}

#[cfg(test)]
mod tests;
