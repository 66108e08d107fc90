//! Custom edge certificates: what the edge shows to visitors of a zone.

mod handlers;
mod priorities;
mod raw;
mod view;

pub(crate) use handlers::operations;
pub(crate) use view::status;
