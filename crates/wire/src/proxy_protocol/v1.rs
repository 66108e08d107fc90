//! Version 1 (section 2.1): one line of text, such as `PROXY TCP4 192.0.2.1 198.51.100.7 56324 443`.
//!
//! The grammar is read as strictly as it is written: single spaces, numbers without leading zeros, nothing before the
//! line end. The one thing that is ignored, because the specification wants it so, is the rest of an `UNKNOWN` line.

use super::{Addresses, Command, Header, Heard, Problem, Tlvs, Transport, Version, begins_with};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::{FromStr, Split},
};

/// Bytes that the longest line has, its end included.
pub const MOST_V1_BYTES: usize = 107;

pub(super) const START: &[u8] = b"PROXY ";

pub(super) fn parse(buf: &[u8]) -> Result<Heard<'_>, Problem> {
    match begins_with(buf, START) {
        None => return Ok(Heard::Partial),
        Some(false) => return Err(Problem::Missing),
        Some(true) => {}
    }
    let window = buf.get(..MOST_V1_BYTES).unwrap_or(buf);
    let Some(end) = memchr::memchr(b'\n', window) else {
        return if window.len() < MOST_V1_BYTES { Ok(Heard::Partial) } else { Err(Problem::LineTooLong) };
    };
    let line = window.get(START.len()..end).and_then(|line| line.strip_suffix(b"\r")).ok_or(Problem::BadLine)?;
    let addresses = read_line(line)?;
    let header =
        Header { len: end + 1, version: Version::V1, command: Command::Proxy, addresses, tlvs: Tlvs::default() };
    Ok(Heard::Complete(header))
}

/// Reads what stands between `PROXY ` and the line end.
fn read_line(line: &[u8]) -> Result<Addresses<'static>, Problem> {
    if line == b"UNKNOWN" || line.starts_with(b"UNKNOWN ") {
        // "The receiver must ignore anything presented before the CRLF", but a bare carriage return is nobody's line.
        return if line.contains(&b'\r') { Err(Problem::BadLine) } else { Ok(Addresses::Unspecified) };
    }
    let text = std::str::from_utf8(line).map_err(|_| Problem::BadLine)?;
    let (family, rest) = text.split_once(' ').ok_or(Problem::BadLine)?;
    let mut words = rest.split(' ');
    let parties = match family {
        "TCP4" => read_parties::<Ipv4Addr>(&mut words),
        "TCP6" => read_parties::<Ipv6Addr>(&mut words),
        _ => None,
    };
    let (source, destination) = parties.filter(|_| words.next().is_none()).ok_or(Problem::BadLine)?;
    Ok(Addresses::Inet { transport: Transport::Stream, source, destination })
}

/// Two addresses, then their two ports.
fn read_parties<A: FromStr + Into<IpAddr>>(words: &mut Split<'_, char>) -> Option<(SocketAddr, SocketAddr)> {
    let source: IpAddr = words.next()?.parse::<A>().ok()?.into();
    let destination: IpAddr = words.next()?.parse::<A>().ok()?.into();
    let (source_port, destination_port) = (read_port(words.next()?)?, read_port(words.next()?)?);
    Some((SocketAddr::new(source, source_port), SocketAddr::new(destination, destination_port)))
}

/// A port in decimal digits alone: no sign, and no leading zero, which some would read as octal.
fn read_port(word: &str) -> Option<u16> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_digit()) && (word.len() == 1 || !word.starts_with('0'));
    if is_plain { word.parse().ok() } else { None }
}
