//! Pools: endpoints that serve the same thing, and the rule by which they count as one healthy whole.

mod bulk;
mod endpoint_raw;
mod handlers;
pub(crate) mod health;
mod notes;
mod raw;
mod view;

pub(crate) use handlers::operations;
