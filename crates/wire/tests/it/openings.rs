//! What is attacked before any message: headers of the PROXY protocol and first messages of TLS, with what must hold for
//! every input. The tests and the fuzz targets call the same functions.

use wire::{
    ClientHello, HelloLimits, HelloProblem, Parsed, parse_client_hello,
    proxy_protocol::{self, Header, Heard, Limits, Problem, TlvKind},
};

/// Reads a header as a whole, and as it arrives byte by byte.
pub fn proxy_header(bytes: &[u8]) {
    for limits in [Limits::default(), Limits { v2_bytes: 80 }] {
        let whole = proxy_protocol::parse(bytes, &limits);
        if let Ok(Heard::Complete(header)) = whole {
            check_header(&header, bytes, &limits);
        }
        assert_eq!(first_outcome(bytes, |piece| proxy_outcome(piece, &limits)), proxy_outcome(bytes, &limits));
    }
}

/// What is known once a header has been read: its length, or what is wrong with it.
fn proxy_outcome(bytes: &[u8], limits: &Limits) -> Option<Result<usize, Problem>> {
    match proxy_protocol::parse(bytes, limits) {
        Ok(Heard::Partial) => None,
        Ok(Heard::Complete(header)) => Some(Ok(header.len)),
        Err(problem) => Some(Err(problem)),
    }
}

fn check_header(header: &Header<'_>, bytes: &[u8], limits: &Limits) {
    assert!(header.len <= bytes.len() && header.len <= limits.v2_bytes.max(proxy_protocol::MOST_V1_BYTES));
    let exact = proxy_protocol::parse(&bytes[..header.len], limits);
    assert_eq!(exact, Ok(Heard::Complete(*header)), "what follows a header changes nothing");
    for tlv in header.tlvs {
        let kind = tlv.kind().expect("every extension of a header is well-formed");
        if let TlvKind::Ssl(ssl) = kind {
            assert!(ssl.details.count() <= tlv.value.len());
        }
    }
}

/// Reads a first message as a whole, and as it arrives byte by byte.
pub fn client_hello(bytes: &[u8]) {
    for limits in [HelloLimits::default(), HelloLimits { bytes: 300, records: 2 }] {
        let whole = hello_outcome(bytes, &limits);
        if let Some(Ok(hello)) = &whole {
            assert!(hello.protocols().all(|protocol| !protocol.is_empty()));
            let name = hello.server_name().unwrap_or_default();
            assert!(name.len() <= 253 && !name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b':'));
        }
        assert_eq!(first_outcome(bytes, |piece| hello_outcome(piece, &limits)), whole);
    }
}

fn hello_outcome(bytes: &[u8], limits: &HelloLimits) -> Option<Result<ClientHello, HelloProblem>> {
    let mut hello = ClientHello::default();
    match parse_client_hello(&mut hello, bytes, limits) {
        Ok(Parsed::Partial) => None,
        Ok(Parsed::Complete) => Some(Ok(hello)),
        Err(problem) => {
            assert_eq!(hello, ClientHello::default(), "a refused message tells nothing");
            Some(Err(problem))
        }
    }
}

/// The first outcome that is not partial, when one byte arrives after the other.
fn first_outcome<T>(bytes: &[u8], outcome: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    (0..=bytes.len()).find_map(|end| outcome(&bytes[..end]))
}
