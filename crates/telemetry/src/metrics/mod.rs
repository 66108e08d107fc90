//! Metrics: what is counted, and how a scrape reads it.
//!
//! Two kinds of cells feed one registry. What happens per request is counted by each worker in cells of its own
//! ([`Tally`]): a plain addition, no shared cache line. What happens rarely is counted through the events of this crate.
//! A scrape adds the workers up.
//!
//! No label takes a stranger's text. Only pool and endpoint names come from outside, and their number is capped.

mod histogram;
pub mod names;
mod registry;
mod tally;

pub use registry::{ChangeOutcome, Metrics, MetricsSettings};
pub use tally::{ConnectionTally, Listener, RefusedWhy, RequestTally, Tally, TlsOutcome, Upstream};
