//! Header compression (RFC 7541): blocks of bytes to fields and back.
//!
//! One [`Decoder`] and one [`Encoder`] belong to each connection, for both remember what went before; a block that
//! cannot be decoded therefore ends the connection, whatever request it was for. What is decoded lands in a
//! [`FieldList`], flat and reused, whose limit holds while the bytes are read and not only afterwards. A malicious block
//! costs time in proportion to its own length and the limits, and memory in proportion to the limits.
//!
//! The encoder writes no Huffman codes: that saves a quarter of the bytes that are written out, which are few because
//! repeated fields are one byte each, and costs more time than all else that is done for a field.
//!
//! Whether a name or value is legal, and what a field means, is not known here.

mod decoder;
mod encoder;
mod field_list;
mod huffman;
mod integer;
mod name;
mod recall;
mod static_table;
mod table;
#[cfg(test)]
mod tests;
mod treatment;

pub use decoder::{Decoder, HpackProblem};
pub use encoder::Encoder;
pub use field_list::FieldList;

/// What the size of a table or list counts for each field beyond its bytes (RFC 7541 section 4.1).
const FIELD_OVERHEAD: usize = 32;

/// The size of a dynamic table before anybody said otherwise (RFC 9113 section 6.5.2).
const DEFAULT_TABLE_SIZE: usize = 4096;

/// The size of a field as tables and lists count it.
fn field_size(name: usize, value: usize) -> usize {
    name.saturating_add(value).saturating_add(FIELD_OVERHEAD)
}
