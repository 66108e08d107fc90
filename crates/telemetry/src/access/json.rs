//! JSON pieces, written straight into a byte buffer without allocating.
//!
//! Strangers' bytes come through here: whatever they are, the result is one valid JSON value on one line. Bytes that
//! are not UTF-8 become U+FFFD.

use model::Timestamp;
use std::{
    cell::Cell,
    io::Write,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

const HEX: &[u8; 16] = b"0123456789abcdef";
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
const SECONDS_PER_DAY: i64 = 86_400;

/// A value of a record.
pub trait Member {
    /// Whether it has nothing to say: an empty text, a zero, something that did not happen.
    fn is_nothing(&self) -> bool;
    /// Appends it as one JSON value.
    fn write(self, out: &mut Vec<u8>);
}

impl Member for &str {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }

    fn write(self, out: &mut Vec<u8>) {
        out.push(b'"');
        escaped(out, self.as_bytes());
        out.push(b'"');
    }
}

impl Member for &[u8] {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }

    fn write(self, out: &mut Vec<u8>) {
        if is_plain(self) {
            out.push(b'"');
            out.extend_from_slice(self);
            out.push(b'"');
            return;
        }
        if let Ok(text) = std::str::from_utf8(self) {
            return text.write(out);
        }
        out.push(b'"');
        for chunk in self.utf8_chunks() {
            escaped(out, chunk.valid().as_bytes());
            if !chunk.invalid().is_empty() {
                out.extend_from_slice(REPLACEMENT);
            }
        }
        out.push(b'"');
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Member for $number {
            fn is_nothing(&self) -> bool {
                *self == 0
            }

            fn write(self, out: &mut Vec<u8>) {
                number(out, self.into());
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64);

impl Member for bool {
    fn is_nothing(&self) -> bool {
        !self
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self { b"true" } else { b"false" });
    }
}

/// Milliseconds with up to three decimals; 0 for a phase that did not happen.
impl Member for Option<Duration> {
    fn is_nothing(&self) -> bool {
        self.is_none_or(|duration| duration.is_zero())
    }

    fn write(self, out: &mut Vec<u8>) {
        let duration = self.unwrap_or_default();
        let micros = duration.subsec_micros();
        number(out, duration.as_secs().saturating_mul(1000).saturating_add(u64::from(micros / 1000)));
        let rest = micros % 1000;
        if rest != 0 {
            let [tens, ones] = PAIRS[(rest % 100) as usize];
            out.extend_from_slice(&[b'.', b'0' + (rest / 100) as u8, tens, ones]);
        }
    }
}

/// An address as a string; empty when there is none.
impl Member for Option<IpAddr> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }

    fn write(self, out: &mut Vec<u8>) {
        out.push(b'"');
        match self {
            None => {}
            Some(IpAddr::V4(four)) => ipv4(out, four),
            // Writing to a `Vec` cannot fail.
            Some(IpAddr::V6(six)) => write!(out, "{six}").unwrap_or_default(),
        }
        out.push(b'"');
    }
}

/// A moment as RFC 3339 in UTC with microseconds: `"2026-03-01T09:30:00.000123Z"`.
impl Member for Timestamp {
    fn is_nothing(&self) -> bool {
        false
    }

    fn write(self, out: &mut Vec<u8>) {
        // The whole second at or before the moment, so that moments before 1970 keep a positive fraction.
        let (second, nanoseconds) = match (self.as_second(), self.subsec_nanosecond()) {
            (second, fraction @ ..0) => (second - 1, fraction + 1_000_000_000),
            (second, fraction) => (second, fraction),
        };
        let mut text = *b"\"0000-00-00T00:00:00.000000Z\"";
        text[1..20].copy_from_slice(&date_and_time(second));
        pairs(&mut text[21..27], nanoseconds.unsigned_abs() / 1000);
        out.extend_from_slice(&text);
    }
}

/// Date and time of a second, such as `2026-03-01T09:30:00`. Most moments lie in the same second as the one before, so
/// the last one is remembered.
fn date_and_time(second: i64) -> [u8; 19] {
    thread_local!(static LAST: Cell<(i64, [u8; 19])> = const { Cell::new((0, *b"1970-01-01T00:00:00")) });
    let (last, text) = LAST.get();
    if last == second {
        return text;
    }
    let (year, month, day) = civil_date(second.div_euclid(SECONDS_PER_DAY));
    let of_day = second.rem_euclid(SECONDS_PER_DAY) as u32;
    let mut text = *b"0000-00-00T00:00:00";
    pairs(&mut text[..4], year);
    for (at, value) in [(5, month), (8, day), (11, of_day / 3600), (14, of_day / 60 % 60), (17, of_day % 60)] {
        pairs(&mut text[at..at + 2], value);
    }
    LAST.set((second, text));
    text
}

/// Valid UTF-8 with what JSON forbids in a string escaped (RFC 8259 section 7). Runs of harmless bytes are copied whole.
fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    if is_plain(bytes) {
        return out.extend_from_slice(bytes);
    }
    let mut run = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !is_special(byte) {
            continue;
        }
        out.extend_from_slice(&bytes[run..at]);
        run = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let digits = [HEX[usize::from(control >> 4)], HEX[usize::from(control & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
            }
        }
    }
    out.extend_from_slice(&bytes[run..]);
}

fn ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    let [a, b, c, d] = address.octets();
    a.write(out);
    for octet in [b, c, d] {
        out.push(b'.');
        octet.write(out);
    }
}

/// Whether JSON forbids this byte in a string (or a terminal would be disturbed by it: DEL).
const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\' || byte == 0x7f
}

/// Whether these bytes can be copied as they are: ASCII, and nothing special. Nearly all that is logged is like that.
fn is_plain(bytes: &[u8]) -> bool {
    // The last eight bytes are looked at as a whole, also when some of them were looked at before.
    let Some(last) = bytes.last_chunk() else {
        return !bytes.iter().any(|byte| !byte.is_ascii() || is_special(*byte));
    };
    let (words, _) = bytes.as_chunks();
    words.iter().fold(strange(*last), |found, word| found | strange(*word)) == 0
}

/// Eight bytes at once: not 0 when one of them is special or not ASCII. The highest bit of a byte tells of it, and a
/// difference has it set when the byte was less than what was taken from it.
const fn strange(bytes: [u8; 8]) -> u64 {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let word = u64::from_ne_bytes(bytes);
    let control = word.wrapping_sub(each(0x20));
    let quote = (word ^ each(b'"')).wrapping_sub(each(1));
    let backslash = (word ^ each(b'\\')).wrapping_sub(each(1));
    let del = (word ^ each(0x7f)).wrapping_sub(each(1));
    (word | control | quote | backslash | del) & each(0x80)
}

/// The digits of 00 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// Fills `out`, which holds an even number of digits, with the last digits of `value`.
fn pairs(out: &mut [u8], value: u32) {
    let mut rest = value;
    for place in out.as_chunks_mut::<2>().0.iter_mut().rev() {
        *place = PAIRS[(rest % 100) as usize];
        rest /= 100;
    }
}

/// Appends a number. Most have four digits at most, and those take one store and no call.
fn number(out: &mut Vec<u8>, value: u64) {
    if value > 9999 {
        return out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
    let value = value as u16;
    let ([a, b], [c, d]) = (PAIRS[usize::from(value / 100)], PAIRS[usize::from(value % 100)]);
    let leading = usize::from(value < 1000) + usize::from(value < 100) + usize::from(value < 10);
    let digits = u32::from_le_bytes([a, b, c, d]) >> (8 * leading);
    let end = out.len() + 4 - leading;
    out.extend_from_slice(&digits.to_le_bytes());
    out.truncate(end);
}

/// Year, month and day of a day number counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year and month lengths repeat in a pattern of
/// 153 days per five months.
fn civil_date(day_number: i64) -> (u32, u32, u32) {
    const DAYS_PER_ERA: i64 = 146_097; // 400 years
    const DAYS_TO_EPOCH: i64 = 719_468; // from 0000-03-01 to 1970-01-01
    let days = day_number + DAYS_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year.unsigned_abs() as u32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    proptest! {
        #[test]
        fn any_bytes_become_one_json_string(bytes: Vec<u8>) {
            let line = written(|out| bytes.as_slice().write(out));
            prop_assert!(!line.contains(['\n', '\r']));
            let back: String = serde_json::from_str(&line).expect("valid JSON");
            prop_assert_eq!(back, String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_text_survives(value: String) {
            let line = written(|out| value.as_str().write(out));
            prop_assert_eq!(serde_json::from_str::<String>(&line).expect("valid JSON"), value);
        }

        #[test]
        fn text_with_one_strange_byte_is_found_wherever_it_is(length in 1..40_usize, at: usize, byte: u8) {
            let mut bytes = vec![b'a'; length];
            bytes[at % length] = byte;
            prop_assert_eq!(is_plain(&bytes), byte.is_ascii() && !is_special(byte));
        }

        #[test]
        fn any_number_reads_back(value: u64, bits in 0..64_u32) {
            let value = value >> bits;
            prop_assert_eq!(written(|out| value.write(out)), value.to_string());
        }

        #[test]
        fn any_moment_reads_back(second in -2_000_000_000_i64..253_402_207_199, micros in 0..1_000_000_i32) {
            let at = Timestamp::new(second, micros * 1000).or_else(|_| Timestamp::new(second, 0)).expect("in range");
            let text: String = serde_json::from_str(&written(|out| at.write(out))).expect("valid JSON");
            prop_assert_eq!(text.parse::<Timestamp>().expect("RFC 3339"), at);
        }

        #[test]
        fn any_address_reads_back(address: IpAddr) {
            let line = written(|out| Some(address).write(out));
            prop_assert_eq!(serde_json::from_str::<IpAddr>(&line).expect("an address"), address);
        }

        #[test]
        fn any_duration_reads_back_to_the_microsecond(micros in 0..10_000_000_000_u64) {
            let line = written(|out| Some(Duration::from_micros(micros)).write(out));
            let back: f64 = line.parse().expect("a number");
            prop_assert_eq!((back * 1000.0).round() as u64, micros);
        }
    }

    #[test]
    fn numbers_keep_their_zeros_and_lead_with_none() {
        for value in [0_u64, 9, 10, 90, 99, 100, 101, 999, 1000, 1001, 9009, 9999, 10_000, 10_010, u64::MAX] {
            assert_eq!(written(|out| value.write(out)), value.to_string());
        }
    }

    #[test]
    fn leap_days_and_year_ends() {
        for text in ["2000-02-29T23:59:59.999999Z", "1999-12-31T00:00:00.000000Z", "2100-03-01T12:00:00.000001Z"] {
            let at: Timestamp = text.parse().expect("a moment");
            assert_eq!(written(|out| at.write(out)), format!("{text:?}"));
        }
    }

    #[test]
    fn a_phase_that_did_not_happen_is_zero() {
        assert_eq!(written(|out| None::<Duration>.write(out)), "0");
        assert_eq!(written(|out| Some(Duration::from_micros(1500)).write(out)), "1.500");
        assert_eq!(written(|out| None::<IpAddr>.write(out)), r#""""#);
    }
}
