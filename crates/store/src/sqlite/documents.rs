//! Documents and their change log.

use super::{
    Bounds, Database,
    error::{damaged, store},
    transaction::{Durability, begin},
};
use crate::{Change, Contents, Edit, Kind, Object, ObjectId, StoreError, seal::Seal};
use model::{Certificate, Secret};
use rusqlite::{Connection, Transaction, params};
use std::sync::Arc;

/// The newest revision.
pub(super) fn revision(connection: &Connection) -> Result<u64, StoreError> {
    connection.query_row("SELECT revision FROM state", [], |row| row.get(0)).map_err(store)
}

/// Everything, as of one revision.
pub(super) fn load(connection: &mut Connection, seal: &Seal) -> Result<Contents, StoreError> {
    let transaction = connection.transaction().map_err(store)?;
    let revision = revision(&transaction)?;
    let mut objects = Vec::new();
    for kind in Kind::ALL {
        let mut rows =
            transaction.prepare_cached("SELECT id, body FROM documents WHERE kind = ?1 ORDER BY id").map_err(store)?;
        let rows = rows
            .query_map([kind.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
            .map_err(store)?;
        for row in rows {
            let (id, body) = row.map_err(store)?;
            objects.push(decode(seal, *kind, &id, &body)?);
        }
    }
    Ok(Contents { revision, objects })
}

/// Applies `edits` as the change after `expected`.
pub(super) fn commit(database: &mut Database, expected: u64, edits: &[Edit]) -> Result<u64, StoreError> {
    let transaction = begin(&mut database.connection, Durability::OnDisk)?;
    let actual = revision(&transaction)?;
    if actual != expected {
        return Err(StoreError::Conflict { expected, actual });
    }
    let next = expected + 1;
    for (step, edit) in edits.iter().enumerate() {
        write(&transaction, &database.seal, next, step, edit)?;
    }
    forget_old_changes(&transaction, database.bounds, next)?;
    transaction.execute("UPDATE state SET revision = ?1", [next]).map_err(store)?;
    transaction.commit().map_err(store)?;
    database.newest.send_replace(next);
    Ok(next)
}

fn write(
    transaction: &Transaction<'_>,
    seal: &Seal,
    revision: u64,
    step: usize,
    edit: &Edit,
) -> Result<(), StoreError> {
    let id = edit.id();
    let (kind, name) = (id.kind().as_str(), id.to_string());
    let body = match edit {
        Edit::Put(object) => Some(encode(seal, object)?),
        Edit::Delete(_) => None,
    };
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map_err(store)
    };
    match &body {
        Some(body) => run(
            "INSERT INTO documents VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET revision = excluded.revision, body = excluded.body",
            params![kind, name, revision, body],
        )?,
        None => run("DELETE FROM documents WHERE kind = ?1 AND id = ?2", params![kind, name])?,
    };
    run("INSERT INTO changes VALUES (?1, ?2, ?3, ?4, ?5)", params![revision, step as u64, kind, name, body])?;
    Ok(())
}

fn forget_old_changes(transaction: &Transaction<'_>, bounds: Bounds, newest: u64) -> Result<(), StoreError> {
    let compacted = newest.saturating_sub(bounds.history);
    transaction.execute("DELETE FROM changes WHERE revision <= ?1", [compacted]).map_err(store)?;
    transaction.execute("UPDATE state SET compacted = max(compacted, ?1)", [compacted]).map_err(store)?;
    Ok(())
}

/// The changes after a revision, oldest first.
pub(super) fn changes(database: &mut Database, after: u64, limit: u32) -> Result<Vec<Change>, StoreError> {
    let transaction = database.connection.transaction().map_err(store)?;
    let oldest: u64 = transaction.query_row("SELECT compacted FROM state", [], |row| row.get(0)).map_err(store)?;
    if after < oldest {
        return Err(StoreError::Compacted { after, oldest });
    }
    // A change without edits has no rows, yet it is a revision that a watcher waits for.
    let newest = revision(&transaction)?.min(after.saturating_add(limit.into()));
    let mut changes: Vec<Change> =
        (after + 1..=newest).map(|revision| Change { revision, edits: Vec::new() }).collect();
    let mut rows = transaction
        .prepare_cached(
            "SELECT revision, kind, id, body FROM changes WHERE revision > ?1 AND revision <= ?2
             ORDER BY revision, step",
        )
        .map_err(store)?;
    let rows = rows
        .query_map([after, newest], |row| {
            let (kind, id): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, u64>(0)?, kind, id, row.get::<_, Option<String>>(3)?))
        })
        .map_err(store)?;
    for row in rows {
        let (revision, kind, id, body) = row.map_err(store)?;
        let edit = decode_edit(&database.seal, &kind, &id, body.as_deref())?;
        if let Some(change) = changes.get_mut((revision - after - 1) as usize) {
            change.edits.push(edit);
        }
    }
    Ok(changes)
}

fn decode_edit(seal: &Seal, kind: &str, id: &str, body: Option<&str>) -> Result<Edit, StoreError> {
    let kind = Kind::from_text(kind).ok_or_else(|| damaged(kind, "unknown kind"))?;
    match body {
        Some(body) => decode(seal, kind, id, body).map(Edit::Put),
        None => Ok(Edit::Delete(kind.parse_id(id).ok_or_else(|| damaged(kind, "bad id"))?)),
    }
}

/// The body of a document as it is written: JSON, with private keys sealed.
fn encode(seal: &Seal, object: &Object) -> Result<String, StoreError> {
    let body = match object {
        Object::Account(value) => serde_json::to_string(&**value),
        Object::Zone(value) => serde_json::to_string(&**value),
        Object::Monitor(value) => serde_json::to_string(&**value),
        Object::MonitorGroup(value) => serde_json::to_string(&**value),
        Object::Pool(value) => serde_json::to_string(&**value),
        Object::LoadBalancer(value) => serde_json::to_string(&**value),
        Object::Certificate(value) => serde_json::to_string(&sealed(seal, value)),
        Object::TrustAnchor(value) => serde_json::to_string(&**value),
    };
    body.map_err(|error| StoreError::Refused { detail: format!("{} {}: {error}", object.kind(), object.id()) })
}

fn decode(seal: &Seal, kind: Kind, id: &str, body: &str) -> Result<Object, StoreError> {
    let object = match kind {
        Kind::Account => serde_json::from_str(body).map(Object::Account),
        Kind::Zone => serde_json::from_str(body).map(Object::Zone),
        Kind::Monitor => serde_json::from_str(body).map(Object::Monitor),
        Kind::MonitorGroup => serde_json::from_str(body).map(Object::MonitorGroup),
        Kind::Pool => serde_json::from_str(body).map(Object::Pool),
        Kind::LoadBalancer => serde_json::from_str(body).map(Object::LoadBalancer),
        Kind::Certificate => serde_json::from_str(body).map(Object::Certificate),
        Kind::TrustAnchor => serde_json::from_str(body).map(Object::TrustAnchor),
    };
    match object.map_err(|error| damaged(format_args!("{kind} {id}"), error))? {
        Object::Certificate(certificate) => {
            opened(seal, &certificate).map(|value| Object::Certificate(Arc::new(value)))
        }
        object => Ok(object),
    }
}

fn place(id: ObjectId) -> String {
    format!("{} {id} private key", id.kind())
}

fn sealed(seal: &Seal, certificate: &Certificate) -> Certificate {
    let key = seal.seal(&place(certificate.id.into()), certificate.private_key_pem.expose().as_bytes());
    Certificate { private_key_pem: Secret::new(key), ..certificate.clone() }
}

fn opened(seal: &Seal, certificate: &Certificate) -> Result<Certificate, StoreError> {
    let place = place(certificate.id.into());
    let key = seal.open(&place, certificate.private_key_pem.expose()).ok();
    let key = key.and_then(|key| String::from_utf8(key).ok());
    let key = key.ok_or_else(|| damaged(place, "cannot be decrypted"))?;
    Ok(Certificate { private_key_pem: Secret::new(key), ..certificate.clone() })
}
