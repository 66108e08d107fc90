//! Monitor groups: several monitors that vote on one endpoint.

mod handlers;
mod raw;
mod view;

pub(crate) use handlers::operations;
