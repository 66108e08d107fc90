//! Writing a header for an endpoint: it is the first thing that the endpoint receives.

use super::{
    crc32c, tlv,
    v1::START,
    v2::{FIXED, SIGNATURE},
};
use std::{
    io::Write,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

/// What a header of version 2 says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Introduction<'a> {
    /// The visitor and the address that it came to; `None` when they are not known.
    pub parties: Option<(SocketAddr, SocketAddr)>,
    /// The host name that the visitor asked for.
    pub authority: Option<&'a [u8]>,
    /// The protocol above, as ALPN names it.
    pub alpn: Option<&'a [u8]>,
    /// An id of the connection, at most 128 bytes.
    pub unique_id: Option<&'a [u8]>,
    /// Whether a checksum is added.
    pub checksum: bool,
}

/// An introduction that does not fit into a header: its length fields cannot say how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderTooLong;

/// Appends a header of version 1. Without parties it says `UNKNOWN`. Allocates only when `out` has to grow.
pub fn write_v1(parties: Option<(SocketAddr, SocketAddr)>, out: &mut Vec<u8>) {
    out.extend_from_slice(START);
    // Writing to a vector does not fail.
    let _ = match parties.map(one_family) {
        None => write!(out, "UNKNOWN\r\n"),
        Some((from, to)) => {
            let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
            write!(out, "{family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
        }
    };
}

/// Appends a header of version 2. Allocates only when `out` has to grow.
///
/// # Errors
/// [`HeaderTooLong`] when a value is longer than its length field can say; `out` is then as it was.
pub fn write_v2(introduction: &Introduction<'_>, out: &mut Vec<u8>) -> Result<(), HeaderTooLong> {
    let start = out.len();
    write_block(introduction, out).and_then(|()| close(out, start, introduction.checksum)).ok_or_else(|| {
        out.truncate(start);
        HeaderTooLong
    })
}

/// Everything but what can only be said at the end: the length and the checksum.
fn write_block(introduction: &Introduction<'_>, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(SIGNATURE);
    match introduction.parties.map(one_family) {
        None => out.extend_from_slice(&[0x21, 0x00, 0, 0]),
        Some((from, to)) => {
            out.extend_from_slice(&[0x21, if from.is_ipv4() { 0x11 } else { 0x21 }, 0, 0]);
            write_ip(from.ip(), out);
            write_ip(to.ip(), out);
            out.extend_from_slice(&from.port().to_be_bytes());
            out.extend_from_slice(&to.port().to_be_bytes());
        }
    }
    if introduction.unique_id.is_some_and(|id| id.len() > tlv::MOST_UNIQUE_ID_BYTES) {
        return None;
    }
    write_tlv(tlv::ALPN, introduction.alpn, out)?;
    write_tlv(tlv::AUTHORITY, introduction.authority, out)?;
    write_tlv(tlv::UNIQUE_ID, introduction.unique_id, out)?;
    write_tlv(tlv::CRC32C, introduction.checksum.then_some(&[0; 4]), out)
}

fn write_ip(ip: IpAddr, out: &mut Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
}

fn write_tlv(number: u8, value: Option<&[u8]>, out: &mut Vec<u8>) -> Option<()> {
    let Some(value) = value else { return Some(()) };
    let length = u16::try_from(value.len()).ok()?;
    out.push(number);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
    Some(())
}

/// Fills in the length and, over all that, the checksum, whose four zeros are the last bytes.
fn close(out: &mut [u8], start: usize, checksum: bool) -> Option<()> {
    let header = out.get_mut(start..)?;
    let length = u16::try_from(header.len().checked_sub(FIXED)?).ok()?;
    header.get_mut(FIXED - 2..FIXED)?.copy_from_slice(&length.to_be_bytes());
    if checksum {
        let sum = crc32c::of(&[header]);
        *header.last_chunk_mut()? = sum.to_be_bytes();
    }
    Some(())
}

/// Both addresses in one family, since a header has room for one: IPv4 where both are, also when they came mapped into
/// IPv6, and IPv6 otherwise.
fn one_family((from, to): (SocketAddr, SocketAddr)) -> (SocketAddr, SocketAddr) {
    let (from_ip, to_ip) = (from.ip().to_canonical(), to.ip().to_canonical());
    let (from_ip, to_ip) = match from_ip.is_ipv4() == to_ip.is_ipv4() {
        true => (from_ip, to_ip),
        false => (IpAddr::V6(mapped(from_ip)), IpAddr::V6(mapped(to_ip))),
    };
    (SocketAddr::new(from_ip, from.port()), SocketAddr::new(to_ip, to.port()))
}

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}
