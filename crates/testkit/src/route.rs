//! Networks that cannot be reached, made with routes of the kernel.

use std::{net::Ipv4Addr, process::Command};

/// Why an address cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// `EHOSTUNREACH`.
    HostUnreachable,
    /// `ENETUNREACH`.
    NetworkUnreachable,
    /// `EACCES`.
    Prohibited,
}

/// A route to one address of the benchmarking network (198.18.0.0/15, RFC 2544) that leads nowhere. It is gone when
/// dropped.
#[derive(Debug)]
pub struct Route {
    address: Ipv4Addr,
    kind: RouteKind,
}

impl Route {
    /// Adds a route for an address that nothing else uses.
    ///
    /// # Panics
    /// Without the right to change routes (root, or CAP_NET_ADMIN), or without the `ip` command, saying so. A test
    /// that needs an unreachable network cannot pass where there is none.
    pub fn add(kind: RouteKind) -> Self {
        // Tests run side by side in several processes: an address that is taken is left alone.
        for attempt in 0..256_u32 {
            let [_, _, high, low] = (std::process::id().wrapping_mul(256).wrapping_add(attempt)).to_be_bytes();
            let address = Ipv4Addr::new(198, 18 + (attempt % 2) as u8, high, low);
            if try_add(address, kind) {
                return Self { address, kind };
            }
        }
        panic!(
            "256 addresses of 198.18.0.0/15 have routes already: remove them with `ip route flush root 198.18.0.0/15`"
        );
    }

    /// The address that cannot be reached.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        let destination = format!("{}/32", self.address);
        let _ = Command::new("ip").args(["route", "del", self.kind.word(), &destination]).output();
    }
}

impl RouteKind {
    fn word(self) -> &'static str {
        match self {
            RouteKind::HostUnreachable => "unreachable",
            // "Throw" ends the search in this table; no other table knows the way, so the network is unknown.
            RouteKind::NetworkUnreachable => "throw",
            RouteKind::Prohibited => "prohibit",
        }
    }
}

/// Whether the route was added; false when the address has one already.
fn try_add(address: Ipv4Addr, kind: RouteKind) -> bool {
    let destination = format!("{address}/32");
    let output = Command::new("ip").args(["route", "add", kind.word(), &destination]).output();
    let output = output.unwrap_or_else(|error| {
        panic!("this test needs the `ip` command of iproute2 to make an unreachable network: {error}")
    });
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() || complaint.contains("File exists"),
        "this test must be run as root (CAP_NET_ADMIN) to make an unreachable network: {complaint}"
    );
    output.status.success()
}
