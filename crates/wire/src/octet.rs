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
    let at = skip_words(buf, from, |word| equal(word, wanted));
    let rest = buf.get(at..)?;
    rest.iter().position(|byte| *byte == wanted).map(|found| at + found)
}

/// The first byte at or after `from` that may not stand in a field value (RFC 9110 section 5.5): a control byte other
/// than a tab. `None` when all bytes may.
#[inline]
pub(crate) fn find_control(buf: &[u8], from: usize) -> Option<(usize, u8)> {
    let mut at = from;
    loop {
        at = skip_words(buf, at, |word| below(word, b' ') | equal(word, 0x7f));
        match buf.get(at) {
            Some(byte) if is_control(*byte) => return Some((at, *byte)),
            Some(_) => at += 1,
            None => return None,
        }
    }
}

/// The place of the first byte at or after `from` that is not [`TARGET`]; the end of `buf` when all are.
#[inline]
pub(crate) fn skip_target(buf: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        at = skip_words(buf, at, |word| {
            // Everything up to `%`, the two angle brackets, which differ in one bit, and everything above `~`.
            below(word, b'&') | equal(word | (ONES * 2), b'>') | equal(word, 0x7f) | word & HIGHS
        });
        match buf.get(at) {
            Some(byte) if class(*byte) & TARGET != 0 => at += 1,
            _ => return at,
        }
    }
}

/// Skips whole words in which `suspects` marks no byte. Stops at the first mark, whose lowest must be a true one, or
/// where less than a word is left.
#[inline(always)]
fn skip_words(buf: &[u8], from: usize, suspects: impl Fn(u64) -> u64) -> usize {
    let mut at = from;
    while let Some(word) = word_at(buf, at) {
        let marks = suspects(word);
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at
}

#[inline]
fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes around every bound that a search looks for, so that borrows between neighbours are met often.
    fn edgy() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            Just(b'a'),
            Just(b':'),
            Just(b'\t'),
            prop::sample::select(b"\x00\x01\x1f !\"#$%&'9;<=>?@~\x7f\x80\x9f\xa0\xff\r\n".to_vec()),
            any::<u8>(),
        ];
        prop::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn searches_find_what_a_plain_loop_finds(bytes in edgy(), from in 0..44usize, wanted in any::<u8>()) {
            let rest = bytes.get(from..).unwrap_or_default();
            let place = |found: Option<usize>| found.map(|at| from + at);
            prop_assert_eq!(find(&bytes, from, wanted), place(rest.iter().position(|byte| *byte == wanted)));
            let control = place(rest.iter().position(|byte| is_control(*byte)));
            prop_assert_eq!(find_control(&bytes, from).map(|(at, _)| at), control);
            prop_assert_eq!(find_control(&bytes, from).map(|(_, byte)| byte), control.map(|at| bytes[at]));
            let odd = rest.iter().position(|byte| class(*byte) & TARGET == 0).unwrap_or(rest.len());
            prop_assert_eq!(skip_target(&bytes, from), from + odd);
        }
    }
}
