//! The one zero-downtime retry: where a request goes when the chosen endpoint could not be reached.
//!
//! Whether a failure may be retried at all, and that it is retried only once, is the data plane's business.

use crate::{
    draw::{Draw, place},
    route::{Route, RoutePool},
    steer::{Choice, ClientFacts, Role},
    why::Why,
};
use model::SteeringPolicy;

/// Another endpoint of the same pool that health allows; without one, and if the load balancer lets requests move
/// across pools, an endpoint of the next usable pool. In a pool that serves as fallback every other enabled endpoint
/// counts, as health was not asked in the first place. `None` when there is nowhere else to go.
pub fn failover<'t>(route: &'t Route, client: &ClientFacts, seed: u64, failed: &Choice<'t>) -> Option<Choice<'t>> {
    same_pool(client, seed, failed)
        .or_else(|| if route.failover_across_pools { next_pool(route, client, seed, failed) } else { None })
}

fn same_pool<'t>(client: &ClientFacts, seed: u64, failed: &Choice<'t>) -> Option<Choice<'t>> {
    let pool = failed.pool;
    let wheel = match failed.role {
        Role::Default => &pool.usable,
        Role::Fallback => &pool.last_resort,
    };
    let without = pool.position(failed.endpoint);
    let endpoint = pool.pick(wheel, client.ip, place(seed, Draw::RetryEndpoint), without)?;
    Some(Choice { pool, endpoint, role: failed.role, why: Why::RetrySamePool })
}

/// The next usable pool by steering order: drawn anew without the failed one for `random`, else the next in the list.
/// After the fallback pool there is none, for it serves only when none is usable.
fn next_pool<'t>(route: &'t Route, client: &ClientFacts, seed: u64, failed: &Choice<'t>) -> Option<Choice<'t>> {
    let from = route.pools.iter().position(|pool| std::ptr::eq(pool.as_ref(), failed.pool))?;
    let pool: &RoutePool = match route.policy {
        SteeringPolicy::Random => {
            let index = route.by_weight.spin_without(place(seed, Draw::RetryPool), from)?;
            route.pools.get(index)?
        }
        _ => route.pools.iter().skip(from + 1).find(|pool| pool.is_usable() && pool.id != failed.pool.id)?,
    };
    let endpoint = pool.pick(&pool.usable, client.ip, place(seed, Draw::RetryEndpoint), None)?;
    Some(Choice { pool, endpoint, role: Role::Default, why: Why::RetryNextPool })
}

#[cfg(test)]
mod tests;
