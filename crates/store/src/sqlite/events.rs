//! The log of health events: bounded, indexed by what it is asked for.

use super::{
    Database,
    error::{damaged, store},
    transaction::{Durability, begin},
};
use crate::{EventFilter, StoreError};
use model::HealthEvent;
use rusqlite::{ToSql, Transaction, params};

/// Appends events in one transaction and forgets the oldest above the bound.
pub(super) fn append(database: &mut Database, events: Vec<HealthEvent>) -> Result<Vec<u64>, StoreError> {
    let transaction = begin(&mut database.connection, Durability::OnDisk)?;
    let ids = events.iter().map(|event| insert(&transaction, event)).collect::<Result<Vec<_>, _>>()?;
    if let Some(newest) = ids.last() {
        let forgotten = newest.saturating_sub(database.bounds.events);
        transaction.execute("DELETE FROM events WHERE id <= ?1", [forgotten]).map_err(store)?;
    }
    transaction.commit().map_err(store)?;
    Ok(ids)
}

fn insert(transaction: &Transaction<'_>, event: &HealthEvent) -> Result<u64, StoreError> {
    let body = serde_json::to_string(event)
        .map_err(|error| StoreError::Refused { detail: format!("health event: {error}") })?;
    let pool = &event.pool;
    transaction
        .prepare_cached("INSERT INTO events (at, pool_id, pool_name, pool_healthy, body) VALUES (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut statement| {
            let at = event.timestamp.as_microsecond();
            statement.execute(params![at, pool.id.to_string(), pool.name, pool.healthy, body])
        })
        .map_err(store)?;
    let id = transaction.last_insert_rowid();
    let mut origins = transaction.prepare_cached("INSERT INTO event_origins VALUES (?1, ?2, ?3)").map_err(store)?;
    for origin in &event.origins {
        origins.execute(params![id, origin.name, origin.healthy]).map_err(store)?;
    }
    Ok(id as u64)
}

/// The events that fit, newest first.
pub(super) fn find(database: &mut Database, filter: &EventFilter) -> Result<Vec<HealthEvent>, StoreError> {
    let (condition, values) = condition(filter);
    let sql = format!("SELECT id, body FROM events WHERE {condition} ORDER BY id DESC LIMIT ?");
    let mut statement = database.connection.prepare_cached(&sql).map_err(store)?;
    let rows = statement
        .query_map(rusqlite::params_from_iter(values), |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))
        .map_err(store)?;
    rows.map(|row| {
        let (id, body) = row.map_err(store)?;
        let event: HealthEvent =
            serde_json::from_str(&body).map_err(|error| damaged(format_args!("event {id}"), error))?;
        Ok(HealthEvent { id, ..event })
    })
    .collect()
}

/// The condition with its values, the limit last.
fn condition(filter: &EventFilter) -> (String, Vec<Box<dyn ToSql>>) {
    let mut terms = vec!["TRUE"];
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut term = |sql: &'static str, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            terms.push(sql);
            values.push(value);
        }
    };
    term("at >= ?", filter.since.map(|at| Box::new(at.as_microsecond()) as _));
    term("at <= ?", filter.until.map(|at| Box::new(at.as_microsecond()) as _));
    term("pool_id = ?", filter.pool_id.map(|id| Box::new(id.to_string()) as _));
    term("pool_name = ?", filter.pool_name.clone().map(|name| Box::new(name) as _));
    term("pool_healthy = ?", filter.pool_healthy.map(|healthy| Box::new(healthy) as _));
    const NAMED: &str = "id IN (SELECT event FROM event_origins WHERE name = ?)";
    const STANDING: &str = "EXISTS (SELECT 1 FROM event_origins WHERE event = events.id AND healthy = ?)";
    const BOTH: &str = "id IN (SELECT event FROM event_origins WHERE name = ? AND healthy = ?)";
    let name = filter.origin_name.clone().map(|name| Box::new(name) as Box<dyn ToSql>);
    let healthy = filter.origin_healthy.map(|healthy| Box::new(healthy) as Box<dyn ToSql>);
    match (name, healthy) {
        (Some(name), Some(healthy)) => {
            terms.push(BOTH);
            values.extend([name, healthy]);
        }
        (Some(name), None) => term(NAMED, Some(name)),
        (None, healthy) => term(STANDING, healthy),
    }
    values.push(Box::new(filter.limit.unwrap_or(EventFilter::DEFAULT_LIMIT)));
    (terms.join(" AND "), values)
}
