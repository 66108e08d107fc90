//! Whatever is encoded is decoded again, whatever happens to the tables meanwhile; and any bytes are decoded or refused.

use proptest::prelude::*;

use super::{super::*, hex, lines};

/// Something that happens to an encoder.
#[derive(Clone, Debug)]
enum Step {
    TableSize(u32),
    Status(u16),
    Field(String, Vec<u8>),
    Secret(String, Vec<u8>),
    NextBlock,
}

fn step() -> impl Strategy<Value = Step> {
    // Few names and values, so that they come again; and some that are long.
    let names = prop_oneof![
        prop::sample::select(vec!["Date", "vary", "X-Own", "set-cookie", "ETag", "accept-encoding", "nel", ":path"])
            .prop_map(String::from),
        "[A-Za-z-]{0,40}",
    ];
    let values = prop_oneof![
        prop::sample::select(vec!["", "/", "gzip, deflate", "Accept-Encoding", "one", "two"])
            .prop_map(|value| value.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..200),
        (0..3_u8, 0..5000_usize).prop_map(|(byte, length)| vec![byte; length]),
    ];
    prop_oneof![
        1 => prop_oneof![Just(0), Just(u32::MAX), 0..5000_u32].prop_map(Step::TableSize),
        2 => (100..1000_u16).prop_map(Step::Status),
        12 => (names.clone(), values.clone()).prop_map(|(name, value)| Step::Field(name, value)),
        1 => (names, values).prop_map(|(name, value)| Step::Secret(name, value)),
        3 => Just(Step::NextBlock),
    ]
}

/// A connection: what is encoded in each block is what is decoded.
#[derive(Default)]
struct Connection {
    encoder: Encoder,
    block: Vec<u8>,
    expected: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Connection {
    fn take(&mut self, step: Step, decoder: &mut Decoder) {
        match step {
            Step::TableSize(size) => {
                self.end_block(decoder);
                self.encoder.set_table_size(size);
                return;
            }
            Step::NextBlock => return self.end_block(decoder),
            _ => {}
        }
        if self.expected.is_empty() {
            self.encoder.begin(&mut self.block);
        }
        let (name, value) = match step {
            Step::Status(status) => {
                self.encoder.status(status, &mut self.block);
                (":status".into(), status.to_string().into_bytes())
            }
            Step::Field(name, value) => {
                self.encoder.field(name.as_bytes(), &value, &mut self.block);
                (name, value)
            }
            Step::Secret(name, value) => {
                self.encoder.secret(name.as_bytes(), &value, &mut self.block);
                (name, value)
            }
            Step::TableSize(_) | Step::NextBlock => unreachable!("returned above"),
        };
        self.expected.push((name.to_ascii_lowercase().into_bytes(), value));
    }

    fn end_block(&mut self, decoder: &mut Decoder) {
        let mut fields = FieldList::default();
        decoder.decode(&self.block, usize::MAX, &mut fields).unwrap();
        let decoded: Vec<_> = fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        assert_eq!(decoded, self.expected);
        self.block.clear();
        self.expected.clear();
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(steps in prop::collection::vec(step(), 0..300)) {
        let (mut connection, mut decoder) = (Connection::default(), Decoder::new(4096));
        for step in steps {
            connection.take(step, &mut decoder);
        }
        connection.end_block(&mut decoder);
    }

    #[test]
    fn any_bytes_are_decoded_within_the_limit_or_refused(
        blocks in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), 0x80..0xd0_u8], 0..200), 1..8),
        limit in 0..2000_usize,
        table in 0..600_usize,
    ) {
        let (mut decoder, mut fields) = (Decoder::new(table), FieldList::default());
        for block in blocks {
            let decoded = decoder.decode(&block, limit, &mut fields);
            let kept: usize = fields.iter().map(|(name, value)| field_size(name.len(), value.len())).sum();
            prop_assert!(kept <= limit);
            prop_assert_eq!(fields.is_truncated(), fields.size() > limit);
            if decoded.is_err() {
                break;
            }
            prop_assert!(fields.is_truncated() || kept == fields.size());
        }
    }
}

fn encode(encoder: &mut Encoder, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for (name, value) in fields {
        encoder.field(name.as_bytes(), value.as_bytes(), &mut out);
    }
    out
}

#[test]
fn statuses_of_the_static_table_are_one_byte_and_others_once_seen() {
    let mut encoder = Encoder::new();
    let mut status = |status| {
        let mut out = Vec::new();
        encoder.status(status, &mut out);
        out
    };
    for (index, known) in (8..).zip([200, 204, 206, 304, 400, 404, 500]) {
        assert_eq!(status(known), [0x80 | index]);
    }
    assert_eq!(status(503), hex("48 03 353033"));
    assert_eq!(status(503), [0xbe]);
}

#[test]
fn a_steady_field_is_written_once_and_a_changing_one_each_time() {
    let mut encoder = Encoder::new();
    let fields = [("Vary", "a"), ("ETag", "b"), ("X-Own", "c"), ("content-length", "7")];
    assert_eq!(encode(&mut encoder, &fields), hex("7b 01 61  0f 13 01 62  40 05 782d6f776e 01 63  0f 0d 01 37"));
    assert_eq!(encode(&mut encoder, &fields), hex("bf  0f 13 01 62  be  0f 0d 01 37"));
}

#[test]
fn secrets_are_never_indexed() {
    let mut encoder = Encoder::new();
    let cookie = [("Set-Cookie", "a=b")];
    for _ in 0..2 {
        assert_eq!(encode(&mut encoder, &cookie), hex("1f 28 03 613d62"));
    }
    let mut out = Vec::new();
    encoder.secret(b"X-Key", b"k", &mut out);
    assert_eq!(out, hex("10 05 782d6b6579 01 6b"));
}

#[test]
fn long_values_stay_out_of_the_table_unless_they_are_known_to_come_again() {
    let mut encoder = Encoder::new();
    let long = "v".repeat(129);
    for name in ["x-own", "server"] {
        let first = encode(&mut encoder, &[(name, &long)]);
        assert!(first.len() > long.len());
        assert_eq!(encode(&mut encoder, &[(name, &long)]), first, "{name}");
    }
    encode(&mut encoder, &[("Content-Security-Policy", &long)]);
    assert_eq!(encode(&mut encoder, &[("content-security-policy", &long)]), [0xbe]);
}

#[test]
fn the_next_block_tells_the_smallest_and_the_last_size() {
    let mut encoder = Encoder::new();
    let mut begin = |sizes: &[u32]| {
        sizes.iter().for_each(|size| encoder.set_table_size(*size));
        let mut out = Vec::new();
        encoder.begin(&mut out);
        out
    };
    assert_eq!(begin(&[]), []);
    assert_eq!(begin(&[4096, 65_536]), [], "it is never larger than that");
    assert_eq!(begin(&[100]), hex("3f 45"));
    assert_eq!(begin(&[4096, 100]), []);
    assert_eq!(begin(&[0, 70_000]), hex("20 3f e1 1f"));
    assert_eq!(begin(&[10, 30]), hex("2a 3e"));
    assert_eq!(begin(&[50]), hex("3f 13"));
}

#[test]
fn a_table_of_no_size_is_not_used() {
    let mut encoder = Encoder::new();
    encoder.set_table_size(0);
    assert_eq!(encode(&mut encoder, &[("vary", "a")]), hex("20 0f 2c 01 61"));
    assert_eq!(encode(&mut encoder, &[("vary", "a")]), hex("0f 2c 01 61"));
}

#[test]
fn names_are_written_small_and_compared_in_any_case() {
    let mut encoder = Encoder::new();
    let mut fields = FieldList::default();
    let mut decoder = Decoder::new(4096);
    for name in ["X-OWN", "x-own", "X-Own"] {
        decoder.decode(&encode(&mut encoder, &[(name, "A")]), 4096, &mut fields).unwrap();
        assert_eq!(lines(&fields), ["x-own: A"]);
    }
    assert_eq!(encode(&mut encoder, &[("X-oWN", "A")]), [0xbe]);
}
