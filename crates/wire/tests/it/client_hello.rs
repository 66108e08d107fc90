//! The first message of TLS: what real clients send, a table per rule, and damage.

use crate::openings;
use proptest::prelude::*;
use wire::{ClientHello, HelloLimits, HelloProblem, Parsed, parse_client_hello};

fn vector(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(body)].concat()
}

fn server_name(name: &[u8]) -> Vec<u8> {
    extension(0, &vector(&[&[0], &vector(name)[..]].concat()))
}

fn alpn(protocols: &[&[u8]]) -> Vec<u8> {
    let list: Vec<u8> = protocols.iter().flat_map(|name| [&[name.len() as u8], *name].concat()).collect();
    extension(16, &vector(&list))
}

/// A message with these extensions; with none at all when there are no bytes.
fn message(extensions: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([32].iter().chain(&[9; 32]));
    body.extend(vector(&[0x13, 0x01, 0x13, 0x02]));
    body.extend([1, 0]);
    if !extensions.is_empty() {
        body.extend(vector(extensions));
    }
    [&[1, 0], &vector(&body)[..]].concat()
}

/// The message in records of at most `most` bytes.
fn records(message: &[u8], most: usize) -> Vec<u8> {
    message.chunks(most).flat_map(|content| [&[22, 3, 1], &vector(content)[..]].concat()).collect()
}

fn read_with(bytes: &[u8], limits: &HelloLimits) -> Result<Option<ClientHello>, HelloProblem> {
    let mut hello = ClientHello::default();
    let parsed = parse_client_hello(&mut hello, bytes, limits)?;
    Ok((parsed == Parsed::Complete).then_some(hello))
}

fn read(bytes: &[u8]) -> Result<Option<ClientHello>, HelloProblem> {
    read_with(bytes, &HelloLimits::default())
}

fn name_of(bytes: &[u8]) -> Option<String> {
    let hello = read(bytes).expect("well-formed").expect("complete");
    hello.server_name().map(str::to_owned)
}

/// What the client of rustls sends for this name.
fn sent_by_rustls(name: &'static str) -> Vec<u8> {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = name.try_into().expect("a name");
    let mut client = rustls::ClientConnection::new(config.into(), name).expect("a connection");
    let mut out = Vec::new();
    client.write_tls(&mut out).expect("memory takes it");
    out
}

#[test]
fn what_a_real_client_sends_is_understood() {
    let bytes = sent_by_rustls("WWW.example.com");
    let hello = read(&bytes).expect("well-formed").expect("complete");
    assert_eq!(hello.server_name(), Some("www.example.com"));
    assert_eq!(hello.protocols().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
    assert_eq!(name_of(&sent_by_rustls("192.0.2.1")), None, "an address is no server name");
    openings::client_hello(&bytes);
}

#[test]
fn names_and_protocols_are_found_wherever_records_end() {
    let extensions = [extension(10, &[0, 2, 0, 29]), server_name(b"a.example"), alpn(&[b"h2", b"spdy/3"])].concat();
    let message = message(&extensions);
    for most in 1..=message.len() {
        let bytes = records(&message, most);
        let hello = read_with(&bytes, &HelloLimits { records: 400, ..HelloLimits::default() });
        let hello = hello.expect("well-formed").expect("complete");
        assert_eq!(hello.server_name(), Some("a.example"), "records of {most}");
        assert_eq!(hello.protocols().collect::<Vec<_>>(), [&b"h2"[..], b"spdy/3"], "records of {most}");
    }
}

#[test]
fn a_message_may_ask_for_nothing() {
    for extensions in [vec![], extension(10, &[]), alpn(&[b"h2"])] {
        assert_eq!(name_of(&records(&message(&extensions), 9999)), None);
    }
}

#[test]
fn names_that_are_none() {
    let names: [&[u8]; 7] = [b"", b"a.example:443", b"[::1]", b"a b", b"a\0b", b"-.-..", &[b'a'; 300]];
    for name in names {
        let bytes = records(&message(&server_name(name)), 9999);
        assert_eq!(read(&bytes), Err(HelloProblem::BadServerName), "{}", name.escape_ascii());
    }
    let two = [&[0], &vector(b"a.example")[..], &[0], &vector(b"b.example")].concat();
    let bytes = records(&message(&extension(0, &vector(&two))), 9999);
    assert_eq!(read(&bytes), Err(HelloProblem::BadServerName));
    let other_kind_first = [&[7], &vector(b"\xff")[..], &[0], &vector(b"b.example")].concat();
    let bytes = records(&message(&extension(0, &vector(&other_kind_first))), 9999);
    assert_eq!(name_of(&bytes).as_deref(), Some("b.example"));
}

#[test]
fn messages_that_are_refused() {
    let good = records(&message(&server_name(b"a.example")), 9999);
    let with = |at: usize, byte: u8| [&good[..at], &[byte], &good[at + 1..]].concat();
    let repeated = [server_name(b"a.example"), server_name(b"b.example")].concat();
    let first = records(&message(&server_name(b"a.example"))[..20], 9999);
    let table: [(Vec<u8>, HelloProblem); 13] = [
        (b"GET / HTTP/1.1\r\n".to_vec(), HelloProblem::NotTls),
        (with(0, 23), HelloProblem::NotTls),
        (with(1, 2), HelloProblem::NotTls),
        (vec![22, 3, 1, 0, 0], HelloProblem::NotTls),
        (vec![22, 3, 1, 0x40, 1], HelloProblem::NotTls),
        ([&first[..], &[21, 3, 3, 0, 2, 1, 0]].concat(), HelloProblem::BadRecord),
        ([&first[..], &[22, 3, 3, 0, 0]].concat(), HelloProblem::BadRecord),
        (with(5, 2), HelloProblem::NotClientHello),
        (with(6, 1), HelloProblem::TooLarge),
        (records(&message(&repeated), 9999), HelloProblem::RepeatedExtension),
        (records(&message(&[alpn(&[b"h2"]), alpn(&[b"h2"])].concat()), 9999), HelloProblem::RepeatedExtension),
        (records(&message(&alpn(&[b""])), 9999), HelloProblem::BadHello),
        (records(&message(&extension(0, &[])), 9999), HelloProblem::BadHello),
    ];
    for (bytes, problem) in table {
        assert_eq!(read(&bytes), Err(problem), "{}", bytes.escape_ascii());
    }
}

/// A length that reaches over the end of what holds it, or leaves something over, is refused wherever it stands.
#[test]
fn every_length_is_checked() {
    let message = message(&[server_name(b"a.example"), alpn(&[b"h2"])].concat());
    let lengths = [38, 71, 72, 77, 79, 80, 83, 84, 85, 86, 88, 89];
    for at in lengths {
        for change in [1u8, 0x80] {
            let mut changed = message.clone();
            changed[at] = changed[at].wrapping_add(change);
            assert!(read(&records(&changed, 9999)).is_err(), "byte {at} + {change}");
        }
    }
    let over = [&message[..], b"x"].concat();
    let mut longer = over.clone();
    longer[3] += 1;
    assert_eq!(read(&records(&longer, 9999)), Err(HelloProblem::BadHello), "bytes behind the extensions");
    assert!(read(&records(&over, 9999)).is_ok(), "what follows the message in its record is not ours to judge");
}

#[test]
fn the_limits_are_settings() {
    let message = message(&server_name(b"a.example"));
    let bytes = records(&message, 40);
    let exact = HelloLimits { bytes: bytes.len(), records: bytes.len().div_ceil(45) };
    assert!(read_with(&bytes, &exact).is_ok_and(|hello| hello.is_some()));
    let smaller = HelloLimits { bytes: bytes.len() - 1, ..exact };
    assert_eq!(read_with(&bytes, &smaller), Err(HelloProblem::TooLarge));
    let fewer = HelloLimits { records: exact.records - 1, ..exact };
    assert_eq!(read_with(&bytes, &fewer), Err(HelloProblem::TooLarge));
}

fn hello() -> impl Strategy<Value = Vec<u8>> {
    let name =
        prop_oneof!["[a-z]{1,20}\\.example".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..9)];
    let other = (17..60u16, prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, body)| extension(kind, &body));
    (name, prop::collection::vec(other, 0..4), any::<bool>(), 1..200usize).prop_map(|(name, others, last, most)| {
        let mut parts = others;
        parts.insert(if last { parts.len() } else { 0 }, server_name(&name));
        parts.push(alpn(&[b"h2", b"http/1.1"]));
        records(&message(&parts.concat()), most)
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), tls: bool) {
        openings::client_hello(&bytes);
        if tls {
            openings::client_hello(&records(&[&[1, 0, 0, 150], &bytes[..]].concat(), 60));
        }
    }

    #[test]
    fn damaged_messages_never_panic_and_read_the_same_in_pieces(
        mut bytes in hello(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 0..4),
    ) {
        for (at, byte, way) in damage {
            let at = at.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        openings::client_hello(&bytes);
    }
}
