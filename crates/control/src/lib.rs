//! The control plane: the one place where what is wanted and what is healthy are changed.
//!
//! A single writer task takes changes and observations in turn. A change is decided against the current intent, checked
//! as a whole, compiled, stored, published and only then acknowledged; an observation moves the health machines, and
//! what moves becomes an event and a new table. Everyone else reads immutable snapshots: [`Control::intent`],
//! [`Control::health`], [`Control::tables`], [`Control::plans`].
//!
//! What must hold:
//! - A change that fails anywhere before it is stored leaves intent, table and revision as they were.
//! - What is acknowledged is on disk and in the table in force.
//! - Every intent in force satisfies every check in [`check`]; all complaints about a change come at once.
//! - When the store is gone, the table in force stays and serves; only changes are refused. So it is when a snapshot
//!   stands in for the store from the start.
//!
//! The control plane knows neither HTTP nor sockets: a prober is whoever sends observations.

pub mod certificate;
pub mod check;

mod apply;
mod clock;
mod control;
mod event_log;
mod options;
mod plan;
mod preview;
mod reference;
mod rejection;
mod search;
mod slot;
mod stamp;
mod token;
mod usage;
mod writer;

pub use clock::{Clock, system_clock};
pub use control::{Applied, Control};
pub use options::{Options, Policy, Quotas, StandIn, Timers};
pub use plan::probe_plan;
pub use preview::{PreviewEndpoint, PreviewJob, PreviewPool, PreviewResult};
pub use reference::{Reference, ReferenceKind, references};
pub use rejection::Rejection;
pub use search::{Found, search};
pub use store::{Edit, EventFilter, Kind, Object, ObjectId, Secrecy, StoreError};
pub use token::TokenFacts;
pub use usage::{Usage, usage};
