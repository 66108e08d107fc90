//! Both directions together: the examples of the RFC, what is refused, and what must hold for any bytes.

mod entries;
mod others;
mod refused;
mod rfc;
mod round_trip;

use super::{Decoder, FieldList};

/// The bytes of hexadecimal digits, blanks left out.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b' ').collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Each field as a line `name: value`.
fn lines(fields: &FieldList) -> Vec<String> {
    let line = |(name, value)| format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value));
    fields.iter().map(line).collect()
}

/// What a decoder with the default table makes of one block.
fn decode(block: &[u8]) -> Result<Vec<String>, super::HpackProblem> {
    let mut fields = FieldList::default();
    Decoder::new(4096).decode(block, usize::MAX, &mut fields).map(|()| lines(&fields))
}
