//! Where visitors come in: the listening sockets, and the loop that accepts from each.

mod accept;
mod introduction;
mod refusals;
mod sockets;

pub(crate) use accept::{Door, accept_visitors};
pub(crate) use introduction::Parties;
pub(crate) use refusals::Refusals;
pub use sockets::Listeners;
