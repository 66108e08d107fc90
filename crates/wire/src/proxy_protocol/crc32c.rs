//! The checksum of version 2: CRC-32C, as RFC 4960 appendix B describes it. One header per connection is summed, so a
//! table of one byte's worth is fast enough.

/// The polynomial of Castagnoli, with its bits in reverse.
const POLYNOMIAL: u32 = 0x82f6_3b78;

static TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
}

/// The sum over these parts, one behind the other.
pub(super) fn of(parts: &[&[u8]]) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    !bytes.fold(!0, |sum: u32, byte| sum >> 8 ^ TABLE[usize::from(sum as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::of;

    /// RFC 3720 appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
    #[test]
    fn known_sums() {
        assert_eq!(of(&[&[0; 32]]), 0x8a91_36aa);
        assert_eq!(of(&[&[0xff; 32]]), 0x62a8_ab43);
        assert_eq!(of(&[b"12345", b"", b"6789"]), 0xe306_9283);
    }
}
