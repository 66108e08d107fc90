//! Field names in any case, eight bytes at a time: hashed and compared as if all letters were small.
//!
//! Origins write `Content-Type`, HTTP/2 knows `content-type` only, and every name of every answer is looked up.

use super::recall;

/// A hash of a name, whatever the case of its letters.
#[inline]
pub(super) const fn hash(name: &[u8]) -> u64 {
    // Small letters have this bit, capital letters lack it. That it is ignored elsewhere too does no harm.
    recall::hash(name, 0, 0x2020_2020_2020_2020)
}

/// Whether two names differ in the case of letters at most.
#[inline]
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (mut ones, mut others) = (one, other);
    while let (Some((a, after)), Some((b, others_after))) = (ones.split_first_chunk(), others.split_first_chunk()) {
        if !same_word(*a, *b) {
            return false;
        }
        (ones, others) = (after, others_after);
    }
    match (one.last_chunk(), other.last_chunk()) {
        (Some(a), Some(b)) => same_word(*a, *b),
        _ => ones.eq_ignore_ascii_case(others),
    }
}

#[inline]
fn same_word(one: [u8; 8], other: [u8; 8]) -> bool {
    small(u64::from_le_bytes(one)) == small(u64::from_le_bytes(other))
}

/// Makes the capital letters among eight bytes small.
#[inline]
const fn small(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    // With the highest bit of each byte out of the way, no sum carries into the next byte. It becomes set there from `A`
    // on, and from behind `Z` on.
    let low = word & !HIGH;
    let from_a = low + (0x80 - b'A' as u64) * EACH;
    let behind_z = low + (0x80 - b'Z' as u64 - 1) * EACH;
    let capital = (from_a ^ behind_z) & !word & HIGH;
    word | capital >> 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn capital_letters_alone_become_small() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut word = [0xff, b'@', b'[', 0x00, b'Z', b'a', 0x80, b'A'];
                word[place] = byte;
                assert_eq!(small(u64::from_le_bytes(word)).to_le_bytes(), word.map(|byte| byte.to_ascii_lowercase()));
            }
        }
    }

    proptest! {
        #[test]
        fn names_that_differ_in_case_are_the_same(name in "[A-Za-z0-9_@-]{0,40}", capitals in any::<u64>(), at in any::<usize>()) {
            let mut other = name.clone().into_bytes();
            for (place, byte) in other.iter_mut().enumerate() {
                if capitals >> (place % 64) & 1 == 1 {
                    byte.make_ascii_uppercase();
                }
            }
            prop_assert!(same(name.as_bytes(), &other));
            prop_assert_eq!(hash(name.as_bytes()), hash(&other));
            if !other.is_empty() {
                let at = at % other.len();
                other[at] ^= 0x40;
                prop_assert_eq!(same(name.as_bytes(), &other), name.as_bytes().eq_ignore_ascii_case(&other));
                other.pop();
                prop_assert!(!same(name.as_bytes(), &other));
            }
        }
    }
}
