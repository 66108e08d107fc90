//! Connections to origins: which one a request needs, the idle ones that wait for the next request, and how many there
//! may be.

mod bells;
mod by_endpoint;
mod dials;
mod gate;
mod occupancy;
mod pool;
mod stream;
mod target;
mod trust;

pub(crate) use bells::Bells;
pub(crate) use dials::{Begun, Lead, Outcome};
pub(crate) use gate::{Asked, Gates, Room, Turn, Turnstile};
pub(crate) use occupancy::{Bound, Entered, Limiter, Occupancies, Slot};
pub(crate) use pool::{Facts, Keep, Leave, Upstream, Upstreams, Vacancy};
pub(crate) use stream::Stream;
pub(crate) use target::Target;
pub(crate) use trust::{TrustChoice, TrustStores};
