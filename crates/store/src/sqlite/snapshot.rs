//! A snapshot: what a node needs to serve, copied beside the database for the day when that cannot be opened.
//!
//! It is a small database of its own, with the documents, the named values and the last known health, and without the
//! logs of changes and events. Secrets in it stay sealed. It is written under another name, flushed, and renamed: what
//! stands under its own name is always one whole state.

use super::{error::store, schema};
use crate::StoreError;
use rusqlite::{Connection, OpenFlags, params_from_iter, types::Value};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// What is copied.
const TABLES: [&str; 4] = ["state", "documents", "named", "pool_health"];

/// Where the snapshot of a database is.
pub(super) fn path_of(database: &Path) -> PathBuf {
    with_suffix(database, ".snapshot")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Copies the newest committed state of `database`. Whoever writes to it meanwhile is not held up. Blocks.
pub(super) fn write(database: &Path, busy_timeout: Duration) -> Result<(), StoreError> {
    let path = path_of(database);
    let unfinished = with_suffix(&path, ".new");
    remove(&unfinished)?;
    let mut original = open_to_read(database, busy_timeout)?;
    let mut copy = Connection::open(&unfinished).map_err(store)?;
    // The file is flushed as a whole before anybody may see it.
    copy.execute_batch("PRAGMA journal_mode = OFF;").map_err(store)?;
    copy_tables(&mut original, &mut copy)?;
    copy.close().map_err(|(_, error)| store(error))?;
    put_in_place(&unfinished, &path).map_err(|error| io_error(&path, &error))
}

/// The newest snapshot of `database`, in memory and as the newest schema has it.
pub(super) fn read(database: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let mut original = open_to_read(&path_of(database), busy_timeout)?;
    let mut copy = Connection::open_in_memory().map_err(store)?;
    copy_tables(&mut original, &mut copy)?;
    Ok(copy)
}

/// Opens a database that must be there, to read it.
pub(super) fn open_to_read(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(store)?;
    connection.busy_timeout(busy_timeout).map_err(store)?;
    Ok(connection)
}

/// Copies one state of `original` into the empty database `copy`, with the schema version that it has.
fn copy_tables(original: &mut Connection, copy: &mut Connection) -> Result<(), StoreError> {
    let original = original.transaction().map_err(store)?;
    schema::create_version(copy, schema::version(&original)?)?;
    let copy = copy.transaction().map_err(store)?;
    for table in TABLES {
        copy.execute(&format!("DELETE FROM {table}"), []).map_err(store)?;
        let mut rows = original.prepare(&format!("SELECT * FROM {table}")).map_err(store)?;
        let columns = rows.column_count();
        let places = vec!["?"; columns].join(", ");
        let mut insert = copy.prepare(&format!("INSERT INTO {table} VALUES ({places})")).map_err(store)?;
        let mut rows = rows.query([]).map_err(store)?;
        while let Some(row) = rows.next().map_err(store)? {
            let values = (0..columns).map(|column| row.get::<_, Value>(column));
            let values = values.collect::<Result<Vec<_>, _>>().map_err(store)?;
            insert.execute(params_from_iter(values)).map_err(store)?;
        }
    }
    // None of the changes that led here came along.
    copy.execute("UPDATE state SET compacted = revision", []).map_err(store)?;
    copy.commit().map_err(store)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(path, &error)),
        _ => Ok(()),
    }
}

fn put_in_place(unfinished: &Path, path: &Path) -> io::Result<()> {
    File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn io_error(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io { detail: format!("{}: {error}", path.display()) }
}
