//! Classes of bytes, and searches that look at eight bytes at a time.
//!
//! The searches work on 64-bit words: a subtraction that borrows marks every byte below a bound, and the lowest mark is
//! always a true one because borrows only travel upwards. Each search therefore looks at the lowest mark alone.

/// May stand in a token (RFC 9110 section 5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// Is a letter, a digit, a hyphen or an underscore: a name made of these passes every server unharmed.
pub(crate) const PLAIN: u8 = 2;
/// Is anything but an underscore.
pub(crate) const NOT_UNDERSCORE: u8 = 4;
/// May stand raw in a request target and needs no second look: visible ASCII without `"`, `#`, `%`, `<` and `>`.
pub(crate) const TARGET: u8 = 8;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let mut class = NOT_UNDERSCORE;
        if is_plain(byte) {
            class |= PLAIN | TOKEN;
        }
        if byte == b'_' {
            class &= !NOT_UNDERSCORE;
        }
        if is_token_mark(byte) {
            class |= TOKEN;
        }
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'%' | b'<' | b'>') {
            class |= TARGET;
        }
        table[at] = class;
        at += 1;
    }
    table
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

const fn is_token_mark(byte: u8) -> bool {
    matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'.' | b'^' | b'`' | b'|' | b'~')
}

/// The classes of one byte.
#[inline]
pub(crate) fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

/// The classes that every byte of `bytes` has; all classes for no bytes.
#[inline]
pub(crate) fn common_class(bytes: &[u8]) -> u8 {
    bytes.iter().fold(u8::MAX, |common, byte| common & class(*byte))
}

/// Whether `bytes` is a token: not empty, and nothing but token bytes.
#[inline]
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && common_class(bytes) & TOKEN != 0
}

/// Optional whitespace (RFC 9110 section 5.6.3).
#[inline]
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `bytes` without blanks at both ends.
#[inline]
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let Some(first) = bytes.iter().position(|byte| !is_blank(*byte)) else { return &[] };
    let last = bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(first, |last| last + 1);
    bytes.get(first..last).unwrap_or_default()
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

#[inline]
fn word_at(buf: &[u8], at: usize) -> Option<u64> {
    buf.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Marks the high bit of the bytes below `bound`; exact for the lowest mark.
#[inline]
fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * bound as u64) & !word & HIGHS
}

/// Marks the high bit of the bytes equal to `byte`; exact for the lowest mark.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * byte as u64), 1)
}

/// The place of the first `wanted` byte at or after `from`; `None` when there is none.
#[inline]
pub(crate) fn find(buf: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let mut at = from;
    while let Some(word) = word_at(buf, at) {
        let marks = equal(word, wanted);
        if marks != 0 {
            return Some(at + (marks.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = buf.get(at..)?;
    rest.iter().position(|byte| *byte == wanted).map(|found| at + found)
}

/// The first byte at or after `from` that may not stand in a field value (RFC 9110 section 5.5): a control byte other
/// than a tab. `None` when all bytes may.
#[inline]
pub(crate) fn find_control(buf: &[u8], from: usize) -> Option<(usize, u8)> {
    let mut at = from;
    while let Some(word) = word_at(buf, at) {
        let marks = below(word, b' ') | equal(word, 0x7f);
        if marks == 0 {
            at += 8;
            continue;
        }
        at += (marks.trailing_zeros() / 8) as usize;
        match buf.get(at) {
            Some(b'\t') => at += 1,
            Some(byte) => return Some((at, *byte)),
            None => return None,
        }
    }
    let rest = buf.get(at..)?;
    rest.iter().enumerate().find(|(_, byte)| is_control(**byte)).map(|(found, byte)| (at + found, *byte))
}

#[inline]
fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}
