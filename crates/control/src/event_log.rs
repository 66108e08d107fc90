//! The way of health events into the store: in order, in batches, and without holding up anybody.
//!
//! A store that fails is offered the same events again; meanwhile the newest ones are held back up to a bound.

use model::HealthEvent;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{Store, StoreError};
use telemetry::{StoreFailed, Telemetry};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How many events are written in one go.
const BATCH: usize = 256;

/// Events on their way to the store.
pub(crate) struct EventLog {
    waiting: Mutex<VecDeque<HealthEvent>>,
    limit: usize,
    more: Notify,
}

impl EventLog {
    /// Holds at most `limit` events.
    pub(crate) fn new(limit: usize) -> Self {
        Self { waiting: Mutex::default(), limit: limit.max(1), more: Notify::new() }
    }

    /// Hands over events; the oldest ones give way when there are too many.
    pub(crate) fn append(&self, events: Vec<HealthEvent>) {
        if events.is_empty() {
            return;
        }
        let mut waiting = self.lock();
        waiting.extend(events);
        self.trim(&mut waiting);
        drop(waiting);
        self.more.notify_one();
    }

    /// Writes events as they come, until told to stop; then what is left, once.
    pub(crate) async fn run(
        &self,
        store: Arc<dyn Store>,
        telemetry: Telemetry,
        retry: Duration,
        stop: CancellationToken,
    ) {
        loop {
            match self.write(&*store).await {
                Ok(()) => tokio::select! {
                    () = self.more.notified() => {}
                    () = stop.cancelled() => break,
                },
                Err(error) => {
                    StoreFailed { operation: "append_events", error: &error }.emit(&telemetry);
                    tokio::select! {
                        () = tokio::time::sleep(retry) => {}
                        () = stop.cancelled() => break,
                    }
                }
            }
        }
        if let Err(error) = self.write(&*store).await {
            StoreFailed { operation: "append_events", error: &error }.emit(&telemetry);
        }
    }

    /// Writes what is waiting. What could not be written waits on.
    async fn write(&self, store: &dyn Store) -> Result<(), StoreError> {
        loop {
            let batch: Arc<[HealthEvent]> = self.take().into();
            if batch.is_empty() {
                return Ok(());
            }
            if let Err(error) = store.append_events(batch.clone()).await {
                self.put_back(&batch);
                return Err(error);
            }
        }
    }

    fn take(&self) -> Vec<HealthEvent> {
        let mut waiting = self.lock();
        let count = waiting.len().min(BATCH);
        waiting.drain(..count).collect()
    }

    fn put_back(&self, batch: &[HealthEvent]) {
        let mut waiting = self.lock();
        for event in batch.iter().rev() {
            waiting.push_front(event.clone());
        }
        self.trim(&mut waiting);
    }

    fn trim(&self, waiting: &mut VecDeque<HealthEvent>) {
        let surplus = waiting.len().saturating_sub(self.limit);
        if surplus > 0 {
            tracing::warn!(dropped = surplus, "health events were dropped, the store does not take them");
            waiting.drain(..surplus);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<HealthEvent>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
