//! What a server noted, with a way to wait for it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

/// How long any wait of this crate lasts before it panics.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A growing list that several tasks share. Clones are the same list.
#[derive(Debug)]
pub struct Record<T> {
    inner: Arc<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    items: Mutex<Vec<T>>,
    grown: Notify,
}

impl<T: Clone> Record<T> {
    pub(crate) fn push(&self, item: T) {
        self.items().push(item);
        self.inner.grown.notify_waiters();
    }

    /// Changes the items in place and wakes whoever waits.
    pub(crate) fn change(&self, edit: impl FnOnce(&mut Vec<T>)) {
        edit(&mut self.items());
        self.inner.grown.notify_waiters();
    }

    /// Everything noted so far.
    pub fn all(&self) -> Vec<T> {
        self.items().clone()
    }

    /// How much was noted so far.
    pub fn count(&self) -> usize {
        self.items().len()
    }

    /// Waits until `enough` says so of what was noted, and gives that.
    ///
    /// # Panics
    /// After [`PATIENCE`], saying what it waited for.
    pub async fn wait_until(&self, what: &str, enough: impl Fn(&[T]) -> bool) -> Vec<T> {
        let wait = async {
            loop {
                let grown = self.inner.grown.notified();
                tokio::pin!(grown);
                grown.as_mut().enable();
                {
                    let items = self.items();
                    if enough(&items) {
                        return items.clone();
                    }
                }
                grown.await;
            }
        };
        match timeout(PATIENCE, wait).await {
            Ok(items) => items,
            Err(_) => panic!("waited {PATIENCE:?} for {what}; {} were noted", self.count()),
        }
    }

    /// Waits until at least `count` were noted.
    pub async fn wait_for(&self, count: usize) -> Vec<T> {
        self.wait_until(&format!("{count} notes"), |items| items.len() >= count).await
    }

    fn items(&self) -> MutexGuard<'_, Vec<T>> {
        self.inner.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Record<T> {
    fn default() -> Self {
        Self { inner: Arc::new(Inner { items: Mutex::new(Vec::new()), grown: Notify::new() }) }
    }
}

impl<T> Clone for Record<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}
