//! The last known health, one row per pool. Written often and cheap to lose: it does not wait for the disk.

use super::{
    Database,
    error::{damaged, store},
    transaction::{Durability, begin},
};
use crate::StoreError;
use model::{HealthSnapshot, PoolHealth, PoolId};
use rusqlite::{Connection, params};
use std::sync::Arc;

/// Keeps or forgets the health of pools, all of them or none.
pub(super) fn save(database: &mut Database, pools: &[(PoolId, Option<Arc<PoolHealth>>)]) -> Result<(), StoreError> {
    let transaction = begin(&mut database.connection, Durability::Soon)?;
    for (pool, health) in pools {
        let pool = pool.to_string();
        match health {
            None => transaction.execute("DELETE FROM pool_health WHERE pool = ?1", [pool]),
            Some(health) => {
                let body = serde_json::to_string(health)
                    .map_err(|error| StoreError::Refused { detail: format!("health of pool {pool}: {error}") })?;
                transaction.execute("INSERT OR REPLACE INTO pool_health VALUES (?1, ?2)", params![pool, body])
            }
        }
        .map_err(store)?;
    }
    transaction.commit().map_err(store)
}

/// The health that was kept last.
pub(super) fn load(connection: &Connection) -> Result<HealthSnapshot, StoreError> {
    let mut statement = connection.prepare("SELECT pool, body FROM pool_health").map_err(store)?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).map_err(store)?;
    let mut snapshot = HealthSnapshot::default();
    for row in rows {
        let (pool, body) = row.map_err(store)?;
        let id = pool.parse().map_err(|error| damaged(format_args!("health of pool {pool}"), error))?;
        let health =
            serde_json::from_str(&body).map_err(|error| damaged(format_args!("health of pool {pool}"), error))?;
        snapshot.pools.insert(id, health);
    }
    Ok(snapshot)
}
