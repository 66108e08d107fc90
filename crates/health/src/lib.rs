//! From what probers saw to what is healthy.
//!
//! One [`Machine`] turns observations into health and health events, in four steps, each a pure function of its own:
//! 1. **run**: results in a row from one data center make the verdict of one monitor there (thresholds both ways);
//! 2. **quorum**: verdicts of data centers make that of regions, and those the monitor's verdict of the endpoint;
//! 3. **vote**: in a monitor group, the monitors' verdicts make the endpoint's health;
//! 4. **pool**: endpoints and the pool's minimum make the pool's health.
//!
//! Every node that sees the same observations comes to the same health. What must hold:
//! - a change of health yields exactly one event per pool, and nothing else does;
//! - unknown is not healthy, and what is switched off is never healthy;
//! - silence is the probers' trouble, not the endpoint's: what nobody confirms is kept and marked `remembered`;
//! - one observation costs the work of its own pool, never that of all; an event costs what was observed since the one
//!   before it.
//!
//! This room must never know sockets, the clock (`now` is given in), a source of randomness, storage, or how health is
//! shown.

mod admission;
mod deadlines;
mod effect;
mod endpoint;
mod event;
mod machine;
mod panel;
mod picture;
mod policy;
mod pool_state;
mod quorum;
mod reconcile;
mod run;
mod vote;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod simulator;

pub use effect::{Effect, Ignored};
pub use machine::Machine;
pub use policy::{QuorumPolicy, StaffedRegions, TieRule};
