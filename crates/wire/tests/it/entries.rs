//! What is attacked: one function per kind of hostile bytes, with what must hold for every input.
//!
//! The mutation test and the fuzz targets call the same functions. Each reads its input as a whole and again in two
//! pieces cut at a place that the input itself chooses, since most mistakes of a resuming parser hide there.

use wire::{
    BodyLimits, BodyProblem, BodyReader, Field, Framing, HeadLimits, HostKind, Known, Parsed, RequestHead,
    ResponseHead, normalize_host, parse_request, parse_response,
};

/// Limits small enough for short inputs to reach them.
fn tight() -> HeadLimits {
    HeadLimits { head_bytes: 600, header_count: 12, target_bytes: 200, connection_options: 8, ..HeadLimits::default() }
}

/// Reads request heads with default and with tight limits.
pub fn request_head(bytes: &[u8]) {
    for limits in [HeadLimits::default(), tight()] {
        let mut head = RequestHead::default();
        let whole = parse_request(&mut head, bytes, &limits);
        if whole == Ok(Parsed::Complete) {
            assert!(head.len <= bytes.len().min(limits.head_bytes));
            assert!(head.target.len() <= limits.target_bytes);
            assert!(!head.method.is_empty() && !head.target.is_empty());
            assert!(head.framing != Framing::UntilClose);
            check_fields(&head.fields, &bytes[..head.len], &limits);
            if let Some(host) = head.host_name() {
                check_host(host.as_str());
            }
        }
        let mut pieces = RequestHead::default();
        let first = parse_request(&mut pieces, &bytes[..cut(bytes)], &limits);
        let pieced = if first == Ok(Parsed::Partial) { parse_request(&mut pieces, bytes, &limits) } else { first };
        if pieced != Ok(Parsed::Partial) {
            assert_eq!(pieced, whole);
        }
        if whole == Ok(Parsed::Complete) {
            assert_eq!(pieced, whole);
            assert_eq!((pieces.len, pieces.framing, &pieces.fields), (head.len, head.framing, &head.fields));
        }
    }
}

/// Reads answer heads, to GET and to HEAD.
pub fn response_head(bytes: &[u8]) {
    for (limits, for_head_request) in [(HeadLimits::default(), false), (tight(), true)] {
        let mut head = ResponseHead::default();
        let whole = parse_response(&mut head, bytes, &limits, for_head_request);
        if whole == Ok(Parsed::Complete) {
            assert!(head.len <= bytes.len().min(limits.head_bytes));
            assert!((100..1000).contains(&head.status));
            assert!(!(head.keep_alive && head.framing == Framing::UntilClose));
            check_fields(&head.fields, &bytes[..head.len], &limits);
        }
        let mut pieces = ResponseHead::default();
        let first = parse_response(&mut pieces, &bytes[..cut(bytes)], &limits, for_head_request);
        let pieced = match first {
            Ok(Parsed::Partial) => parse_response(&mut pieces, bytes, &limits, for_head_request),
            ended => ended,
        };
        if pieced != Ok(Parsed::Partial) {
            assert_eq!(pieced, whole);
        }
        if whole == Ok(Parsed::Complete) {
            assert_eq!(pieced, whole);
            assert_eq!((pieces.len, pieces.framing, &pieces.fields), (head.len, head.framing, &head.fields));
        }
    }
}

/// Reads a chunked body.
pub fn chunked_body(bytes: &[u8]) {
    let limits = BodyLimits { chunk_line_bytes: 64, trailer_bytes: 200, trailer_count: 4 };
    let whole = read_body(&[bytes], limits);
    let (first, second) = bytes.split_at(cut(bytes));
    assert_eq!(read_body(&[first, second], limits), whole);
}

/// Reads a host with an optional port.
pub fn host(bytes: &[u8]) {
    let Ok(host) = normalize_host(bytes) else { return };
    check_host(host.as_str());
    if host.kind() != HostKind::Name {
        assert!(host.ip().is_some());
    }
    if !matches!(host.kind(), HostKind::V6(_)) {
        let again = normalize_host(host.as_str().as_bytes()).expect("the normal form is a host");
        assert_eq!((again.as_str(), again.kind(), again.port()), (host.as_str(), host.kind(), None));
    }
}

/// A place to cut that depends on every byte.
fn cut(bytes: &[u8]) -> usize {
    let sum = bytes.iter().fold(7usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    sum % (bytes.len() + 1)
}

fn check_fields(fields: &[Field], head: &[u8], limits: &HeadLimits) {
    assert!(fields.len() <= limits.header_count);
    for field in fields {
        let (name, value) = (field.name.of(head), field.value.of(head));
        assert!(!name.is_empty() && name.iter().all(u8::is_ascii_graphic));
        assert!(!name.contains(&b':'));
        assert!(value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control()));
        assert!(field.known == Known::Other || field.known.name().as_bytes().eq_ignore_ascii_case(name));
        assert!(!field.known.is_hop_by_hop() || field.is_hop_by_hop());
    }
}

fn check_host(host: &str) {
    assert!(!host.is_empty() && host.len() <= 253);
    assert!(host.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()));
}

/// What a body amounts to: its content, its trailer bytes, and how reading it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub content: Vec<u8>,
    pub trailers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bytes up to the end of the body, or up to where reading stopped.
    pub consumed: usize,
    pub end: Result<bool, BodyProblem>,
}

/// Reads a chunked body that arrives in these pieces.
pub fn read_body(pieces: &[&[u8]], limits: BodyLimits) -> Read {
    let mut reader = BodyReader::with_limits(Framing::Chunked, limits);
    let mut read = Read { content: Vec::new(), trailers: Vec::new(), consumed: 0, end: Ok(false) };
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() && !reader.is_done() {
            match reader.step(rest) {
                Ok(step) => {
                    assert!(step.consumed > 0, "a step that neither moves nor complains");
                    assert!(step.data.end <= step.consumed && step.end == reader.is_done());
                    read.content.extend_from_slice(&rest[step.data]);
                    read.consumed += step.consumed;
                    rest = &rest[step.consumed..];
                }
                Err(problem) => {
                    assert_eq!(reader.step(rest), Err(problem), "a problem stays");
                    read.end = Err(problem);
                    return read.without_place();
                }
            }
        }
    }
    read.end = Ok(reader.is_done());
    read.trailers = reader.trailers().iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    read
}

impl Read {
    /// Forgets where reading stopped: a trailer line is complained about as a whole, so the place depends on the pieces.
    fn without_place(mut self) -> Read {
        self.consumed = 0;
        self
    }
}
