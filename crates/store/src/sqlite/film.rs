//! What events show of the endpoints of a pool: each endpoint is written once for all events in a row that show it alike.
//!
//! A stretch holds what one place of a pool showed from one event to another. The picture that an event shows is made of
//! the stretches of its pool that it lies in. So an event costs what differs from the one before it, to write as to keep.

use super::error::{damaged, store};
use crate::StoreError;
use model::{EventOrigin, HealthEvent, PoolId};
use rusqlite::{Connection, Transaction, params};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The end of a stretch that the newest event of its pool lies in.
const OPEN: i64 = i64::MAX;
/// The newest pictures of how many pools are remembered. The next event of any other pool is written whole.
const REMEMBERED: usize = 256;

/// The open stretches of pools that had events lately. What is missing here may still be open in the database.
#[derive(Default)]
pub(super) struct OpenStretches(HashMap<PoolId, Vec<Stretch>>);

struct Stretch {
    row: i64,
    shown: Arc<EventOrigin>,
}

impl OpenStretches {
    /// Writes what an event shows. After a failure these stretches must be dropped with the transaction.
    pub(super) fn write(
        &mut self,
        transaction: &Transaction<'_>,
        event: &HealthEvent,
        id: i64,
    ) -> Result<(), StoreError> {
        let pool = event.pool.id;
        if !self.0.contains_key(&pool) {
            if self.0.len() >= REMEMBERED {
                self.0.clear();
            }
            close_all(transaction, pool, id)?;
        }
        let stretches = self.0.entry(pool).or_default();
        for (place, shown) in event.origins.iter().enumerate() {
            let known = stretches.get(place);
            if known.is_some_and(|known| Arc::ptr_eq(&known.shown, shown) || known.shown == *shown) {
                continue;
            }
            if let Some(known) = known {
                close(transaction, known.row, id)?;
            }
            let stretch = Stretch { row: open(transaction, pool, place, id, shown)?, shown: shown.clone() };
            match stretches.get_mut(place) {
                Some(known) => *known = stretch,
                None => stretches.push(stretch),
            }
        }
        // The pool has become smaller.
        for gone in stretches.drain(event.origins.len()..) {
            close(transaction, gone.row, id)?;
        }
        Ok(())
    }
}

fn open(
    transaction: &Transaction<'_>,
    pool: PoolId,
    place: usize,
    id: i64,
    shown: &EventOrigin,
) -> Result<i64, StoreError> {
    let body = serde_json::to_string(shown)
        .map_err(|error| StoreError::Refused { detail: format!("health event: {error}") })?;
    transaction
        .prepare_cached(
            "INSERT INTO event_origins (pool_id, place, first, last, name, healthy, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut statement| {
            statement.execute(params![pool.to_string(), place as i64, id, OPEN, shown.name, shown.healthy, body])
        })
        .map_err(store)?;
    Ok(transaction.last_insert_rowid())
}

/// Ends a stretch before event `id`.
fn close(transaction: &Transaction<'_>, row: i64, id: i64) -> Result<(), StoreError> {
    let run = transaction.prepare_cached("UPDATE event_origins SET last = ?2 WHERE row = ?1");
    run.and_then(|mut statement| statement.execute([row, id - 1])).map(drop).map_err(store)
}

fn close_all(transaction: &Transaction<'_>, pool: PoolId, id: i64) -> Result<(), StoreError> {
    let run = transaction.prepare_cached("UPDATE event_origins SET last = ?2 WHERE pool_id = ?1 AND last = ?3");
    run.and_then(|mut statement| statement.execute(params![pool.to_string(), id - 1, OPEN])).map(drop).map_err(store)
}

/// Forgets what only events up to `id` show.
pub(super) fn forget(transaction: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    let run = transaction.prepare_cached("DELETE FROM event_origins WHERE last <= ?1");
    run.and_then(|mut statement| statement.execute([id])).map(drop).map_err(store)
}

/// Puts the picture of the pool into each event.
pub(super) fn show(connection: &Connection, events: &mut [HealthEvent]) -> Result<(), StoreError> {
    let mut by_pool: BTreeMap<PoolId, Vec<&mut HealthEvent>> = BTreeMap::new();
    for event in events {
        by_pool.entry(event.pool.id).or_default().push(event);
    }
    for (pool, mut events) in by_pool {
        events.sort_by_key(|event| event.id);
        let (Some(first), Some(last)) = (events.first(), events.last()) else { continue };
        let mut film = Film::load(connection, pool, first.id as i64, last.id as i64)?;
        events.into_iter().for_each(|event| event.origins = film.at(event.id as i64));
    }
    Ok(())
}

/// What a pool showed over a time, wound forward event by event.
struct Film {
    /// By their first event, those to come.
    stretches: std::iter::Peekable<std::vec::IntoIter<Shown>>,
    /// The stretch that was last wound to, by place.
    wound: BTreeMap<i64, Shown>,
}

struct Shown {
    place: i64,
    first: i64,
    last: i64,
    origin: Arc<EventOrigin>,
}

impl Film {
    fn load(connection: &Connection, pool: PoolId, first: i64, last: i64) -> Result<Self, StoreError> {
        let mut statement = connection
            .prepare_cached(
                "SELECT place, first, last, body FROM event_origins
                 WHERE pool_id = ?1 AND last >= ?2 AND first <= ?3 ORDER BY first",
            )
            .map_err(store)?;
        let rows = statement.query_map(params![pool.to_string(), first, last], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        });
        let mut stretches = Vec::new();
        for row in rows.map_err(store)? {
            let (place, first, last, body) = row.map_err(store)?;
            let origin: EventOrigin = serde_json::from_str(&body)
                .map_err(|error| damaged(format_args!("an endpoint as of event {first}"), error))?;
            stretches.push(Shown { place, first, last, origin: Arc::new(origin) });
        }
        Ok(Self { stretches: stretches.into_iter().peekable(), wound: BTreeMap::new() })
    }

    /// What event `id` shows; no earlier one than was asked for before.
    fn at(&mut self, id: i64) -> Vec<Arc<EventOrigin>> {
        while let Some(shown) = self.stretches.next_if(|shown| shown.first <= id) {
            self.wound.insert(shown.place, shown);
        }
        self.wound.values().filter(|shown| shown.last >= id).map(|shown| shown.origin.clone()).collect()
    }
}
