//! What a dial ends in.

use crate::Stream;
use model::{Failure, Timings};
use std::net::{IpAddr, SocketAddr};

/// An open stream to an endpoint, and how it came about.
#[derive(Debug)]
pub struct Dialed {
    pub stream: Stream,
    /// The address that answered.
    pub remote: SocketAddr,
    /// `dns`, `connect`, `tls` and `total` so far.
    pub timings: Timings,
    /// Every address of the name; the address itself when it was written literally.
    pub resolved: Vec<IpAddr>,
    /// `None` on a plain stream.
    pub tls: Option<TlsFacts>,
}

/// What the TLS handshake agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// Such as `TLSv1.3`.
    pub version: &'static str,
    /// Such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: &'static str,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
}

/// Why an endpoint could not be reached, and how long it took to find out.
#[derive(Clone, Debug)]
pub struct DialError {
    pub failure: Failure,
    /// Ends with the phase that failed; `total` is always there.
    pub timings: Timings,
}

impl std::fmt::Display for DialError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.failure.reason, f)
    }
}

impl std::error::Error for DialError {}
