//! The syntax of host names and addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest host name, in characters (RFC 1035 section 2.3.4, without the root).
const NAME_MAX: usize = 253;
/// The longest label, in characters.
const LABEL_MAX: usize = 63;

/// Why a text is not a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAHost {
    Empty,
    TooLong,
    TrailingDot,
    EmptyLabel,
    LongLabel,
    Character(char),
    Hyphen,
    /// All digits at the end: this is a broken address, not a name (RFC 3696 section 2).
    Numeric,
}

impl std::fmt::Display for NotAHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotAHost::Empty => f.write_str("is empty"),
            NotAHost::TooLong => write!(f, "has more than {NAME_MAX} characters"),
            NotAHost::TrailingDot => f.write_str("ends with a dot"),
            NotAHost::EmptyLabel => f.write_str("has an empty label between two dots"),
            NotAHost::LongLabel => write!(f, "has a label of more than {LABEL_MAX} characters"),
            NotAHost::Character(character) => write!(f, "contains {character:?}, which no host name may"),
            NotAHost::Hyphen => f.write_str("has a label that starts or ends with a hyphen"),
            NotAHost::Numeric => f.write_str("ends in a number, so it is neither a host name nor an IP address"),
        }
    }
}

/// Whether `text` is a host name: labels of letters, digits, hyphens and underscores.
pub(super) fn host_name(text: &str) -> Result<(), NotAHost> {
    if text.is_empty() {
        return Err(NotAHost::Empty);
    }
    if text.len() > NAME_MAX {
        return Err(NotAHost::TooLong);
    }
    if text.ends_with('.') {
        return Err(NotAHost::TrailingDot);
    }
    text.split('.').try_for_each(label)?;
    let last = text.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) { Err(NotAHost::Numeric) } else { Ok(()) }
}

fn label(label: &str) -> Result<(), NotAHost> {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if label.is_empty() {
        return Err(NotAHost::EmptyLabel);
    }
    if let Some(other) = label.chars().find(|c| !allowed(c)) {
        return Err(NotAHost::Character(other));
    }
    if label.len() > LABEL_MAX {
        return Err(NotAHost::LongLabel);
    }
    if label.starts_with('-') || label.ends_with('-') { Err(NotAHost::Hyphen) } else { Ok(()) }
}

/// Whether `text` is a host name whose first label may be a lone `*`.
pub(super) fn pattern(text: &str) -> Result<(), NotAHost> {
    host_name(text.strip_prefix("*.").unwrap_or(text))
}

/// Whether `text` may stand in a `Host` header: a host name or an address, and perhaps a port.
pub(super) fn host_header(text: &str) -> Result<(), NotAHost> {
    if text.parse::<std::net::SocketAddr>().is_ok() || address(text).is_some() {
        return Ok(());
    }
    match text.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok_and(|port| port != 0) => host_name(name),
        _ => host_name(text),
    }
}

/// The address that `text` is, brackets aside.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.map_or_else(|| text.parse().ok(), |inner| inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

/// Whether an address is set aside for private, local or special use, so that it means something else elsewhere.
pub(super) fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_reserved_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_reserved_v6(v6), is_reserved_v4),
    }
}

fn is_reserved_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && second & 0b1100_0000 == 64;
    let benchmark = first == 198 && second & 0xfe == 18;
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || shared
        || benchmark
        || first == 0
        || first >= 240
}

fn is_reserved_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a stranger writes is judged without a panic, and what passes can stand in a header line.
        #[test]
        fn any_text_is_judged(text in prop_oneof![any::<String>(), "[a-z0-9.:*_\\[\\]-]{0,80}"]) {
            let judged = [host_name(&text), pattern(&text), host_header(&text)];
            if judged.iter().any(Result::is_ok) {
                prop_assert!(text.is_ascii() && !text.contains(|c: char| c.is_whitespace() || c.is_control()));
                prop_assert!(text.len() <= NAME_MAX + ":65535".len());
            }
        }
    }

    #[test]
    fn host_names_are_told_from_everything_else() {
        for good in
            ["example.com", "a", "localhost", "xn--bcher-kva.example", "_dmarc.example.com", "1.example", "a-b.c"]
        {
            assert_eq!(host_name(good), Ok(()), "{good}");
        }
        let bad = [
            ("", NotAHost::Empty),
            ("example.com.", NotAHost::TrailingDot),
            ("a..b", NotAHost::EmptyLabel),
            ("-a.b", NotAHost::Hyphen),
            ("a.b-", NotAHost::Hyphen),
            ("http://a.b", NotAHost::Character(':')),
            ("bücher.example", NotAHost::Character('ü')),
            ("a b", NotAHost::Character(' ')),
            ("256.1.1.1", NotAHost::Numeric),
        ];
        for (text, problem) in bad {
            assert_eq!(host_name(text), Err(problem), "{text}");
        }
        assert_eq!(host_name(&"a".repeat(64)), Err(NotAHost::LongLabel));
        assert_eq!(host_name(&vec!["abc"; 64].join(".")), Err(NotAHost::TooLong));
    }

    #[test]
    fn a_host_header_may_carry_a_port() {
        for good in
            ["example.com", "example.com:8080", "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:443"]
        {
            assert_eq!(host_header(good), Ok(()), "{good}");
        }
        for bad in ["", "example.com:", "example.com:0", "example.com:65536", "a b", "example.com/x", "[::1"] {
            assert!(host_header(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reserved_addresses_are_known() {
        for reserved in [
            "10.0.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_reserved(reserved.parse().unwrap()), "{reserved}");
        }
        for public in ["192.0.2.1", "198.51.100.7", "100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!is_reserved(public.parse().unwrap()), "{public}");
        }
    }
}
