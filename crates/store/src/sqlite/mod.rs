//! The embedded store: one SQLite file, one thread that owns the connection.
//!
//! Write-ahead log with `synchronous=FULL`: a commit is on disk before it is acknowledged. Callers hand the thread a
//! closure and await its answer, so that no async task ever waits for a disk.

mod documents;
mod error;
mod events;
mod film;
mod health;
mod named;
mod schema;
mod snapshot;
mod thread;
mod transaction;

use crate::{Answer, Change, Contents, Edit, EventFilter, Secrecy, Store, StoreError, lock::DirectoryLock, seal::Seal};
use model::{HealthEvent, HealthSnapshot, PoolHealth, PoolId, Timestamp};
use rusqlite::Connection;
use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use thread::DatabaseThread;
use tokio::sync::watch;

/// How an embedded store is kept.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Holds the database, its lock file and the key file; made if missing.
    pub directory: PathBuf,
    /// The name of the database file in the directory.
    pub file: String,
    /// How many health events are kept.
    pub event_limit: u64,
    /// How many changes a watcher may lag behind before it must list everything again.
    pub history_limit: u64,
    /// How many bytes the database may grow to; `None` for as many as the disk has. At the limit changes are refused
    /// with [`StoreError::Full`].
    pub size_limit: Option<u64>,
    /// How long to wait for another program (a backup, say) that holds the database.
    pub busy_timeout: Duration,
    /// How many requests may wait for the database thread before callers wait to ask.
    pub queue: usize,
}

impl SqliteOptions {
    /// The defaults, for a data directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            file: "bellwether.db".to_owned(),
            event_limit: 100_000,
            history_limit: 10_000,
            size_limit: None,
            busy_timeout: Duration::from_secs(5),
            queue: 256,
        }
    }
}

impl SqliteOptions {
    fn path(&self) -> PathBuf {
        self.directory.join(&self.file)
    }

    fn key(&self) -> PathBuf {
        self.directory.join("secret.key")
    }

    fn lock(&self) -> Result<DirectoryLock, StoreError> {
        DirectoryLock::take(&self.directory.join(format!("{}.lock", self.file)))
    }
}

/// The bounds that writing keeps to.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    events: u64,
    history: u64,
}

/// What the database thread works with.
struct Database {
    connection: Connection,
    seal: Seal,
    bounds: Bounds,
    newest: watch::Sender<u64>,
    open_stretches: film::OpenStretches,
    /// Given back when the database is closed, not before.
    _lock: Option<DirectoryLock>,
}

/// A store in one SQLite file. Dropping it closes the database after what was asked has been done.
pub struct SqliteStore {
    thread: DatabaseThread,
    newest: watch::Receiver<u64>,
    /// Where it is on disk; nowhere for one in memory.
    file: Option<PathBuf>,
    busy_timeout: Duration,
    /// Why changes are refused, when this is a snapshot.
    stands_in: Option<StoreError>,
    /// How often something was written that belongs into a snapshot, and how often at the last snapshot.
    writes: Arc<AtomicU64>,
    written: AtomicU64,
}

impl SqliteStore {
    /// Opens the store, making it if there is none. Blocks for as long as opening takes.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Newer`], [`StoreError::SecretKey`], [`StoreError::Corrupt`] and everything
    /// that a disk can do.
    pub fn open(options: &SqliteOptions) -> Result<Self, StoreError> {
        let directory = &options.directory;
        fs::create_dir_all(directory)
            .map_err(|error| StoreError::NotWritable { detail: format!("{}: {error}", directory.display()) })?;
        let lock = options.lock()?;
        let path = options.path();
        if !path.exists() && snapshot::path_of(&path).exists() {
            return Err(StoreError::Missing { path });
        }
        let connection = Connection::open(&path).map_err(error::store)?;
        let key = options.key();
        // A database that was written before needs the key it was written with; only a new one gets a new key.
        let seal = if schema::is_new(&connection)? { Seal::read_or_create(&key) } else { Seal::read(&key) }?;
        let store = Self::start(connection, seal, Some(lock), options).map_err(|error| match error {
            StoreError::SecretKey { problem, .. } => StoreError::SecretKey { path: key, problem },
            other => other,
        })?;
        Ok(Self { file: Some(path), ..store })
    }

    /// A store that stands in for one that cannot be opened, and why that is: the newest snapshot, with the time at
    /// which it was taken. It takes no changes, but events and health, which are gone when it is dropped. Blocks.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], and when there is no snapshot.
    pub fn open_snapshot(options: &SqliteOptions, why: &StoreError) -> Result<(Self, Timestamp), StoreError> {
        let lock = options.lock()?;
        let path = snapshot::path_of(&options.path());
        let taken = fs::metadata(&path).and_then(|facts| facts.modified()).ok();
        let taken = taken.and_then(|time| Timestamp::try_from(time).ok()).ok_or(StoreError::Missing { path })?;
        let connection = snapshot::read(&options.path(), options.busy_timeout)?;
        let store = Self::start(connection, Seal::read(&options.key())?, Some(lock), options)?;
        let stands_in = Some(StoreError::Snapshot { why: why.to_string() });
        Ok((Self { stands_in, ..store }, taken))
    }

    /// Whether everything that [`SqliteStore::open`] needs can be read. Takes no lock and changes nothing. Blocks.
    ///
    /// # Errors
    /// What is in the way.
    pub fn check(options: &SqliteOptions) -> Result<(), StoreError> {
        let mut connection = snapshot::open_to_read(&options.path(), options.busy_timeout)?;
        let seal = Seal::read(&options.key())?;
        schema::refuse_unknown(&connection)?;
        documents::load(&mut connection, &seal)?;
        health::load(&connection).map(drop)
    }

    /// Takes a snapshot if something that belongs into one was written since the last. Answers whether it did. The
    /// database is not held up meanwhile.
    ///
    /// # Errors
    /// When the database cannot be read, or the snapshot not written; the one before stays.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn take_snapshot(&self) -> Result<bool, StoreError> {
        let writes = self.writes.load(Ordering::Relaxed);
        let Some(file) = self.file.clone().filter(|_| writes != self.written.load(Ordering::Relaxed)) else {
            return Ok(false);
        };
        let busy_timeout = self.busy_timeout;
        let written = tokio::task::spawn_blocking(move || snapshot::write(&file, busy_timeout)).await;
        written.unwrap_or_else(|error| Err(StoreError::Refused { detail: error.to_string() }))?;
        self.written.store(writes, Ordering::Relaxed);
        Ok(true)
    }

    /// A store that is gone when it is dropped.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], though none is expected.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::in_memory_with(&SqliteOptions::new(""))
    }

    /// Like [`SqliteStore::in_memory`], with bounds of one's own; `directory` and `file` are not used.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], though none is expected.
    pub fn in_memory_with(options: &SqliteOptions) -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory().map_err(error::store)?;
        Self::start(connection, Seal::ephemeral(), None, options)
    }

    fn start(
        mut connection: Connection,
        seal: Seal,
        lock: Option<DirectoryLock>,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        schema::prepare(&mut connection, options.busy_timeout, options.size_limit)?;
        named::check_key(&connection, &seal)?;
        let (sender, newest) = watch::channel(documents::revision(&connection)?);
        let bounds = Bounds { events: options.event_limit, history: options.history_limit };
        let database =
            Database { connection, seal, bounds, newest: sender, open_stretches: Default::default(), _lock: lock };
        Ok(Self {
            thread: DatabaseThread::start(database, options.queue)?,
            newest,
            file: None,
            busy_timeout: options.busy_timeout,
            stands_in: None,
            // What was there before belongs into the first snapshot.
            writes: Arc::new(AtomicU64::new(1)),
            written: AtomicU64::new(0),
        })
    }

    fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(self.thread.run(job))
    }

    /// As [`SqliteStore::ask`], for what belongs into a snapshot.
    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let writes = self.writes.clone();
        self.ask(move |database| {
            let done = job(database);
            // Counted when it is there to be copied.
            writes.fetch_add(1, Ordering::Relaxed);
            done
        })
    }

    /// As [`SqliteStore::write`], for what a snapshot refuses.
    fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        match &self.stands_in {
            Some(refusal) => Box::pin(std::future::ready(Err(refusal.clone()))),
            None => self.write(job),
        }
    }
}

impl Store for SqliteStore {
    fn load(&self) -> Answer<'_, Contents> {
        self.ask(|database| documents::load(&mut database.connection, &database.seal))
    }

    fn commit(&self, expected: u64, edits: Vec<Edit>) -> Answer<'_, u64> {
        self.change(move |database| documents::commit(database, expected, &edits))
    }

    fn changes(&self, after: u64, limit: u32) -> Answer<'_, Vec<Change>> {
        self.ask(move |database| documents::changes(database, after, limit))
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    fn append_events(&self, events: Arc<[HealthEvent]>) -> Answer<'_, Vec<u64>> {
        self.ask(move |database| events::append(database, &events))
    }

    fn events(&self, filter: EventFilter) -> Answer<'_, Vec<HealthEvent>> {
        self.ask(move |database| events::find(database, &filter))
    }

    fn named(&self, name: &str) -> Answer<'_, Option<Vec<u8>>> {
        let name = name.to_owned();
        self.ask(move |database| named::get(database, &name))
    }

    fn set_named(&self, name: &str, value: Option<Vec<u8>>, secrecy: Secrecy) -> Answer<'_, ()> {
        let name = name.to_owned();
        self.change(move |database| named::set(database, &name, value, secrecy))
    }

    fn save_health(&self, pools: Vec<(PoolId, Option<Arc<PoolHealth>>)>) -> Answer<'_, ()> {
        self.write(move |database| health::save(database, &pools))
    }

    fn load_health(&self) -> Answer<'_, HealthSnapshot> {
        self.ask(|database| health::load(&database.connection))
    }
}

impl SqliteStore {
    /// Closes the database and gives its directory free, whoever still holds this store: they are answered with
    /// [`StoreError::Closed`] from now on. What was asked before is done first.
    pub async fn close(&self) {
        self.thread.close().await;
    }

    /// This store as the trait object that the control plane takes.
    pub fn shared(self) -> Arc<dyn Store> {
        Arc::new(self)
    }
}
