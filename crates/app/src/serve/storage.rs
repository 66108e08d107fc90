//! The store of a node: opened, or stood in for by its snapshot when that cannot be done, and copied into a snapshot
//! while it is there.

use crate::config::{Config, StoreUrl};
use anyhow::{Context, bail};
use control::{EventFilter, StandIn, StoreError};
use model::{HealthEvent, HealthSnapshot, Timestamp};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{SqliteOptions, SqliteStore, Store};
use telemetry::{SnapshotInUse, SnapshotTaken, StoreFailed, Telemetry};
use tokio_util::sync::CancellationToken;

/// What to do when the store cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfGone {
    /// Serve from its snapshot.
    StandIn,
    /// Fail: somebody else serves, and may still be able to open it.
    Fail,
}

/// How long a process that is gone may still hold the store, and how often that is looked at. The kernel needs
/// milliseconds for it; whoever holds the store after seconds is alive, and waiting for longer would only put the
/// message off that says so.
const LETTING_GO: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A store, and whether it is a snapshot.
pub struct Storage {
    pub store: Arc<SqliteStore>,
    pub stand_in: Option<StandIn>,
}

impl Storage {
    /// Opens the store.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(config: &Config) -> Result<Storage, StoreError> {
        let store = Arc::new(SqliteStore::open(&options(config)?)?);
        Ok(Storage { store, stand_in: None })
    }

    /// As [`Storage::open`], behind another process that is to have let go of the store. One that was killed does so a
    /// moment after its end of the channel is closed: the kernel closes its files one after the other.
    ///
    /// # Errors
    /// When it cannot be opened, or is still in use after a while.
    pub async fn open_after_another(config: &Config) -> Result<Storage, StoreError> {
        let deadline = Instant::now() + LETTING_GO;
        loop {
            match Storage::open(config) {
                Err(StoreError::InUse { .. }) if Instant::now() < deadline => tokio::time::sleep(LOOK_EVERY).await,
                opened => return opened,
            }
        }
    }

    /// The snapshot in place of the store, which could not be opened or read for this reason.
    ///
    /// # Errors
    /// That reason, when there is no snapshot to be had either, or another process has the store: then this one has no
    /// business here.
    pub fn stand_in(config: &Config, why: StoreError, telemetry: &Telemetry) -> anyhow::Result<Storage> {
        if matches!(why, StoreError::InUse { .. }) {
            return Err(why).context("the store cannot be opened");
        }
        match SqliteStore::open_snapshot(&options(config)?, &why) {
            Ok((store, taken)) => {
                let why = why.to_string();
                SnapshotInUse { taken, why: &why }.emit(telemetry);
                Ok(Storage { store: Arc::new(store), stand_in: Some(StandIn { taken, why }) })
            }
            Err(StoreError::Missing { .. }) => Err(why).context("the store cannot be opened, and has no snapshot yet"),
            Err(error) => bail!("the store cannot be opened: {why}; nor can its snapshot: {error}"),
        }
    }
}

fn options(config: &Config) -> Result<SqliteOptions, StoreError> {
    let StoreUrl::Sqlite(file) = &config.store.url;
    let path = config.node.data_dir.join(file);
    let (Some(directory), Some(file)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(StoreError::NotWritable { detail: format!("`{}` does not name a file", path.display()) });
    };
    Ok(SqliteOptions { file: file.to_owned(), event_limit: config.store.events, ..SqliteOptions::new(directory) })
}

/// Waits until a store that could not be opened can be.
pub async fn returned(config: &Config) {
    loop {
        tokio::time::sleep(config.store.retry).await;
        let options = options(config);
        let checked = tokio::task::spawn_blocking(move || SqliteStore::check(&options?)).await;
        match checked {
            Ok(Ok(())) => return,
            Ok(Err(error)) => tracing::debug!(%error, "the store is still gone"),
            Err(error) => tracing::error!(%error, "the store could not be looked at"),
        }
    }
}

/// Takes snapshots as the store changes, until told to stop; then a last one.
pub async fn keep_snapshots(store: Arc<SqliteStore>, gap: Duration, telemetry: Telemetry, stop: CancellationToken) {
    // Not at once: a start has better things to do, and what it finds is in the snapshot from before.
    while tokio::time::timeout(gap, stop.cancelled()).await.is_err() {
        take_snapshot(&store, &telemetry).await;
    }
    take_snapshot(&store, &telemetry).await;
}

async fn take_snapshot(store: &SqliteStore, telemetry: &Telemetry) {
    let begun = Instant::now();
    match store.take_snapshot().await {
        Ok(true) => SnapshotTaken { at: Timestamp::now(), took: begun.elapsed() }.emit(telemetry),
        Ok(false) => {}
        Err(error) => StoreFailed { operation: "take_snapshot", error: &error }.emit(telemetry),
    }
}

/// What was learnt while a snapshot stood in, for the store when it is back.
#[derive(Default)]
pub struct Learnt {
    /// Oldest first.
    events: Vec<HealthEvent>,
    health: HealthSnapshot,
}

impl Learnt {
    /// Everything that the snapshot was told since it was opened.
    pub async fn of(snapshot: &SqliteStore) -> Result<Learnt, StoreError> {
        let all = EventFilter { limit: Some(u32::MAX), ..EventFilter::default() };
        let mut events = snapshot.events(all).await?;
        events.reverse();
        Ok(Learnt { events, health: snapshot.load_health().await? })
    }

    /// Hands it over to the store.
    pub async fn tell(self, store: &SqliteStore) -> Result<(), StoreError> {
        store.append_events(self.events.into()).await?;
        let health = self.health.pools.iter().map(|(pool, health)| (*pool, Some(health.clone())));
        store.save_health(health.collect()).await
    }
}
