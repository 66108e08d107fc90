//! Whom the end of a drain cut off, by what their connections carried.

use std::ops::AddAssign;

/// What a visitor's connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Http1,
    Http2,
    /// Another protocol that a request over HTTP/1.1 switched to, such as WebSocket.
    Tunnel,
    /// Bytes of a TCP listener.
    Tcp,
}

/// How many connections were cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutOff {
    pub http1: u64,
    pub http2: u64,
    pub tunnels: u64,
    pub tcp: u64,
}

impl CutOff {
    pub(crate) fn add(&mut self, carried: Carried) {
        *match carried {
            Carried::Http1 => &mut self.http1,
            Carried::Http2 => &mut self.http2,
            Carried::Tunnel => &mut self.tunnels,
            Carried::Tcp => &mut self.tcp,
        } += 1;
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.by_protocol().iter().map(|(_, count)| count).sum()
    }

    /// Each with the name that metrics and logs give it.
    pub fn by_protocol(&self) -> [(&'static str, u64); 4] {
        [("http1", self.http1), ("http2", self.http2), ("tunnel", self.tunnels), ("tcp", self.tcp)]
    }
}

impl AddAssign for CutOff {
    fn add_assign(&mut self, other: CutOff) {
        self.http1 += other.http1;
        self.http2 += other.http2;
        self.tunnels += other.tunnels;
        self.tcp += other.tcp;
    }
}
