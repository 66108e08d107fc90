//! Bodies of every framing.

use proptest::prelude::*;
use wire::{BodyLimits, BodyProblem, BodyReader, Framing, Known, LAST_CHUNK, Step, chunk_header};

use crate::entries::read_body;

fn limits() -> BodyLimits {
    BodyLimits::default()
}

fn chunked(bytes: &[u8]) -> Result<bool, BodyProblem> {
    read_body(&[bytes], limits()).end
}

#[test]
fn no_body_is_complete_at_once() {
    for framing in [Framing::None, Framing::Length(0)] {
        let mut reader = BodyReader::new(framing);
        assert!(reader.is_done());
        assert_eq!(reader.step(b"next"), Ok(Step { consumed: 0, data: 0..0, end: true }));
        assert_eq!(reader.close(), Ok(()));
    }
}

#[test]
fn a_length_is_counted_down() {
    let mut reader = BodyReader::new(Framing::Length(5));
    assert_eq!(reader.step(b""), Ok(Step { consumed: 0, data: 0..0, end: false }));
    assert_eq!(reader.step(b"hel"), Ok(Step { consumed: 3, data: 0..3, end: false }));
    assert_eq!(reader.remaining(), Some(2));
    assert_eq!(reader.step(b"lo, next"), Ok(Step { consumed: 2, data: 0..2, end: true }));
    assert_eq!(reader.step(b", next"), Ok(Step { consumed: 0, data: 0..0, end: true }));
}

/// RFC 9112 section 8: a body that ends early is not complete, and says so.
#[test]
fn an_early_end_is_a_truncation() {
    for framing in [Framing::Length(5), Framing::Chunked] {
        let mut reader = BodyReader::new(framing);
        reader.step(b"3").expect("both framings accept this byte");
        assert_eq!(reader.close(), Err(BodyProblem::Truncated), "{framing:?}");
    }
}

#[test]
fn a_body_until_close_ends_with_the_connection() {
    let mut reader = BodyReader::new(Framing::UntilClose);
    assert_eq!(reader.step(b"anything"), Ok(Step { consumed: 8, data: 0..8, end: false }));
    assert_eq!((reader.is_done(), reader.remaining()), (false, None));
    assert_eq!(reader.close(), Ok(()));
    assert!(reader.is_done());
}

/// A small chunked body that arrives at once is dealt with in one step.
#[test]
fn one_chunk_takes_one_step() {
    let mut reader = BodyReader::new(Framing::Chunked);
    assert_eq!(reader.step(b"5\r\nhello\r\n0\r\n\r\nnext"), Ok(Step { consumed: 15, data: 3..8, end: true }));
}

/// Content before a mistake is not withheld.
#[test]
fn content_comes_before_the_complaint() {
    let mut reader = BodyReader::new(Framing::Chunked);
    let input = b"5\r\nhelloX";
    assert_eq!(reader.step(input), Ok(Step { consumed: 8, data: 3..8, end: false }));
    assert_eq!(reader.step(&input[8..]), Err(BodyProblem::BadChunkEnd));
}

/// RFC 9112 section 7.1: which bytes may stand in a chunk-size line, judged in every place.
#[test]
fn every_byte_of_a_size_line_is_judged() {
    for byte in 0..=u8::MAX {
        let line = |before: &str, after: &str| [before.as_bytes(), &[byte], after.as_bytes()].concat();
        let is_digit = byte.is_ascii_hexdigit();
        let first = chunked(&line("", "\r\n")).is_ok();
        assert_eq!(first, is_digit, "{byte:#04x} as a size");
        let behind = chunked(&line("5", "")).is_ok();
        assert_eq!(behind, is_digit || b"\r;\t ".contains(&byte), "{byte:#04x} behind a size");
        let extension = chunked(&line("5;a", "b")).is_ok();
        assert_eq!(extension, byte == b'\t' || !byte.is_ascii_control(), "{byte:#04x} in an extension");
    }
}

#[test]
fn the_largest_size_has_sixteen_digits() {
    assert_eq!(chunked(b"ffffffffffffffff\r\nabc"), Ok(false));
    assert_eq!(chunked(b"00000000000000003\r\nabc"), Err(BodyProblem::BadChunkSize));
    assert_eq!(chunked(b"0000000000000003\r\nabc\r\n0\r\n\r\n"), Ok(true));
}

#[test]
fn a_size_line_is_limited() {
    let most = limits().chunk_line_bytes;
    let line = |length: usize| [b"5;".to_vec(), vec![b'a'; length - 2], b"\r\nhello\r\n0\r\n\r\n".to_vec()].concat();
    assert_eq!(chunked(&line(most)), Ok(true));
    assert_eq!(chunked(&line(most + 1)), Err(BodyProblem::ChunkLineTooLong));
}

#[test]
fn trailers_are_limited() {
    let body = |fields: &str| chunked(format!("0\r\n{fields}\r\n").as_bytes());
    assert_eq!(body(&"A: b\r\n".repeat(64)), Ok(true));
    assert_eq!(body(&"A: b\r\n".repeat(65)), Err(BodyProblem::TrailersTooLarge));
    let fill = |length: usize| format!("A: {}\r\n", "b".repeat(length - 5));
    assert_eq!(body(&fill(16 * 1024 - 2)), Ok(true));
    assert_eq!(body(&fill(16 * 1024 - 1)), Err(BodyProblem::TrailersTooLarge));
}

/// A refused trailer line is forgotten, so asking again gives the same answer.
#[test]
fn a_refused_trailer_stays_refused_for_the_same_reason() {
    let mut reader = BodyReader::with_limits(Framing::Chunked, BodyLimits { trailer_bytes: 10, ..limits() });
    assert_eq!(reader.step(b"0\r\n").map(|step| step.consumed), Ok(3));
    for _ in 0..3 {
        assert_eq!(reader.step(b"X A: 1\r\n"), Err(BodyProblem::BadTrailer));
    }
}

/// RFC 9110 section 6.5: trailer fields that may travel on, and those that may not.
#[test]
fn trailers_are_collected() {
    let mut reader = BodyReader::new(Framing::Chunked);
    let input = b"0\r\nX-Sum: 7 \r\nTE: x\r\nX.Dot: 1\r\nETag: \"a\"\r\n\r\nnext";
    let mut at = 0;
    while !reader.is_done() {
        at += reader.step(&input[at..]).expect("the trailers are good").consumed;
    }
    assert_eq!(&input[at..], b"next");
    let trailers = reader.trailers();
    let passed: Vec<_> = trailers.iter().collect();
    let expected: [(&[u8], &[u8]); 2] = [(b"X-Sum", b"7"), (b"ETag", b"\"a\"")];
    assert_eq!(passed, expected);
    let known: Vec<_> = trailers.fields().iter().map(|field| field.known).collect();
    assert_eq!(known, [Known::Other, Known::Te, Known::Other, Known::Etag]);
}

/// RFC 9110 section 6.5.1: what speaks for the visitor or steers the origin is said before the body or not at all.
#[test]
fn trailers_cannot_forge_what_heads_say() {
    for name in ["CF-Connecting-IP", "CF_Connecting_IP", "X-Forwarded-For", "True-Client-IP", "Authorization", "Cookie"]
    {
        let mut reader = BodyReader::new(Framing::Chunked);
        let input = format!("0\r\n{name}: 192.0.2.1\r\n\r\n");
        let mut at = 0;
        while !reader.is_done() {
            at += reader.step(&input.as_bytes()[at..]).expect("the trailers are good").consumed;
        }
        assert_eq!(reader.trailers().iter().count(), 0, "{name}");
    }
}

/// Fields that frame or route have no place behind the body.
#[test]
fn some_trailers_are_refused() {
    for field in ["Host: b", "content-length: 1", "Transfer-Encoding: chunked"] {
        assert_eq!(chunked(format!("0\r\n{field}\r\n\r\n").as_bytes()), Err(BodyProblem::BadTrailer), "{field}");
    }
}

proptest! {
    /// What the chunk writer writes, the reader reads.
    #[test]
    fn chunks_round_trip(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..8)) {
        let mut bytes = Vec::new();
        for chunk in &chunks {
            bytes.extend_from_slice(chunk_header(chunk.len(), &mut [0; 18]));
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(LAST_CHUNK);
        let read = read_body(&[&bytes], limits());
        prop_assert_eq!(read.content, chunks.concat());
        prop_assert_eq!((read.consumed, read.end), (bytes.len(), Ok(true)));
    }
}
