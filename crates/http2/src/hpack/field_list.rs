//! The fields of one header section, in one buffer.

use super::field_size;

/// The fields of one header section, in their order, pseudo-header fields included. To be reused: it allocates only to
/// grow.
///
/// It never keeps more than the limit it was filled under; what came after that was counted only.
#[derive(Debug, Default)]
pub struct FieldList {
    /// Names and values, one behind the other.
    bytes: Vec<u8>,
    ends: Vec<Ends>,
    size: usize,
    limit: usize,
}

/// Where the name and the value of a field end. The name begins where the value before it ends.
#[derive(Clone, Copy, Debug)]
struct Ends {
    name: usize,
    value: usize,
}

impl FieldList {
    /// Forgets all fields.
    pub fn clear(&mut self) {
        self.begin(0);
    }

    /// How many fields are kept.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no field is kept.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Name and value of each field that is kept, in order. Any bytes may occur in them.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |ends| {
            let name = &self.bytes[start..ends.name];
            start = ends.value;
            (name, &self.bytes[ends.name..ends.value])
        })
    }

    /// The size of the list as it was sent: name, value and 32 for each field (RFC 9113 section 6.5.2), those that are
    /// left out included.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether fields were left out because the list is longer than the limit.
    pub fn is_truncated(&self) -> bool {
        self.size > self.limit
    }

    /// Forgets all fields, and keeps new ones as long as their sizes together are at most `limit`.
    pub(super) fn begin(&mut self, limit: usize) {
        self.bytes.clear();
        self.ends.clear();
        self.size = 0;
        self.limit = limit;
    }

    /// Bytes of names and values that there is room for without allocating.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Adds a field, or counts it if the limit leaves no room for it.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        if self.count(name.len(), value.len()) {
            self.bytes.extend_from_slice(name);
            let name_end = self.bytes.len();
            self.bytes.extend_from_slice(value);
            self.ends.push(Ends { name: name_end, value: self.bytes.len() });
        }
    }

    /// Begins a field that arrives in pieces, of which at most `least` bytes, or what the limit leaves room for if that
    /// is more, are stored.
    #[inline]
    pub(super) fn draft(&mut self, least: usize) -> Draft<'_> {
        let room = self.limit.saturating_sub(self.size).max(least);
        Draft { start: self.bytes.len(), list: self, room, length: 0, name: 0 }
    }

    /// Counts a field; tells whether it is to be kept.
    #[inline]
    fn count(&mut self, name: usize, value: usize) -> bool {
        self.size = self.size.saturating_add(field_size(name, value));
        !self.is_truncated()
    }
}

/// A field whose name, and then value, is being written behind the others.
#[derive(Debug)]
pub(super) struct Draft<'l> {
    list: &'l mut FieldList,
    start: usize,
    /// How many bytes more may be stored.
    room: usize,
    /// The length of all that was written, stored or not.
    length: usize,
    name: usize,
}

impl Draft<'_> {
    /// Writes a piece of the name or value. A piece that has no room is counted only, and so is what follows it.
    #[inline]
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.length += piece.len();
        if piece.len() <= self.room {
            self.room -= piece.len();
            self.list.bytes.extend_from_slice(piece);
        } else {
            self.room = 0;
        }
    }

    pub(super) fn end_name(&mut self) {
        self.name = self.length;
    }

    /// Name and value, unless there was no room to store them.
    pub(super) fn stored(&self) -> Option<(&[u8], &[u8])> {
        let bytes = &self.list.bytes[self.start..];
        (bytes.len() == self.length).then(|| bytes.split_at(self.name))
    }

    /// Adds the field to the list, or counts it if the limit leaves no room for it.
    #[inline]
    pub(super) fn finish(self) {
        if self.list.count(self.name, self.length - self.name) {
            self.list.ends.push(Ends { name: self.start + self.name, value: self.start + self.length });
        } else {
            self.list.bytes.truncate(self.start);
        }
    }
}
