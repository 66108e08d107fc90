//! Tables in sequence: each made from the one before it, after any change there may be.

use super::*;
use crate::{
    Identified,
    fixture::{Disabled, Healthy, Unhealthy, Unknown, World, pool_id},
};
use model::{
    AccountId, EndpointState, LoadBalancerId, PoolId, PoolState, Scope, Timestamp, TrustAnchor, TrustAnchorId, ZoneId,
};
use proptest::prelude::*;
use std::{fmt::Write, sync::Arc};

/// Enough for more than one chunk of the maps.
const POOLS: u8 = 100;
/// How many of the load balancers change. There are as many others that do not.
const BALANCERS: u8 = 6;
const NAMES: [&str; 5] =
    ["www.example.com", "*.example.com", "a.shop.example.com", "db.internal", "*.shop.example.com"];
const ZONES: [&str; 3] = ["example.com", "shop.example.com", "example.net"];

/// One change of what is wanted or of what is healthy.
#[derive(Clone, Debug)]
enum Change {
    Health(u8, PoolState, Vec<EndpointState>),
    ForgetHealth(u8),
    Pool(u8, Vec<EndpointState>),
    RemovePool(u8),
    EnablePool(u8, bool),
    Weight(u8, f64),
    Balancer(Balancer),
    RemoveBalancer(u8),
    Zone(u8, usize),
    RemoveZone(u8),
    TrustAnchor(u8, u8),
}

#[derive(Clone, Debug)]
struct Balancer {
    number: u8,
    name: usize,
    pools: Vec<u8>,
    enabled: bool,
    zone: Option<u8>,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let pool = || 1..=POOLS;
    let states = || prop::collection::vec(prop::sample::select(vec![Healthy, Unhealthy, Unknown, Disabled]), 1..3);
    let state = prop::sample::select(vec![PoolState::Healthy, PoolState::Degraded, PoolState::Critical]);
    let zone = || 0..ZONES.len() as u8;
    let balancer =
        (0..BALANCERS, 0..NAMES.len(), prop::collection::vec(pool(), 1..4), any::<bool>(), prop::option::of(zone()));
    let balancer =
        balancer.prop_map(|(number, name, pools, enabled, zone)| Balancer { number, name, pools, enabled, zone });
    let change = prop_oneof![
        4 => (pool(), state, states()).prop_map(|(pool, state, states)| Change::Health(pool, state, states)),
        1 => pool().prop_map(Change::ForgetHealth),
        2 => (pool(), states()).prop_map(|(pool, states)| Change::Pool(pool, states)),
        2 => pool().prop_map(Change::RemovePool),
        2 => (pool(), any::<bool>()).prop_map(|(pool, enabled)| Change::EnablePool(pool, enabled)),
        1 => (pool(), 0.0..=1.0).prop_map(|(pool, weight)| Change::Weight(pool, weight)),
        5 => balancer.prop_map(Change::Balancer),
        2 => (0..BALANCERS).prop_map(Change::RemoveBalancer),
        1 => (zone(), 0..ZONES.len()).prop_map(|(zone, name)| Change::Zone(zone, name)),
        1 => zone().prop_map(Change::RemoveZone),
        1 => (zone(), any::<u8>()).prop_map(|(zone, anchor)| Change::TrustAnchor(zone, anchor)),
    ];
    prop::collection::vec(change, 1..24)
}

impl World {
    fn make(&mut self, change: Change) {
        match change {
            Change::Health(pool, state, states) if self.has(pool) => self.set_health(pool_id(pool), state, &states),
            Change::Health(..) => {}
            Change::ForgetHealth(pool) => drop(self.health.pools.remove(&pool_id(pool))),
            Change::Pool(pool, states) => drop(self.pool(pool, PoolState::Healthy, &states)),
            Change::RemovePool(pool) => drop(self.intent.pools.remove(&pool_id(pool))),
            Change::EnablePool(pool, enabled) if self.has(pool) => self.edit_pool(pool_id(pool)).enabled = enabled,
            Change::EnablePool(..) => {}
            Change::Weight(pool, weight) if self.has(pool) => self.set_weights(pool_id(pool), &[weight]),
            Change::Weight(..) => {}
            Change::Balancer(balancer) => self.put(&balancer),
            Change::RemoveBalancer(number) => drop(self.intent.load_balancers.remove(&balancer_id(number))),
            Change::Zone(number, name) => drop(self.zone(number, ZONES[name])),
            Change::RemoveZone(number) => drop(self.intent.zones.remove(&ZoneId::from_bytes([number; 16]))),
            Change::TrustAnchor(zone, anchor) => self.trust(zone, anchor),
        }
    }

    fn has(&self, pool: u8) -> bool {
        self.intent.pools.contains_key(&pool_id(pool))
    }

    fn put(&mut self, wanted: &Balancer) {
        let pools: Vec<PoolId> = wanted.pools.iter().map(|number| pool_id(*number)).collect();
        let zone = ZoneId::from_bytes([wanted.zone.unwrap_or_default(); 16]);
        let balancer = self.balancer_in(wanted.number, NAMES[wanted.name], zone, &pools, pools[0]);
        balancer.enabled = wanted.enabled;
        if wanted.zone.is_none() {
            balancer.scope = Scope::Account(AccountId::from_bytes([9; 16]));
        }
    }

    fn trust(&mut self, zone: u8, number: u8) {
        let anchor = TrustAnchor {
            id: TrustAnchorId::from_bytes([number; 16]),
            zone: ZoneId::from_bytes([zone; 16]),
            certificate_pem: format!("certificate {number}"),
            issuer: String::new(),
            signature: String::new(),
            expires_on: Timestamp::UNIX_EPOCH,
            uploaded_on: Timestamp::UNIX_EPOCH,
            updated_on: Timestamp::UNIX_EPOCH,
        };
        self.intent.trust_anchors.insert(anchor.id, anchor.into());
    }
}

fn balancer_id(number: u8) -> LoadBalancerId {
    LoadBalancerId::from_bytes([number; 16])
}

/// Many pools, each behind a load balancer of its own.
fn world() -> World {
    let mut world = World::default();
    let zone = world.zone(0, ZONES[0]);
    for number in 1..=POOLS {
        let pool = world.healthy(number, 1);
        world.balancer_in(BALANCERS + number, &format!("{number}.example.com"), zone, &[pool], pool);
    }
    world
}

/// What a table does, in words: everything but the numbers of its making.
fn account(table: &Table) -> String {
    let mut text = String::new();
    let pools: Vec<_> = table.pools.values().map(|compiled| &compiled.pool).collect();
    let zones: Vec<_> = table.zones.iter().collect();
    let _ = write!(text, "{:?}\n{:#?}{zones:#?}{pools:#?}", table.extent(), table.routes);
    let hosts = NAMES.iter().map(|name| name.replace('*', "any"));
    let hosts = hosts.chain((0..=POOLS).map(|number| format!("{number}.example.com")));
    for host in hosts.chain(ZONES.map(str::to_owned)) {
        let _ = writeln!(text, "{host}: {}", owner(table, &host));
    }
    text
}

/// Whose a host is, and that its route is the one that the table has for that load balancer.
fn owner(table: &Table, host: &str) -> String {
    match table.identify(host) {
        Identified::LoadBalancer(route) => {
            let current = table.routes.get(&route.load_balancer).is_some_and(|current| Arc::ptr_eq(current, route));
            format!("{} (current: {current})", route.load_balancer)
        }
        Identified::ZoneOnly(zone) => format!("{zone:?}"),
        Identified::Unknown => "nobody".to_owned(),
    }
}

/// The first line in which two accounts differ, and a few around it.
fn difference(one: &str, other: &str) -> Option<[String; 2]> {
    let at = one.lines().zip(other.lines()).position(|(one, other)| one != other);
    let at = at.or_else(|| (one != other).then(|| one.lines().count().min(other.lines().count())))?;
    let around = |text: &str| text.lines().skip(at.saturating_sub(3)).take(6).collect::<Vec<_>>().join("\n");
    Some([around(one), around(other)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Keeping parts is invisible: a table at the end of any sequence is the same as one made from nothing, and so is
    /// every table on the way, however many changes lie between two of them.
    #[test]
    fn a_table_made_by_changes_equals_one_made_from_nothing(changes in changes(), every in 1_usize..4) {
        let mut world = world();
        let (first, untouched) = (world.table(), account(&world.table()));
        let mut table = compile_from(&first, &world.intent, &world.health, 2);
        for (number, change) in changes.into_iter().enumerate() {
            world.make(change);
            if number % every == 0 {
                table = compile_from(&table, &world.intent, &world.health, 3);
            }
        }
        table = compile_from(&table, &world.intent, &world.health, 4);
        let anew = compile(&world.intent, &world.health, 4);
        prop_assert_eq!(difference(&account(&table), &account(&anew)), None);
        prop_assert_eq!(difference(&account(&first), &untouched), None, "a table was changed after it had been made");
    }
}

#[test]
fn what_a_change_does_not_concern_is_shared() {
    let mut world = world();
    let first = world.table();
    world.set_health(pool_id(7), PoolState::Critical, &[Unhealthy]);
    let second = compile_from(&first, &world.intent, &world.health, 2);
    let pools = |table: &Table| -> Vec<_> { table.pools.values().map(|compiled| compiled.pool.clone()).collect() };
    let anew =
        |one: Vec<_>, other: Vec<_>| one.iter().zip(&other).filter(|(one, other)| !Arc::ptr_eq(one, other)).count();
    assert_eq!(anew(pools(&first), pools(&second)), 1);
    let routes = first.routes.values().zip(second.routes.values());
    assert_eq!(routes.filter(|(one, other)| !Arc::ptr_eq(one, other)).count(), 1);
    assert!(Arc::ptr_eq(&first.zones, &second.zones));
    assert!(first.certificates.is_same(&second.certificates));
}
