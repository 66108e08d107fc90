//! Host names as routing wants them: lower case, without port and without the dot of the root.
//!
//! Accepted are names of letters, digits, hyphens and underscores in labels of at most 63 bytes and 253 bytes in all,
//! dotted IPv4 addresses and bracketed IPv6 addresses, each with an optional port. Percent-encoding, other bytes that
//! RFC 3986 section 3.2.2 would allow, and names that some readers take for an address (`127.1`, `0x7f.1`) are refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smallvec::SmallVec;

use crate::octet::{self, PLAIN};

/// What a host is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HostKind {
    #[default]
    Name,
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

/// Not a host with an optional port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BadHost;

/// A host in normal form. Reuse it with [`HostName::set`]: up to 64 bytes it never allocates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostName {
    /// ASCII alone: checked when it is set.
    text: SmallVec<[u8; 64]>,
    kind: HostKind,
    port: Option<u16>,
}

impl HostName {
    /// Takes the value of a `Host` field, or the authority of a target without user information.
    ///
    /// # Errors
    /// [`BadHost`] when it is neither a name nor an address; this host is then unchanged.
    #[inline]
    pub fn set(&mut self, raw: &[u8]) -> Result<(), BadHost> {
        let checked = check(raw)?;
        self.text.clear();
        self.text.extend_from_slice(checked.text);
        self.text.make_ascii_lowercase();
        self.kind = checked.kind;
        self.port = checked.port;
        Ok(())
    }

    /// The host in lower case; an IPv6 address without its brackets, in the spelling it came in.
    #[inline]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    pub fn kind(&self) -> HostKind {
        self.kind
    }

    /// The port that was named; `None` also for an empty one (`example.com:`).
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The address, when the host is an IP literal (`EDGE-17`).
    pub fn ip(&self) -> Option<IpAddr> {
        match self.kind {
            HostKind::Name => None,
            HostKind::V4(ip) => Some(IpAddr::V4(ip)),
            HostKind::V6(ip) => Some(IpAddr::V6(ip)),
        }
    }
}

/// The normal form of a host with an optional port.
///
/// # Errors
/// [`BadHost`] when it is neither a name nor an address.
pub fn normalize_host(raw: &[u8]) -> Result<HostName, BadHost> {
    let mut host = HostName::default();
    host.set(raw)?;
    Ok(host)
}

/// A host that has been found to be good, in the case it came in.
pub(crate) struct Checked<'a> {
    text: &'a [u8],
    kind: HostKind,
    port: Option<u16>,
}

const NAME_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;

/// Checks a host with an optional port.
#[inline]
pub(crate) fn check(raw: &[u8]) -> Result<Checked<'_>, BadHost> {
    if let Some(bracketed) = raw.strip_prefix(b"[") {
        return check_v6(bracketed);
    }
    let (host, port) = match octet::find(raw, 0, b':').and_then(|colon| raw.split_at_checked(colon)) {
        Some((host, port)) => (host, read_port(port)?),
        None => (raw, None),
    };
    let text = host.strip_suffix(b".").unwrap_or(host);
    Ok(Checked { text, kind: check_name(text)?, port })
}

/// Checks what follows an opening bracket. Zone identifiers and future address versions are refused.
fn check_v6(bracketed: &[u8]) -> Result<Checked<'_>, BadHost> {
    let end = octet::find(bracketed, 0, b']').ok_or(BadHost)?;
    let (text, rest) = bracketed.split_at_checked(end).ok_or(BadHost)?;
    let ip = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(BadHost)?;
    let port = match rest.get(1..).unwrap_or_default() {
        [] => None,
        port => read_port(port)?,
    };
    Ok(Checked { text, kind: HostKind::V6(ip), port })
}

/// Reads a colon and the decimal number behind it, if any (RFC 3986 section 3.2.3).
fn read_port(bytes: &[u8]) -> Result<Option<u16>, BadHost> {
    let digits = bytes.strip_prefix(b":").ok_or(BadHost)?;
    if digits.is_empty() {
        return Ok(None);
    }
    if digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BadHost);
    }
    let port = digits.iter().fold(0u32, |port, digit| port * 10 + u32::from(digit - b'0'));
    u16::try_from(port).map(Some).map_err(|_| BadHost)
}

#[inline]
fn check_name(text: &[u8]) -> Result<HostKind, BadHost> {
    if text.is_empty() || text.len() > NAME_BYTES {
        return Err(BadHost);
    }
    let mut label = 0;
    let mut last_label = 0;
    for (at, byte) in text.iter().enumerate() {
        if octet::class(*byte) & PLAIN != 0 {
            label += 1;
        } else if *byte == b'.' && (1..=LABEL_BYTES).contains(&label) {
            label = 0;
            last_label = at + 1;
        } else {
            return Err(BadHost);
        }
    }
    if !(1..=LABEL_BYTES).contains(&label) {
        return Err(BadHost);
    }
    match text.get(last_label) {
        Some(byte) if byte.is_ascii_digit() => check_number(text, text.get(last_label..).unwrap_or_default()),
        _ => Ok(HostKind::Name),
    }
}

/// A name whose last label is a number is an address or nothing: readers disagree about all other spellings.
#[cold]
fn check_number(text: &[u8], last_label: &[u8]) -> Result<HostKind, BadHost> {
    let is_number = match last_label {
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    };
    if !is_number {
        return Ok(HostKind::Name);
    }
    let ip = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    ip.map(HostKind::V4).ok_or(BadHost)
}
