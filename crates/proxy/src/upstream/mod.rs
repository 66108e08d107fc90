//! Connections to origins: which one a request needs, and the idle ones that wait for the next request.

mod by_endpoint;
mod dials;
mod gate;
mod pool;
mod stream;
mod target;
mod trust;

pub(crate) use dials::{Begun, Lead, Outcome};
pub(crate) use gate::{Asked, Gates, Room, Turn, Turnstile};
pub(crate) use pool::{Facts, Keep, Upstream, Upstreams};
pub(crate) use stream::Stream;
pub(crate) use target::Target;
pub(crate) use trust::{TrustChoice, TrustStores};
