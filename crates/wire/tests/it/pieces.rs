//! How the bytes were cut into pieces makes no difference.

use proptest::prelude::*;
use wire::{BodyLimits, HeadLimits, Parsed, RequestHead, RequestProblem, ResponseHead, parse_request, parse_response};

use crate::{corpus, entries};

/// Reads every request of the corpus byte by byte; the outcome, once there is one, is that of the whole.
#[test]
fn requests_read_the_same_byte_by_byte() {
    let limits = HeadLimits::default();
    for (name, bytes) in corpus::messages("requests") {
        let mut whole = RequestHead::default();
        let expected = parse_request(&mut whole, &bytes, &limits);
        let mut head = RequestHead::default();
        let got = (0..=bytes.len())
            .map(|end| parse_request(&mut head, &bytes[..end], &limits))
            .find(|parsed| *parsed != Ok(Parsed::Partial))
            .unwrap_or(Ok(Parsed::Partial));
        if got != Ok(Parsed::Partial) || expected == Ok(Parsed::Complete) {
            assert_eq!(got, expected, "{name}");
        }
        if expected == Ok(Parsed::Complete) {
            assert_eq!((head.len, head.fields, head.host), (whole.len, whole.fields, whole.host), "{name}");
        }
    }
}

#[test]
fn answers_read_the_same_byte_by_byte() {
    let limits = HeadLimits::default();
    for (name, bytes) in corpus::messages("responses") {
        let mut whole = ResponseHead::default();
        let expected = parse_response(&mut whole, &bytes, &limits, false);
        let mut head = ResponseHead::default();
        let got = (0..=bytes.len())
            .map(|end| parse_response(&mut head, &bytes[..end], &limits, false))
            .find(|parsed| *parsed != Ok(Parsed::Partial))
            .unwrap_or(Ok(Parsed::Partial));
        if got != Ok(Parsed::Partial) || expected == Ok(Parsed::Complete) {
            assert_eq!(got, expected, "{name}");
        }
        if expected == Ok(Parsed::Complete) {
            assert_eq!((head.len, head.fields, head.reason), (whole.len, whole.fields, whole.reason), "{name}");
        }
    }
}

/// Bytes of an open line are read once it is complete and not before: the cost of a head that trickles in stays in
/// proportion to its length. A change to bytes that have been seen already shows whether they are looked at again.
#[test]
fn the_bytes_of_an_open_line_are_not_read_again() {
    let (mut head, limits) = (RequestHead::default(), HeadLimits::default());
    let start = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nX-Long: aaaa";
    assert_eq!(parse_request(&mut head, start, &limits), Ok(Parsed::Partial));
    assert_eq!(head.stopped_at(), start.len() - "X-Long: aaaa".len());
    let changed = [&start.map(|byte| if byte == b'X' { b'\0' } else { byte })[..], b"a"].concat();
    assert_eq!(parse_request(&mut head, &changed, &limits), Ok(Parsed::Partial));
    assert_eq!(parse_request(&mut head, &[&changed, &b"\r\n"[..]].concat(), &limits), Err(RequestProblem::BadHeader));

    let mut head = ResponseHead::default();
    let start = b"HTTP/1.1 200 OK\r\nX-Long: aaaa";
    assert_eq!(parse_response(&mut head, start, &limits, false), Ok(Parsed::Partial));
    let changed = [&start.map(|byte| if byte == b'X' { b'\0' } else { byte })[..], b"a"].concat();
    assert_eq!(parse_response(&mut head, &changed, &limits, false), Ok(Parsed::Partial));
}

/// A buffer that shrank is another message, not the rest of the last one.
#[test]
fn a_shorter_buffer_begins_anew() {
    let (mut head, limits) = (RequestHead::default(), HeadLimits::default());
    let first = b"GET /first HTTP/1.1\r\nHost: a.example\r\nX-Unfinished: ";
    assert_eq!(parse_request(&mut head, first, &limits), Ok(Parsed::Partial));
    let second = b"GET /second HTTP/1.0\r\n\r\n";
    assert_eq!(parse_request(&mut head, second, &limits), Ok(Parsed::Complete));
    assert_eq!(head.target.of(second), b"/second");
    assert!(head.fields.is_empty() && head.host.is_none());
}

/// Bytes that look like messages often enough to get deep into the parser.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"GET / HTTP/1.1\r\n".to_vec()),
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"Host: a.example\r\n".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"3\r\nabc\r\n".to_vec()),
        Just(b"0\r\n\r\n".to_vec()),
        "[ -~]{0,12}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        entries::request_head(&bytes);
        entries::response_head(&bytes);
        entries::chunked_body(&bytes);
        entries::host(&bytes);
    }

    #[test]
    fn message_soup_never_panics_and_reads_the_same_in_pieces(bytes in soup()) {
        entries::request_head(&bytes);
        entries::response_head(&bytes);
        entries::chunked_body(&bytes);
        entries::host(&bytes);
    }

    #[test]
    fn a_chunked_body_reads_the_same_in_any_pieces(bytes in soup(), cuts in prop::collection::vec(0..200usize, 0..6)) {
        let limits = BodyLimits::default();
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(entries::read_body(&pieces, limits), entries::read_body(&[&bytes], limits));
    }
}
