//! How much of everything an account has.

use crate::{Kind, reference::account_of, slot};
use model::{AccountId, Intent};

/// What an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Those of its zones included.
    pub load_balancers: usize,
    pub monitors: usize,
    pub pools: usize,
    /// Endpoints over all pools.
    pub origins: usize,
    /// Endpoints of the largest pool.
    pub max_origins_per_pool: usize,
    /// Seconds; of the monitor that probes most often, 0 without monitors.
    pub minimum_monitor_interval: u32,
}

/// What `account` has.
pub fn usage(intent: &Intent, account: AccountId) -> Usage {
    let balancers = slot::all(intent, Kind::LoadBalancer);
    let monitors = || intent.monitors.values().filter(|monitor| monitor.account == account);
    let pools = || intent.pools.values().filter(|pool| pool.account == account);
    Usage {
        load_balancers: balancers.iter().filter(|balancer| account_of(intent, balancer) == Some(account)).count(),
        monitors: monitors().count(),
        pools: pools().count(),
        origins: pools().map(|pool| pool.origins.len()).sum(),
        max_origins_per_pool: pools().map(|pool| pool.origins.len()).max().unwrap_or(0),
        minimum_monitor_interval: monitors().map(|monitor| monitor.interval).min().unwrap_or(0),
    }
}
