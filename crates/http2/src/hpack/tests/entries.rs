//! What must hold for every input. The tests and the fuzz target call the same function, which is why it names the codec
//! by its path in this crate.

use crate::hpack::{Decoder, Encoder, FieldList, HpackProblem};

/// The fields of a block.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// Reads `bytes` as a limit of the list, a size of the encoder's table, and the blocks of one connection, each behind a
/// byte that tells its length. Decodes the blocks beside a decoder that is limited; then encodes what came out, decodes
/// that, and compares.
pub fn blocks(bytes: &[u8]) {
    let Some(([low, high, table_size], mut rest)) = bytes.split_first_chunk() else { return };
    let mut connection = Connection::new(usize::from(u16::from_le_bytes([*low, *high])));
    connection.encoder.set_table_size(u32::from(*table_size) * 32);
    while let Some((length, after)) = rest.split_first() {
        let block;
        (block, rest) = after.split_at(after.len().min(usize::from(*length)));
        if connection.take(block).is_err() {
            return;
        }
    }
}

struct Connection {
    decoder: Decoder,
    limited: Decoder,
    limit: usize,
    encoder: Encoder,
    back: Decoder,
}

impl Connection {
    fn new(limit: usize) -> Self {
        let [decoder, limited, back] = std::array::from_fn(|_| Decoder::new(4096));
        Self { decoder, limited, limit, encoder: Encoder::new(), back }
    }

    fn take(&mut self, block: &[u8]) -> Result<(), HpackProblem> {
        let mut list = FieldList::default();
        let outcome = self.decoder.decode(block, usize::MAX, &mut list);
        let fields = owned(&list);
        self.check_limited(block, outcome, &list, &fields);
        outcome?;
        self.check_encoder(&fields);
        Ok(())
    }

    /// A limit changes nothing but how many fields are kept.
    fn check_limited(&mut self, block: &[u8], outcome: Result<(), HpackProblem>, whole: &FieldList, fields: &Fields) {
        let mut list = FieldList::default();
        assert_eq!(self.limited.decode(block, self.limit, &mut list), outcome);
        assert_eq!(list.size(), whole.size());
        assert_eq!(list.is_truncated(), whole.size() > self.limit);
        let sizes = fields.iter().scan(0, |sum, (name, value)| {
            *sum += name.len() + value.len() + 32;
            Some(*sum)
        });
        let fit = sizes.take_while(|size| *size <= self.limit).count();
        assert_eq!(owned(&list), fields[..fit]);
    }

    /// What is encoded is what is decoded, but for capital letters in names.
    fn check_encoder(&mut self, fields: &Fields) {
        let mut block = Vec::new();
        self.encoder.begin(&mut block);
        for (name, value) in fields {
            match (&name[..], &value[..]) {
                (b":status", [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9']) => {
                    let status = [a, b, c].iter().fold(0, |status, digit| status * 10 + u16::from(**digit - b'0'));
                    self.encoder.status(status, &mut block);
                }
                (b"password", _) => self.encoder.secret(name, value, &mut block),
                _ => self.encoder.field(name, value, &mut block),
            }
        }
        let mut list = FieldList::default();
        assert_eq!(self.back.decode(&block, usize::MAX, &mut list), Ok(()));
        let small: Fields = fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        assert_eq!(owned(&list), small);
    }
}

/// A copy of the fields of a list.
pub fn owned(list: &FieldList) -> Fields {
    list.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}
