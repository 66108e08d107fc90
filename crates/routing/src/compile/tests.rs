use super::*;
use crate::{
    Identified, TableHandle,
    fixture::{Disabled, HOST, Healthy, Unhealthy, Unknown, Unmonitored, World, pool_id, route},
};
use model::{
    AccountId, Certificate, CertificateId, PoolHealth, PoolId, PoolState, Scope, Secret, Timestamp, TrustAnchor,
    TrustAnchorId, ZoneId,
};
use std::sync::Arc;
use verdict::Reason;

#[test]
fn a_table_says_what_it_was_made_of() {
    let mut world = World::default();
    let a = world.healthy(1, 2);
    world.balancer(&[a], a);
    world.intent.revision = 42;
    let table = compile(&world.intent, &world.health, 7);
    assert_eq!((table.generation, table.revision, table.routes().len()), (7, 42, 1));
    let endpoint = &route(&table, HOST).pools[0].endpoints[1];
    assert_eq!((&*endpoint.name, endpoint.ip), ("endpoint-1-1", Some("192.0.1.1".parse().unwrap())));
    assert_eq!(endpoint.uid, crate::endpoint_uid(&endpoint.key));
    assert_eq!(table.pool(a).map(|pool| pool.state), Some(PoolState::Healthy));
}

#[test]
fn a_disabled_load_balancer_leaves_its_name_to_the_zone() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    world.balancer(&[a], a).enabled = false;
    let table = world.table();
    assert!(matches!(table.identify(HOST), Identified::ZoneOnly(zone) if &*zone.name == "example.com"));
    assert!(matches!(table.identify("example.org"), Identified::Unknown));
    assert!(table.knows_host(HOST) && !table.knows_host("example.org"));
}

#[test]
fn the_closest_zone_owns_the_name() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    let (outer, inner) = (world.zone(1, "example.com"), world.zone(2, "shop.example.com"));
    world.balancer_in(1, "*.example.com", outer, &[a], a);
    world.balancer_in(2, "www.shop.example.com", inner, &[a], a);
    let table = world.table();
    assert_eq!(route(&table, "any.example.com").zone.id, Some(outer));
    assert_eq!(route(&table, "www.shop.example.com").zone.id, Some(inner));
    assert!(matches!(table.identify("pay.shop.example.com"), Identified::ZoneOnly(zone) if zone.id == Some(inner)));
    assert_eq!(table.zone_named("shop.example.com").and_then(|zone| zone.id), Some(inner));
    assert!(table.zone_named("www.shop.example.com").is_none());
}

#[test]
fn an_account_load_balancer_needs_no_zone_and_yields_to_one_of_a_zone() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    let account = || Scope::Account(AccountId::from_bytes([9; 16]));
    let zone = world.zone(1, "example.com");
    world.balancer_in(1, "db.internal", zone, &[a], a).scope = account();
    world.balancer_in(2, HOST, zone, &[a], a).scope = account();
    world.balancer_in(3, HOST, zone, &[a], a);
    let table = world.table();
    let internal = route(&table, "db.internal");
    assert_eq!((internal.zone.id, &*internal.zone.name), (None, "db.internal"));
    assert_eq!(route(&table, HOST).load_balancer.as_bytes()[0], 3);
}

#[test]
fn pools_that_do_not_exist_are_left_out() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    world.balancer(&[pool_id(50), a], pool_id(51));
    let table = world.table();
    let route = route(&table, HOST);
    assert_eq!((route.pools.len(), route.fallback.state), (1, PoolState::Disabled));
}

// LB-47, LB-48
#[test]
fn without_health_a_monitored_pool_is_unknown_and_an_unmonitored_one_usable() {
    let mut world = World::default();
    let (a, b, c) = (world.healthy(1, 1), world.healthy(2, 2), world.healthy(3, 1));
    world.health = HealthSnapshot::default();
    world.edit_pool(b).monitor = None;
    world.edit_pool(b).origins[1].enabled = false;
    world.edit_pool(c).enabled = false;
    let table = world.table();
    let states = |id| {
        let pool = table.pool(id).unwrap();
        (pool.state, pool.endpoints.iter().map(|endpoint| endpoint.state).collect::<Vec<_>>(), pool.is_usable())
    };
    assert_eq!(states(a), (PoolState::Unknown, vec![Unknown], false));
    assert_eq!(states(b), (PoolState::Unmonitored, vec![Unmonitored, Disabled], true));
    assert_eq!(states(c), (PoolState::Disabled, vec![Disabled], false));
}

#[test]
fn trust_anchors_change_the_number_and_reach_only_their_zone() {
    let mut world = World::default();
    let (first, second) = (world.zone(1, "example.com"), world.zone(2, "example.net"));
    let before = world.table();
    let anchor = |zone: ZoneId, pem: &str| TrustAnchor {
        id: TrustAnchorId::from_bytes([1; 16]),
        zone,
        certificate_pem: pem.to_owned(),
        issuer: String::new(),
        signature: String::new(),
        expires_on: Timestamp::UNIX_EPOCH,
        uploaded_on: Timestamp::UNIX_EPOCH,
        updated_on: Timestamp::UNIX_EPOCH,
    };
    let anchors = &mut world.intent.trust_anchors;
    anchors.insert(TrustAnchorId::from_bytes([1; 16]), anchor(first, "one").into());
    let after = compile_from(&before, &world.intent, &world.health, 2);
    let [old, new, other] = [(&before, "example.com"), (&after, "example.com"), (&after, "example.net")]
        .map(|(table, name)| table.zone_named(name).unwrap());
    assert_eq!((old.trust_id, old.trust_anchors_pem.len()), (0, 0));
    assert_eq!(&*new.trust_anchors_pem, ["one".to_owned()]);
    assert_ne!(new.trust_id, 0);
    assert_eq!((other.id, other.trust_id), (Some(second), 0));
}

#[test]
fn certificates_are_carried_along() {
    let mut world = World::default();
    let zone = world.zone(1, "example.com");
    let certificate = Certificate {
        id: CertificateId::from_bytes([1; 16]),
        zone,
        hosts: vec![HOST.to_owned()],
        issuer: String::new(),
        signature: String::new(),
        expires_on: Timestamp::UNIX_EPOCH,
        uploaded_on: Timestamp::UNIX_EPOCH,
        modified_on: Timestamp::UNIX_EPOCH,
        bundle_method: "ubiquitous".to_owned(),
        priority: 0,
        chain_pem: String::new(),
        private_key_pem: Secret::new(""),
    };
    world.intent.certificates.insert(certificate.id, certificate.into());
    assert_eq!(
        world.table().certificates().values().next().map(|certificate| &*certificate.hosts),
        Some(&[HOST.to_owned()][..])
    );
}

#[test]
fn what_did_not_change_is_kept_as_it_is() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 2), world.healthy(2, 2));
    world.balancer(&[a, b], b);
    let first = world.table();
    // New observations without a change of health do not count as a change.
    let health = world.health.pools.get_mut(&a).map(Arc::make_mut).unwrap();
    health.endpoints.values_mut().for_each(|endpoint| endpoint.since = Some(Timestamp::UNIX_EPOCH));
    world.set_health(b, PoolState::Degraded, &[Healthy, Unhealthy]);
    let second = compile_from(&first, &world.intent, &world.health, 2);
    let kept = |id: PoolId| Arc::ptr_eq(&first.pools[&id].pool, &second.pools[&id].pool);
    assert_eq!((kept(a), kept(b)), (true, false));
    assert!(Arc::ptr_eq(&first.zones, &second.zones));
    world.set_weights(a, &[0.5, 0.5]);
    let third = compile_from(&second, &world.intent, &world.health, 3);
    assert!(!Arc::ptr_eq(&second.pools[&a].pool, &third.pools[&a].pool), "an edited pool is made anew");
}

#[test]
fn health_that_changes_in_place_is_noticed() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    let first = world.table();
    // Nobody else holds this health, so it changes where it is.
    let health = Arc::make_mut(world.health.pools.get_mut(&a).unwrap());
    health.state = PoolState::Critical;
    let second = compile_from(&first, &world.intent, &world.health, 2);
    assert_eq!(second.pool(a).map(|pool| pool.state), Some(PoolState::Critical));
}

#[test]
fn another_reason_is_a_change() {
    let mut world = World::default();
    let a = world.critical(1, 1);
    let first = world.table();
    let mut health = PoolHealth::clone(&world.health.pools[&a]);
    health.endpoints.values_mut().for_each(|endpoint| endpoint.reason = Some(Reason::ReadTimeout));
    world.health.pools.insert(a, Arc::new(health));
    let second = compile_from(&first, &world.intent, &world.health, 2);
    assert_eq!(second.pool(a).and_then(|pool| pool.endpoints[0].reason), Some(Reason::ReadTimeout));
}

#[test]
fn a_compiled_table_can_be_published_and_pinned() {
    let mut world = World::default();
    let a = world.healthy(1, 1);
    world.balancer(&[a], a);
    let handle = TableHandle::default();
    handle.publish(world.table());
    let pinned = handle.load();
    handle.publish(compile(&Default::default(), &Default::default(), 2));
    assert!(pinned.knows_host(HOST) && !handle.load().knows_host(HOST));
}
