//! Where a request goes when the chosen endpoint could not be reached (the one zero-downtime retry), or has no room.
//!
//! Whether a failure may be retried at all, that it is retried only once, and who has room, is the data plane's
//! business: it says which endpoints it admits.

use crate::{
    draw::{Draw, place},
    plan::Plan,
    route::{RouteEndpoint, RoutePool},
    steer::{Choice, ClientFacts, Role},
    why::Why,
};
use model::SteeringPolicy;
use std::sync::Arc;

/// Another endpoint of the same pool that health allows; without one, and if the load balancer lets requests move
/// across pools, an endpoint of the next usable pool. In a pool that serves as fallback every other enabled endpoint
/// counts, as health was not asked in the first place. Only endpoints that `admits` says yes to. `None` when there is
/// nowhere else to go.
pub fn failover<'t>(
    plan: impl Into<Plan<'t>>,
    client: &ClientFacts,
    seed: u64,
    failed: &Choice<'t>,
    admits: impl Fn(&RoutePool, &RouteEndpoint) -> bool,
) -> Option<Choice<'t>> {
    elsewhere(&plan.into(), client, seed, failed, admits, [Why::RetrySamePool, Why::RetryNextPool])
}

/// As [`failover`], for a request that was sent nowhere yet because the chosen endpoint has no room.
pub fn divert<'t>(
    plan: impl Into<Plan<'t>>,
    client: &ClientFacts,
    seed: u64,
    full: &Choice<'t>,
    admits: impl Fn(&RoutePool, &RouteEndpoint) -> bool,
) -> Option<Choice<'t>> {
    elsewhere(&plan.into(), client, seed, full, admits, [Why::SpillSamePool, Why::SpillNextPool])
}

fn elsewhere<'t>(
    plan: &Plan<'t>,
    client: &ClientFacts,
    seed: u64,
    from: &Choice<'t>,
    admits: impl Fn(&RoutePool, &RouteEndpoint) -> bool,
    [same, next]: [Why; 2],
) -> Option<Choice<'t>> {
    let found = same_pool(client, seed, from, &admits).map(|choice| Choice { why: same, ..choice });
    found.or_else(|| {
        let allowed = plan.failover_across_pools;
        let choice = if allowed { next_pool(plan, client, seed, from, &admits) } else { None };
        choice.map(|choice| Choice { why: next, ..choice })
    })
}

fn same_pool<'t>(
    client: &ClientFacts,
    seed: u64,
    from: &Choice<'t>,
    admits: &impl Fn(&RoutePool, &RouteEndpoint) -> bool,
) -> Option<Choice<'t>> {
    let pool = from.pool;
    let wheel = match from.role {
        Role::Default => &pool.usable,
        Role::Fallback => &pool.last_resort,
    };
    let other = |endpoint: &RouteEndpoint| !std::ptr::eq(endpoint, from.endpoint) && admits(pool, endpoint);
    let endpoint = pool.pick_where(wheel, client.ip, place(seed, Draw::RetryEndpoint), other)?;
    Some(Choice { endpoint, ..*from })
}

/// The next usable pool by steering order: drawn anew without the failed one for `random`, else the next in the list.
/// After the fallback pool there is none, for it serves only when none is usable.
fn next_pool<'t>(
    plan: &Plan<'t>,
    client: &ClientFacts,
    seed: u64,
    from: &Choice<'t>,
    admits: &impl Fn(&RoutePool, &RouteEndpoint) -> bool,
) -> Option<Choice<'t>> {
    let place = |draw| place(seed, draw);
    let at = plan.pools.iter().position(|pool| std::ptr::eq(pool.as_ref(), from.pool))?;
    let endpoint_of = |pool: &'t RoutePool| {
        let endpoint =
            pool.pick_where(&pool.usable, client.ip, place(Draw::RetryEndpoint), |endpoint| admits(pool, endpoint))?;
        Some(Choice { pool, endpoint, role: Role::Default, ..*from })
    };
    match plan.policy {
        SteeringPolicy::Random => {
            let pool = |index| plan.pools.get(index).map(|pool: &Arc<RoutePool>| pool.as_ref());
            let other = |index| index != at && pool(index).and_then(endpoint_of).is_some();
            plan.drawn_where(place(Draw::RetryPool), other).and_then(endpoint_of)
        }
        _ => {
            let behind = plan.pools.iter().skip(at + 1).map(AsRef::as_ref);
            behind.filter(|pool| pool.is_usable() && pool.id != from.pool.id).find_map(endpoint_of)
        }
    }
}

#[cfg(test)]
mod tests;
