//! The snapshot that stands in for a store.

use crate::fixture::{PRIVATE_KEY, account, at, certificate, event, put_account, zone};
use model::{PoolHealth, PoolId};
use std::{fs, path::Path, sync::Arc};
use store::{Edit, EventFilter, Secrecy, SqliteOptions, SqliteStore, Store, StoreError};

fn options(directory: &Path) -> SqliteOptions {
    SqliteOptions::new(directory)
}

fn lost() -> StoreError {
    StoreError::Io { detail: "the disk is gone".to_owned() }
}

/// A store with one of everything.
async fn filled(directory: &Path) -> SqliteStore {
    let store = SqliteStore::open(&options(directory)).unwrap();
    let account = account("one");
    let zone = zone(&account, "example.com");
    let certificate = certificate(&zone);
    store.commit(0, vec![Edit::put(account), Edit::put(zone), Edit::put(certificate)]).await.unwrap();
    store.set_named("authority", Some(b"secret".to_vec()), Secrecy::Sealed).await.unwrap();
    store.save_health(vec![(PoolId::random(), Some(Arc::new(PoolHealth::default())))]).await.unwrap();
    store
}

#[tokio::test]
async fn it_holds_what_the_store_held_and_no_secret_in_the_clear() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path()).await;
    assert_eq!(store.take_snapshot().await, Ok(true));
    let (contents, health) = (store.load().await.unwrap(), store.load_health().await.unwrap());
    store.commit(1, vec![put_account("too late for the snapshot")]).await.unwrap();
    store.close().await;
    let path = directory.path().join("bellwether.db");
    let bytes = fs::read(directory.path().join("bellwether.db.snapshot")).unwrap();
    assert!(!bytes.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY.as_bytes()));
    fs::remove_file(path).unwrap();
    let (snapshot, _) = SqliteStore::open_snapshot(&options(directory.path()), &lost()).unwrap();
    assert_eq!(snapshot.load().await.unwrap(), contents);
    assert_eq!(snapshot.load_health().await.unwrap(), health);
    assert_eq!(snapshot.named("authority").await, Ok(Some(b"secret".to_vec())));
    assert_eq!(*snapshot.newest().borrow(), 1);
}

#[tokio::test]
async fn it_takes_no_change_and_says_why_but_remembers_events() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path()).await;
    store.take_snapshot().await.unwrap();
    drop(store);
    let (snapshot, _) = SqliteStore::open_snapshot(&options(directory.path()), &lost()).unwrap();
    let refusal = StoreError::Snapshot { why: lost().to_string() };
    assert_eq!(snapshot.commit(1, vec![put_account("two")]).await, Err(refusal.clone()));
    assert_eq!(snapshot.set_named("name", None, Secrecy::Plain).await, Err(refusal));
    let event = event(5, PoolId::random(), "web", true, &[("one", true)]);
    snapshot.append_events([event].into()).await.unwrap();
    assert_eq!(snapshot.events(EventFilter::default()).await.unwrap()[0].timestamp, at(5));
    assert_eq!(snapshot.take_snapshot().await, Ok(false), "a snapshot of a snapshot");
    assert!(matches!(SqliteStore::open(&options(directory.path())), Err(StoreError::InUse { .. })));
}

#[tokio::test]
async fn it_is_taken_anew_only_when_something_has_changed() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path()).await;
    assert_eq!(store.take_snapshot().await, Ok(true));
    assert_eq!(store.take_snapshot().await, Ok(false));
    store.append_events([event(5, PoolId::random(), "web", true, &[])].into()).await.unwrap();
    assert_eq!(store.take_snapshot().await, Ok(false), "events do not belong into it");
    store.commit(1, vec![put_account("two")]).await.unwrap();
    assert_eq!(store.take_snapshot().await, Ok(true));
}

#[tokio::test]
async fn a_database_that_is_gone_is_not_made_anew_while_there_is_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path()).await;
    store.take_snapshot().await.unwrap();
    drop(store);
    let path = directory.path().join("bellwether.db");
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(SqliteStore::open(&options(directory.path())), Err(StoreError::Missing { .. })));
    assert!(SqliteStore::check(&options(directory.path())).is_err());
    fs::write(&path, bytes).unwrap();
    assert_eq!(SqliteStore::check(&options(directory.path())), Ok(()));
    assert!(SqliteStore::open(&options(directory.path())).is_ok());
}
