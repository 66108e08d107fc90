//! A stream of changes from a revision on.

use crate::{Change, Store, StoreError};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::watch;

/// How many changes are fetched at a time. Whoever follows along gets them one by one however many there are; this only
/// bounds what is held in memory of a long absence, and spreads the cost of a query.
const BATCH: u32 = 64;

/// Gives every change after a revision, in order, without gaps.
pub struct Watch {
    store: Arc<dyn Store>,
    newest: watch::Receiver<u64>,
    after: u64,
    fetched: VecDeque<Change>,
}

impl Watch {
    /// Watches `store` for changes after `revision`.
    pub fn new(store: Arc<dyn Store>, revision: u64) -> Self {
        let newest = store.newest();
        Self { store, newest, after: revision, fetched: VecDeque::new() }
    }

    /// The next change, awaited if need be. Cancel-safe: a dropped call loses nothing.
    ///
    /// # Errors
    /// [`StoreError::Compacted`] when the watcher fell behind further than the store remembers: load everything again
    /// and watch from there. [`StoreError::Closed`] when the store is gone.
    pub async fn next(&mut self) -> Result<Change, StoreError> {
        loop {
            if let Some(change) = self.fetched.pop_front() {
                self.after = change.revision;
                return Ok(change);
            }
            let after = self.after;
            self.newest.wait_for(|newest| *newest > after).await.map_err(|_| StoreError::Closed)?;
            self.fetched = self.store.changes(after, BATCH).await?.into();
        }
    }
}
