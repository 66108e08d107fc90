//! Fields to blocks (RFC 7541 section 3 and section 6), for the answers of a proxy.
//!
//! A field that equals an entry of a table is one byte or two. Any other is written out, and becomes an entry if it is
//! likely to come again: [`Treatment`] tells by the name. No Huffman codes are written.

use super::{
    DEFAULT_TABLE_SIZE, field_size, integer, name,
    recall::{Recall, field_hash},
    static_table,
    table::Table,
    treatment::{self, Known, Treatment},
};

/// The longest value that becomes an entry. A longer one is unlikely to come again, and would push out many others.
const LONGEST_VALUE: usize = 128;

/// The same for names whose values are known to be long and to come again.
const LONGEST_STEADY_VALUE: usize = 1024;

/// What a literal field begins with, beside the index of its name.
#[derive(Clone, Copy)]
struct Form {
    flags: u8,
    /// Bits of the first byte that belong to the index.
    prefix: u32,
}

const TO_INDEX: Form = Form { flags: 0x40, prefix: 6 };
const NOT_TO_INDEX: Form = Form { flags: 0x00, prefix: 4 };
const NEVER_INDEXED: Form = Form { flags: 0x10, prefix: 4 };

/// Encodes the blocks for one peer of one connection.
///
/// A block is [`begin`](Self::begin) and then its fields in order; all that is written belongs to the block. Blocks must be
/// sent in the order in which they were written, and none may be left out, once it holds a field.
#[derive(Debug)]
pub struct Encoder {
    /// Names may hold capital letters here, which the peer's table holds as small ones.
    table: Table,
    recall: Recall,
    /// The size that the peer allows, and the smallest that it has allowed since the last block, where the block that
    /// follows has to tell of a change.
    change: Option<Change>,
}

#[derive(Clone, Copy, Debug)]
struct Change {
    smallest: usize,
    last: usize,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder with an empty dynamic table of the default size, 4096.
    pub fn new() -> Self {
        Self { table: Table::new(DEFAULT_TABLE_SIZE), recall: Recall::default(), change: None }
    }

    /// Takes the peer's `SETTINGS_HEADER_TABLE_SIZE`; a table larger than the default is never used. The next block
    /// begins with what the peer has to be told (RFC 7541 section 4.2).
    pub fn set_table_size(&mut self, size: u32) {
        let last = DEFAULT_TABLE_SIZE.min(size as usize);
        let smallest = self.change.map_or(self.table.max(), |change| change.smallest).min(last);
        let changed = smallest != self.table.max() || last != self.table.max();
        self.change = changed.then_some(Change { smallest, last });
    }

    /// Begins a block: writes the changes of the table's size that are due.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        let Some(Change { smallest, last }) = self.change.take() else { return };
        if smallest < last && smallest < self.table.max() {
            self.resize(smallest, out);
        }
        self.resize(last, out);
    }

    /// A dynamic table size update (section 6.3).
    fn resize(&mut self, size: usize, out: &mut Vec<u8>) {
        self.table.set_max(size);
        integer::write(size, 5, 0x20, out);
    }

    /// Writes the pseudo-header field `:status`. A status has three digits.
    #[inline]
    pub fn status(&mut self, status: u16, out: &mut Vec<u8>) {
        let entry = match status {
            200 => 8,
            204 => 9,
            206 => 10,
            304 => 11,
            400 => 12,
            404 => 13,
            500 => 14,
            _ => return self.field(b":status", &digits(status), out),
        };
        out.push(0x80 | entry);
    }

    /// Writes a field. Capital letters in the name are written as small ones, all else as it is.
    #[inline]
    pub fn field(&mut self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let name_hash = name::hash(name);
        let known = treatment::of(name, name_hash);
        let treatment = known.map_or(Treatment::Steady, |known| known.treatment);
        if treatment == Treatment::Secret {
            return literal(NEVER_INDEXED, known, name, value, out);
        }
        if let Some(index) = known.and_then(|known| static_entry(known, value)) {
            return indexed(index, out);
        }
        let longest = match treatment {
            Treatment::Steady => LONGEST_VALUE,
            Treatment::LongAndSteady => LONGEST_STEADY_VALUE,
            Treatment::Changing | Treatment::Secret => return literal(NOT_TO_INDEX, known, name, value, out),
        };
        if value.len() > longest || field_size(name.len(), value.len()) > self.table.max() {
            return literal(NOT_TO_INDEX, known, name, value, out);
        }
        let hash = field_hash(name_hash, value);
        match self.dynamic_entry(hash, name, value) {
            Some(index) => indexed(index, out),
            None => self.add(hash, known, name, value, out),
        }
    }

    /// Writes a field that may never be indexed, by anybody (RFC 7541 section 7.1.3): a password, a cookie. The name is
    /// written as [`field`](Self::field) does.
    pub fn secret(&mut self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        literal(NEVER_INDEXED, treatment::of(name, name::hash(name)), name, value, out);
    }

    /// The index of an entry of the dynamic table that equals the field.
    #[inline]
    fn dynamic_entry(&self, hash: u32, name: &[u8], value: &[u8]) -> Option<usize> {
        let equal = |age: &usize| {
            let entry = self.table.get(*age);
            entry.is_some_and(|entry| entry.1 == value && name::same(name, entry.0))
        };
        self.recall.ages(hash).find(equal).map(|age| static_table::LENGTH + 1 + age)
    }

    /// Writes a field and makes it an entry.
    fn add(&mut self, hash: u32, known: Option<&Known>, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        literal(TO_INDEX, known, name, value, out);
        self.table.insert(name, value);
        self.recall.add(hash);
    }
}

/// The index of an entry of the static table that has this value.
#[inline]
fn static_entry(known: &Known, value: &[u8]) -> Option<usize> {
    (known.first..known.first + known.entries)
        .find(|index| static_table::get(*index).is_some_and(|(_, other)| other == value))
}

#[inline]
fn indexed(index: usize, out: &mut Vec<u8>) {
    integer::write(index, 7, 0x80, out);
}

/// Writes a literal field (section 6.2), its name as an index where the static table has it.
#[inline]
fn literal(form: Form, known: Option<&Known>, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    match known {
        Some(known) if known.first > 0 => integer::write(known.first, form.prefix, form.flags, out),
        _ => {
            out.push(form.flags);
            string(name, out);
            let start = out.len() - name.len();
            out[start..].make_ascii_lowercase();
        }
    }
    string(value, out);
}

/// A string literal without Huffman codes (section 5.2).
#[inline]
fn string(text: &[u8], out: &mut Vec<u8>) {
    integer::write(text.len(), 7, 0x00, out);
    out.extend_from_slice(text);
}

fn digits(status: u16) -> [u8; 3] {
    [status / 100, status / 10, status].map(|digits| b'0' + (digits % 10) as u8)
}
