//! What a lookup ends in.

use std::{net::IpAddr, time::Duration};
use verdict::Reason;

/// The addresses of a name, and how long they may be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// IPv4 first; never empty.
    pub addresses: Vec<IpAddr>,
    /// The shortest TTL on the way from the name to its addresses.
    pub ttl: Duration,
}

/// Why a name has no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    pub reason: Reason,
    /// The `errno` with which the DNS server could not be reached.
    pub errno: Option<i32>,
}

impl Unresolved {
    pub(crate) fn new(reason: Reason) -> Self {
        Self { reason, errno: None }
    }

    /// Whether the servers failed, which says nothing about the name.
    pub(crate) fn is_the_servers_fault(self) -> bool {
        matches!(self.reason, Reason::DnsServfail | Reason::DnsTimeout | Reason::EdgeResource)
    }
}
