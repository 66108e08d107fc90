//! Version 2 (section 2.2): a signature, four bytes that say what follows, the addresses, and extensions.

use super::{Addresses, Command, Header, Heard, Limits, Problem, Tlvs, Transport, Version, begins_with, crc32c, tlv};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// What no other protocol begins with.
pub(super) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Bytes before the block of addresses and extensions.
pub(super) const FIXED: usize = 16;

/// Bytes of one path of a Unix socket.
const PATH: usize = 108;

/// What the byte of family and transport says.
#[derive(Clone, Copy)]
enum Family {
    Unspecified,
    V4(Transport),
    V6(Transport),
    Unix(Transport),
}

pub(super) fn parse<'a>(buf: &'a [u8], limits: &Limits) -> Result<Heard<'a>, Problem> {
    match begins_with(buf, SIGNATURE) {
        None => return Ok(Heard::Partial),
        Some(false) => return Err(Problem::Missing),
        Some(true) => {}
    }
    let Some(&version_and_command) = buf.get(12) else { return Ok(Heard::Partial) };
    let command = read_command(version_and_command)?;
    let Some(&family) = buf.get(13) else { return Ok(Heard::Partial) };
    // "The receiver must … discard the protocol block including the family which is ignored."
    let family = if command == Command::Local { Family::Unspecified } else { Family::read(family)? };
    let Some(length) = buf.get(14..FIXED).and_then(<[u8]>::first_chunk) else { return Ok(Heard::Partial) };
    let len = FIXED + usize::from(u16::from_be_bytes(*length));
    if len > limits.v2_bytes {
        return Err(Problem::TooLong);
    }
    if command == Command::Proxy && len - FIXED < family.address_bytes() {
        return Err(Problem::BadLength);
    }
    let Some(header) = buf.get(..len) else { return Ok(Heard::Partial) };
    let block = header.get(FIXED..).unwrap_or_default();
    let (addresses, tlvs) = match command {
        Command::Local => (Addresses::Unspecified, Tlvs::default()),
        Command::Proxy => read_block(header, block, family)?,
    };
    Ok(Heard::Complete(Header { len, version: Version::V2, command, addresses, tlvs }))
}

fn read_command(byte: u8) -> Result<Command, Problem> {
    match (byte >> 4, byte & 0x0f) {
        (2, 0) => Ok(Command::Local),
        (2, 1) => Ok(Command::Proxy),
        (2, _) => Err(Problem::BadCommand),
        _ => Err(Problem::BadVersion),
    }
}

fn read_block<'a>(header: &[u8], block: &'a [u8], family: Family) -> Result<(Addresses<'a>, Tlvs<'a>), Problem> {
    let (mut addresses, extensions) = block.split_at_checked(family.address_bytes()).ok_or(Problem::BadLength)?;
    let addresses = family.take_addresses(&mut addresses).ok_or(Problem::BadLength)?;
    let tlvs = Tlvs::checked(extensions).ok_or(Problem::BadTlv)?;
    check_sum(header, tlvs)?;
    Ok((addresses, tlvs))
}

/// Verifies the checksum, if there is one (section 2.2.3). Two would leave open which one is zero while it is computed.
fn check_sum(header: &[u8], tlvs: Tlvs<'_>) -> Result<(), Problem> {
    let mut sums = tlvs.filter(|tlv| tlv.number == tlv::CRC32C);
    let Some(sum) = sums.next() else { return Ok(()) };
    let (Some(told), None) = (sum.value.first_chunk(), sums.next()) else { return Err(Problem::BadChecksum) };
    let at = place_of_checksum(header, tlvs).ok_or(Problem::BadChecksum)?;
    let (before, after) = (header.get(..at), header.get(at + told.len()..));
    let (Some(before), Some(after)) = (before, after) else { return Err(Problem::BadChecksum) };
    let sum = crc32c::of(&[before, &[0; 4], after]);
    if sum == u32::from_be_bytes(*told) { Ok(()) } else { Err(Problem::BadChecksum) }
}

/// Where in the header the value of the checksum begins.
fn place_of_checksum(header: &[u8], tlvs: Tlvs<'_>) -> Option<usize> {
    let mut at = header.len().checked_sub(tlvs.bytes().len())?;
    for tlv in tlvs {
        if tlv.number == tlv::CRC32C {
            return Some(at + tlv::FIXED);
        }
        at += tlv::FIXED + tlv.value.len();
    }
    None
}

impl Family {
    fn read(byte: u8) -> Result<Family, Problem> {
        let transport = match byte & 0x0f {
            0 if byte == 0 => return Ok(Family::Unspecified),
            1 => Transport::Stream,
            2 => Transport::Datagram,
            _ => return Err(Problem::BadFamily),
        };
        match byte >> 4 {
            1 => Ok(Family::V4(transport)),
            2 => Ok(Family::V6(transport)),
            3 => Ok(Family::Unix(transport)),
            _ => Err(Problem::BadFamily),
        }
    }

    const fn address_bytes(self) -> usize {
        match self {
            Family::Unspecified => 0,
            Family::V4(_) => 2 * 4 + 2 * 2,
            Family::V6(_) => 2 * 16 + 2 * 2,
            Family::Unix(_) => 2 * PATH,
        }
    }

    fn take_addresses<'a>(self, block: &mut &'a [u8]) -> Option<Addresses<'a>> {
        match self {
            Family::Unspecified => Some(Addresses::Unspecified),
            Family::V4(transport) => {
                let (from, to) = (Ipv4Addr::from(*take::<4>(block)?), Ipv4Addr::from(*take::<4>(block)?));
                let source = SocketAddr::from((from, take_port(block)?));
                Some(Addresses::Inet { transport, source, destination: SocketAddr::from((to, take_port(block)?)) })
            }
            Family::V6(transport) => {
                let (from, to) = (Ipv6Addr::from(*take::<16>(block)?), Ipv6Addr::from(*take::<16>(block)?));
                let source = SocketAddr::from((from, take_port(block)?));
                Some(Addresses::Inet { transport, source, destination: SocketAddr::from((to, take_port(block)?)) })
            }
            Family::Unix(transport) => {
                let (source, destination) = (take::<PATH>(block)?, take::<PATH>(block)?);
                Some(Addresses::Unix { transport, source: path(source), destination: path(destination) })
            }
        }
    }
}

fn take<'a, const N: usize>(block: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, rest) = block.split_first_chunk()?;
    *block = rest;
    Some(taken)
}

fn take_port(block: &mut &[u8]) -> Option<u16> {
    take(block).map(|port| u16::from_be_bytes(*port))
}

/// A path without its padding. The leading NUL of an abstract name is part of the name.
fn path(padded: &[u8]) -> &[u8] {
    let end = padded.iter().skip(1).position(|byte| *byte == 0).map_or(padded.len(), |at| at + 1);
    let path = padded.get(..end).unwrap_or_default();
    if path == [0] { &[] } else { path }
}
