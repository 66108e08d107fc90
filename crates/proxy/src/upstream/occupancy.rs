//! How many connections the node has open to an endpoint that may have only so many (`max_connections`; `OCI-22`).
//!
//! Every open connection counts, busy or idle, of requests, tunnels and relayed connections alike; probes do not. The
//! count of an endpoint belongs to its pool: the same server in another pool is another endpoint, and connections made
//! for the one do not serve the other. Counts are kept by name and not in the routing table, so they outlive it.
//!
//! When all places are taken but some connections are idle, which may be on another worker, they are closed for whoever
//! needs a place; when none is, the endpoint is full. Taking and giving back a place is an atomic operation or two. A
//! worker asks for an endpoint's count under a lock once and remembers it.
//!
//! Must never know which endpoint is chosen instead of one that is full.

use super::Bells;
use model::PoolId;
use routing::{RouteEndpoint, RoutePool};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::sync::Notify;

/// The limit of one endpoint of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pool: PoolId,
    endpoint: u64,
    most: NonZeroU32,
}

impl Bound {
    /// The limit of this endpoint, if it has one.
    pub(crate) fn of(pool: &RoutePool, endpoint: &RouteEndpoint) -> Option<Self> {
        endpoint.max_connections.map(|most| Self { pool: pool.id, endpoint: endpoint.uid, most })
    }

    /// Whose limit it is.
    pub(crate) fn pool(&self) -> PoolId {
        self.pool
    }
}

/// The counts of all limited endpoints, shared by the workers of a node.
pub(crate) struct Occupancies {
    by_endpoint: Mutex<HashMap<(PoolId, u64), Arc<Occupancy>>>,
    bells: Arc<Bells>,
}

/// The count of one endpoint.
#[derive(Default)]
struct Occupancy {
    open: AtomicU32,
    /// Of those open, how many carry nothing.
    idle: AtomicU32,
    /// How many wait for one of the idle ones to be closed.
    waiting: AtomicU32,
    freed: Notify,
}

/// One connection's place; given back when dropped.
pub(crate) struct Slot {
    occupancy: Arc<Occupancy>,
    pool: PoolId,
    is_idle: Cell<bool>,
}

/// What came of asking for a place.
pub(crate) enum Entered {
    Slot(Slot),
    /// All are taken, some by idle connections, which are closed for whoever waits.
    Soon(Closing),
    Full,
}

/// A wait for an idle connection to be closed.
pub(crate) struct Closing {
    occupancy: Arc<Occupancy>,
    bound: Bound,
    bells: Arc<Bells>,
}

impl Occupancies {
    pub(crate) fn new(bells: Arc<Bells>) -> Arc<Self> {
        Arc::new(Self { by_endpoint: Mutex::default(), bells })
    }

    fn of(&self, bound: &Bound) -> Arc<Occupancy> {
        let mut counts = self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry((bound.pool, bound.endpoint)).or_default().clone()
    }

    /// Forgets the counts that no worker knows.
    fn forget_unknown(&self) {
        let mut counts = self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, count| Arc::strong_count(count) > 1);
    }
}

/// One worker's view of the counts.
pub(crate) struct Limiter {
    shared: Arc<Occupancies>,
    known: RefCell<HashMap<(PoolId, u64), Arc<Occupancy>>>,
}

impl Limiter {
    pub(crate) fn new(shared: Arc<Occupancies>) -> Self {
        Self { shared, known: RefCell::default() }
    }

    fn occupancy(&self, bound: &Bound) -> Arc<Occupancy> {
        let mut known = self.known.borrow_mut();
        known.entry((bound.pool, bound.endpoint)).or_insert_with(|| self.shared.of(bound)).clone()
    }

    /// Whether no further connection can be had now, not even in the place of an idle one.
    pub(crate) fn is_full(&self, bound: &Bound) -> bool {
        self.occupancy(bound).is_full(bound.most.get())
    }

    /// Asks for the place of one more connection.
    pub(crate) fn enter(&self, bound: &Bound) -> Entered {
        let occupancy = self.occupancy(bound);
        match occupancy.enter(bound) {
            Some(slot) => Entered::Slot(slot),
            None if occupancy.is_full(bound.most.get()) => Entered::Full,
            None => Entered::Soon(Closing { occupancy, bound: *bound, bells: self.shared.bells.clone() }),
        }
    }

    /// Forgets endpoints without connections.
    pub(crate) fn sweep(&self) {
        self.known.borrow_mut().retain(|_, count| count.open.load(Ordering::Acquire) > 0);
        self.shared.forget_unknown();
    }
}

impl Occupancy {
    fn enter(self: &Arc<Self>, bound: &Bound) -> Option<Slot> {
        let more = |open: u32| (open < bound.most.get()).then_some(open + 1);
        self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Slot { occupancy: self.clone(), pool: bound.pool, is_idle: Cell::new(false) })
    }

    /// A limit may have been lowered below what is open.
    fn is_full(&self, most: u32) -> bool {
        let taken = self.open.load(Ordering::Acquire) >= most;
        taken && self.idle.load(Ordering::Acquire) <= self.waiting.load(Ordering::Acquire)
    }
}

impl Closing {
    /// The place, once it is free. Cancel-safe.
    pub(crate) async fn slot(self) -> Slot {
        let Self { occupancy, bound, bells } = self;
        let _waiting = Waiting::note(&occupancy);
        loop {
            let mut freed = std::pin::pin!(occupancy.freed.notified());
            // Before looking, so that no end of a connection is missed.
            freed.as_mut().enable();
            if let Some(slot) = occupancy.enter(&bound) {
                return slot;
            }
            bells.ring();
            freed.await;
        }
    }
}

impl Slot {
    /// Which pool's limit it counts for.
    pub(crate) fn pool(&self) -> PoolId {
        self.pool
    }

    /// Notes whether the connection carries nothing.
    pub(crate) fn set_idle(&self, idle: bool) {
        if self.is_idle.replace(idle) != idle {
            match idle {
                true => self.occupancy.idle.fetch_add(1, Ordering::AcqRel),
                false => self.occupancy.idle.fetch_sub(1, Ordering::AcqRel),
            };
        }
    }

    /// Whether somebody waits for a place, so that an idle connection should be closed.
    pub(crate) fn is_wanted(&self) -> bool {
        self.occupancy.waiting.load(Ordering::Acquire) > 0
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.set_idle(false);
        self.occupancy.open.fetch_sub(1, Ordering::AcqRel);
        if self.is_wanted() {
            self.occupancy.freed.notify_one();
        }
    }
}

/// One that waits, counted.
struct Waiting<'o>(&'o Occupancy);

impl<'o> Waiting<'o> {
    fn note(occupancy: &'o Occupancy) -> Self {
        occupancy.waiting.fetch_add(1, Ordering::AcqRel);
        Self(occupancy)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
