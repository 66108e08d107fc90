//! The contract that every store fulfils, and the plain values it speaks.

use crate::{Edit, Object, StoreError};
use model::{HealthEvent, HealthSnapshot, PoolHealth, PoolId, Timestamp};
use std::{future::Future, pin::Pin, sync::Arc};
use tokio::sync::watch;

/// A store's answer that is still to come. Dropping it abandons the wait, not the work: a commit may still happen.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Every document, as of one revision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// 0 for a store that has never been written.
    pub revision: u64,
    /// Ordered by kind (see [`crate::Kind::ALL`]), then by id.
    pub objects: Vec<Object>,
}

/// One committed change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub revision: u64,
    /// In the order they were applied.
    pub edits: Vec<Edit>,
}

/// Which health events are wanted. What is `None` does not filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    /// No earlier than this.
    pub since: Option<Timestamp>,
    /// No later than this.
    pub until: Option<Timestamp>,
    pub pool_id: Option<PoolId>,
    pub pool_name: Option<String>,
    /// The pool's health at the event.
    pub pool_healthy: Option<bool>,
    /// One endpoint must fit this and `origin_healthy` together.
    pub origin_name: Option<String>,
    pub origin_healthy: Option<bool>,
    /// How many at most; [`EventFilter::DEFAULT_LIMIT`] when not said.
    pub limit: Option<u32>,
}

impl EventFilter {
    /// How many events are given when no limit is asked for.
    pub const DEFAULT_LIMIT: u32 = 1_000;
}

/// Whether a named value may be read by whoever reads the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Kept as it is.
    Plain,
    /// Kept encrypted.
    Sealed,
}

/// What a control plane needs to be kept. All methods may be called from any task and never block it.
pub trait Store: Send + Sync {
    /// Everything, as of the newest revision.
    fn load(&self) -> Answer<'_, Contents>;

    /// Applies `edits` in order as one change and answers with its revision, `expected + 1`. Durable when answered.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the newest revision is not `expected`.
    fn commit(&self, expected: u64, edits: Vec<Edit>) -> Answer<'_, u64>;

    /// The changes after a revision, oldest first, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError::Compacted`] when some of them are no longer kept.
    fn changes(&self, after: u64, limit: u32) -> Answer<'_, Vec<Change>>;

    /// The newest revision, as it grows. [`crate::Watch`] makes a stream of changes from it.
    fn newest(&self) -> watch::Receiver<u64>;

    /// Appends health events in one go, forgetting the oldest above the bound, and answers with their numbers.
    fn append_events(&self, events: Arc<[HealthEvent]>) -> Answer<'_, Vec<u64>>;

    /// The events that fit, newest first.
    fn events(&self, filter: EventFilter) -> Answer<'_, Vec<HealthEvent>>;

    /// A small named value. The way it was kept is remembered with it.
    fn named(&self, name: &str) -> Answer<'_, Option<Vec<u8>>>;

    /// Keeps a small named value; `None` removes it. Durable when answered.
    fn set_named(&self, name: &str, value: Option<Vec<u8>>, secrecy: Secrecy) -> Answer<'_, ()>;

    /// Keeps the health of these pools; `None` forgets a pool. May be lost when the machine dies.
    fn save_health(&self, pools: Vec<(PoolId, Option<Arc<PoolHealth>>)>) -> Answer<'_, ()>;

    /// The health that was kept last.
    fn load_health(&self) -> Answer<'_, HealthSnapshot>;
}
