//! From observations to events, tables and what others see.

use crate::fixture::{World, balancer, observation, until};
use control::EventFilter;
use model::{EndpointState, Monitor, Pool, PoolState, Scope};
use std::time::Duration;
use verdict::Reason;

impl World {
    async fn report(&self, monitor: &Monitor, pool: &Pool, failure: Option<Reason>) {
        self.hands.turn(Duration::from_secs(1));
        let revision = self.control.intent().revision;
        let observation = observation(monitor, pool, revision, self.hands.now(), failure);
        self.control.observations().send(observation).await.unwrap();
    }

    fn state(&self, pool: &Pool) -> (PoolState, EndpointState) {
        let health = self.control.health().pools[&pool.id].clone();
        (health.state, health.endpoints[&pool.origins[0].key()].state)
    }

    async fn events(&self) -> Vec<model::HealthEvent> {
        self.control.events(EventFilter::default()).await.unwrap()
    }
}

/// LB-40: a flip is one event that marks the endpoint; equal results are none.
#[tokio::test]
async fn a_flip_is_one_event_and_repetition_is_none() {
    let world = World::new().await;
    let (monitor, pool) = world.monitored_pool("web").await;
    assert_eq!(world.state(&pool), (PoolState::Unknown, EndpointState::Unknown));
    for _ in 0..3 {
        world.report(&monitor, &pool, None).await;
    }
    for _ in 0..3 {
        world.report(&monitor, &pool, Some(Reason::TcpRefused)).await;
    }
    until("both flips are in the log", async || world.events().await.len() >= 2).await;
    let events = world.events().await;
    let flips: Vec<_> = events.iter().map(|event| (event.origins[0].healthy, event.origins[0].reason)).collect();
    assert_eq!(flips, [(false, Some(Reason::TcpRefused)), (true, None)], "newest first");
    assert!(events.iter().all(|event| event.pool.changed && event.origins[0].changed));
    assert_eq!(events[0].origins[0].data_centers[0].reason, Some(Reason::TcpRefused));
    let down = (PoolState::Critical, EndpointState::Unhealthy);
    until("everybody sees it", async || world.state(&pool) == down).await;
}

#[tokio::test]
async fn a_flip_reaches_the_table() {
    let world = World::new().await;
    let (monitor, pool) = world.monitored_pool("web").await;
    world.put(balancer(Scope::Zone(world.zone), "www.example.com", pool.id)).await.unwrap();
    let in_table = || world.control.tables().load().pool(pool.id).unwrap().state;
    assert_eq!(in_table(), PoolState::Unknown);
    world.report(&monitor, &pool, None).await;
    until("the table knows", async || in_table() == PoolState::Healthy).await;
    world.report(&monitor, &pool, Some(Reason::ReadTimeout)).await;
    until("the table knows", async || in_table() == PoolState::Critical).await;
}

/// What is measured is shown though nothing flips, and costs no table.
#[tokio::test]
async fn measurements_are_shown_without_a_new_table() {
    let world = World::new().await;
    let (monitor, pool) = world.monitored_pool("web").await;
    world.report(&monitor, &pool, None).await;
    until("it is healthy", async || world.state(&pool).0 == PoolState::Healthy).await;
    let generation = world.control.tables().load().generation;
    world.report(&monitor, &pool, None).await;
    let latest = world.hands.now();
    let shown = || {
        let health = world.control.health();
        health.pools[&pool.id].endpoints[&pool.origins[0].key()].data_centers["LCL"].at
    };
    until("the newest check is shown", async || shown() == latest).await;
    assert_eq!(world.control.tables().load().generation, generation);
}

#[tokio::test]
async fn a_burst_of_flips_makes_few_tables_but_every_event() {
    let world = World::with(|options| options.timers.publish_gap = Duration::from_secs(3_600)).await;
    let (monitor, pool) = world.monitored_pool("web").await;
    let before = world.control.tables().load().generation;
    for turn in 0..100 {
        let failure = (turn % 2 == 1).then_some(Reason::TcpRefused);
        world.report(&monitor, &pool, failure).await;
    }
    until("every flip is in the log", async || world.events().await.len() == 100).await;
    assert_eq!(world.control.tables().load().generation, before, "the gap is not over");
    world.put(balancer(Scope::Zone(world.zone), "www.example.com", pool.id)).await.unwrap();
    let table = world.control.tables().load();
    assert_eq!((table.generation, table.pool(pool.id).unwrap().state), (before + 1, PoolState::Critical));
}

/// Silence is noticed by the clock that is given in.
#[tokio::test]
async fn what_nobody_confirms_any_more_is_marked_remembered() {
    let world = World::with(|options| options.timers.expire_every = Duration::from_millis(1)).await;
    let (monitor, pool) = world.monitored_pool("web").await;
    world.report(&monitor, &pool, None).await;
    until("it is healthy", async || world.state(&pool).0 == PoolState::Healthy).await;
    let remembered = || world.control.health().pools[&pool.id].endpoints[&pool.origins[0].key()].remembered;
    assert!(!remembered());
    world.hands.turn(Duration::from_secs(3_600));
    until("it is only remembered", async || remembered()).await;
    assert_eq!(world.state(&pool), (PoolState::Healthy, EndpointState::Healthy));
}

#[tokio::test]
async fn taking_the_monitor_away_makes_the_pool_usable_at_once() {
    let world = World::new().await;
    let (monitor, pool) = world.monitored_pool("web").await;
    world.report(&monitor, &pool, Some(Reason::TcpRefused)).await;
    until("it is down", async || world.state(&pool).0 == PoolState::Critical).await;
    world.put(Pool { monitor: None, ..pool.clone() }).await.unwrap();
    assert_eq!(world.state(&pool), (PoolState::Unmonitored, EndpointState::Unmonitored));
    assert_eq!(world.control.tables().load().pool(pool.id).unwrap().state, PoolState::Unmonitored);
}
