//! Compiling: an intent and a health snapshot become a table.
//!
//! Nothing here can fail: what does not fit (a pool id that names nothing) is left out, and the rest keeps working.
//! The table is made from the one before it, and what that was made of is compared with what is wanted now; so a change
//! costs what it concerns. From nothing is the same work, only that everything is new. What a change concerns:
//! - a pool, when it or its health changed;
//! - a route, when its load balancer or one of its pools changed;
//! - all zones and all routes, when a zone or a trust anchor changed.

use crate::table::Table;
use model::{HealthSnapshot, Intent};

mod pool;
mod route;
mod rule;
mod sources;
mod users;
mod zone;

pub(crate) use pool::Compiled;
pub(crate) use sources::Sources;

/// The table for this intent and health.
pub fn compile(intent: &Intent, health: &HealthSnapshot, generation: u64) -> Table {
    compile_from(&Table::default(), intent, health, generation)
}

/// Like [`compile`], but keeps the parts of `previous` that have not changed. The result is the same.
pub fn compile_from(previous: &Table, intent: &Intent, health: &HealthSnapshot, generation: u64) -> Table {
    let pools = pool::follow(previous, intent, health);
    let zones = zone::follow(previous, intent);
    let routes = route::follow(previous, intent, &pools, &zones);
    Table {
        generation,
        revision: intent.revision,
        hosts: routes.hosts,
        routes: routes.by_balancer,
        zones,
        pools: pools.by_id,
        certificates: intent.certificates.clone(),
        extent: pools.extent,
        sources: Sources::of(intent, health, routes.users, &previous.sources),
    }
}

#[cfg(test)]
mod sequence;
#[cfg(test)]
mod tests;
