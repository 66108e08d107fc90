//! Blocks to fields (RFC 7541 section 3 and section 6).

use super::{
    field_list::{Draft, FieldList},
    huffman, integer, static_table,
    table::Table,
};

/// Why a block could not be decoded. Each is an error of the connection, `COMPRESSION_ERROR` (RFC 9113 section 4.3): the
/// two sides no longer agree on the dynamic table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpackProblem {
    /// The block ends within a field.
    Truncated,
    /// An integer is larger than 32 bits, or written in more bytes than any such number needs.
    IntegerTooLarge,
    /// An index is zero, or larger than both tables together.
    NoSuchEntry,
    /// A size of the dynamic table is larger than what was allowed.
    TableTooLarge,
    /// The size of the dynamic table changes behind a field.
    LateTableSize,
    /// What follows the last code of a string is longer than seven bits, or not all ones.
    Padding,
    /// A string contains the code that stands for its end.
    EndOfString,
}

/// Decodes the blocks that one peer sends on one connection.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    /// The greatest table that the peer may ask for.
    allowed: usize,
}

impl Decoder {
    /// A decoder with an empty dynamic table. The peer may make it as large as `table_size`, which is what our
    /// `SETTINGS_HEADER_TABLE_SIZE` says, and which it is at first.
    pub fn new(table_size: usize) -> Self {
        Self { table: Table::new(table_size), allowed: table_size }
    }

    /// Decodes a whole block, all fragments joined, into `fields`, which is cleared first.
    ///
    /// Fields are kept as long as the list of them all has at most the size `list_limit`; later ones are decoded for the
    /// sake of the dynamic table, and counted. Not more than that limit and the size of the table together is ever
    /// stored.
    ///
    /// # Errors
    ///
    /// The connection is lost: neither `fields` nor any later block is of use.
    pub fn decode(&mut self, block: &[u8], list_limit: usize, fields: &mut FieldList) -> Result<(), HpackProblem> {
        fields.begin(list_limit);
        let mut rest = block;
        while let Some(first) = rest.first()
            && first & 0xe0 == 0x20
        {
            self.resize(&mut rest)?;
        }
        while let Some(first) = rest.first() {
            match first {
                0x80.. => self.indexed(&mut rest, fields)?,
                0x40.. => self.literal_to_index(&mut rest, fields)?,
                0x20.. => return Err(HpackProblem::LateTableSize),
                // Without indexing, and never indexed, which matters to those who pass blocks on.
                _ => {
                    let mut draft = fields.draft(0);
                    self.literal(&mut rest, 4, &mut draft)?;
                    draft.finish();
                }
            }
        }
        Ok(())
    }

    /// A dynamic table size update (section 6.3).
    fn resize(&mut self, rest: &mut &[u8]) -> Result<(), HpackProblem> {
        let size = integer::read(rest, 5)?;
        if size > self.allowed {
            return Err(HpackProblem::TableTooLarge);
        }
        self.table.set_max(size);
        Ok(())
    }

    /// A field that is an entry of a table (section 6.1).
    #[inline]
    fn indexed(&self, rest: &mut &[u8], fields: &mut FieldList) -> Result<(), HpackProblem> {
        let (name, value) = self.entry(integer::read(rest, 7)?)?;
        fields.push(name, value);
        Ok(())
    }

    /// A literal field that becomes an entry (section 6.2.1).
    fn literal_to_index(&mut self, rest: &mut &[u8], fields: &mut FieldList) -> Result<(), HpackProblem> {
        let mut draft = fields.draft(self.table.max());
        self.literal(rest, 6, &mut draft)?;
        match draft.stored() {
            Some((name, value)) => self.table.insert(name, value),
            // It is larger than the table.
            None => self.table.clear(),
        }
        draft.finish();
        Ok(())
    }

    /// The name and value of a literal field; `prefix` bits of its first byte belong to the index of the name.
    fn literal(&self, rest: &mut &[u8], prefix: u32, draft: &mut Draft<'_>) -> Result<(), HpackProblem> {
        match integer::read(rest, prefix)? {
            0 => string(rest, draft)?,
            index => draft.push(self.entry(index)?.0),
        }
        draft.end_name();
        string(rest, draft)
    }

    /// The entry with an index of the space that both tables share (section 2.3.3).
    #[inline]
    fn entry(&self, index: usize) -> Result<(&[u8], &[u8]), HpackProblem> {
        let entry = match index.checked_sub(static_table::LENGTH + 1) {
            None => static_table::get(index),
            Some(age) => self.table.get(age),
        };
        entry.ok_or(HpackProblem::NoSuchEntry)
    }
}

/// A string literal (section 5.2).
fn string(rest: &mut &[u8], draft: &mut Draft<'_>) -> Result<(), HpackProblem> {
    let first = *rest.first().ok_or(HpackProblem::Truncated)?;
    let length = integer::read(rest, 7)?;
    let (text, after) = rest.split_at_checked(length).ok_or(HpackProblem::Truncated)?;
    *rest = after;
    if first < 0x80 {
        draft.push(text);
        return Ok(());
    }
    huffman::decode(text, |piece| draft.push(piece))
}
