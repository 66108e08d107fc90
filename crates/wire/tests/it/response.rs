//! What an answer head says beyond being accepted or refused, and where its limits lie.

use wire::{Framing, HeadLimits, Known, Parsed, ResponseHead, ResponseProblem, Version, parse_response};

fn accept(bytes: &[u8], for_head_request: bool) -> ResponseHead {
    let mut head = ResponseHead::default();
    assert_eq!(parse_response(&mut head, bytes, &HeadLimits::default(), for_head_request), Ok(Parsed::Complete));
    head
}

fn outcome(bytes: &[u8]) -> Result<Parsed, ResponseProblem> {
    parse_response(&mut ResponseHead::default(), bytes, &HeadLimits::default(), false)
}

#[test]
fn the_parts_of_a_head_are_found() {
    let bytes = b"HTTP/1.0 404 Not  Found\r\nSERVER: x\r\nContent-Length: 2\r\n\r\nno";
    let head = accept(bytes, false);
    assert_eq!((head.version, head.status, head.reason.of(bytes)), (Version::Http10, 404, &b"Not  Found"[..]));
    assert_eq!((head.len, head.framing, head.keep_alive), (bytes.len() - 2, Framing::Length(2), false));
    assert_eq!(head.value(Known::Server, bytes), Some(&b"x"[..]));
    assert_eq!(head.value(Known::Date, bytes), None);
}

/// RFC 9112 section 6.3, for every status: which answers have no body whatever their fields say.
#[test]
fn some_answers_never_have_a_body() {
    for status in 100..1000 {
        let plain = format!("HTTP/1.1 {status} X\r\n\r\n");
        let chunked = format!("HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n");
        let (is_bodiless, refuses_chunks) =
            (status < 200 || status == 204 || status == 304, status < 200 || status == 204);
        let expected = if is_bodiless { Framing::None } else { Framing::UntilClose };
        assert_eq!(accept(plain.as_bytes(), false).framing, expected, "{status}");
        assert_eq!(accept(plain.as_bytes(), true).framing, Framing::None, "{status} to HEAD");
        assert_eq!(outcome(chunked.as_bytes()) == Err(ResponseProblem::BadFraming), refuses_chunks, "{status} chunked");
    }
}

/// Only three digits from 100 to 999 are a status.
#[test]
fn three_digits_make_a_status() {
    for number in 0..1100 {
        for text in [format!("{number}"), format!("{number:03}")] {
            let expected =
                if text.len() == 3 && number >= 100 { Ok(Parsed::Complete) } else { Err(ResponseProblem::BadStatus) };
            assert_eq!(outcome(format!("HTTP/1.1 {text} X\r\n\r\n").as_bytes()), expected, "{text}");
        }
    }
}

/// Another protocol is recognised by its first bytes, without waiting for a line end.
#[test]
fn garbage_is_refused_at_its_first_byte() {
    for start in [&b"S"[..], b"HTTQ", b"HTTP/2", b"\x16\x03", b"\0", b"http", b"\r\n"] {
        assert_eq!(outcome(start), Err(ResponseProblem::BadStatusLine), "{}", start.escape_ascii());
    }
    for start in [&b""[..], b"H", b"HTTP/", b"HTTP/1.", b"HTTP/1.1", b"HTTP/1.1 ", b"HTTP/1.1 2", b"HTTP/1.1 200"] {
        assert_eq!(outcome(start), Ok(Parsed::Partial), "{}", start.escape_ascii());
    }
}

/// 127 KiB of head pass, 129 KiB do not (`EDGE-41`, the parsing half).
#[test]
fn a_head_may_have_128_kib() {
    let head = |kib: usize| {
        let line = format!("X-Fill: {}\r\n", "x".repeat(1014));
        format!("HTTP/1.1 200 OK\r\n{}\r\n", line.repeat(kib)).into_bytes()
    };
    assert_eq!(outcome(&head(127)), Ok(Parsed::Complete));
    assert_eq!(outcome(&head(129)), Err(ResponseProblem::HeadTooLarge));
}

/// A reused head keeps nothing of the interim answer before.
#[test]
fn a_reused_head_forgets_the_last_answer() {
    let limits = HeadLimits::default();
    let mut head = ResponseHead::default();
    let bytes = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(parse_response(&mut head, bytes, &limits, false), Ok(Parsed::Complete));
    assert!(head.is_interim() && head.has(Known::Link));
    let rest = &bytes[head.len..];
    assert_eq!(parse_response(&mut head, rest, &limits, false), Ok(Parsed::Complete));
    assert!(!head.is_interim() && !head.has(Known::Link) && head.status == 200);
    assert_eq!(head.len, rest.len());
}

/// The end of the connection ends the body, so the connection cannot go on.
#[test]
fn a_body_until_close_never_keeps_the_connection() {
    assert!(!accept(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", false).keep_alive);
    assert!(accept(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", true).keep_alive);
}
