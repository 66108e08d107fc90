//! Hosts in normal form.

use proptest::prelude::*;
use wire::{BadHost, HostKind, HostName, is_percent_encoding_valid, normalize_host};

#[track_caller]
fn assert_host(raw: &str, text: &str, port: Option<u16>) {
    let host = normalize_host(raw.as_bytes()).expect(raw);
    assert_eq!((host.as_str(), host.port()), (text, port), "{raw}");
}

#[test]
fn names_lose_their_case_port_and_root_dot() {
    assert_host("www.Example.COM", "www.example.com", None);
    assert_host("a", "a", None);
    assert_host("a.", "a", None);
    assert_host("a.example.:443", "a.example", Some(443));
    assert_host("a.example:", "a.example", None);
    assert_host("a.example:0", "a.example", Some(0));
    assert_host("a.example:65535", "a.example", Some(65_535));
    assert_host("a.example:00080", "a.example", Some(80));
    assert_host("my_app-1.example", "my_app-1.example", None);
    assert_host("1.example", "1.example", None);
    assert_host("a.1x", "a.1x", None);
    assert_host("a.0xg", "a.0xg", None);
}

/// What decides whether a host is the address of an edge (`EDGE-17`, the parsing half).
#[test]
fn addresses_are_told_apart() {
    let kind = |raw: &str| normalize_host(raw.as_bytes()).map(|host| (host.kind(), host.ip()));
    let v4 = "192.0.2.7".parse().expect("an address");
    let v6 = "2001:db8::7".parse().expect("an address");
    assert_eq!(kind("192.0.2.7:80"), Ok((HostKind::V4(v4), Some(v4.into()))));
    assert_eq!(kind("192.0.2.7."), Ok((HostKind::V4(v4), Some(v4.into()))));
    assert_eq!(kind("[2001:DB8::7]"), Ok((HostKind::V6(v6), Some(v6.into()))));
    assert_eq!(kind("a.example"), Ok((HostKind::Name, None)));
    assert_host("[2001:DB8::7]:8443", "2001:db8::7", Some(8443));
}

#[test]
fn what_is_no_host_is_refused() {
    let bad = [
        "",
        ".",
        "..",
        ".a",
        "a..b",
        "a b",
        "a,b",
        "a/b",
        "a@b",
        "a%41",
        "a\u{e9}",
        "a:b",
        "a:1:2",
        "a:65536",
        "a:000080",
        "a:+1",
        ":80",
        "127.1",
        "1",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "1.2.3.4.5",
        "256.1.1.1",
        "a.0x1",
        "a.1",
        "[]",
        "[::1",
        "::1",
        "[::1]x",
        "[::1]:x",
        "[fe80::1%eth0]",
        "[v1.a]",
        "[1.2.3.4]",
        "a\0",
        "a\t",
        "*.example",
        "a?b",
        "a#",
    ];
    for raw in bad {
        assert_eq!(normalize_host(raw.as_bytes()).map(|host| host.as_str().to_owned()), Err(BadHost), "{raw:?}");
    }
}

#[test]
fn labels_and_names_are_limited() {
    let label = "a".repeat(63);
    assert!(normalize_host(label.as_bytes()).is_ok());
    assert!(normalize_host(format!("{label}a").as_bytes()).is_err());
    assert!(normalize_host(format!("{label}a.b").as_bytes()).is_err());
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    assert!(normalize_host(format!("{longest}.").as_bytes()).is_ok());
    assert!(normalize_host(format!("{longest}a").as_bytes()).is_err());
}

#[test]
fn a_refused_host_leaves_the_last_one() {
    let mut host = HostName::default();
    assert_eq!(host.set(b"A.example:81"), Ok(()));
    assert_eq!(host.set(b"a b"), Err(BadHost));
    assert_eq!((host.as_str(), host.port()), ("a.example", Some(81)));
}

/// RFC 3986 section 2.1.
#[test]
fn percent_needs_two_digits() {
    for good in ["", "/a", "%41", "/%c3%A9%", "%%41"] {
        let expected = !matches!(good, "/%c3%A9%" | "%%41");
        assert_eq!(is_percent_encoding_valid(good.as_bytes()), expected, "{good}");
    }
    for bad in ["%", "%4", "%4g", "%g4", "a%", "%41%4"] {
        assert!(!is_percent_encoding_valid(bad.as_bytes()), "{bad}");
    }
}

proptest! {
    #[test]
    fn good_names_come_out_in_lower_case(labels in prop::collection::vec("[a-zA-Z][a-zA-Z0-9-]{0,20}", 1..6), port in any::<Option<u16>>()) {
        let name = labels.join(".");
        let raw = port.map_or(name.clone(), |port| format!("{name}:{port}"));
        let host = normalize_host(raw.as_bytes()).expect("a good name");
        prop_assert_eq!(host.as_str(), name.to_ascii_lowercase());
        prop_assert_eq!(host.port(), port);
    }

    #[test]
    fn every_address_is_recognised(address in any::<std::net::IpAddr>()) {
        let raw = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        prop_assert_eq!(normalize_host(raw.as_bytes()).map(|host| host.ip()), Ok(Some(address)));
    }
}
