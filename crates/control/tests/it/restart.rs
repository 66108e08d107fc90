//! Coming back after a stop.

use crate::fixture::{Hands, balancer, monitor, observation, pool, put, until, zone};
use control::{Control, EventFilter, Options, Rejection, StoreError};
use model::{Pool, PoolState, Scope};
use std::{path::Path, time::Duration};
use store::{SqliteOptions, SqliteStore};
use telemetry::Telemetry;
use verdict::Reason;

async fn start(directory: &Path, hands: &Hands) -> Control {
    let store = SqliteStore::open(&SqliteOptions::new(directory)).unwrap().shared();
    let options = Options { clock: hands.clock(), ..Options::new(store) };
    Control::start(options, Telemetry::silent()).await.unwrap()
}

#[tokio::test]
async fn a_first_start_makes_one_account_and_later_ones_none() {
    let (directory, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let control = start(directory.path(), &hands).await;
    let accounts = control.intent().accounts.clone();
    assert_eq!(accounts.values().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["default"]);
    control.shutdown().await;
    drop(control);
    assert_eq!(start(directory.path(), &hands).await.intent().accounts, accounts);
}

#[tokio::test]
async fn a_control_plane_that_starts_again_goes_on_with_the_tables_of_the_one_before() {
    let (directory, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let first = start(directory.path(), &hands).await;
    let account = *first.intent().accounts.keys().next().unwrap();
    put(&first, zone(account, "example.com")).await.unwrap();
    let tables = first.tables();
    let before = tables.load().generation;
    first.shutdown().await;
    drop(first);
    let store = SqliteStore::open(&SqliteOptions::new(directory.path())).unwrap().shared();
    let options = Options { clock: hands.clock(), tables: tables.clone(), ..Options::new(store) };
    let second = Control::start(options, Telemetry::silent()).await.unwrap();
    assert!(tables.load().generation > before);
    assert_eq!(tables.load().revision, second.intent().revision);
}

#[tokio::test]
async fn intent_health_events_and_token_are_there_again() {
    let (directory, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let control = start(directory.path(), &hands).await;
    let account = *control.intent().accounts.keys().next().unwrap();
    let (zone, probing) = (zone(account, "example.com"), monitor(account));
    let target = Pool { monitor: Some(probing.id), ..pool(account, "web") };
    put(&control, zone.clone()).await.unwrap();
    put(&control, probing.clone()).await.unwrap();
    put(&control, target.clone()).await.unwrap();
    put(&control, balancer(Scope::Zone(zone.id), "www.example.com", target.id)).await.unwrap();
    let token = control.ensure_token(None).await.unwrap().unwrap();
    let (intent, revision) = (control.intent(), control.intent().revision);
    let failure = observation(&probing, &target, revision, hands.now(), Some(Reason::TcpRefused));
    control.observations().send(failure).await.unwrap();
    control.shutdown().await;
    let health = control.health();
    assert_eq!(health.pools[&target.id].state, PoolState::Critical, "what was queued was taken in");
    drop(control);

    let control = start(directory.path(), &hands).await;
    assert_eq!(control.intent(), intent);
    assert!(control.verify_token(&token).is_some());
    assert_eq!(control.events(EventFilter::default()).await.unwrap().len(), 1);
    let key = target.origins[0].key();
    let remembered = control.health().pools[&target.id].endpoints[&key].clone();
    assert!(remembered.remembered);
    assert_eq!(remembered.reason, Some(Reason::TcpRefused));
    let table = control.tables().load();
    assert_eq!((table.revision, table.pool(target.id).unwrap().state), (revision, PoolState::Critical));
    assert_eq!(control.plans().borrow().targets().count(), 1);

    hands.turn(Duration::from_secs(1));
    let pass = observation(&probing, &target, revision, hands.now(), None);
    control.observations().send(pass).await.unwrap();
    let shown = || control.health().pools[&target.id].endpoints[&key].clone();
    until("a fresh result counts", async || !shown().remembered && shown().state.is_usable()).await;
}

#[tokio::test]
async fn after_the_end_changes_are_refused() {
    let (directory, hands) = (tempfile::tempdir().unwrap(), Hands::new());
    let control = start(directory.path(), &hands).await;
    let account = *control.intent().accounts.keys().next().unwrap();
    control.shutdown().await;
    let refused = put(&control, monitor(account)).await.unwrap_err();
    assert_eq!(refused, Rejection::Store(StoreError::Closed));
}
