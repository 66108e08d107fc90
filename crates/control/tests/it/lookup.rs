//! References, search and usage.

use crate::fixture::{World, balancer, endpoint, group, monitor, pool};
use control::{Kind, ObjectId, ReferenceKind, search, usage};
use model::{Monitor, Pool, Scope};

/// LB-36, and the same for monitors and groups, both ways.
#[tokio::test]
async fn references_go_both_ways() {
    let world = World::new().await;
    let (monitor, pool) = world.monitored_pool("web").await;
    let balancer = balancer(Scope::Zone(world.zone), "www.example.com", pool.id);
    world.put(balancer.clone()).await.unwrap();
    let group = group(world.account, &[monitor.id]);
    world.put(group.clone()).await.unwrap();
    let of = |id: ObjectId| -> Vec<(ReferenceKind, ObjectId, String)> {
        let all = world.control.references(id).into_iter();
        all.map(|reference| (reference.kind, reference.resource, reference.name)).collect()
    };
    let (referrer, referral) = (ReferenceKind::Referrer, ReferenceKind::Referral);
    assert_eq!(
        of(pool.id.into()),
        [
            (referrer, balancer.id.into(), "www.example.com".to_owned()),
            (referral, monitor.id.into(), "is it up".to_owned())
        ]
    );
    assert_eq!(
        of(monitor.id.into()),
        [(referrer, group.id.into(), "several".to_owned()), (referrer, pool.id.into(), "web".to_owned())]
    );
    assert_eq!(of(balancer.id.into()), [(referral, pool.id.into(), "web".to_owned())], "once, though in two roles");
    assert_eq!(of(group.id.into()), [(referral, monitor.id.into(), "is it up".to_owned())]);
}

/// LB-42, the part about names: the three kinds, part of the name, of this account only.
#[tokio::test]
async fn search_finds_by_a_part_of_the_name() {
    let world = World::new().await;
    let pool = world.pool("my-Web-pool").await;
    world.pool("other").await;
    world.put(Monitor { description: "web check".to_owned(), ..monitor(world.account) }).await.unwrap();
    world.put(balancer(Scope::Zone(world.zone), "web.example.com", pool.id)).await.unwrap();
    let intent = world.control.intent();
    let found = search(&intent, world.account, "web", &[]);
    let kinds: Vec<_> = found.iter().map(|found| (found.resource.kind(), found.name.as_str())).collect();
    assert_eq!(
        kinds,
        [(Kind::LoadBalancer, "web.example.com"), (Kind::Monitor, "web check"), (Kind::Pool, "my-Web-pool")]
    );
    assert!(found.iter().all(|found| found.references.is_empty()));
    let referrers = search(&intent, world.account, "pool", &[ReferenceKind::Referrer]);
    assert_eq!(referrers[0].references[0].name, "web.example.com");
    assert_eq!(search(&intent, world.account, "", &[]).len(), 4, "no query finds all");
    assert!(search(&intent, model::AccountId::random(), "", &[]).is_empty());
}

/// LB-44
#[tokio::test]
async fn usage_counts_what_the_account_has() {
    let world = World::new().await;
    assert_eq!(usage(&world.control.intent(), world.account), control::Usage::default());
    let origins = vec![endpoint("one", "192.0.2.1"), endpoint("two", "192.0.2.2")];
    let large = Pool { origins, ..pool(world.account, "large") };
    world.put(large.clone()).await.unwrap();
    world.pool("small").await;
    world.monitor().await;
    world.put(Monitor { interval: 20, ..monitor(world.account) }).await.unwrap();
    world.put(balancer(Scope::Zone(world.zone), "www.example.com", large.id)).await.unwrap();
    world.put(balancer(Scope::Account(world.account), "inside.internal", large.id)).await.unwrap();
    let expected = control::Usage {
        load_balancers: 2,
        monitors: 2,
        pools: 2,
        origins: 3,
        max_origins_per_pool: 2,
        minimum_monitor_interval: 20,
    };
    assert_eq!(usage(&world.control.intent(), world.account), expected);
}
