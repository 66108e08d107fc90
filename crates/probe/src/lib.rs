//! Probing: asking each endpoint, at its time, whether it does what its monitor expects, and reporting what was seen.
//!
//! A [`Prober`] performs one check ([`Prober::probe`]) or all checks of a plan, each in its time ([`Prober::run`]). It
//! reports observations, never conclusions: whether an endpoint is healthy is for those who see every prober's
//! observations.
//!
//! What holds:
//! - every probe opens a connection of its own and looks names up anew; nothing of an earlier probe can colour it;
//! - one target is never probed twice at once, and no more than the set number of targets at a time;
//! - a new plan counts at once, and leaves the timing of what it does not change alone;
//! - what this machine lacks (descriptors, a network) is never held against an endpoint: such checks are inconclusive.
//!
//! This room must never know quorum, the health of pools, or routing.

mod anchors;
mod attempt;
mod connection;
mod http;
mod network;
mod prober;
mod question;
mod run;
mod schedule;
mod settings;

pub use http::is_header_allowed;
pub use prober::Prober;
pub use schedule::{Due, Schedule};
pub use settings::ProberSettings;
pub use wire::HeadLimits;
