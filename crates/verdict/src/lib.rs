//! The catalogue: everything that can go wrong between a visitor and an origin, told once.
//!
//! A failure is first a [`Reason`]: the most specific thing that was observed, with the phase it happened in, the party
//! at fault and what to do. A reason leads to the [`Code`] a visitor is shown and to the [`HealthReason`] that a health
//! event carries. Error pages, probe events, access records, metrics, the API, `explain` and `docs/ERRORS.md` all read
//! these entries; no other room writes the text of a failure.
//!
//! This room does no I/O and does not know where its texts are shown.

mod api_error;
mod axes;
mod code;
mod health_reason;
mod kind;
mod reason;
mod text;

pub use api_error::{ApiError, ApiErrorEntry};
pub use axes::{Party, Phase};
pub use code::{Code, CodeEntry};
pub use health_reason::HealthReason;
pub use kind::{Category, Maker, Retry};
pub use reason::{Reason, ReasonEntry};
pub use text::fill;
