//! The thread that owns the database, and the queue to it.

use super::{Database, error};
use crate::StoreError;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread::{self, JoinHandle},
};
use tokio::sync::{mpsc, oneshot};

type Job = Box<dyn FnOnce(&mut Database) + Send>;

/// What the thread is asked.
enum Ask {
    Do(Job),
    /// Close the database, and say so.
    Close(oneshot::Sender<()>),
}

/// A thread that does one job after the other. Dropping it waits until the last job is done and the database closed,
/// so that whoever opens the store next finds it free.
pub(super) struct DatabaseThread {
    jobs: Option<mpsc::Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

impl DatabaseThread {
    /// Starts the thread with room for `queue` waiting jobs.
    pub(super) fn start(mut database: Database, queue: usize) -> Result<Self, StoreError> {
        let (jobs, mut queued) = mpsc::channel::<Ask>(queue.max(1));
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                while let Some(ask) = queued.blocking_recv() {
                    match ask {
                        Ask::Do(job) => job(&mut database),
                        Ask::Close(closed) => {
                            drop((queued, database));
                            // Nobody waits any more: the caller was dropped.
                            let _ = closed.send(());
                            return;
                        }
                    }
                }
            })
            .map_err(|error| StoreError::Io { detail: format!("starting the database thread: {error}") })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `job` on the thread. A job that panics is answered with an error; the thread lives on, and the transaction
    /// that the job had open is rolled back.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |database| {
            let result = catch_unwind(AssertUnwindSafe(|| job(database)));
            let result = result.unwrap_or_else(|_| Err(error::damaged("the database thread", "a request panicked")));
            // Nobody waits any more: the caller was dropped.
            let _ = reply.send(result);
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Ask::Do(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Closes the database once what was asked before is done. Whatever is asked later is answered with
    /// [`StoreError::Closed`]. Closing twice is closing once.
    pub(super) async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if let Some(jobs) = &self.jobs
            && jobs.send(Ask::Close(reply)).await.is_ok()
        {
            // An error means that it was closed meanwhile.
            let _ = closed.await;
        }
    }
}

impl Drop for DatabaseThread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the database thread panicked");
        }
    }
}
