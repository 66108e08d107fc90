//! The tables, and the way from every older version to the newest.

use super::{
    error::store,
    transaction::{Durability, begin},
};
use crate::StoreError;
use rusqlite::{Connection, Transaction};
use std::time::Duration;

/// A step from one schema version to the next.
type Migration = fn(&Transaction<'_>) -> rusqlite::Result<()>;

/// The step at index `n` leads from version `n` to version `n + 1`. Steps are only ever added.
const MIGRATIONS: &[Migration] = &[create, write_endpoints_of_events_once];

/// Whether nothing was ever written to the database.
pub(super) fn is_new(connection: &Connection) -> Result<bool, StoreError> {
    Ok(version(connection)? == 0)
}

/// Sets the connection up and brings the schema to the newest version.
///
/// # Errors
/// [`StoreError::Newer`] when the database is ahead of this program.
pub(super) fn prepare(
    connection: &mut Connection,
    busy_timeout: Duration,
    size_limit: Option<u64>,
) -> Result<(), StoreError> {
    connection.busy_timeout(busy_timeout).map_err(store)?;
    refuse_newer(version(connection)?)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;").map_err(store)?;
    migrate(connection, MIGRATIONS.len() as u32)?;
    size_limit.map_or(Ok(()), |bytes| limit_size(connection, bytes))
}

fn limit_size(connection: &Connection, bytes: u64) -> Result<(), StoreError> {
    let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(store)?;
    // Answers with the limit in force; it is never below what there is already.
    connection.query_row(&format!("PRAGMA max_page_count = {}", bytes / page), [], |_| Ok(())).map_err(store)
}

/// Refuses a database that this program cannot read: of a newer version, or empty.
pub(super) fn refuse_unknown(connection: &Connection) -> Result<(), StoreError> {
    match version(connection)? {
        0 => Err(StoreError::Corrupt { detail: "it is empty".to_owned() }),
        found => refuse_newer(found),
    }
}

/// Makes the tables of a schema version that this program knows.
pub(super) fn create_version(connection: &mut Connection, version: u32) -> Result<(), StoreError> {
    refuse_newer(version)?;
    migrate(connection, version)
}

fn refuse_newer(found: u32) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as u32;
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

fn migrate(connection: &mut Connection, to: u32) -> Result<(), StoreError> {
    let transaction = begin(connection, Durability::OnDisk)?;
    let found = version(&transaction)?;
    for (step, migration) in MIGRATIONS.iter().enumerate().take(to as usize).skip(found as usize) {
        migration(&transaction).map_err(store)?;
        transaction.pragma_update(None, "user_version", step as u32 + 1).map_err(store)?;
    }
    transaction.commit().map_err(store)
}

/// The schema version of a database; 0 when it is empty.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(store)
}

/// Version 1.
fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "
        -- The newest revision, and the oldest one after which every change is still in `changes`.
        CREATE TABLE state (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            revision INTEGER NOT NULL,
            compacted INTEGER NOT NULL
        ) STRICT;
        INSERT INTO state VALUES (1, 0, 0);

        CREATE TABLE documents (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            revision INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;

        -- What each revision did, in order; a body that is NULL is a removal.
        CREATE TABLE changes (
            revision INTEGER NOT NULL,
            step INTEGER NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            body TEXT,
            PRIMARY KEY (revision, step)
        ) STRICT, WITHOUT ROWID;

        -- Times are microseconds since 1970.
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            pool_id TEXT NOT NULL,
            pool_name TEXT NOT NULL,
            pool_healthy INTEGER NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_by_time ON events (at);
        CREATE INDEX events_by_pool ON events (pool_id, at);
        CREATE INDEX events_by_pool_name ON events (pool_name, at);
        CREATE TABLE event_origins (
            event INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            healthy INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX event_origins_by_event ON event_origins (event);
        CREATE INDEX event_origins_by_name ON event_origins (name, event);

        CREATE TABLE named (name TEXT PRIMARY KEY, sealed INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE pool_health (pool TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
        ",
    )
}

/// Version 2: what events show of endpoints is no longer in every event, see `film`. Each old event becomes a stretch of
/// its own.
fn write_endpoints_of_events_once(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "
        ALTER TABLE events ADD COLUMN any_healthy INTEGER NOT NULL DEFAULT FALSE;
        ALTER TABLE events ADD COLUMN any_unhealthy INTEGER NOT NULL DEFAULT FALSE;
        UPDATE events SET
            any_healthy = EXISTS (SELECT 1 FROM event_origins WHERE event = events.id AND healthy),
            any_unhealthy = EXISTS (SELECT 1 FROM event_origins WHERE event = events.id AND NOT healthy);
        CREATE INDEX events_of_pool ON events (pool_id);

        DROP TABLE event_origins;
        -- The first and the last event that show an endpoint like this, at its place in its pool.
        CREATE TABLE event_origins (
            row INTEGER PRIMARY KEY,
            pool_id TEXT NOT NULL,
            place INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            name TEXT NOT NULL,
            healthy INTEGER NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        INSERT INTO event_origins (pool_id, place, first, last, name, healthy, body)
            SELECT events.pool_id, origin.key, events.id, events.id, origin.value ->> 'name',
                origin.value ->> 'healthy', origin.value
            FROM events, json_each(events.body, '$.origins') AS origin;
        CREATE INDEX event_origins_by_pool ON event_origins (pool_id, last);
        CREATE INDEX event_origins_by_end ON event_origins (last);
        CREATE INDEX event_origins_by_name ON event_origins (name);
        UPDATE events SET body = json_extract(body, '$.pool');
        ",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_from_the_future_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 7).unwrap();
        assert_eq!(
            prepare(&mut connection, Duration::ZERO, None),
            Err(StoreError::Newer { found: 7, known: MIGRATIONS.len() as u32 })
        );
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn preparing_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection, Duration::ZERO, None).unwrap();
        connection.execute("UPDATE state SET revision = 5", []).unwrap();
        prepare(&mut connection, Duration::ZERO, None).unwrap();
        let revision: i64 = connection.query_row("SELECT revision FROM state", [], |row| row.get(0)).unwrap();
        assert_eq!(revision, 5);
    }

    #[test]
    fn events_of_the_first_version_are_kept() {
        let mut connection = Connection::open_in_memory().unwrap();
        let transaction = connection.transaction().unwrap();
        create(&transaction).unwrap();
        transaction.pragma_update(None, "user_version", 1).unwrap();
        transaction
            .execute_batch(
                r#"
                INSERT INTO events VALUES (7, 5000000, 'p', 'web', 1,
                    '{"pool":{"name":"web"},"origins":[{"name":"a","healthy":true},{"name":"b","healthy":false}]}');
                INSERT INTO event_origins VALUES (7, 'a', TRUE), (7, 'b', FALSE);
                "#,
            )
            .unwrap();
        transaction.commit().unwrap();
        prepare(&mut connection, Duration::ZERO, None).unwrap();
        let event = connection.query_row("SELECT body, any_healthy, any_unhealthy FROM events", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
        });
        assert_eq!(event.unwrap(), (r#"{"name":"web"}"#.to_owned(), true, true));
        let mut shown =
            connection.prepare("SELECT place, first, last, name, healthy FROM event_origins ORDER BY place").unwrap();
        let shown = shown.query_map([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get::<_, String>(3)?, row.get(4)?))
        });
        let shown: Vec<(i64, i64, i64, String, bool)> = shown.unwrap().map(Result::unwrap).collect();
        assert_eq!(shown, [(0, 7, 7, "a".to_owned(), true), (1, 7, 7, "b".to_owned(), false)]);
    }
}
