//! The log of health events: bounded, indexed by what it is asked for. What they show of endpoints is in `film`.

use super::{
    Database,
    error::{damaged, store},
    film,
    transaction::{Durability, begin},
};
use crate::{EventFilter, StoreError};
use model::{EventPool, HealthEvent, Timestamp};
use rusqlite::{ToSql, Transaction, params};

/// Appends events in one transaction and forgets the oldest above the bound.
pub(super) fn append(database: &mut Database, events: &[HealthEvent]) -> Result<Vec<u64>, StoreError> {
    // Only what has been committed may be remembered.
    let mut open = std::mem::take(&mut database.open_stretches);
    let transaction = begin(&mut database.connection, Durability::OnDisk)?;
    let mut ids = Vec::with_capacity(events.len());
    for event in events {
        let id = insert(&transaction, event)?;
        open.write(&transaction, event, id)?;
        ids.push(id as u64);
    }
    if let Some(newest) = ids.last() {
        let forgotten = newest.saturating_sub(database.bounds.events) as i64;
        transaction.execute("DELETE FROM events WHERE id <= ?1", [forgotten]).map_err(store)?;
        film::forget(&transaction, forgotten)?;
    }
    transaction.commit().map_err(store)?;
    database.open_stretches = open;
    Ok(ids)
}

fn insert(transaction: &Transaction<'_>, event: &HealthEvent) -> Result<i64, StoreError> {
    let pool = &event.pool;
    let body = serde_json::to_string(pool)
        .map_err(|error| StoreError::Refused { detail: format!("health event: {error}") })?;
    let any = |healthy: bool| event.origins.iter().any(|origin| origin.healthy == healthy);
    transaction
        .prepare_cached(
            "INSERT INTO events (at, pool_id, pool_name, pool_healthy, any_healthy, any_unhealthy, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut statement| {
            let at = event.timestamp.as_microsecond();
            statement.execute(params![at, pool.id.to_string(), pool.name, pool.healthy, any(true), any(false), body])
        })
        .map_err(store)?;
    Ok(transaction.last_insert_rowid())
}

/// The events that fit, newest first.
pub(super) fn find(database: &mut Database, filter: &EventFilter) -> Result<Vec<HealthEvent>, StoreError> {
    let (condition, values) = condition(filter);
    let sql = format!("SELECT id, at, body FROM events WHERE {condition} ORDER BY id DESC LIMIT ?");
    let mut statement = database.connection.prepare_cached(&sql).map_err(store)?;
    let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
        Ok((row.get::<_, u64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    });
    let mut events = Vec::new();
    for row in rows.map_err(store)? {
        let (id, at, body) = row.map_err(store)?;
        let bad = |error: &dyn std::fmt::Display| damaged(format_args!("event {id}"), error);
        let pool: EventPool = serde_json::from_str(&body).map_err(|error| bad(&error))?;
        let timestamp = Timestamp::from_microsecond(at).map_err(|error| bad(&error))?;
        events.push(HealthEvent { id, timestamp, pool, origins: Vec::new() });
    }
    film::show(&database.connection, &mut events)?;
    Ok(events)
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
    const NAMED: &str = "id IN (SELECT events.id FROM event_origins AS shown JOIN events
        ON events.pool_id = shown.pool_id AND events.id BETWEEN shown.first AND shown.last WHERE shown.name = ?)";
    const BOTH: &str = "id IN (SELECT events.id FROM event_origins AS shown JOIN events
        ON events.pool_id = shown.pool_id AND events.id BETWEEN shown.first AND shown.last
        WHERE shown.name = ? AND shown.healthy = ?)";
    let name = filter.origin_name.clone().map(|name| Box::new(name) as Box<dyn ToSql>);
    match (name, filter.origin_healthy) {
        (Some(name), Some(healthy)) => {
            terms.push(BOTH);
            values.extend([name, Box::new(healthy) as _]);
        }
        (Some(name), None) => term(NAMED, Some(name)),
        (None, Some(true)) => terms.push("any_healthy"),
        (None, Some(false)) => terms.push("any_unhealthy"),
        (None, None) => {}
    }
    values.push(Box::new(filter.limit.unwrap_or(EventFilter::DEFAULT_LIMIT)));
    (terms.join(" AND "), values)
}
