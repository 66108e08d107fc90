//! The PROXY protocol, versions 1 and 2: how a proxy in front tells who the visitor is, before the first byte of the
//! visitor's own. Source: the PROXY protocol specification that HAProxy publishes; sections are cited from it.
//!
//! The header is neither signed nor negotiated. Whoever believes one believes every address in it, so whether a peer may
//! send one at all is decided before a byte is read here, and no byte is ever "tried" as a header: a peer that should
//! send one and does not is a [`Problem::Missing`].
//!
//! What must hold:
//! - Nothing is allocated by reading. What is found borrows from the buffer.
//! - No state is kept: as long as it is [`Heard::Partial`], call again with the same bytes and more behind them. An
//!   outcome that is not partial is the same however the bytes were cut.
//! - A header that two readers could cut in two ways is refused, never repaired. What follows it is not looked at.

mod crc32c;
mod tlv;
mod v1;
mod v2;
mod write;

pub use tlv::{Ssl, Tlv, TlvKind, Tlvs};
pub use v1::MOST_V1_BYTES;
pub use write::{HeaderTooLong, Introduction, write_v1, write_v2};

use std::net::SocketAddr;

/// Bounds on a header. A first version has at most [`MOST_V1_BYTES`] by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a header of version 2, its first 16 included. Default 4096; the protocol allows 65,551.
    pub v2_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { v2_bytes: 4096 }
    }
}

/// How far the reading of a header has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// So far these bytes may be a header; more are needed.
    Partial,
    Complete(Header<'a>),
}

/// A header, complete and well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Bytes of the header; the visitor's own begin behind them.
    pub len: usize,
    pub version: Version,
    pub command: Command,
    /// Who speaks with whom. [`Addresses::Unspecified`] for [`Command::Local`], whatever its block holds.
    pub addresses: Addresses<'a>,
    /// The extensions of version 2, all of them well-formed; none for version 1 and for [`Command::Local`].
    pub tlvs: Tlvs<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
}

/// Whether the connection is made on someone's behalf (section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The proxy speaks for itself, as for a health check. The real addresses of the connection hold.
    Local,
    /// The proxy speaks for the one that the addresses name.
    Proxy,
}

/// How the proxy is reached by whom it speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Stream,
    Datagram,
}

/// Who speaks with whom, as the proxy saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses<'a> {
    /// The proxy does not say: the real addresses of the connection hold.
    Unspecified,
    /// Both of one family, as the header's own family says; an IPv4 address mapped into IPv6 stays what it is.
    Inet { transport: Transport, source: SocketAddr, destination: SocketAddr },
    /// Paths up to their first NUL; an abstract name keeps its leading one.
    Unix { transport: Transport, source: &'a [u8], destination: &'a [u8] },
}

/// Why bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// They do not begin like a header of either version: the peer sent none.
    Missing,
    /// They begin like one of version 1 and the line breaks its grammar.
    BadLine,
    /// A header of version 1 does not end within [`MOST_V1_BYTES`].
    LineTooLong,
    /// The signature of version 2 is followed by another version.
    BadVersion,
    /// A command that does not exist.
    BadCommand,
    /// A family and transport that do not exist together.
    BadFamily,
    /// The block is shorter than the addresses of its family.
    BadLength,
    /// A header of version 2 is longer than allowed.
    TooLong,
    /// An extension reaches over the end of the header, or its inside is not what its type says.
    BadTlv,
    /// The checksum is there and wrong, or there twice.
    BadChecksum,
}

impl<'a> Header<'a> {
    /// Whom the proxy speaks for, when that is a connection over the Internet Protocol. `None` means that the address
    /// of the peer holds (section 2: a receiver falls back to it for what it does not use).
    pub fn visitor(&self) -> Option<SocketAddr> {
        match self.addresses {
            Addresses::Inet { transport: Transport::Stream, source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Reads a header from the beginning of `buf`.
///
/// # Errors
/// A [`Problem`] as soon as the bytes show it; more bytes do not heal it.
pub fn parse<'a>(buf: &'a [u8], limits: &Limits) -> Result<Heard<'a>, Problem> {
    match buf.first() {
        None => Ok(Heard::Partial),
        Some(first) if v2::SIGNATURE.first() == Some(first) => v2::parse(buf, limits),
        Some(_) => v1::parse(buf),
    }
}

/// Whether `buf` begins with `wanted`, as far as it goes; `None` while it is shorter and agrees.
fn begins_with(buf: &[u8], wanted: &[u8]) -> Option<bool> {
    if buf.len() >= wanted.len() {
        return Some(buf.starts_with(wanted));
    }
    if wanted.starts_with(buf) { None } else { Some(false) }
}
