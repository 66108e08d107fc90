//! Stable hashing: which endpoint a client prefers, agreed on by every process, version and restart.
//!
//! Weighted rendezvous hashing: each client gives each endpoint a score from both identities and the endpoint's weight,
//! and the highest score wins. An endpoint that leaves moves only its own clients; one that joins takes only the share
//! that its weight is due; the order of endpoints in the pool does not matter. The reasons are in
//! `docs/decisions/0004-stable-hashing-and-quorum.md`.
//!
//! Nothing here may change without moving every client of every pool that uses `hash` steering.

use crate::wheel::Slot;
use model::EndpointKey;
use std::net::IpAddr;
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

/// The seed under which endpoints get their number: the bytes of `endpoint`.
const ENDPOINT_SEED: u64 = u64::from_be_bytes(*b"endpoint");

/// The seed under which a client scores an endpoint: the bytes of `affinity`.
const AFFINITY_SEED: u64 = u64::from_be_bytes(*b"affinity");

/// The number of an endpoint: XXH3 of address, port and virtual network. It does not depend on the pool or the name.
pub fn endpoint_uid(key: &EndpointKey) -> u64 {
    let mut hasher = Xxh3::with_seed(ENDPOINT_SEED);
    hasher.update(key.address.as_bytes());
    // No address contains a zero byte, so the parts cannot run into one another.
    hasher.update(&[0]);
    hasher.update(&key.port.to_be_bytes());
    hasher.update(key.virtual_network_id.as_deref().unwrap_or_default().as_bytes());
    hasher.digest()
}

/// The slot that the client prefers. `uid_of` gives the number of the endpoint in a slot.
pub(crate) fn preferred<'s>(
    client: IpAddr,
    slots: impl Iterator<Item = &'s Slot>,
    uid_of: impl Fn(usize) -> u64,
) -> Option<usize> {
    let client = octets(client);
    let scored = slots.map(|slot| (score(&client, uid_of(slot.index), slot.weight), slot.index));
    scored.max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, index)| index)
}

/// How much the client prefers an endpoint: the highest of these wins with a chance proportional to the weight.
fn score(client: &[u8; 16], uid: u64, weight: f64) -> f64 {
    let mut both = [0; 24];
    both[..16].copy_from_slice(client);
    both[16..].copy_from_slice(&uid.to_be_bytes());
    -weight / inner_place(xxh3_64_with_seed(&both, AFFINITY_SEED)).ln()
}

/// A place between 0 and 1, neither included, so that its logarithm is finite and not 0.
fn inner_place(hash: u64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 52) as f64;
    ((hash >> 12) as f64 + 0.5) * STEP
}

/// The address in its IPv6 form, so that a client is the same whether it came by IPv4 or by mapped IPv4.
fn octets(client: IpAddr) -> [u8; 16] {
    match client {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

#[cfg(test)]
mod tests;
