//! Many callers at once.

use crate::fixture::{World, balancer, monitor, observation, pool};
use model::Scope;
use std::{collections::BTreeSet, sync::Arc};
use verdict::Reason;

/// What each caller is told is true when it is told, and still true in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_changes_are_made_one_after_the_other_and_none_is_lost() {
    let world = Arc::new(World::new().await);
    let first = world.control.intent().revision;
    let caller = |caller: usize| {
        let world = world.clone();
        async move {
            let mut revisions = Vec::new();
            for turn in 0..25 {
                let pool = pool(world.account, &format!("pool-{caller}-{turn}"));
                let applied = world.put(pool.clone()).await.unwrap();
                assert_eq!(applied.intent.pools[&pool.id].name, pool.name);
                let table = world.control.tables().load();
                assert!(table.revision >= applied.revision, "published before it was acknowledged");
                revisions.push(applied.revision);
            }
            revisions
        }
    };
    let callers: Vec<_> = (0..8).map(|number| tokio::spawn(caller(number))).collect();
    let mut seen = BTreeSet::new();
    for caller in callers {
        let revisions = caller.await.unwrap();
        assert!(revisions.is_sorted());
        seen.extend(revisions);
    }
    assert_eq!(seen, (first + 1..=first + 200).collect(), "each change has a revision of its own");
    assert_eq!(world.control.intent().pools.len(), 200);
}

/// Readers see whole states only: table, intent and plan never run backwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_never_see_time_run_backwards() {
    let world = Arc::new(World::new().await);
    let reader = {
        let control = world.control.clone();
        std::thread::spawn(move || {
            let (mut generation, mut revision) = (0, 0);
            while revision < 42 {
                let (table, intent) = (control.tables().load(), control.intent());
                assert!(table.generation >= generation && intent.revision >= revision);
                (generation, revision) = (table.generation, intent.revision);
            }
        })
    };
    let pool = world.pool("web").await;
    for turn in 0..40 {
        let name = format!("host-{turn}.example.com");
        world.put(balancer(Scope::Zone(world.zone), &name, pool.id)).await.unwrap();
    }
    reader.join().unwrap();
}

/// A flood of observations does not keep a change waiting for its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn observations_do_not_starve_changes() {
    let world = World::new().await;
    let (probing, target) = world.monitored_pool("web").await;
    let (sender, revision) = (world.control.observations(), world.control.intent().revision);
    let hands = world.hands.clone();
    let flood = tokio::spawn(async move {
        for turn in 0_u64.. {
            hands.turn(std::time::Duration::from_micros(10));
            let failure = (turn % 2 == 1).then_some(Reason::TcpRefused);
            if sender.send(observation(&probing, &target, revision, hands.now(), failure)).await.is_err() {
                return;
            }
        }
    });
    for _ in 0..50 {
        world.put(monitor(world.account)).await.unwrap();
    }
    assert!(!flood.is_finished());
    flood.abort();
}
