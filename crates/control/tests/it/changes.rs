//! What a change does, and what it must not do.

use crate::fixture::{World, balancer, endpoint, group, monitor, pool, zone};
use control::{Edit, Kind, ObjectId, Quotas, Rejection};
use model::{Endpoint, LoadBalancer, Pool, RandomSteering, Scope, Zone, ZoneSettings};
use std::{sync::Arc, time::Duration};

/// Everything that a rejected change must leave as it is.
fn everything(world: &World) -> (Arc<model::Intent>, u64, u64, u64) {
    let (intent, table) = (world.control.intent(), world.control.tables().load());
    let plan = world.control.plans().borrow().revision;
    (intent, table.generation, table.revision, plan)
}

#[tokio::test]
async fn an_acknowledged_change_is_stored_published_and_in_the_plan() {
    let world = World::new().await;
    let (_, pool) = world.monitored_pool("web").await;
    let applied = world.put(balancer(Scope::Zone(world.zone), "www.example.com", pool.id)).await.unwrap();
    let table = world.control.tables().load();
    assert_eq!((table.revision, applied.intent.revision), (applied.revision, applied.revision));
    assert!(table.knows_host("www.example.com"));
    assert_eq!(world.control.plans().borrow().revision, applied.revision);
    assert!(Arc::ptr_eq(&world.control.intent(), &applied.intent));
}

/// LB-5: `modified_on` moves, `created_on` does not, whatever the author wrote there.
#[tokio::test]
async fn times_of_creation_and_change_are_the_writers() {
    let world = World::new().await;
    let monitor = world.monitor().await;
    let first = world.control.intent().monitors[&monitor.id].clone();
    assert_eq!(first.created_on, first.modified_on);
    assert_ne!(first.created_on, monitor.created_on);
    world.put(monitor.clone()).await.unwrap();
    let second = world.control.intent().monitors[&monitor.id].clone();
    assert_eq!(second.created_on, first.created_on);
    assert!(second.modified_on > first.modified_on, "though the clock stood still");
}

/// LB-23: on a pool and on an endpoint, present while it is off, and not moved by other changes.
#[tokio::test]
async fn disabled_at_is_when_it_was_switched_off() {
    let world = World::new().await;
    let pool = world.pool("web").await;
    let stored = |id| world.control.intent().pools[&id].clone();
    let off =
        Pool { enabled: false, origins: vec![Endpoint { enabled: false, ..pool.origins[0].clone() }], ..pool.clone() };
    world.put(off.clone()).await.unwrap();
    let first = stored(pool.id);
    assert_eq!((first.disabled_at, first.origins[0].disabled_at), (Some(first.modified_on), Some(first.modified_on)));
    world.hands.turn(Duration::from_secs(60));
    world.put(Pool { description: "still off".to_owned(), ..off }).await.unwrap();
    let second = stored(pool.id);
    assert!(second.modified_on > first.modified_on);
    assert_eq!((second.disabled_at, second.origins[0].disabled_at), (first.disabled_at, first.disabled_at));
    world.put(pool.clone()).await.unwrap();
    assert_eq!((stored(pool.id).disabled_at, stored(pool.id).origins[0].disabled_at), (None, None));
}

#[tokio::test]
async fn only_the_settings_and_members_that_changed_get_a_new_time() {
    let world = World::new().await;
    let zone = || world.control.intent().zones[&world.zone].clone();
    assert!(zone().settings.modified.is_empty());
    let settings = ZoneSettings { max_upload: 200, ..ZoneSettings::default() };
    world.put(Zone { settings: settings.clone(), ..(*zone()).clone() }).await.unwrap();
    let first = zone();
    assert_eq!(first.settings.modified.keys().collect::<Vec<_>>(), ["max_upload"]);
    world
        .put(Zone { settings: ZoneSettings { always_use_https: true, ..settings }, ..(*first).clone() })
        .await
        .unwrap();
    assert_eq!(zone().settings.modified["max_upload"], first.settings.modified["max_upload"]);
    assert!(zone().settings.modified["always_use_https"] > first.settings.modified["max_upload"]);

    let (kept, changed) = (world.monitor().await, world.monitor().await);
    let mut group = group(world.account, &[kept.id, changed.id]);
    world.put(group.clone()).await.unwrap();
    let before = world.control.intent().monitor_groups[&group.id].clone();
    group.members[1].must_be_healthy = true;
    world.put(group.clone()).await.unwrap();
    let after = world.control.intent().monitor_groups[&group.id].clone();
    assert_eq!(after.members[0], before.members[0]);
    assert_eq!(after.members[1].created_at, before.members[1].created_at);
    assert!(after.members[1].updated_at > before.members[1].updated_at);
}

#[tokio::test]
async fn a_change_without_edits_has_no_revision() {
    let world = World::new().await;
    let before = everything(&world);
    let applied = world.control.change(|intent, _| Ok((Vec::new(), intent.revision))).await.unwrap();
    assert_eq!((applied.value, applied.revision), (before.0.revision, before.0.revision));
    assert_eq!(everything(&world), before);
}

#[tokio::test]
async fn every_rejection_leaves_everything_as_it_was() {
    let world = World::with(|options| options.quotas = Quotas { pools: 1, ..Quotas::default() }).await;
    let used = world.pool("web").await;
    world.put(balancer(Scope::Zone(world.zone), "www.example.com", used.id)).await.unwrap();
    let (account, before) = (world.account, everything(&world));
    let second = Pool { name: "two".to_owned(), ..pool(account, "web") };
    let cases: Vec<(&str, Vec<Edit>)> = vec![
        ("invalid", vec![Edit::put(monitor(account)), Edit::put(Pool { name: "a b".to_owned(), ..used.clone() })]),
        ("not_found", vec![Edit::put(monitor(account)), Edit::delete(second.id)]),
        ("referenced", vec![Edit::put(monitor(account)), Edit::delete(used.id)]),
        ("not_unique", vec![Edit::put(monitor(account)), Edit::put(zone(account, "example.com"))]),
        ("quota", vec![Edit::put(monitor(account)), Edit::put(second)]),
    ];
    for (kind, edits) in cases {
        let rejection = world.control.change(move |_, _| Ok((edits, ()))).await.unwrap_err();
        assert_eq!(rejection.as_str(), kind, "{rejection}");
        assert_eq!(everything(&world), before, "{kind}");
    }
    let refused = world.control.change(|_, _| Err::<(_, ()), _>(Rejection::NotFound)).await.unwrap_err();
    assert_eq!((refused, everything(&world)), (Rejection::NotFound, before));
}

#[tokio::test]
async fn a_decision_that_panics_harms_nobody_else() {
    let world = World::new().await;
    let before = everything(&world);
    let rejection = world.control.change::<()>(|_, _| panic!("a defect")).await.unwrap_err();
    assert_eq!((rejection, everything(&world)), (Rejection::Defect, before));
    world.pool("web").await;
}

#[tokio::test]
async fn every_complaint_about_every_object_comes_at_once() {
    let world = World::new().await;
    let broken = Pool { name: "a b".to_owned(), latitude: Some(1.0), ..pool(world.account, "web") };
    let Err(Rejection::Invalid(complaints)) = world.put(broken.clone()).await else { panic!("it was accepted") };
    let paths: Vec<&str> = complaints.iter().map(|complaint| complaint.path.as_str()).collect();
    assert_eq!(paths, ["name", "longitude"]);
    let other = model::Monitor { timeout: 0, ..monitor(world.account) };
    let (first, second) = (broken.id, other.id);
    let edits = vec![Edit::put(broken), Edit::put(other)];
    let Err(Rejection::Invalid(complaints)) = world.control.change(move |_, _| Ok((edits, ()))).await else {
        panic!("it was accepted")
    };
    let paths: Vec<&str> = complaints.iter().map(|complaint| complaint.path.as_str()).collect();
    let (pool, monitor) = (format!("pool[{first}]"), format!("monitor[{second}]"));
    assert_eq!(paths, [format!("{pool}.name"), format!("{pool}.longitude"), format!("{monitor}.timeout")]);
}

/// LB-16: a second pool of one name in the account; and likewise zones and load balancers.
#[tokio::test]
async fn names_are_taken_once() {
    let world = World::new().await;
    let used = world.pool("web").await;
    let used_id = used.id;
    let taken = |outcome: Result<_, Rejection>| match outcome {
        Err(Rejection::NotUnique(complaint)) => assert_eq!((complaint.code, complaint.path.as_str()), (1003, "name")),
        other => panic!("{other:?}"),
    };
    taken(world.put(pool(world.account, "web")).await.map(drop));
    taken(world.put(zone(world.account, "example.com")).await.map(drop));
    world.put(balancer(Scope::Zone(world.zone), "www.example.com", used.id)).await.unwrap();
    taken(world.put(balancer(Scope::Zone(world.zone), "www.example.com", used.id)).await.map(drop));
    world.put(used).await.expect("an object does not compete with itself");
    let inner = zone(world.account, "www.example.com");
    world.put(inner.clone()).await.unwrap();
    let same_host = balancer(Scope::Zone(inner.id), "www.example.com", used_id);
    taken(world.put(same_host).await.map(drop));
}

/// LB-25, and the same for every other id that points at nothing or at another account's object.
#[tokio::test]
async fn what_is_pointed_at_must_exist_in_the_account() {
    let world = World::new().await;
    let (used, unknown) = (world.pool("web").await, model::PoolId::random());
    assert_eq!(
        world.wrong(balancer(Scope::Zone(world.zone), "www.example.com", unknown)),
        ["default_pools[0]", "fallback_pool"]
    );
    let weights = RandomSteering { default_weight: 1.0, pool_weights: [(unknown, 0.5)].into() };
    let weighted =
        LoadBalancer { random_steering: Some(weights), ..balancer(Scope::Zone(world.zone), "a.example.com", used.id) };
    assert_eq!(world.wrong(weighted), [format!("random_steering.pool_weights.{unknown}")]);
    let probed = Pool { monitor: Some(model::MonitorId::random()), ..used.clone() };
    assert_eq!(world.wrong(probed), ["monitor"]);
    assert_eq!(world.wrong(group(world.account, &[model::MonitorId::random()])), ["members[0].monitor_id"]);
    let simulating = model::Monitor { probe_zone: "example.org".to_owned(), ..monitor(world.account) };
    assert_eq!(world.wrong(simulating), ["probe_zone"]);

    let stranger =
        model::Account { id: model::AccountId::random(), name: "other".to_owned(), created_on: world.hands.now() };
    world.put(stranger.clone()).await.unwrap();
    let theirs = pool(stranger.id, "web");
    world.put(theirs.clone()).await.expect("another account, another name");
    let across = balancer(Scope::Zone(world.zone), "b.example.com", theirs.id);
    assert_eq!(world.wrong(across), ["default_pools[0]", "fallback_pool"]);
}

/// LB-30 and LB-31: in every role that a pool can have, geo maps of a balancer that does not look at them included.
#[tokio::test]
async fn what_is_pointed_at_cannot_be_deleted() {
    let world = World::new().await;
    let (monitor, used) = world.monitored_pool("used").await;
    let other = world.pool("other").await;
    let base = balancer(Scope::Zone(world.zone), "www.example.com", other.id);
    let set = model::PoolSet {
        overrides: Some(model::PoolSetOverrides { pools: Some(vec![used.id]), ..Default::default() }),
        ..Default::default()
    };
    let rule = model::Rule {
        overrides: Some(model::Overrides { fallback_pool: Some(used.id), ..Default::default() }),
        ..Default::default()
    };
    let roles = [
        LoadBalancer { default_pools: vec![used.id], ..base.clone() },
        LoadBalancer { fallback_pool: used.id, ..base.clone() },
        LoadBalancer { region_pools: [("WNAM".to_owned(), vec![used.id])].into(), ..base.clone() },
        LoadBalancer { country_pools: [("DE".to_owned(), vec![used.id])].into(), ..base.clone() },
        LoadBalancer { pop_pools: [("LCL".to_owned(), vec![used.id])].into(), ..base.clone() },
        LoadBalancer { pool_sets: vec![set], ..base.clone() },
        LoadBalancer { rules: vec![rule], ..base.clone() },
    ];
    for balancer in roles {
        world.put(balancer.clone()).await.unwrap();
        let Err(Rejection::Referenced { by }) = world.delete(used.id).await else { panic!("{balancer:?}") };
        assert_eq!(by.iter().map(|by| by.resource).collect::<Vec<_>>(), [ObjectId::LoadBalancer(base.id)]);
        assert_eq!(by[0].name, "www.example.com");
        assert!(world.control.intent().pools.contains_key(&used.id));
    }
    assert!(matches!(world.delete(monitor.id).await, Err(Rejection::Referenced { by }) if by.len() == 1));
    world.delete(base.id).await.unwrap();
    world.delete(used.id).await.unwrap();
    world.delete(monitor.id).await.unwrap();
}

#[tokio::test]
async fn referrers_may_go_together_with_what_they_point_at() {
    let world = World::new().await;
    let (monitor, pool) = world.monitored_pool("web").await;
    let edits = vec![Edit::delete(monitor.id), Edit::delete(pool.id)];
    world.control.change(move |_, _| Ok((edits, ()))).await.unwrap();
    assert!(world.control.intent().pools.is_empty());
}

/// LB-32: the quota counts per account, refuses one more, and lets those there are be changed.
#[tokio::test]
async fn a_quota_refuses_one_more() {
    let world = World::with(|options| options.quotas = Quotas { monitors: 2, ..Quotas::default() }).await;
    let (first, _) = (world.monitor().await, world.monitor().await);
    let refused = world.put(monitor(world.account)).await.unwrap_err();
    assert_eq!(refused, Rejection::Quota { kind: Kind::Monitor, allowed: 2 });
    assert_eq!(world.control.intent().monitors.len(), 2);
    world.put(model::Monitor { description: "changed".to_owned(), ..first.clone() }).await.unwrap();
    world.delete(first.id).await.unwrap();
    world.put(monitor(world.account)).await.unwrap();
}

#[tokio::test]
async fn a_zone_takes_along_what_lives_in_it_but_not_what_others_need() {
    let world = World::new().await;
    let pool = world.pool("web").await;
    let balancer = balancer(Scope::Zone(world.zone), "www.example.com", pool.id);
    world.put(balancer.clone()).await.unwrap();
    let simulating = model::Monitor { probe_zone: "example.com".to_owned(), ..monitor(world.account) };
    world.put(simulating.clone()).await.unwrap();
    let Err(Rejection::Referenced { by }) = world.delete(world.zone).await else { panic!("it is needed") };
    assert_eq!(by[0].resource, ObjectId::Monitor(simulating.id));
    assert!(world.control.intent().load_balancers.contains_key(&balancer.id));
    world.delete(simulating.id).await.unwrap();
    world.delete(world.zone).await.unwrap();
    let intent = world.control.intent();
    assert!(intent.zones.is_empty() && intent.load_balancers.is_empty());
    assert!(intent.pools.contains_key(&pool.id));
    assert!(!world.control.tables().load().knows_host("www.example.com"));
}

#[tokio::test]
async fn an_account_that_owns_something_stays() {
    let world = World::new().await;
    assert!(matches!(world.delete(world.account).await, Err(Rejection::Referenced { by }) if by.len() == 1));
}

#[tokio::test]
async fn what_an_object_belongs_to_is_fixed() {
    let world = World::new().await;
    let used = world.pool("web").await;
    let other = zone(world.account, "example.org");
    world.put(other.clone()).await.unwrap();
    let moving = balancer(Scope::Zone(world.zone), "www.example.com", used.id);
    world.put(moving.clone()).await.unwrap();
    let moved = LoadBalancer { scope: Scope::Zone(other.id), name: "www.example.org".to_owned(), ..moving };
    assert!(matches!(world.put(moved).await, Err(Rejection::Invalid(_))));
    let renamed = Zone { name: "example.net".to_owned(), ..other };
    assert!(matches!(world.put(renamed).await, Err(Rejection::Invalid(_))));
}

/// A rule that answers ends the evaluation, whether its author said so or not.
#[tokio::test]
async fn a_rule_with_a_fixed_response_terminates() {
    let world = World::new().await;
    let pool = world.pool("web").await;
    let answer = model::FixedResponse { status_code: Some(503), ..Default::default() };
    let rule = model::Rule { fixed_response: Some(answer), ..Default::default() };
    let balancer = LoadBalancer { rules: vec![rule], ..balancer(Scope::Zone(world.zone), "www.example.com", pool.id) };
    world.put(balancer.clone()).await.unwrap();
    assert!(world.control.intent().load_balancers[&balancer.id].rules[0].terminates);
}

/// LB-17 with the deviation that two ports of one host are two endpoints.
#[tokio::test]
async fn endpoints_are_told_apart_by_address_port_and_network() {
    let world = World::new().await;
    let with = |second: Endpoint| {
        let origins = vec![endpoint("one", "192.0.2.1"), second];
        world.wrong(Pool { origins, ..pool(world.account, "web") })
    };
    assert_eq!(with(endpoint("two", "192.0.2.1")), ["origins[1].address"]);
    assert_eq!(with(endpoint("one", "192.0.2.2")), ["origins[1].name"]);
    assert!(with(Endpoint { port: 8080, ..endpoint("two", "192.0.2.1") }).is_empty());
    assert!(with(Endpoint { virtual_network_id: Some("a".to_owned()), ..endpoint("two", "192.0.2.1") }).is_empty());
    let spelled = |a: &str, b: &str| {
        world.wrong(Pool { origins: vec![endpoint("one", a), endpoint("two", b)], ..pool(world.account, "web") })
    };
    assert_eq!(spelled("2001:db8::1", "2001:DB8:0::1"), ["origins[1].address"]);
    assert_eq!(spelled("one.example.com", "One.Example.com"), ["origins[1].address"]);
}
