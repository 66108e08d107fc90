//! What every store must do, asked of each of them.

use crate::fixture::{account, at, certificate, event, put_account, zone};
use model::{EndpointHealth, EndpointKey, EndpointState, PoolHealth, PoolId, PoolState};
use std::sync::Arc;
use store::{
    Change, Contents, Edit, EventFilter, Object, Secrecy, SqliteOptions, SqliteStore, Store, StoreError, Watch,
};
use tempfile::TempDir;

/// A store to ask, and what must live as long as it does.
pub struct Subject {
    pub store: Arc<dyn Store>,
    _directory: Option<TempDir>,
}

/// Bounds that a test can reach.
const SMALL: (u64, u64) = (5, 3);
const SIZE_LIMIT: u64 = 1 << 20;

fn bounded(directory: &std::path::Path) -> SqliteOptions {
    let (event_limit, history_limit) = SMALL;
    SqliteOptions { event_limit, history_limit, size_limit: Some(SIZE_LIMIT), ..SqliteOptions::new(directory) }
}

fn in_memory() -> Subject {
    let store = SqliteStore::in_memory_with(&bounded("".as_ref())).unwrap().shared();
    Subject { store, _directory: None }
}

fn in_a_file() -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&bounded(directory.path())).unwrap().shared();
    Subject { store, _directory: Some(directory) }
}

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(super::in_memory()).await })*
        }
        mod file {
            $(#[tokio::test] async fn $name() { super::$name(super::in_a_file()).await })*
        }
    };
}

contract! {
    a_new_store_is_empty_at_revision_0,
    what_was_put_is_loaded_again,
    a_change_is_made_whole_or_not_at_all,
    a_change_for_another_revision_is_refused,
    each_change_has_the_next_revision_even_without_edits,
    a_watch_gives_every_change_in_order,
    a_watch_wakes_when_something_changes,
    a_watch_that_fell_behind_is_told_to_list_again,
    the_change_log_is_bounded,
    events_are_numbered_and_given_newest_first,
    events_are_filtered,
    an_event_shows_its_pool_as_it_was,
    the_event_log_is_bounded,
    named_values_are_kept_replaced_and_removed,
    health_is_kept_per_pool,
    many_writers_lose_nothing,
}

async fn a_new_store_is_empty_at_revision_0(subject: Subject) {
    assert_eq!(subject.store.load().await, Ok(Contents::default()));
    assert!(subject.store.load_health().await.unwrap().pools.is_empty());
    assert_eq!(subject.store.events(EventFilter::default()).await, Ok(Vec::new()));
}

async fn what_was_put_is_loaded_again(subject: Subject) {
    let account = account("one");
    let zone = zone(&account, "example.com");
    let certificate = certificate(&zone);
    let edits = vec![Edit::put(zone.clone()), Edit::put(account.clone()), Edit::put(certificate.clone())];
    assert_eq!(subject.store.commit(0, edits).await, Ok(1));
    let renamed = model::Account { name: "other".to_owned(), ..account.clone() };
    assert_eq!(subject.store.commit(1, vec![Edit::put(renamed.clone())]).await, Ok(2));
    let objects: Vec<Object> = vec![renamed.into(), zone.clone().into(), certificate.into()];
    assert_eq!(subject.store.load().await, Ok(Contents { revision: 2, objects: objects.clone() }));
    assert_eq!(subject.store.commit(2, vec![Edit::delete(zone.id)]).await, Ok(3));
    let left = vec![objects[0].clone(), objects[2].clone()];
    assert_eq!(subject.store.load().await, Ok(Contents { revision: 3, objects: left }));
}

/// The second edit finds no room any more; the first must not be made either.
async fn a_change_is_made_whole_or_not_at_all(subject: Subject) {
    let big = model::Account { name: "x".repeat(SIZE_LIMIT as usize), ..account("big") };
    assert_eq!(subject.store.commit(0, vec![put_account("first"), Edit::put(big)]).await, Err(StoreError::Full));
    assert_eq!(subject.store.load().await, Ok(Contents::default()));
    assert_eq!(subject.store.changes(0, 10).await, Ok(Vec::new()));
    assert_eq!(subject.store.commit(0, vec![put_account("next")]).await, Ok(1));
}

async fn a_change_for_another_revision_is_refused(subject: Subject) {
    subject.store.commit(0, vec![put_account("one")]).await.unwrap();
    let before = subject.store.load().await;
    for expected in [0, 2] {
        let refused = subject.store.commit(expected, vec![put_account("two")]).await;
        assert_eq!(refused, Err(StoreError::Conflict { expected, actual: 1 }));
    }
    assert_eq!(subject.store.load().await, before);
}

async fn each_change_has_the_next_revision_even_without_edits(subject: Subject) {
    assert_eq!(subject.store.commit(0, Vec::new()).await, Ok(1));
    let edit = put_account("one");
    assert_eq!(subject.store.commit(1, vec![edit.clone()]).await, Ok(2));
    let changes = subject.store.changes(0, 10).await.unwrap();
    let expected = [Change { revision: 1, edits: Vec::new() }, Change { revision: 2, edits: vec![edit] }];
    assert_eq!(changes, expected);
    assert_eq!(*subject.store.newest().borrow(), 2);
}

async fn a_watch_gives_every_change_in_order(subject: Subject) {
    let account = account("one");
    let first = vec![put_account("two"), Edit::put(account.clone()), Edit::delete(account.id)];
    let second = vec![Edit::put(account)];
    subject.store.commit(0, first.clone()).await.unwrap();
    subject.store.commit(1, second.clone()).await.unwrap();
    let mut watch = Watch::new(subject.store.clone(), 0);
    assert_eq!(watch.next().await, Ok(Change { revision: 1, edits: first }));
    assert_eq!(watch.next().await, Ok(Change { revision: 2, edits: second.clone() }));
    let mut late = Watch::new(subject.store.clone(), 1);
    assert_eq!(late.next().await, Ok(Change { revision: 2, edits: second }));
}

async fn a_watch_wakes_when_something_changes(subject: Subject) {
    let mut watch = Watch::new(subject.store.clone(), 0);
    let waiting = tokio::spawn(async move { watch.next().await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    subject.store.commit(0, vec![put_account("one")]).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().revision, 1);
}

async fn a_watch_that_fell_behind_is_told_to_list_again(subject: Subject) {
    let (_, history) = SMALL;
    for revision in 0..=history {
        subject.store.commit(revision, vec![put_account("one")]).await.unwrap();
    }
    let mut watch = Watch::new(subject.store.clone(), 0);
    assert_eq!(watch.next().await, Err(StoreError::Compacted { after: 0, oldest: 1 }));
    let mut watch = Watch::new(subject.store.clone(), 1);
    assert_eq!(watch.next().await.unwrap().revision, 2);
}

async fn the_change_log_is_bounded(subject: Subject) {
    let (_, history) = SMALL;
    for revision in 0..10 {
        subject.store.commit(revision, vec![put_account("one")]).await.unwrap();
    }
    let kept = subject.store.changes(10 - history, 100).await.unwrap();
    assert_eq!(kept.iter().map(|change| change.revision).collect::<Vec<_>>(), [8, 9, 10]);
    assert_eq!(subject.store.changes(7, 1).await.unwrap().len(), 1);
    assert_eq!(subject.store.load().await.unwrap().objects.len(), 10);
}

async fn events_are_numbered_and_given_newest_first(subject: Subject) {
    let pool = PoolId::random();
    let events: Vec<_> = (1..4).map(|second| event(second, pool, "web", true, &[("one", true)])).collect();
    let ids = subject.store.append_events(events.clone().into()).await.unwrap();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    let found = subject.store.events(EventFilter::default()).await.unwrap();
    let mut expected = events;
    expected.iter_mut().zip(&ids).for_each(|(event, id)| event.id = *id);
    expected.reverse();
    assert_eq!(found, expected);
}

/// LB-41: each filter by itself, and together.
async fn events_are_filtered(subject: Subject) {
    let (web, api) = (PoolId::random(), PoolId::random());
    let events = vec![
        event(10, web, "web", true, &[("one", true), ("two", false)]),
        event(20, api, "api", false, &[("one", false)]),
        event(30, web, "web", false, &[("one", false), ("two", false)]),
        event(40, api, "api", true, &[("three", true)]),
    ];
    subject.store.append_events(events.into()).await.unwrap();
    let none = EventFilter::default;
    let cases: [(&str, EventFilter, &[i64]); 13] = [
        ("since", EventFilter { since: Some(at(20)), ..none() }, &[40, 30, 20]),
        ("until", EventFilter { until: Some(at(20)), ..none() }, &[20, 10]),
        ("period", EventFilter { since: Some(at(20)), until: Some(at(30)), ..none() }, &[30, 20]),
        ("pool id", EventFilter { pool_id: Some(web), ..none() }, &[30, 10]),
        ("pool name", EventFilter { pool_name: Some("api".to_owned()), ..none() }, &[40, 20]),
        ("pool up", EventFilter { pool_healthy: Some(true), ..none() }, &[40, 10]),
        ("pool down", EventFilter { pool_healthy: Some(false), ..none() }, &[30, 20]),
        ("origin", EventFilter { origin_name: Some("one".to_owned()), ..none() }, &[30, 20, 10]),
        ("origin up", EventFilter { origin_healthy: Some(true), ..none() }, &[40, 10]),
        (
            "one origin up",
            EventFilter { origin_name: Some("two".to_owned()), origin_healthy: Some(true), ..none() },
            &[],
        ),
        (
            "one origin down",
            EventFilter { origin_name: Some("two".to_owned()), origin_healthy: Some(false), ..none() },
            &[30, 10],
        ),
        ("limit", EventFilter { limit: Some(1), ..none() }, &[40]),
        (
            "all at once",
            EventFilter { pool_id: Some(web), pool_healthy: Some(false), since: Some(at(11)), ..none() },
            &[30],
        ),
    ];
    for (name, filter, expected) in cases {
        let found = subject.store.events(filter).await.unwrap();
        let seconds: Vec<i64> = found.iter().map(|event| event.timestamp.as_second()).collect();
        assert_eq!(seconds, expected, "{name}");
    }
}

/// Each event gives the whole picture of its pool at that moment, however little differs from the one before it, and
/// whichever of them are asked for.
async fn an_event_shows_its_pool_as_it_was(subject: Subject) {
    let (web, api) = (PoolId::random(), PoolId::random());
    let pictures: [(PoolId, &[(&str, bool)]); 5] = [
        (web, &[("one", true), ("two", true), ("three", true)]),
        (web, &[("one", true), ("two", false), ("three", true)]),
        (api, &[("one", false)]),
        (web, &[("two", false)]),
        (web, &[("one", true), ("two", true)]),
    ];
    let events = pictures.iter().zip(1..).map(|((pool, origins), second)| event(second, *pool, "pool", true, origins));
    let events: Vec<_> = events.collect();
    let (first, rest) = events.split_at(2);
    subject.store.append_events(first.into()).await.unwrap();
    subject.store.append_events(rest.into()).await.unwrap();
    for filter in [
        EventFilter::default(),
        EventFilter { pool_id: Some(web), ..EventFilter::default() },
        EventFilter { since: Some(at(2)), until: Some(at(4)), ..EventFilter::default() },
        EventFilter { origin_name: Some("one".to_owned()), origin_healthy: Some(false), ..EventFilter::default() },
        EventFilter { limit: Some(1), ..EventFilter::default() },
    ] {
        let found = subject.store.events(filter.clone()).await.unwrap();
        assert!(!found.is_empty(), "{filter:?}");
        for found in found {
            let written = events.iter().find(|event| event.timestamp == found.timestamp).unwrap();
            assert_eq!(found.origins, written.origins, "{filter:?}");
        }
    }
}

async fn the_event_log_is_bounded(subject: Subject) {
    let (limit, _) = SMALL;
    let pool = PoolId::random();
    for second in 0..12 {
        subject.store.append_events([event(second, pool, "web", true, &[("one", true)])].into()).await.unwrap();
    }
    let named = EventFilter { origin_name: Some("one".to_owned()), ..EventFilter::default() };
    for filter in [EventFilter::default(), named] {
        let found = subject.store.events(filter).await.unwrap();
        let seconds: Vec<i64> = found.iter().map(|event| event.timestamp.as_second()).collect();
        assert_eq!(seconds, [11, 10, 9, 8, 7]);
        assert_eq!(found.len() as u64, limit);
    }
}

async fn named_values_are_kept_replaced_and_removed(subject: Subject) {
    let store = &subject.store;
    assert_eq!(store.named("token").await, Ok(None));
    store.set_named("token", Some(b"one".to_vec()), Secrecy::Plain).await.unwrap();
    store.set_named("authority", Some(b"secret".to_vec()), Secrecy::Sealed).await.unwrap();
    assert_eq!(store.named("token").await, Ok(Some(b"one".to_vec())));
    assert_eq!(store.named("authority").await, Ok(Some(b"secret".to_vec())));
    store.set_named("token", Some(b"two".to_vec()), Secrecy::Sealed).await.unwrap();
    assert_eq!(store.named("token").await, Ok(Some(b"two".to_vec())));
    store.set_named("token", None, Secrecy::Plain).await.unwrap();
    assert_eq!(store.named("token").await, Ok(None));
}

async fn health_is_kept_per_pool(subject: Subject) {
    let (kept, gone) = (PoolId::random(), PoolId::random());
    let key = EndpointKey { address: "2001:db8::1".to_owned(), port: 443, virtual_network_id: None };
    let endpoint = EndpointHealth { state: EndpointState::Unhealthy, since: Some(at(3)), ..EndpointHealth::default() };
    let health = Arc::new(PoolHealth { state: PoolState::Critical, endpoints: [(key, endpoint)].into() });
    let both = vec![(kept, Some(health.clone())), (gone, Some(health.clone()))];
    subject.store.save_health(both).await.unwrap();
    subject.store.save_health(vec![(gone, None)]).await.unwrap();
    assert_eq!(subject.store.load_health().await.unwrap().pools, [(kept, health)].into());
}

/// Writers that race for a revision: each revision is won by exactly one of them.
async fn many_writers_lose_nothing(subject: Subject) {
    let write = |store: Arc<dyn Store>| async move {
        for _ in 0..20 {
            let edit = put_account("racer");
            loop {
                let revision = *store.newest().borrow();
                match store.commit(revision, vec![edit.clone()]).await {
                    Ok(_) => break,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    };
    let writers: Vec<_> = (0..4).map(|_| tokio::spawn(write(subject.store.clone()))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let contents = subject.store.load().await.unwrap();
    assert_eq!((contents.revision, contents.objects.len()), (80, 80));
}
