//! Small named values, plain or sealed.

use super::{
    Database,
    error::{damaged, store},
    transaction::{Durability, begin},
};
use crate::{Secrecy, StoreError, seal::Seal};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::PathBuf;

/// A value sealed at the first start: whoever cannot open it holds another key.
const KEY_CHECK: &str = "key check";

/// The value, opened if it was sealed.
pub(super) fn get(database: &mut Database, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    read(&database.connection, &database.seal, name)
}

fn read(connection: &Connection, seal: &Seal, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(bool, Vec<u8>)> = connection
        .query_row("SELECT sealed, value FROM named WHERE name = ?1", [name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(store)?;
    match row {
        Some((true, value)) => {
            let text = String::from_utf8(value).map_err(|error| damaged(name, error))?;
            seal.open(&place(name), &text).map(Some).map_err(|_| damaged(name, "cannot be decrypted"))
        }
        Some((false, value)) => Ok(Some(value)),
        None => Ok(None),
    }
}

/// Keeps or removes a value.
pub(super) fn set(
    database: &mut Database,
    name: &str,
    value: Option<Vec<u8>>,
    secrecy: Secrecy,
) -> Result<(), StoreError> {
    let transaction = begin(&mut database.connection, Durability::OnDisk)?;
    write(&transaction, &database.seal, name, value, secrecy)?;
    transaction.commit().map_err(store)
}

fn write(
    connection: &Connection,
    seal: &Seal,
    name: &str,
    value: Option<Vec<u8>>,
    secrecy: Secrecy,
) -> Result<(), StoreError> {
    let changed = match (value, secrecy) {
        (None, _) => connection.execute("DELETE FROM named WHERE name = ?1", [name]),
        (Some(value), Secrecy::Plain) => {
            connection.execute("INSERT OR REPLACE INTO named VALUES (?1, FALSE, ?2)", params![name, value])
        }
        (Some(value), Secrecy::Sealed) => {
            let sealed = seal.seal(&place(name), &value).into_bytes();
            connection.execute("INSERT OR REPLACE INTO named VALUES (?1, TRUE, ?2)", params![name, sealed])
        }
    };
    changed.map(drop).map_err(store)
}

fn place(name: &str) -> String {
    format!("named {name}")
}

/// Makes sure that `seal` is the key that this database was first opened with.
pub(super) fn check_key(connection: &Connection, seal: &Seal) -> Result<(), StoreError> {
    let wrong =
        StoreError::SecretKey { path: PathBuf::new(), problem: "holds another key than the database was sealed with" };
    match read(connection, seal, KEY_CHECK) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => write(connection, seal, KEY_CHECK, Some(KEY_CHECK.into()), Secrecy::Sealed),
        Err(StoreError::Corrupt { .. }) => Err(wrong),
        Err(other) => Err(other),
    }
}
