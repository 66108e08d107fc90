//! The codec beside that of the crate `loona-hpack`: what one understands the other does, and alike.

use proptest::prelude::*;

use super::{
    super::*,
    entries::{Fields, owned},
};

struct Both {
    ours: Decoder,
    theirs: loona_hpack::Decoder<'static>,
}

impl Both {
    fn new() -> Self {
        let mut theirs = loona_hpack::Decoder::new();
        theirs.set_max_allowed_table_size(4096);
        Self { ours: Decoder::new(4096), theirs }
    }

    /// What both make of a block; nothing if they have stopped to agree on purpose.
    fn decode(&mut self, block: &[u8]) -> Option<Fields> {
        let mut list = FieldList::default();
        let ours = self.ours.decode(block, usize::MAX, &mut list);
        match (ours, self.theirs.decode(block)) {
            (Ok(()), Ok(theirs)) => {
                assert_eq!(owned(&list), theirs);
                Some(theirs)
            }
            // They do not mind a size of the table behind a field.
            (Err(HpackProblem::LateTableSize), _) | (Err(_), Err(_)) => None,
            (Err(problem), Ok(theirs)) => panic!("refused with {problem:?}, and not by others: {theirs:?}"),
            (Ok(()), Err(theirs)) => {
                use loona_hpack::decoder::{DecoderError, IntegerDecodingError};
                // They mind a size without a field behind it, and needless zeros of an integer one byte earlier.
                let strict = matches!(
                    theirs,
                    DecoderError::SizeUpdateAtEnd
                        | DecoderError::IntegerDecodingError(IntegerDecodingError::TooManyOctets)
                );
                assert!(strict, "not refused, but by others with {theirs:?}");
                None
            }
        }
    }
}

/// A field as it may be written, or something close to one.
fn representation() -> impl Strategy<Value = Vec<u8>> {
    let string = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..30).prop_map(|text| (0x00, text)),
        // Codes of five and six bits, of which many end with valid padding.
        prop::collection::vec(prop::sample::select(vec![0x08, 0x42, 0x1f]), 0..10).prop_map(|text| (0x80, text)),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(|text| (0x80, text)),
    ]
    .prop_map(|(flag, text)| [&[flag | text.len() as u8][..], &text].concat());
    let first = prop::sample::select(vec![0x00, 0x10, 0x40]);
    prop_oneof![
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => (0x20..0x3f_u8).prop_map(|byte| vec![byte]),
        20 => (0x81..0xc4_u8).prop_map(|byte| vec![byte]),
        10 => (first.clone(), 1..15_u8, string.clone()).prop_map(|(first, name, value)| [vec![first | name], value].concat()),
        10 => (first, string.clone(), string).prop_map(|(first, name, value)| [vec![first], name, value].concat()),
    ]
}

fn blocks() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(representation(), 0..6).prop_map(|fields| fields.concat()), 1..8)
}

proptest! {
    #[test]
    fn blocks_are_decoded_as_others_decode_them(blocks in blocks()) {
        let mut both = Both::new();
        for block in blocks {
            if both.decode(&block).is_none() {
                break;
            }
        }
    }

    #[test]
    fn what_is_encoded_others_decode(
        blocks in prop::collection::vec(prop::collection::vec(("[a-c]{0,2}|date|etag|:path", "[a-z]{0,1}|.{200}"), 1..9), 1..20),
        sizes in prop::collection::vec(prop_oneof![Just(4096), 0..200_u32], 1..20),
    ) {
        let (mut encoder, mut both) = (Encoder::new(), Both::new());
        for (fields, size) in blocks.iter().zip(sizes) {
            let mut block = Vec::new();
            encoder.set_table_size(size);
            encoder.begin(&mut block);
            for (name, value) in fields {
                encoder.field(name.as_bytes(), value.as_bytes(), &mut block);
            }
            let expected: Fields = fields.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
            prop_assert_eq!(both.decode(&block), Some(expected));
        }
    }

    /// As the fuzz target reads them.
    #[test]
    fn a_connection_is_encoded_again(limit in 0..4000_u16, table in any::<u8>(), blocks in blocks()) {
        let mut input = Vec::from(limit.to_le_bytes());
        input.push(table);
        for block in blocks {
            input.push(block.len().min(255) as u8);
            input.extend(block);
        }
        super::entries::blocks(&input);
    }
}
