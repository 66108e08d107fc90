//! The catalogue: everything that can go wrong between a visitor and an origin, told once.
//!
//! A failure is first a [`Reason`]: the most specific thing that was observed, with the phase it happened in, the party
//! at fault and what to do. A reason leads to the [`Code`] a visitor is shown and to the [`HealthReason`] that a health
//! event carries. [`ApiError`] is what the management API refuses with, and [`LegacyError`] leads the strings of a
//! second load balancer back to ours. [`UpgradeFailure`] is why a server did not hand over to a new process. Error pages, probe events, access records, metrics, the API, `explain` and
//! `docs/ERRORS.md` all read these entries; no other room writes the text of a failure.
//!
//! Each entry stands in exactly one place: a code under `code/`, a reason under `reason/` by its stage of the journey,
//! the others in the file of their family. [`Entry`] is the one view of all of them, and [`lookup`] finds them.
//!
//! This room does no I/O and does not know where its texts are shown.

mod api_error;
mod axes;
mod code;
mod entry;
mod family;
mod health_reason;
mod kind;
mod lookup;
mod markdown;
mod reason;
mod render;
mod second_system;
mod text;
mod upgrade_failure;

pub use api_error::{ApiError, ApiErrorEntry};
pub use axes::{Party, Phase};
pub use code::{Code, CodeEntry};
pub use entry::{Entry, Family};
pub use health_reason::{HealthReason, HealthReasonEntry};
pub use kind::{Category, Maker, Retry};
pub use lookup::{lookup, suggestions};
pub use markdown::markdown;
pub use reason::{Reason, ReasonEntry};
pub use second_system::{LegacyError, LegacyErrorEntry};
pub use text::fill;
pub use upgrade_failure::{UpgradeFailure, UpgradeFailureEntry};
