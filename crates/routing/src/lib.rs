//! From what was asked for and what is healthy to where a request goes.
//!
//! [`compile`] turns an intent and a health snapshot into one immutable [`Table`] with a generation number. A
//! [`TableHandle`] publishes it with one pointer swap; every worker reads it through a [`Reader`] of its own. A request
//! pins one table, asks it whose host name it carries ([`Table::identify`]) and where to go ([`steer`], [`failover`], [`divert`]);
//! a story asks why every other endpoint was not taken ([`standings`]).
//!
//! What must hold:
//! - a published table never changes, and its generation is higher than that of every table published before;
//! - identifying and steering allocate nothing, wait for nothing and cannot fail on a stranger's host name;
//! - the same table, client and seed give the same choice, in every process and every version (`hash` steering does not
//!   even need the seed);
//! - only a pool in its role as fallback may be chosen against its health.
//!
//! This room must never know sockets, the clock, a source of randomness, configuration files or HTTP.

mod claims;
mod compile;
mod draw;
mod failover;
mod handle;
mod hashing;
mod hosts;
mod plan;
mod route;
mod rule;
mod standing;
mod steer;
mod table;
mod wheel;
mod why;
mod zones;

#[cfg(test)]
mod allocations;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod journey;

pub use compile::{compile, compile_from};
pub use failover::{divert, failover};
pub use handle::{Publication, Reader, TableHandle};
pub use hashing::endpoint_uid;
pub use plan::Plan;
pub use route::{Route, RouteEndpoint, RoutePool, ZoneFacts};
pub use rule::{Applied, Asked, RouteRule};
pub use standing::{Fitness, Standing, standings};
pub use steer::{Choice, ClientFacts, Role, steer};
pub use table::{Extent, Identified, Table};
pub use why::Why;
