//! Integers that share their first byte with other bits (RFC 7541 section 5.1).

use super::HpackProblem;

/// Bytes that may follow the first one: enough for every value below 2^32, so that nobody can send zeros for ever.
const MOST_MORE_BYTES: u32 = 5;

/// Reads an integer whose first byte gives its lowest `prefix` bits (1 to 8), and steps behind it.
#[inline]
pub(super) fn read(rest: &mut &[u8], prefix: u32) -> Result<usize, HpackProblem> {
    let most = usize::from(u8::MAX >> (8 - prefix));
    let first = usize::from(read_byte(rest)?) & most;
    if first < most { Ok(first) } else { read_more(rest, most) }
}

/// Reads what follows a first byte that says it holds only a part of the integer.
fn read_more(rest: &mut &[u8], first: usize) -> Result<usize, HpackProblem> {
    let mut value = first as u64;
    for place in 0..MOST_MORE_BYTES {
        let byte = read_byte(rest)?;
        value += u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return u32::try_from(value).map(|value| value as usize).map_err(|_| HpackProblem::IntegerTooLarge);
        }
    }
    Err(HpackProblem::IntegerTooLarge)
}

#[inline]
fn read_byte(rest: &mut &[u8]) -> Result<u8, HpackProblem> {
    let (byte, after) = rest.split_first().ok_or(HpackProblem::Truncated)?;
    *rest = after;
    Ok(*byte)
}

/// Writes an integer with a first byte of which the lowest `prefix` bits (1 to 8) are its own and the others are
/// those of `flags`.
#[inline]
pub(super) fn write(value: usize, prefix: u32, flags: u8, out: &mut Vec<u8>) {
    let most = u8::MAX >> (8 - prefix);
    match u8::try_from(value) {
        Ok(value) if value < most => out.push(flags | value),
        _ => {
            out.push(flags | most);
            write_more(value - usize::from(most), out);
        }
    }
}

fn write_more(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut bytes: &[u8], prefix: u32) -> Result<usize, HpackProblem> {
        let value = read(&mut bytes, prefix)?;
        assert!(bytes.is_empty());
        Ok(value)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        for (value, prefix, bytes) in [(10, 5, &[0x0a][..]), (1337, 5, &[0x1f, 0x9a, 0x0a]), (42, 8, &[0x2a])] {
            let mut out = Vec::new();
            write(value, prefix, 0, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(read_all(bytes, prefix), Ok(value));
        }
    }

    #[test]
    fn every_prefix_reads_what_it_wrote_beside_the_flags() {
        for prefix in 1..=8 {
            for value in (0..700).chain([16_383, 16_384, u32::MAX as usize]) {
                let mut out = Vec::new();
                let flags = u8::MAX.checked_shl(prefix).unwrap_or(0);
                write(value, prefix, flags, &mut out);
                assert_eq!(out[0] & flags, flags);
                assert_eq!(read_all(&out, prefix), Ok(value), "{value} with {prefix} bits");
            }
        }
    }

    #[test]
    fn what_is_too_large_too_long_or_cut_off_is_refused() {
        let too_large = Err(HpackProblem::IntegerTooLarge);
        assert_eq!(read_all(&[0x7f, 0x80, 0x80, 0x80, 0x80, 0x10], 7), too_large);
        assert_eq!(read_all(&[0x7f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 7), too_large);
        assert_eq!(read_all(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff], 7), too_large);
        assert_eq!(read_all(&[0x7f, 0x80, 0x80, 0x80, 0x80, 0x00], 7), Ok(127));
        for cut in [&[][..], &[0x7f], &[0x7f, 0x80]] {
            assert_eq!(read_all(cut, 7), Err(HpackProblem::Truncated));
        }
    }
}
