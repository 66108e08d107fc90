//! Zones: the domains that the edge serves, and their settings.

mod handlers;
mod raw;
mod setting;
mod settings;
mod view;

pub(crate) use handlers::operations;
