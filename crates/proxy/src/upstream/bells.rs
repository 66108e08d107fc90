//! Bells: one for each worker, all rung when a request somewhere on the node lacks room for a connection to an endpoint.
//! Whoever hears its bell closes idle connections to that endpoint.

use std::sync::Arc;
use tokio::sync::Notify;

/// The bells of a node.
pub(crate) struct Bells(Box<[Notify]>);

impl Bells {
    pub(crate) fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self((0..workers).map(|_| Notify::new()).collect()))
    }

    /// Rings all of them. One that nobody listens to just now is heard later.
    pub(crate) fn ring(&self) {
        self.0.iter().for_each(Notify::notify_one);
    }

    /// Waits until worker number `worker` is rung for. Cancel-safe.
    pub(crate) async fn heard(&self, worker: usize) {
        match self.0.get(worker) {
            Some(bell) => bell.notified().await,
            None => std::future::pending().await,
        }
    }
}
