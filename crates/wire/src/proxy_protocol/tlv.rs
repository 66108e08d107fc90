//! Extensions of version 2 (section 2.2): a type, a length of two bytes, a value.

/// Bytes before the value.
pub(super) const FIXED: usize = 3;

pub(super) const ALPN: u8 = 0x01;
pub(super) const AUTHORITY: u8 = 0x02;
pub(super) const CRC32C: u8 = 0x03;
const NOOP: u8 = 0x04;
pub(super) const UNIQUE_ID: u8 = 0x05;
const SSL: u8 = 0x20;
const NETNS: u8 = 0x30;

/// Bytes that a unique id may have (section 2.2.5).
pub(super) const MOST_UNIQUE_ID_BYTES: usize = 128;

/// One extension as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The type.
    pub number: u8,
    pub value: &'a [u8],
}

/// What an extension says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlvKind<'a> {
    /// The protocol above, as ALPN names it (RFC 7301).
    Alpn(&'a [u8]),
    /// The host name that the visitor asked for, as in the server name of TLS; UTF-8 by the specification, unchecked.
    Authority(&'a [u8]),
    /// A checksum over the header; it has been found right.
    Crc32c(u32),
    /// Padding.
    Noop,
    /// An opaque id of the connection, at most 128 bytes.
    UniqueId(&'a [u8]),
    /// What is known of the visitor's TLS.
    Ssl(Ssl<'a>),
    /// The name of the network namespace.
    NetworkNamespace(&'a [u8]),
    /// A type that is custom, experimental or unknown.
    Other,
}

/// What is known of the visitor's TLS (section 2.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ssl<'a> {
    client: u8,
    /// 0 when the visitor showed a certificate and it was verified.
    pub verify: u32,
    /// Details, such as 0x21 for the version and 0x22 for the common name of the visitor's certificate.
    pub details: Tlvs<'a>,
}

impl Ssl<'_> {
    /// Whether the visitor came over TLS.
    pub const fn is_tls(&self) -> bool {
        self.client & 0x01 != 0
    }

    /// Whether the visitor showed a certificate over this connection.
    pub const fn has_certificate_here(&self) -> bool {
        self.client & 0x02 != 0
    }

    /// Whether the visitor showed a certificate at least once in this TLS session.
    pub const fn has_certificate(&self) -> bool {
        self.client & 0x04 != 0
    }
}

/// The extensions of a header, one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tlvs<'a> {
    rest: &'a [u8],
}

impl<'a> Tlvs<'a> {
    /// These bytes as extensions, each of which must be whole and, where we know its type, well-formed.
    pub(super) fn checked(bytes: &'a [u8]) -> Option<Tlvs<'a>> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (tlv, after) = split(rest)?;
            tlv.kind()?;
            rest = after;
        }
        Some(Tlvs { rest: bytes })
    }

    /// The bytes that are left.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.rest
    }

    /// The host name that the visitor asked for, if the proxy tells it.
    pub fn authority(self) -> Option<&'a [u8]> {
        self.find_map(|tlv| match tlv.kind() {
            Some(TlvKind::Authority(name)) => Some(name),
            _ => None,
        })
    }

    fn find_map<T>(mut self, wanted: impl FnMut(Tlv<'a>) -> Option<T>) -> Option<T> {
        Iterator::find_map(&mut self, wanted)
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let (tlv, rest) = split(self.rest)?;
        self.rest = rest;
        Some(tlv)
    }
}

impl<'a> Tlv<'a> {
    /// What it says; `None` when its value is not what its type asks for, which no extension of a header is.
    pub fn kind(&self) -> Option<TlvKind<'a>> {
        Some(match self.number {
            ALPN => TlvKind::Alpn(self.value),
            AUTHORITY => TlvKind::Authority(self.value),
            CRC32C => TlvKind::Crc32c(u32::from_be_bytes(self.value.try_into().ok()?)),
            NOOP => TlvKind::Noop,
            UNIQUE_ID if self.value.len() > MOST_UNIQUE_ID_BYTES => return None,
            UNIQUE_ID => TlvKind::UniqueId(self.value),
            SSL => TlvKind::Ssl(read_ssl(self.value)?),
            NETNS => TlvKind::NetworkNamespace(self.value),
            _ => TlvKind::Other,
        })
    }
}

/// Details are only cut, not understood: their numbers mean something else than those of the header.
fn read_ssl(value: &[u8]) -> Option<Ssl<'_>> {
    let (client, rest) = value.split_first()?;
    let (verify, details) = rest.split_first_chunk()?;
    let mut rest = details;
    while !rest.is_empty() {
        rest = split(rest)?.1;
    }
    Some(Ssl { client: *client, verify: u32::from_be_bytes(*verify), details: Tlvs { rest: details } })
}

fn split(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let ([number, high, low], rest) = bytes.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
    Some((Tlv { number: *number, value }, rest))
}
