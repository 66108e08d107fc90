//! When the store fails: the table in force stays, changes are refused, and it all goes on when the store is back.

use crate::fixture::{World, balancer, memory, observation, pool, until};
use control::{EventFilter, Rejection, StoreError};
use model::{HealthEvent, HealthSnapshot, PoolHealth, PoolId, PoolState, Scope};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Answer, Change, Contents, Edit, Secrecy, Store};
use tokio::sync::watch;
use verdict::Reason;

/// A store whose disk can be filled by a switch: whatever writes fails, and writes nothing.
struct Fragile {
    inner: Arc<dyn Store>,
    full: Arc<AtomicBool>,
}

impl Fragile {
    fn write<'a, T: Send + 'a>(&self, answer: Answer<'a, T>) -> Answer<'a, T> {
        match self.full.load(Ordering::SeqCst) {
            true => Box::pin(async { Err(StoreError::Full) }),
            false => answer,
        }
    }
}

impl Store for Fragile {
    fn load(&self) -> Answer<'_, Contents> {
        self.inner.load()
    }
    fn commit(&self, expected: u64, edits: Vec<Edit>) -> Answer<'_, u64> {
        self.write(self.inner.commit(expected, edits))
    }
    fn changes(&self, after: u64, limit: u32) -> Answer<'_, Vec<Change>> {
        self.inner.changes(after, limit)
    }
    fn newest(&self) -> watch::Receiver<u64> {
        self.inner.newest()
    }
    fn append_events(&self, events: Arc<[HealthEvent]>) -> Answer<'_, Vec<u64>> {
        self.write(self.inner.append_events(events))
    }
    fn events(&self, filter: EventFilter) -> Answer<'_, Vec<HealthEvent>> {
        self.inner.events(filter)
    }
    fn named(&self, name: &str) -> Answer<'_, Option<Vec<u8>>> {
        self.inner.named(name)
    }
    fn set_named(&self, name: &str, value: Option<Vec<u8>>, secrecy: Secrecy) -> Answer<'_, ()> {
        self.write(self.inner.set_named(name, value, secrecy))
    }
    fn save_health(&self, pools: Vec<(PoolId, Option<Arc<PoolHealth>>)>) -> Answer<'_, ()> {
        self.write(self.inner.save_health(pools))
    }
    fn load_health(&self) -> Answer<'_, HealthSnapshot> {
        self.inner.load_health()
    }
}

#[tokio::test]
async fn a_store_that_fails_stops_changes_and_nothing_else() {
    let full = Arc::new(AtomicBool::new(false));
    let world = World::with(|options| {
        options.store = Arc::new(Fragile { inner: memory(), full: full.clone() });
        options.timers.event_retry = Duration::from_millis(1);
    })
    .await;
    let (monitor, target) = world.monitored_pool("web").await;
    world.put(balancer(Scope::Zone(world.zone), "www.example.com", target.id)).await.unwrap();
    let (intent, table) = (world.control.intent(), world.control.tables().load());

    full.store(true, Ordering::SeqCst);
    let refused = world.put(pool(world.account, "other")).await.unwrap_err();
    assert_eq!(refused, Rejection::Store(StoreError::Full));
    assert_eq!(world.control.ensure_token(None).await, Err(StoreError::Full));
    assert!(Arc::ptr_eq(&world.control.intent(), &intent));
    assert_eq!(world.control.tables().load().generation, table.generation);

    let failure = observation(&monitor, &target, intent.revision, world.hands.now(), Some(Reason::TcpRefused));
    world.control.observations().send(failure).await.unwrap();
    let state = || world.control.tables().load().pool(target.id).unwrap().state;
    until("health still moves the table", async || state() == PoolState::Critical).await;
    assert!(world.control.events(EventFilter::default()).await.unwrap().is_empty());

    full.store(false, Ordering::SeqCst);
    let applied = world.put(pool(world.account, "other")).await.unwrap();
    assert_eq!(applied.revision, intent.revision + 1);
    let events = async || world.control.events(EventFilter::default()).await.unwrap().len();
    until("the event is written late", async || events().await == 1).await;
}
