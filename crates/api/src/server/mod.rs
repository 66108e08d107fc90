//! The server around the resources: one table of operations, the router and the OpenAPI document made from it, and the
//! way every request takes: rate limits, token, body, handler, envelope.

mod auth;
mod call;
mod gate;
mod listener;
mod openapi;
mod operation;
mod probes;
mod query;
mod rate;
mod router;

pub(crate) use call::{Call, Caller};
pub use listener::{ApiListener, Peer};
pub(crate) use operation::{Operation, delete, get, patch, post, put};
pub(crate) use query::Query;
pub(crate) use router::{Door, build};
