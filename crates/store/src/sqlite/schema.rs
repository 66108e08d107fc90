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
const MIGRATIONS: &[Migration] = &[create];

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
    migrate(connection)?;
    size_limit.map_or(Ok(()), |bytes| limit_size(connection, bytes))
}

fn limit_size(connection: &Connection, bytes: u64) -> Result<(), StoreError> {
    let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(store)?;
    // Answers with the limit in force; it is never below what there is already.
    connection.query_row(&format!("PRAGMA max_page_count = {}", bytes / page), [], |_| Ok(())).map_err(store)
}

fn refuse_newer(found: u32) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as u32;
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = begin(connection, Durability::OnDisk)?;
    let found = version(&transaction)?;
    for (step, migration) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        migration(&transaction).map_err(store)?;
        transaction.pragma_update(None, "user_version", step as u32 + 1).map_err(store)?;
    }
    transaction.commit().map_err(store)
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
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
}
