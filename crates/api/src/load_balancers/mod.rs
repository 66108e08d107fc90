//! Load balancers, of zones and of accounts.

mod handlers;
mod notes;
mod raw;
mod raw_parts;
mod raw_pool_set;
mod raw_rule;
mod view;
mod view_parts;
mod view_pool_set;
mod view_rule;

pub(crate) use handlers::operations;
