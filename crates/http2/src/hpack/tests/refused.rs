//! Blocks that end the connection, and lists that are too long.

use super::{super::*, decode, hex, lines};

#[test]
fn broken_blocks_are_refused_with_their_problem() {
    use HpackProblem::*;
    let cases = [
        // Indices.
        ("80", NoSuchEntry),
        ("be", NoSuchEntry),
        ("ff 00", NoSuchEntry),
        ("7f 00 01 61", NoSuchEntry),
        ("ff 80 80 80 80 10", IntegerTooLarge),
        ("ff 80 80 80 80 80 00", IntegerTooLarge),
        // Blocks that are cut off.
        ("ff", Truncated),
        ("40", Truncated),
        ("41", Truncated),
        ("41 02 61", Truncated),
        ("00 01 61", Truncated),
        ("10 7f", Truncated),
        ("00 00 ff ff ff ff 0f", Truncated),
        // The size of the table.
        ("3f e2 1f", TableTooLarge),
        ("82 20", LateTableSize),
        // Codes: of more than seven bits of padding, of zeros, and of the end of a string.
        ("04 81 ff", Padding),
        ("04 82 1f ff", Padding),
        ("04 81 18", Padding),
        ("04 84 ff ff ff ff", EndOfString),
        ("04 85 1f ff ff ff ff", EndOfString),
    ];
    for (block, problem) in cases {
        assert_eq!(decode(&hex(block)), Err(problem), "{block}");
    }
}

#[test]
fn sizes_of_the_table_may_change_before_the_first_field() {
    let mut decoder = Decoder::new(4096);
    let mut fields = FieldList::default();
    decoder.decode(&hex("40 01 61 01 62"), 4096, &mut fields).unwrap();
    decoder.decode(&hex("3f e1 1f be"), 4096, &mut fields).unwrap();
    assert_eq!(lines(&fields), ["a: b"]);
    assert_eq!(decoder.decode(&hex("20 3f e1 1f be"), 4096, &mut fields), Err(HpackProblem::NoSuchEntry));
    assert_eq!(decode(&[]).unwrap(), Vec::<String>::new());
}

#[test]
fn a_list_is_cut_off_at_its_limit_and_counted_to_its_end() {
    let mut decoder = Decoder::new(4096);
    let mut fields = FieldList::default();
    // Three fields of 34: literal to be indexed, its entry, and a literal.
    let block = hex("40 01 61 01 62 be 00 01 63 01 64");
    decoder.decode(&block, 102, &mut fields).unwrap();
    assert_eq!((fields.len(), fields.size(), fields.is_truncated()), (3, 102, false));
    decoder.decode(&block, 101, &mut fields).unwrap();
    assert_eq!((lines(&fields), fields.size(), fields.is_truncated()), (vec!["a: b".into(); 2], 102, true));
    decoder.decode(&block, 33, &mut fields).unwrap();
    assert_eq!((fields.len(), fields.size(), fields.is_truncated()), (0, 102, true));
    decoder.decode(&hex("be"), 34, &mut fields).unwrap();
    assert_eq!((lines(&fields), fields.is_truncated()), (vec!["a: b".into()], false), "what was cut off is an entry");
    fields.clear();
    assert_eq!((fields.len(), fields.size(), fields.is_truncated(), fields.is_empty()), (0, 0, false, true));
}

#[test]
fn nothing_small_is_kept_behind_what_was_too_large() {
    let mut fields = FieldList::default();
    Decoder::new(4096).decode(&hex("00 01 61 05 62 62 62 62 62 82"), 37, &mut fields).unwrap();
    assert_eq!((fields.len(), fields.size()), (0, 38 + 42));
}

/// A literal with a value of so many zeros, as themselves or as Huffman codes of five bits.
fn long_literal(first: u8, length: usize, huffman: bool) -> Vec<u8> {
    let mut block = vec![first, 1, b'a'];
    let bytes = if huffman { length * 5 / 8 } else { length };
    integer::write(bytes, 7, if huffman { 0x80 } else { 0 }, &mut block);
    block.resize(block.len() + bytes, if huffman { 0 } else { b'0' });
    block
}

#[test]
fn strings_that_can_not_be_kept_are_not_stored() {
    for (first, huffman) in [(0x00, false), (0x00, true), (0x40, false), (0x40, true)] {
        let mut decoder = Decoder::new(4096);
        let mut fields = FieldList::default();
        decoder.decode(&hex("40 01 61 01 62"), 200, &mut fields).unwrap();
        decoder.decode(&long_literal(first, 80_000, huffman), 200, &mut fields).unwrap();
        assert_eq!((fields.len(), fields.size(), fields.is_truncated()), (0, 80_033, true));
        assert!(fields.capacity() <= 2 * 4096, "{}", fields.capacity());
        let entry = decoder.decode(&hex("be"), 200, &mut fields);
        let emptied = first == 0x40;
        assert_eq!(entry.is_err(), emptied, "only an entry that is too large for the table empties it");
    }
}

#[test]
fn what_only_the_table_has_room_for_becomes_an_entry() {
    for huffman in [false, true] {
        let mut decoder = Decoder::new(4096);
        let mut fields = FieldList::default();
        decoder.decode(&long_literal(0x40, 4000, huffman), 100, &mut fields).unwrap();
        assert_eq!((fields.len(), fields.size()), (0, 4033));
        decoder.decode(&hex("be"), 5000, &mut fields).unwrap();
        assert_eq!(fields.iter().next(), Some((&b"a"[..], &[b'0'; 4000][..])));
    }
}
