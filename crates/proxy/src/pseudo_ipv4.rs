//! An IPv4 address that stands for an IPv6 visitor, for origins that only know IPv4 (EDGE-68).

use std::net::{Ipv4Addr, Ipv6Addr};
use xxhash_rust::xxh3::xxh3_64;

/// An address of class E (240.0.0.0/4) that is always the same for the same visitor.
pub(crate) fn of(address: Ipv6Addr) -> Ipv4Addr {
    let hash = xxh3_64(&address.octets()) as u32;
    Ipv4Addr::from_bits(0xf000_0000 | (hash & 0x0fff_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // EDGE-68
        #[test]
        fn it_is_class_e_and_stable(octets: [u8; 16]) {
            let address = Ipv6Addr::from(octets);
            prop_assert!(of(address).octets()[0] >= 240);
            prop_assert_eq!(of(address), of(address));
        }
    }
}
