//! Versions, and how the end of a message body is told (RFC 9112 section 6).

use crate::field::{Fields, Seen};
use crate::known::Known;

/// The protocol version of a message. Anything else is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    Http10,
    #[default]
    Http11,
}

/// How the end of the body that follows a head is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Framing {
    /// There is no body: the message ends with its head.
    #[default]
    None,
    /// The body has exactly this many bytes; zero when the head says so.
    Length(u64),
    /// The body is a sequence of chunks.
    Chunked,
    /// The body ends when the connection does. Answers only.
    UntilClose,
}

/// What the fields of a head say about the length of the body, before method and status are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    Nothing,
    Length(u64),
    Chunked,
}

/// A declaration that two readers could understand differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadDeclaration {
    LengthAndChunked,
    /// More than one length, whether or not they agree.
    LengthConflict,
    BadLength,
    BadTransferEncoding,
}

/// Reads `Content-Length` and `Transfer-Encoding`. At most one line of one of the two is accepted.
#[inline]
pub(crate) fn declared(buf: &[u8], fields: &Fields, seen: Seen) -> Result<Declared, BadDeclaration> {
    match (seen.once.contains(Known::ContentLength), seen.once.contains(Known::TransferEncoding)) {
        (false, false) => Ok(Declared::Nothing),
        (true, true) => Err(BadDeclaration::LengthAndChunked),
        (true, false) => {
            let field = seen.only(fields, Known::ContentLength).ok_or(BadDeclaration::LengthConflict)?;
            content_length(field.value.of(buf)).map(Declared::Length)
        }
        (false, true) => match seen.only(fields, Known::TransferEncoding) {
            Some(field) if field.value.of(buf).eq_ignore_ascii_case(b"chunked") => Ok(Declared::Chunked),
            _ => Err(BadDeclaration::BadTransferEncoding),
        },
    }
}

/// `1*DIGIT` and nothing else (RFC 9110 section 8.6): no sign, no list, no blank inside, no overflow.
fn content_length(value: &[u8]) -> Result<u64, BadDeclaration> {
    if value.contains(&b',') {
        return Err(BadDeclaration::LengthConflict);
    }
    if value.is_empty() {
        return Err(BadDeclaration::BadLength);
    }
    let mut length: u64 = 0;
    for byte in value {
        if !byte.is_ascii_digit() {
            return Err(BadDeclaration::BadLength);
        }
        let digit = u64::from(byte - b'0');
        length = length.checked_mul(10).and_then(|tens| tens.checked_add(digit)).ok_or(BadDeclaration::BadLength)?;
    }
    Ok(length)
}
