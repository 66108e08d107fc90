//! Monitors: what probes ask of endpoints.

mod handlers;
mod raw;
mod view;

pub(crate) use handlers::operations;
pub(crate) use raw::read;
pub(crate) use view::{MonitorView, notes, view};
