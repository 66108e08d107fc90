//! The PROXY protocol: a table per rule of the specification, and round trips.

use crate::openings;
use proptest::prelude::*;
use std::net::SocketAddr;
use wire::proxy_protocol::{
    Addresses, Command, Header, HeaderTooLong, Heard, Introduction, Limits, Problem, TlvKind, Transport, Version,
    parse, write_v1, write_v2,
};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn read(bytes: &[u8]) -> Result<Heard<'_>, Problem> {
    parse(bytes, &Limits::default())
}

fn complete(bytes: &[u8]) -> Header<'_> {
    match read(bytes) {
        Ok(Heard::Complete(header)) => header,
        other => panic!("{other:?} for {}", bytes.escape_ascii()),
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A header of version 2 with these bytes behind the signature and before the length.
fn v2(version_and_command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = (block.len() as u16).to_be_bytes();
    [SIGNATURE, &[version_and_command, family], &length, block].concat()
}

fn tlv(number: u8, value: &[u8]) -> Vec<u8> {
    [&[number], &(value.len() as u16).to_be_bytes()[..], value].concat()
}

const V4_BLOCK: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 0x01, 0xbb];

#[test]
fn lines_of_version_1() {
    let table: [(&str, Option<(&str, &str)>); 7] = [
        ("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", Some(("192.0.2.1:56324", "198.51.100.7:443"))),
        (
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            Some(("255.255.255.255:65535", "255.255.255.255:65535")),
        ),
        ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", Some(("0.0.0.0:0", "0.0.0.0:0"))),
        ("PROXY TCP6 2001:DB8::1 ::1 1 2\r\n", Some(("[2001:db8::1]:1", "[::1]:2"))),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", Some(("[::ffff:192.0.2.1]:1", "[::1]:2"))),
        ("PROXY UNKNOWN\r\n", None),
        ("PROXY UNKNOWN ffff:f...f:ffff anything at all 65535\r\n", None),
    ];
    for (line, parties) in table {
        let bytes = [line.as_bytes(), b"GET /"].concat();
        let header = complete(&bytes);
        assert_eq!((header.len, header.version, header.command), (line.len(), Version::V1, Command::Proxy), "{line}");
        let expected = match parties {
            Some((source, destination)) => Addresses::Inet {
                transport: Transport::Stream,
                source: address(source),
                destination: address(destination),
            },
            None => Addresses::Unspecified,
        };
        assert_eq!(header.addresses, expected, "{line}");
    }
}

#[test]
fn lines_that_break_the_grammar() {
    let lines = [
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 1\r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.7 56324 443\r\n",
        "PROXY  TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
        "PROXY TCP4\t192.0.2.1 198.51.100.7 56324 443\r\n",
        "PROXY TCP4 192.0.2.01 198.51.100.7 56324 443\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.7 56324 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 056324 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 +1 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 \r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n",
        "PROXY TCP6 [::1] ::1 1 2\r\n",
        "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n",
        "PROXY tcp4 192.0.2.1 198.51.100.7 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY UNKNOWN \r \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\n",
        "PROXY UNKNOWN\n",
        "PROXY \u{fc}\r\n",
    ];
    for line in lines {
        assert_eq!(read(line.as_bytes()), Err(Problem::BadLine), "{line:?}");
    }
}

#[test]
fn a_line_ends_within_107_bytes() {
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(91));
    assert_eq!((longest.len(), complete(longest.as_bytes()).len), (107, 107));
    let longer = format!("PROXY UNKNOWN {}\r\n", "x".repeat(92));
    assert_eq!(read(&longer.as_bytes()[..106]), Ok(Heard::Partial));
    assert_eq!(read(&longer.as_bytes()[..107]), Err(Problem::LineTooLong));
    assert_eq!(read(longer.as_bytes()), Err(Problem::LineTooLong));
}

/// Nothing is "tried" as a header: the first byte that no header has there ends it.
#[test]
fn anything_else_is_no_header() {
    let table = ["GET / HTTP/1.1\r\n", "PROXy ", "P ", "PRI * HTTP/2.0\r\n", "\u{16}\u{3}\u{1}", "\r\n\r\nGET", "\r\r"];
    for bytes in table {
        assert_eq!(read(bytes.as_bytes()), Err(Problem::Missing), "{bytes:?}");
    }
    for bytes in [&b""[..], b"P", b"PROXY", b"\r", b"\r\n\r\n", SIGNATURE] {
        assert_eq!(read(bytes), Ok(Heard::Partial), "{}", bytes.escape_ascii());
    }
}

#[test]
fn families_of_version_2() {
    let header = v2(0x21, 0x11, &V4_BLOCK);
    let expected = Addresses::Inet {
        transport: Transport::Stream,
        source: address("192.0.2.1:56324"),
        destination: address("198.51.100.7:443"),
    };
    assert_eq!(complete(&header).addresses, expected);
    assert_eq!(complete(&header).visitor(), Some(address("192.0.2.1:56324")));

    let datagram = v2(0x21, 0x12, &V4_BLOCK);
    assert!(matches!(complete(&datagram).addresses, Addresses::Inet { transport: Transport::Datagram, .. }));
    assert_eq!(complete(&datagram).visitor(), None, "no stream comes over datagrams");

    let block = [&[0u8; 15][..], &[1], &[0; 15], &[2], &[0, 80, 1, 187]].concat();
    let header = v2(0x21, 0x21, &block);
    assert_eq!(complete(&header).visitor(), Some(address("[::1]:80")));

    let mut block = [0; 216];
    block[..5].copy_from_slice(b"/run\0");
    block[5] = b'x';
    block[108..111].copy_from_slice(b"\0ab");
    let header = v2(0x21, 0x31, &block);
    let expected = Addresses::Unix { transport: Transport::Stream, source: b"/run", destination: b"\0ab" };
    assert_eq!(complete(&header).addresses, expected);

    let header = v2(0x21, 0x00, &tlv(0x02, b"www.example.com"));
    assert_eq!(complete(&header).addresses, Addresses::Unspecified);
    assert_eq!(complete(&header).tlvs.authority(), Some(&b"www.example.com"[..]));
}

/// "The receiver must accept this connection as valid … and discard the protocol block including the family."
#[test]
fn a_local_header_holds_nothing_whatever_it_holds() {
    for (family, block) in [(0x00, &b""[..]), (0x11, &V4_BLOCK), (0xff, b"\x02\xff\xff"), (0x11, b"short")] {
        let bytes = v2(0x20, family, block);
        let header = complete(&bytes);
        assert_eq!((header.len, header.command), (bytes.len(), Command::Local));
        assert_eq!((header.addresses, header.visitor()), (Addresses::Unspecified, None));
        assert_eq!(header.tlvs.count(), 0);
    }
}

#[test]
fn headers_of_version_2_that_are_refused() {
    let table: [(Vec<u8>, Problem); 13] = [
        (v2(0x11, 0x11, &V4_BLOCK), Problem::BadVersion),
        (v2(0x31, 0x11, &V4_BLOCK), Problem::BadVersion),
        (v2(0x22, 0x11, &V4_BLOCK), Problem::BadCommand),
        (v2(0x21, 0x01, &V4_BLOCK), Problem::BadFamily),
        (v2(0x21, 0x10, &V4_BLOCK), Problem::BadFamily),
        (v2(0x21, 0x13, &V4_BLOCK), Problem::BadFamily),
        (v2(0x21, 0x41, &V4_BLOCK), Problem::BadFamily),
        (v2(0x21, 0x11, &V4_BLOCK[..11]), Problem::BadLength),
        (v2(0x21, 0x21, &[0; 35]), Problem::BadLength),
        (v2(0x21, 0x31, &[0; 215]), Problem::BadLength),
        (v2(0x21, 0x11, &[&V4_BLOCK[..], &[4, 0]].concat()), Problem::BadTlv),
        (v2(0x21, 0x11, &[&V4_BLOCK[..], &[4, 0, 1]].concat()), Problem::BadTlv),
        (v2(0x21, 0x11, &[0; 5000]), Problem::TooLong),
    ];
    for (bytes, problem) in table {
        assert_eq!(read(&bytes), Err(problem), "{}", bytes[12..].escape_ascii());
    }
}

#[test]
fn the_length_limit_is_a_setting() {
    let header = v2(0x21, 0x11, &[&V4_BLOCK[..], &tlv(0x04, &[0; 100])].concat());
    let most = header.len();
    assert!(matches!(parse(&header, &Limits { v2_bytes: most }), Ok(Heard::Complete(_))));
    assert_eq!(parse(&header[..16], &Limits { v2_bytes: most - 1 }), Err(Problem::TooLong));
}

#[test]
fn extensions_are_told_one_by_one() {
    let details = [tlv(0x21, b"TLSv1.3"), tlv(0x22, b"visitor")].concat();
    let ssl = [&[0x03], &0u32.to_be_bytes()[..], &details].concat();
    let parts = [
        tlv(0x01, b"h2"),
        tlv(0x02, b"a.example"),
        tlv(0x04, b"padding"),
        tlv(0x05, b"unique"),
        tlv(0x20, &ssl),
        tlv(0x30, b"netns"),
        tlv(0xea, b"custom"),
    ];
    let bytes = v2(0x21, 0x11, &[&V4_BLOCK[..], &parts.concat()].concat());
    let kinds: Vec<_> = complete(&bytes).tlvs.filter_map(|tlv| tlv.kind()).collect();
    let [alpn, authority, noop, unique, TlvKind::Ssl(ssl), namespace, custom] = kinds[..] else { panic!("{kinds:?}") };
    assert_eq!((alpn, authority), (TlvKind::Alpn(b"h2"), TlvKind::Authority(b"a.example")));
    assert_eq!((noop, unique), (TlvKind::Noop, TlvKind::UniqueId(b"unique")));
    assert_eq!((namespace, custom), (TlvKind::NetworkNamespace(b"netns"), TlvKind::Other));
    assert!(ssl.is_tls() && ssl.has_certificate_here() && !ssl.has_certificate() && ssl.verify == 0);
    let values: Vec<&[u8]> = ssl.details.map(|detail| detail.value).collect();
    assert_eq!(values, [&b"TLSv1.3"[..], b"visitor"]);
}

#[test]
fn extensions_that_are_not_what_they_say() {
    for bad in
        [tlv(0x05, &[0; 129]), tlv(0x20, &[1, 0, 0, 0]), tlv(0x20, &[1, 0, 0, 0, 0, 0x21, 0, 9]), tlv(0x03, b"abc")]
    {
        let bytes = v2(0x21, 0x11, &[&V4_BLOCK[..], &bad].concat());
        assert_eq!(read(&bytes), Err(Problem::BadTlv), "{}", bad.escape_ascii());
    }
}

#[test]
fn a_checksum_that_is_there_is_verified() {
    let mut bytes = Vec::new();
    let parties = Some((address("192.0.2.1:56324"), address("198.51.100.7:443")));
    let told = Introduction { parties, authority: Some(b"a.example"), checksum: true, ..Introduction::default() };
    write_v2(&told, &mut bytes).expect("it fits");
    assert_eq!(complete(&bytes).len, bytes.len());
    for at in (16..28).chain(bytes.len() - 4..bytes.len()) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_eq!(read(&damaged), Err(Problem::BadChecksum), "byte {at}");
    }
    let twice = [&V4_BLOCK[..], &tlv(0x03, &[0; 4]), &tlv(0x03, &[0; 4])].concat();
    assert_eq!(read(&v2(0x21, 0x11, &twice)), Err(Problem::BadChecksum));
}

/// The example of the specification, section 2.1, and both families mixed.
#[test]
fn lines_are_written_as_they_are_read() {
    let table = [
        (Some(("192.168.0.1:56324", "192.168.0.11:443")), "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
        (Some(("[2001:db8::1]:1", "[::1]:2")), "PROXY TCP6 2001:db8::1 ::1 1 2\r\n"),
        (Some(("[::ffff:192.0.2.1]:1", "192.0.2.2:2")), "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        (Some(("192.0.2.1:1", "[::1]:2")), "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"),
        (None, "PROXY UNKNOWN\r\n"),
    ];
    for (parties, line) in table {
        let mut out = Vec::new();
        write_v1(parties.map(|(from, to)| (address(from), address(to))), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), line);
        assert_eq!(complete(&out).len, line.len());
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut out = b"before".to_vec();
    let long = vec![0; 65_536];
    for told in [
        Introduction { authority: Some(&long), ..Introduction::default() },
        Introduction { authority: Some(&long[..65_533]), ..Introduction::default() },
        Introduction { unique_id: Some(&long[..129]), ..Introduction::default() },
    ] {
        assert_eq!(write_v2(&told, &mut out), Err(HeaderTooLong));
        assert_eq!(out, b"before");
    }
}

fn any_address() -> impl Strategy<Value = SocketAddr> {
    any::<(std::net::IpAddr, u16)>().prop_map(SocketAddr::from)
}

fn some_bytes(most: usize) -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(prop::collection::vec(any::<u8>(), 0..most))
}

/// A header of either version that any sender may send, with bytes behind it.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let parties = prop::option::of((any_address(), any_address()));
    (parties, some_bytes(40), some_bytes(8), some_bytes(129), any::<(bool, bool)>()).prop_map(
        |(parties, authority, alpn, unique_id, (text, checksum))| {
            let mut out = Vec::new();
            let (authority, alpn, unique_id) = (authority.as_deref(), alpn.as_deref(), unique_id.as_deref());
            match text {
                true => write_v1(parties, &mut out),
                false => {
                    let told = Introduction { parties, authority, alpn, unique_id, checksum };
                    write_v2(&told, &mut out).expect("it fits");
                }
            }
            out.extend_from_slice(b"PROXY UNKNOWN\r\n");
            out
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(from in any_address(), to in any_address(), name in some_bytes(300), checksum: bool) {
        let mut out = Vec::new();
        let told = Introduction {
            parties: Some((from, to)), authority: name.as_deref(), checksum, ..Introduction::default()
        };
        write_v2(&told, &mut out).expect("it fits");
        write_v1(Some((from, to)), &mut out);
        let first = complete(&out);
        let second = complete(&out[first.len..]);
        prop_assert_eq!(first.tlvs.authority(), name.as_deref());
        prop_assert_eq!(first.len + second.len, out.len());
        for header in [first, second] {
            let Addresses::Inet { source, destination, .. } = header.addresses else { panic!("{header:?}") };
            prop_assert_eq!(source.is_ipv4(), destination.is_ipv4());
            for (found, told) in [(source, from), (destination, to)] {
                prop_assert_eq!((found.ip().to_canonical(), found.port()), (told.ip().to_canonical(), told.port()));
            }
        }
    }

    #[test]
    fn random_bytes_never_panic_and_read_the_same_in_pieces(bytes in prop::collection::vec(any::<u8>(), 0..120), v in 0..3) {
        let start: &[u8] = [&b""[..], b"PROXY TCP4 ", SIGNATURE][v as usize];
        openings::proxy_header(&[start, &bytes].concat());
    }

    #[test]
    fn damaged_headers_never_panic_and_read_the_same_in_pieces(
        mut bytes in header(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 0..4),
    ) {
        for (at, byte, way) in damage {
            let at = at.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at, byte),
                _ => drop(bytes.drain(at..(at + usize::from(byte % 8)).min(bytes.len() - 1).max(at))),
            }
        }
        openings::proxy_header(&bytes);
    }
}
