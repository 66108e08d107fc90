//! The dynamic table (RFC 7541 sections 2.3.2 and 4): the newest fields, as many as its size allows.
//!
//! The bytes of all entries lie in one buffer, oldest first, name and value of an entry together. New ones are appended;
//! those of evicted entries are left behind at the beginning until they outweigh the others, and then the others are
//! moved there. So an insertion moves one byte for each that it brings, in the long run, and allocates only to grow.

use std::collections::VecDeque;

use super::field_size;

#[derive(Debug)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Newest first.
    entries: VecDeque<Entry>,
    /// How many bytes at the beginning of `bytes` belong to no entry any more.
    evicted: usize,
    /// What counts against `max`.
    size: usize,
    max: usize,
}

/// Where an entry lies in the buffer.
#[derive(Debug)]
struct Entry {
    start: usize,
    name: usize,
    value: usize,
}

impl Table {
    pub(super) fn new(max: usize) -> Self {
        Self { bytes: Vec::new(), entries: VecDeque::new(), evicted: 0, size: 0, max }
    }

    pub(super) fn max(&self) -> usize {
        self.max
    }

    /// Changes the greatest size, and evicts what has no room any more.
    pub(super) fn set_max(&mut self, max: usize) {
        self.max = max;
        self.evict_down_to(max);
    }

    /// The name and value of an entry; the newest has the age 0.
    #[inline]
    pub(super) fn get(&self, age: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(age)?;
        let name_end = entry.start + entry.name;
        Some((&self.bytes[entry.start..name_end], &self.bytes[name_end..name_end + entry.value]))
    }

    /// Adds a field. One that is larger than the whole table empties it, and is not added (RFC 7541 section 4.4).
    pub(super) fn insert(&mut self, name: &[u8], value: &[u8]) {
        let size = field_size(name.len(), value.len());
        if size > self.max {
            return self.clear();
        }
        self.evict_down_to(self.max - size);
        if self.evicted > self.bytes.len() / 2 {
            self.compact();
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(value);
        self.entries.push_front(Entry { start, name: name.len(), value: value.len() });
        self.size += size;
    }

    pub(super) fn clear(&mut self) {
        self.evict_down_to(0);
    }

    fn evict_down_to(&mut self, size: usize) {
        while self.size > size
            && let Some(entry) = self.entries.pop_back()
        {
            self.evicted = entry.start + entry.name + entry.value;
            self.size -= field_size(entry.name, entry.value);
        }
    }

    /// Moves the entries to the beginning of the buffer.
    fn compact(&mut self) {
        let moved = std::mem::take(&mut self.evicted);
        self.bytes.copy_within(moved.., 0);
        self.bytes.truncate(self.bytes.len() - moved);
        for entry in &mut self.entries {
            entry.start -= moved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(table: &Table) -> Vec<(&[u8], &[u8])> {
        (0..table.entries.len()).map(|age| table.get(age).unwrap()).collect()
    }

    #[test]
    fn the_oldest_make_room() {
        let mut table = Table::new(3 * 34);
        for name in [b"a", b"b", b"c", b"d"] {
            table.insert(name, b"1");
        }
        assert_eq!(entries(&table), [(&b"d"[..], &b"1"[..]), (b"c", b"1"), (b"b", b"1")]);
        assert_eq!(table.get(3), None);
        table.insert(b"e", b"12");
        assert_eq!(entries(&table), [(&b"e"[..], &b"12"[..]), (b"d", b"1")], "one byte too many evicts one more");
    }

    #[test]
    fn what_is_larger_than_the_table_empties_it() {
        let mut table = Table::new(40);
        table.insert(b"name", b"1234");
        assert_eq!(table.entries.len(), 1);
        table.insert(b"name", b"12345");
        assert_eq!((table.entries.len(), table.size), (0, 0));
    }

    #[test]
    fn a_smaller_size_evicts_and_a_larger_brings_nothing_back() {
        let mut table = Table::new(4096);
        for name in [b"a", b"b", b"c"] {
            table.insert(name, b"1");
        }
        table.set_max(67);
        assert_eq!(entries(&table), [(&b"c"[..], &b"1"[..])]);
        table.set_max(0);
        table.set_max(4096);
        assert_eq!(entries(&table), []);
        table.insert(b"", b"");
        assert_eq!((entries(&table), table.size), (vec![(&b""[..], &b""[..])], 32));
    }

    /// Beside a model that is as simple as the RFC's words.
    #[test]
    fn many_insertions_keep_the_buffer_small() {
        let mut table = Table::new(512);
        let mut model: VecDeque<(Vec<u8>, Vec<u8>)> = VecDeque::new();
        for round in 0..2000_usize {
            let (name, value) = (vec![b'n'; round % 11], vec![round as u8; round * 7 % 97]);
            table.insert(&name, &value);
            model.push_front((name, value));
            while model.iter().map(|(name, value)| field_size(name.len(), value.len())).sum::<usize>() > 512 {
                model.pop_back();
            }
            assert!(entries(&table).into_iter().eq(model.iter().map(|(name, value)| (&name[..], &value[..]))));
            assert!(table.bytes.len() <= 2 * 512 + 107);
        }
    }
}
