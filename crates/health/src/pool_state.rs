//! From the health of endpoints to the health of their pool.

use crate::panel::Panel;
use model::{EndpointState, Pool, PoolState};

/// The pool's state. Disabled endpoints do not count at all; unknown ones count as down, except that a pool whose
/// unknown endpoints could still make it usable is itself unknown, not critical.
///
/// `minimum_origins` 0 means 1: a pool without a single healthy endpoint has nothing to serve with.
pub(crate) fn judge(pool: &Pool, panel: &Panel, endpoints: impl Iterator<Item = EndpointState>) -> PoolState {
    if !pool.enabled {
        return PoolState::Disabled;
    }
    if !panel.is_monitored() {
        return PoolState::Unmonitored;
    }
    let (mut healthy, mut unhealthy, mut unknown) = (0_u64, 0_u64, 0_u64);
    for endpoint in endpoints {
        match endpoint {
            EndpointState::Healthy => healthy += 1,
            EndpointState::Unhealthy => unhealthy += 1,
            EndpointState::Unknown => unknown += 1,
            EndpointState::Unmonitored | EndpointState::Disabled => {}
        }
    }
    let needed = u64::from(pool.minimum_origins.max(1));
    match healthy >= needed {
        true if unhealthy + unknown == 0 => PoolState::Healthy,
        true => PoolState::Degraded,
        false if unknown > 0 && healthy + unknown >= needed => PoolState::Unknown,
        false => PoolState::Critical,
    }
}

#[cfg(test)]
mod tests;
