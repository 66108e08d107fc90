//! The REST API: load balancing in the shape of the v4 API, so that its official clients work unmodified.
//!
//! A request passes the gate (rate limits, token, bounded body), meets one operation of the table, and leaves in the
//! envelope. What comes in is read by `json` over a starting point, with every complaint collected; what it means is
//! judged by `control`; what goes out is a view of its own. Each resource has its folder or file with these three.
//!
//! What must hold:
//! - Every path stands once, in the table of operations; router and OpenAPI document are made from it.
//! - Every answer below `/client/v4` comes in the envelope, whatever the bytes that asked for it.
//! - A write that fails anywhere has changed nothing, and names everything that is wrong with it.
//! - A read returns what a write said; what is stored but not acted on yet is named in `messages[]`.
//!
//! This room never learns how proxying works or what a store looks like inside.

mod accounts;
mod answer;
mod certificates;
mod events;
mod evidence;
mod json;
mod load_balancers;
mod monitor_groups;
mod monitors;
mod pools;
mod previews;
mod references;
mod regions;
mod resource;
mod search;
mod server;
mod settings;
mod stories;
mod table;
mod trust_store;
mod zones;

pub use server::{ApiListener, Peer};
pub use settings::{ApiSettings, RateLimit};

use axum::Router;
use control::Control;
use server::Door;
use std::sync::Arc;
use telemetry::Telemetry;

/// What every path of the API starts with.
pub const BASE: &str = "/client/v4";

/// What the API is made from. Cloning copies pointers.
#[derive(Clone)]
pub struct ApiState {
    pub control: Control,
    pub telemetry: Telemetry,
    pub settings: Arc<ApiSettings>,
}

/// The API for a network listener: everybody needs the token and is counted.
///
/// Addresses are counted only when the server gives them: serve it with
/// `into_make_service_with_connect_info::<Peer>()` on an [`ApiListener`].
pub fn router(state: ApiState) -> Router {
    server::build(state, Door::Public, table::operations())
}

/// The same API for a socket that only the owner of this machine can open: without token, without rate limits.
pub fn local_router(state: ApiState) -> Router {
    server::build(state, Door::Local, table::operations())
}
