//! Real servers that misbehave on purpose, for tests.
//!
//! Everything here opens real sockets on port 0 of loopback and runs inside the test's own process and runtime. A
//! server stops when its value is dropped, and it keeps what it received, so that a test can ask not only "what did we
//! conclude?" but also "what did we send?".
//!
//! | to get | use |
//! |---|---|
//! | an HTTP/1.1 origin that answers as the test says, plain or TLS | [`Origin`] with [`Answer`] |
//! | a server that breaks off, stalls, trickles or talks nonsense below HTTP | [`RawServer`] with [`Step`], or a ready one of [`rude`] |
//! | certificates that are wrong in one particular way | [`tls::Authority`], [`tls::Identity`] |
//! | a port that refuses, or drops the SYN | [`RefusingPort`], [`FullBacklog`] |
//! | a port whose kernel acknowledges no data | [`DeafPort`] |
//! | a network that cannot be reached | [`Route`] |
//! | a DNS server | [`DnsServer`] |
//!
//! Functions here panic when the test cannot go on; a wait panics, saying what it waited for, after [`PATIENCE`].
//! This room is for tests only and must never be a dependency of anything that ships.

mod deaf;
mod dns;
mod http;
mod ports;
mod raw;
mod record;
mod route;
pub mod rude;
pub mod tls;

pub use deaf::DeafPort;
pub use dns::{DnsServer, Records};
pub use http::{Act, Answer, Origin, Request};
pub use ports::{FullBacklog, RefusingPort};
pub use raw::{RawServer, Step};
pub use record::{PATIENCE, Record};
pub use route::{Route, RouteKind};
