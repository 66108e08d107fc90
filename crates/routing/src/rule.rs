//! Custom rules of a route: which of them apply to a request, and what they lay over the way it is steered.
//!
//! Rules are asked once for a request. What applied is kept as numbers, [`Applied`], so that the [`Plan`] can be drawn
//! up again from the same route for as long as anybody tells of the request.

use crate::{
    plan::Plan,
    route::{Route, RoutePool},
};
use expr::{Expression, Facts};
use model::{FixedResponse, RandomSteering, SteeringPolicy};
use smallvec::SmallVec;
use std::sync::Arc;

/// A rule, ready to be asked. Rules that can never apply are not made.
#[derive(Debug)]
pub struct RouteRule {
    /// As the site owner called it.
    pub name: Arc<str>,
    pub condition: Arc<Expression>,
    /// The answer that it gives itself.
    pub answer: Option<FixedResponse>,
    /// The condition as it was written, to see whether what was compiled can be kept.
    pub(crate) source: Box<str>,
    pub(crate) terminates: bool,
    pub(crate) overlay: Overlay,
}

/// What a rule changes of the steering.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// Instead of every list of pools there is.
    pub exactly: Option<Box<[Arc<RoutePool>]>>,
    /// Instead of the load balancer's default pools.
    pub defaults: Option<Box<[Arc<RoutePool>]>>,
    pub fallback: Option<Arc<RoutePool>>,
    pub policy: Option<SteeringPolicy>,
    pub weights: Option<RandomSteering>,
    pub failover_across_pools: Option<bool>,
}

/// The numbers of the rules that apply to a request, in the order in which they were asked.
pub type Applied = SmallVec<[u32; 4]>;

/// What asking the rules came to.
#[derive(Debug)]
pub struct Asked<'t> {
    pub applied: Applied,
    /// The rule that answers the request, which is the last that applied.
    pub answered: Option<&'t FixedResponse>,
}

impl Route {
    /// Whether there is anything to ask.
    pub fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Asks the rules, in their order, up to one that ends it. Waits for nothing.
    pub fn ask_rules(&self, facts: &(impl Facts + ?Sized)) -> Asked<'_> {
        let mut applied = Applied::new();
        for (number, rule) in (0..).zip(&self.rules) {
            if !rule.condition.holds(facts) {
                continue;
            }
            applied.push(number);
            if rule.answer.is_some() {
                return Asked { applied, answered: rule.answer.as_ref() };
            }
            if rule.terminates {
                break;
            }
        }
        Asked { applied, answered: None }
    }

    /// The rules that apply.
    pub fn applied_rules(&self, applied: &[u32]) -> impl Iterator<Item = &RouteRule> {
        applied.iter().filter_map(|number| self.rules.get(*number as usize))
    }

    /// How a request is steered to which these rules apply. Allocates nothing.
    pub fn plan(&self, applied: &[u32]) -> Plan<'_> {
        let mut plan = Plan::from(self);
        let mut exactly = None;
        for Overlay { exactly: pools, defaults, fallback, policy, weights, failover_across_pools } in
            self.applied_rules(applied).map(|rule| &rule.overlay)
        {
            exactly = pools.as_deref().or(exactly);
            plan.override_with(defaults.as_deref(), *policy, weights.as_ref());
            plan.fallback = fallback.as_ref().unwrap_or(plan.fallback);
            plan.failover_across_pools = failover_across_pools.unwrap_or(plan.failover_across_pools);
        }
        plan.override_with(exactly, None, None);
        plan
    }
}

#[cfg(test)]
mod tests;
