use super::*;
use crate::wheel::Wheel;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

fn key(address: &str, port: u16, network: Option<&str>) -> EndpointKey {
    EndpointKey { address: address.to_owned(), port, virtual_network_id: network.map(str::to_owned) }
}

/// The numbers of endpoints and the scores of clients are fixed for ever: other values here would move every client.
#[test]
fn known_inputs_have_known_numbers() {
    let uids = [("192.0.2.1", 0, None), ("192.0.2.1", 8080, None), ("origin.example.com", 443, Some("net"))];
    let uids = uids.map(|(address, port, network)| endpoint_uid(&key(address, port, network)));
    assert_eq!(uids, [6872904187394981845, 4492650489383255502, 17278094282222205061]);
    let wheel = Wheel::new((0..8).map(|index| (index, 1.0)));
    let uid = |index: usize| endpoint_uid(&key(&format!("192.0.2.{index}"), 0, None));
    let clients = (0..16).map(|last| IpAddr::from([203, 0, 113, last]));
    let preferred: Vec<_> = clients.map(|ip| preferred(ip, wheel.slots().iter(), uid).unwrap()).collect();
    assert_eq!(preferred, [2, 2, 0, 0, 2, 5, 2, 0, 1, 4, 3, 3, 6, 6, 0, 5]);
}

#[test]
fn address_port_and_network_all_tell_endpoints_apart() {
    let keys =
        [key("a", 0, None), key("a", 1, None), key("a", 0, Some("n")), key("b", 0, None), key("a\u{1}", 0, None)];
    let uids: std::collections::BTreeSet<_> = keys.iter().map(endpoint_uid).collect();
    assert_eq!(uids.len(), keys.len());
}

fn client(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(number))
}

fn choice(client: IpAddr, weights: &[(u64, f64)]) -> Option<u64> {
    let wheel = Wheel::new(weights.iter().enumerate().map(|(index, (_, weight))| (index, *weight)));
    preferred(client, wheel.slots().iter(), |index| weights[index].0).map(|index| weights[index].0)
}

#[test]
fn shares_follow_the_weights() {
    let weights = [(11, 0.25), (22, 0.25), (33, 0.5), (44, 0.0)];
    let chosen: Vec<_> = (0..20_000).filter_map(|number| choice(client(number), &weights)).collect();
    for (uid, weight) in weights {
        let share = chosen.iter().filter(|chosen| **chosen == uid).count() as f64 / 20_000.0;
        assert!((share - weight).abs() < 0.01, "{uid}: {share}");
    }
}

proptest! {
    /// An endpoint that goes moves nobody but its own clients; one that comes takes clients only for itself.
    #[test]
    fn only_those_who_must_move(
        weights in prop::collection::btree_map(any::<u64>(), 0.01_f64..=1.0, 2..12), gone in 0_usize..12, number: u32,
    ) {
        let all: Vec<_> = weights.into_iter().collect();
        let gone = all[gone % all.len()].0;
        let rest: Vec<_> = all.iter().copied().filter(|(uid, _)| *uid != gone).collect();
        let (with, without) = (choice(client(number), &all).unwrap(), choice(client(number), &rest).unwrap());
        prop_assert!(with == gone || with == without);
    }

    /// More weight for one endpoint moves clients to it, never between others.
    #[test]
    fn a_heavier_endpoint_only_gains(
        weights in prop::collection::btree_map(any::<u64>(), 0.01_f64..=0.5, 2..12),
        heavier in 0_usize..12,
        number: u32,
    ) {
        let before: Vec<_> = weights.into_iter().collect();
        let heavier = heavier % before.len();
        let mut after = before.clone();
        after[heavier].1 *= 2.0;
        let (old, new) = (choice(client(number), &before).unwrap(), choice(client(number), &after).unwrap());
        prop_assert!(new == old || new == before[heavier].0);
    }

    /// The order of endpoints in the pool does not matter.
    #[test]
    fn order_does_not_matter(uids in prop::collection::btree_set(any::<u64>(), 1..12), number: u32) {
        let forward: Vec<_> = uids.iter().map(|uid| (*uid, 1.0)).collect();
        let backward: Vec<_> = uids.iter().rev().map(|uid| (*uid, 1.0)).collect();
        prop_assert_eq!(choice(client(number), &forward), choice(client(number), &backward));
    }

    #[test]
    fn a_mapped_address_is_the_same_client(bits: u32) {
        let (plain, mapped) = (Ipv4Addr::from(bits), Ipv4Addr::from(bits).to_ipv6_mapped());
        prop_assert_eq!(octets(plain.into()), octets(mapped.into()));
    }
}

#[test]
fn version_six_clients_are_told_apart_by_every_bit() {
    let base = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    assert_ne!(octets(base.into()), octets(Ipv6Addr::from(u128::from(base) ^ 1).into()));
}

#[test]
fn a_score_is_finite_for_every_hash() {
    for hash in [0, 1, u64::MAX / 2, u64::MAX] {
        let score = -1.0 / inner_place(hash).ln();
        assert!(score.is_finite() && score > 0.0, "{hash}: {score}");
    }
}
