//! Field names are told apart exactly, in any case.

use proptest::prelude::*;
use wire::{Known, KnownSet};

/// The obvious way to do it.
fn plainly(name: &[u8]) -> Known {
    let known = Known::ALL.iter().find(|known| known.name().as_bytes().eq_ignore_ascii_case(name));
    known.copied().unwrap_or(Known::Other)
}

#[test]
fn every_name_is_found_in_any_case() {
    for known in Known::ALL {
        assert_eq!(Known::of(known.name().as_bytes()), *known);
        assert_eq!(Known::of(known.name().to_ascii_uppercase().as_bytes()), *known);
    }
}

/// A name that differs in a single bit of a single byte is another name, unless that bit is the case of a letter.
#[test]
fn a_single_bit_makes_another_name() {
    for known in Known::ALL {
        for at in 0..known.name().len() {
            for bit in 0..8 {
                let mut name = known.name().as_bytes().to_vec();
                name[at] ^= 1 << bit;
                assert_eq!(Known::of(&name), plainly(&name), "{}", String::from_utf8_lossy(&name));
            }
        }
    }
}

#[test]
fn longer_and_shorter_names_are_other_names() {
    for known in Known::ALL {
        let longer = format!("{known}x");
        assert_eq!(Known::of(longer.as_bytes()), plainly(longer.as_bytes()));
        let shorter = &known.name().as_bytes()[1..];
        assert_eq!(Known::of(shorter), plainly(shorter));
    }
    assert_eq!(Known::of(b""), Known::Other);
    assert_eq!(Known::of(&[b'a'; 300]), Known::Other);
}

/// RFC 9110 section 7.6.1.
#[test]
fn the_fields_of_one_connection_are_hop_by_hop() {
    let hop_by_hop: Vec<_> =
        Known::ALL.iter().filter(|known| known.is_hop_by_hop()).map(|known| known.name()).collect();
    let expected = [
        "connection",
        "transfer-encoding",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
        "http2-settings",
    ];
    assert_eq!(hop_by_hop, expected);
    assert!(!Known::Other.is_hop_by_hop());
}

#[test]
fn a_set_holds_what_was_put_in() {
    let set = KnownSet::of(&[Known::Host, Known::LastModified, Known::Other]);
    assert!(set.contains(Known::Host) && set.contains(Known::LastModified) && set.contains(Known::Other));
    assert!(!set.contains(Known::Connection));
}

proptest! {
    #[test]
    fn any_bytes_are_classified_as_plainly(name in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(Known::of(&name), plainly(&name));
    }
}
