//! Nanoseconds to decode the fields of a request as browsers send them, and to encode those of an answer; beside the crate
//! `loona-hpack`.
//!
//! `cargo bench -p http2` prints the medians of rounds taken in turn. Not run by the tests. On a shared Xeon core the best
//! rounds took 0.13 microseconds for a request that came before, 0.6 for one of literals and 0.8 for the first of a
//! connection; 0.4 for the first answer, and 0.16 for the next.

use std::{hint::black_box, time::Instant};

use http2::hpack::{Decoder, Encoder, FieldList};

const ROUNDS: usize = 41;
const RUNS_PER_ROUND: u32 = 10_000;

/// What the list of fields may hold, as a server sets it.
const LIST_LIMIT: usize = 65_536;

/// The first request of a connection: ten fields, Huffman codes, all but the path to be indexed.
const FIRST: &str = "8287418cf1e3c2e5f23a6ba0ab90f4ff04a1607624c4a0a86040134c789fd2c642c64ac8a0fe3fcb0b2c12d87a93f158e62c\
    027ab5d07f66a281b0dae053fafc087ed4ce6aadf2a7979c89c6bed4b3bdc089e5c1fda988a4ea76040080010054c26b0b29\
    fcb0113cb83f53b0497ca589d34d1f43aeba0c41a4c7a98f33a69a3fdf9a68fa1d75d0620d263d4c79a68fbed00177febe58\
    f9fbed00177b518b2d4b70ddf45abefb4005db50929bd9abfa5242cb40d25fa523b3e94f684c9f73979d29ad171863c78f0b\
    97c8e9ae82ae43d2c0ec49894151609c4150831ea8001132d36e3af3e38c921650044cb4db8ebcf8e3248597";

/// The same fields afterwards: all but the path are entries of the tables.
const AGAIN: &str = "8287c404a1607624c4a0a86040134c789fd2c642c64ac8a0fe3fcb0b2c12d87a93f158e62c02c3c2c1c0bfbe";

/// The same fields once more, as a client writes them that uses no dynamic table.
const LITERAL: &str = "8287018cf1e3c2e5f23a6ba0ab90f4ff04a1607624c4a0a86040134c789fd2c642c64ac8a0fe3fcb0b2c12d87a93f158e62c\
    020f2bb5d07f66a281b0dae053fafc087ed4ce6aadf2a7979c89c6bed4b3bdc089e5c1fda988a4ea76040080010054c26b0b\
    29fcb0113cb83f0f04b0497ca589d34d1f43aeba0c41a4c7a98f33a69a3fdf9a68fa1d75d0620d263d4c79a68fbed00177fe\
    be58f9fbed00177b0f028b2d4b70ddf45abefb4005db0f01929bd9abfa5242cb40d25fa523b3e94f684c9f0f24979d29ad17\
    1863c78f0b97c8e9ae82ae43d2c0ec498941510f119c4150831ea8001132d36e3af3e38c921650044cb4db8ebcf8e3248597";

const ANSWER: [(&str, &str); 10] = [
    ("Date", "Tue, 05 Nov 2024 10:11:12 GMT"),
    ("Server", "origin"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", "10107"),
    ("Vary", "Accept-Encoding"),
    ("Cache-Control", "max-age=60, public"),
    ("ETag", "\"5f1c-61e2a4d6b7c80\""),
    ("Last-Modified", "Mon, 04 Nov 2024 09:00:00 GMT"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
];

/// Something to time: its name, how many bytes a block has, and how to do it once.
type Case = (&'static str, usize, Box<dyn FnMut()>);

fn main() {
    let mut cases = [
        decode_case("first request", None, FIRST),
        their_decode_case("first request, loona", None, FIRST),
        decode_case("request again", Some(FIRST), AGAIN),
        their_decode_case("request again, loona", Some(FIRST), AGAIN),
        decode_case("literal request", Some(FIRST), LITERAL),
        their_decode_case("literal request, loona", Some(FIRST), LITERAL),
        encode_case("first answer", false),
        encode_case("answer again", true),
        their_encode_case("answer again, loona"),
    ];
    let mut timings = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, _, run), timings) in cases.iter_mut().zip(&mut timings) {
            let start = Instant::now();
            for _ in 0..RUNS_PER_ROUND {
                run();
            }
            timings.push(start.elapsed().as_nanos() as f64 / f64::from(RUNS_PER_ROUND));
        }
    }
    println!("{:26} {:>6} {:>10} {:>10}", "what", "bytes", "median ns", "best ns");
    for ((name, length, _), timings) in cases.iter().zip(&mut timings) {
        timings.sort_by(f64::total_cmp);
        println!("{name:26} {length:>6} {:>10.0} {:>10.0}", timings[timings.len() / 2], timings[0]);
    }
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).filter_map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

/// Decodes a block again and again: with one decoder, which has read the block `before`, or with a new one each time.
fn decode_case(name: &'static str, before: Option<&str>, block: &str) -> Case {
    let block = hex(block);
    let (mut known, mut fields) = (Decoder::new(4096), FieldList::default());
    if let Some(before) = before {
        known.decode(&hex(before), LIST_LIMIT, &mut fields).expect("a well-formed block");
    }
    let (length, is_new) = (block.len(), before.is_none());
    let run = move || {
        let mut new = Decoder::new(4096);
        let decoder = if is_new { &mut new } else { &mut known };
        let decoded = decoder.decode(black_box(&block), LIST_LIMIT, &mut fields);
        assert!(decoded.is_ok() && black_box(&fields).len() == 10);
    };
    (name, length, Box::new(run))
}

fn their_decode_case(name: &'static str, before: Option<&str>, block: &str) -> Case {
    let block = hex(block);
    let mut known = loona_hpack::Decoder::new();
    if let Some(before) = before {
        known.decode(&hex(before)).expect("a well-formed block");
    }
    let (length, is_new) = (block.len(), before.is_none());
    let run = move || {
        let mut new = loona_hpack::Decoder::new();
        let decoder = if is_new { &mut new } else { &mut known };
        assert_eq!(black_box(decoder.decode(black_box(&block))).expect("a well-formed block").len(), 10);
    };
    (name, length, Box::new(run))
}

/// Encodes the answer again and again: with one encoder, or with a new one each time.
fn encode_case(name: &'static str, again: bool) -> Case {
    fn encode(encoder: &mut Encoder, out: &mut Vec<u8>) {
        out.clear();
        encoder.begin(out);
        encoder.status(200, out);
        for (name, value) in black_box(&ANSWER) {
            encoder.field(name.as_bytes(), value.as_bytes(), out);
        }
        black_box(out);
    }
    let (mut known, mut out) = (Encoder::new(), Vec::new());
    encode(&mut known, &mut out);
    if again {
        encode(&mut known, &mut out);
    }
    let length = out.len();
    let run = move || if again { encode(&mut known, &mut out) } else { encode(&mut Encoder::new(), &mut out) };
    (name, length, Box::new(run))
}

/// Their encoder does not make names small, so that it is given small ones.
fn their_encode_case(name: &'static str) -> Case {
    let small = ANSWER.map(|(name, value)| (name.to_ascii_lowercase(), value));
    let (mut encoder, mut out) = (loona_hpack::Encoder::new(), Vec::new());
    let mut encode = move || {
        out.clear();
        let fields = small.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let written = encoder.encode_into([(&b":status"[..], &b"200"[..])].into_iter().chain(fields), &mut out);
        assert!(written.is_ok());
        black_box(&out).len()
    };
    encode();
    let length = encode();
    let run = move || {
        encode();
    };
    (name, length, Box::new(run))
}
