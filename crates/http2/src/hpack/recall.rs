//! Which entry of the encoder's dynamic table may hold a field, found by a hash in constant time.
//!
//! A small cache: it may forget entries, which costs a repetition of the field, and it may name entries that are gone or
//! hold something else, which is for the caller to find out by comparing.

/// Each hash has one bucket, and each bucket remembers so many entries.
const WAYS: usize = 4;

/// As many buckets as let a table of 4096 bytes rarely forget; the upper four bits of a hash name one.
const BUCKETS: usize = 16;

/// What is remembered of an entry: a hash of the field, and the number of the entry. Numbers begin with 1, so that a place
/// that was never used is the oldest.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    hash: u32,
    number: u32,
}

/// Entries by the hashes of their fields.
#[derive(Debug, Default)]
pub(super) struct Recall {
    buckets: [[Memory; WAYS]; BUCKETS],
    /// The number of the newest entry, modulo 2^32.
    newest: u32,
}

impl Recall {
    /// How many entries have been added since each of those that may hold a field with this hash: their ages.
    #[inline]
    pub(super) fn ages(&self, hash: u32) -> impl Iterator<Item = usize> {
        let bucket = &self.buckets[bucket(hash)];
        bucket.iter().filter(move |memory| memory.hash == hash).map(|memory| self.age(memory))
    }

    /// Remembers that a field with this hash has been added to the table. It takes the place of one with the same hash,
    /// else of the oldest in its bucket.
    pub(super) fn add(&mut self, hash: u32) {
        self.newest = self.newest.wrapping_add(1);
        let at = bucket(hash);
        let ways = &self.buckets[at];
        let oldest = |way: &usize| (ways[*way].hash == hash, self.age(&ways[*way]));
        let way = (0..WAYS).max_by_key(oldest).unwrap_or(0);
        self.buckets[at][way] = Memory { hash, number: self.newest };
    }

    #[inline]
    fn age(&self, memory: &Memory) -> usize {
        self.newest.wrapping_sub(memory.number) as usize
    }
}

#[inline]
fn bucket(hash: u32) -> usize {
    (hash >> 28) as usize % BUCKETS
}

/// A hash of a field, from that of its name.
#[inline]
pub(super) fn field_hash(name_hash: u64, value: &[u8]) -> u32 {
    (hash(value, name_hash, 0) >> 32) as u32
}

/// Hashes eight bytes at a time, with the bits of `ignored` set in each eight.
#[inline]
pub(super) const fn hash(bytes: &[u8], seed: u64, ignored: u64) -> u64 {
    let mut hash = mix(seed ^ bytes.len() as u64);
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        hash = mix(hash ^ (u64::from_le_bytes(*word) | ignored));
        rest = after;
    }
    if rest.is_empty() {
        return hash;
    }
    let last = match (bytes.last_chunk(), rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(word), ..) => u64::from_le_bytes(*word),
        (None, Some(first), Some(last)) => (u32::from_le_bytes(*first) as u64) << 32 | u32::from_le_bytes(*last) as u64,
        _ => (rest[0] as u64) << 16 | (rest[rest.len() / 2] as u64) << 8 | rest[rest.len() - 1] as u64,
    };
    mix(hash ^ (last | ignored))
}

/// Spreads each bit over all others, by both halves of a product.
#[inline]
const fn mix(word: u64) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let product = (word ^ 0x2545_f491_4f6c_dd1d) as u128 * ODD as u128;
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::{super::name, *};

    #[test]
    fn the_newest_of_a_bucket_are_remembered_with_their_ages() {
        let mut recall = Recall::default();
        for hash in [1, 2, 1, 3, 4, 5] {
            recall.add(hash);
        }
        let ages = |hash| recall.ages(hash).collect::<Vec<_>>();
        assert_eq!([ages(1), ages(3), ages(4), ages(5)], [[3], [2], [1], [0]]);
        assert!(ages(2).is_empty(), "five hashes do not fit into four places");
    }

    #[test]
    fn fields_differ_by_every_byte() {
        for length in 0..40 {
            let value = vec![b'v'; length];
            let hash = field_hash(name::hash(b"name"), &value);
            assert_ne!(hash, field_hash(name::hash(b"game"), &value));
            for at in 0..length {
                let mut other = value.clone();
                other[at] = b'V';
                assert_ne!(hash, field_hash(name::hash(b"name"), &other), "byte {at} of {length}");
            }
        }
    }
}
