//! Turns at an endpoint: how many connections a node may have open to it and how many requests may be under way, and
//! an orderly queue for those that have to wait.
//!
//! Both bounds are `origin.max_connections`. A request first needs a *turn*; turns are given in the order of arrival,
//! whichever worker they are asked for on. Then it needs *room* for a connection, unless its worker has an idle one.
//! When there is no room although the request has its turn, others must hold idle connections: all workers are asked to
//! close theirs, and the request waits for that. So no worker starves beside idle connections of another. The queue
//! has one length for all workers together.
//!
//! Without a limit nothing here is touched but one `Option`. With one, a request costs two atomic operations.

use super::Bells;
use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The gates of all endpoints, shared by the workers of a node.
pub(crate) struct Gates {
    limit: usize,
    /// How many requests may wait for one endpoint.
    queue: usize,
    by_endpoint: Mutex<HashMap<u64, Arc<Gate>>>,
    bells: Arc<Bells>,
}

/// One endpoint's gate.
struct Gate {
    turns: Arc<Semaphore>,
    room: Arc<Semaphore>,
    /// How many requests wait for their turn.
    waiting: AtomicUsize,
    /// How many requests have their turn and lack room.
    short: AtomicUsize,
}

impl Gates {
    /// Gates for `limit` connections to each endpoint, and as many as `queue` requests that wait; `None` when any
    /// number will do.
    pub(crate) fn new(limit: usize, queue: usize, bells: Arc<Bells>) -> Option<Arc<Self>> {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        (limit > 0).then(|| Arc::new(Self { limit, queue, by_endpoint: Mutex::default(), bells }))
    }

    fn gate(&self, endpoint: u64) -> Arc<Gate> {
        let fresh = || Gate {
            turns: Arc::new(Semaphore::new(self.limit)),
            room: Arc::new(Semaphore::new(self.limit)),
            waiting: AtomicUsize::new(0),
            short: AtomicUsize::new(0),
        };
        let mut gates = self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(endpoint).or_insert_with(|| Arc::new(fresh())).clone()
    }

    /// Forgets the gates that no worker knows.
    fn forget_unknown(&self) {
        let mut gates = self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        gates.retain(|_, gate| Arc::strong_count(gate) > 1);
    }
}

/// One worker's view of the gates.
pub(crate) struct Turnstile {
    shared: Arc<Gates>,
    known: RefCell<HashMap<u64, Arc<Gate>>>,
}

/// Leave to send one request; given back when dropped.
pub(crate) struct Turn {
    gate: Arc<Gate>,
    _permit: OwnedSemaphorePermit,
}

/// Leave to have one connection; given back when dropped.
pub(crate) struct Room(#[expect(dead_code, reason = "held for its end")] OwnedSemaphorePermit);

/// What came of asking for a turn.
pub(crate) enum Asked {
    Granted(Turn),
    /// All turns are taken, and there is room in the queue.
    Queued(Waiting),
    /// The queue is full.
    Full,
}

/// A place in the queue; given back when dropped.
pub(crate) struct Waiting(Arc<Gate>);

impl Turnstile {
    /// A worker's view.
    pub(crate) fn new(shared: Arc<Gates>) -> Self {
        Self { shared, known: RefCell::default() }
    }

    fn gate(&self, endpoint: u64) -> Arc<Gate> {
        self.known.borrow_mut().entry(endpoint).or_insert_with(|| self.shared.gate(endpoint)).clone()
    }

    /// Whether a turn is free, so that nobody would have to wait.
    pub(crate) fn is_free(&self, endpoint: u64) -> bool {
        self.gate(endpoint).turns.available_permits() > 0
    }

    /// Asks for a turn at an endpoint.
    pub(crate) fn ask(&self, endpoint: u64) -> Asked {
        let gate = self.gate(endpoint);
        // A turn is free only when nobody waits for one.
        if let Ok(permit) = gate.turns.clone().try_acquire_owned() {
            return Asked::Granted(Turn { gate, _permit: permit });
        }
        let one_more = |waiting: usize| (waiting < self.shared.queue).then_some(waiting + 1);
        match gate.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more) {
            Ok(_) => Asked::Queued(Waiting(gate)),
            Err(_) => Asked::Full,
        }
    }

    /// How many requests lack room for a connection to this endpoint, so that idle ones should be closed.
    pub(crate) fn lacking(&self, endpoint: u64) -> usize {
        self.known.borrow().get(&endpoint).map_or(0, |gate| gate.short.load(Ordering::Acquire))
    }

    /// Room for one more connection to the endpoint that this turn is for. Cancel-safe.
    pub(crate) async fn room(&self, turn: &Turn) -> Room {
        let gate = &turn.gate;
        let room = gate.room.clone();
        if let Ok(permit) = room.clone().try_acquire_owned() {
            return Room(permit);
        }
        let _short = Short::note(gate);
        self.shared.bells.ring();
        match room.acquire_owned().await {
            Ok(permit) => Room(permit),
            // A gate is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Forgets endpoints that nobody uses or waits for.
    pub(crate) fn sweep(&self) {
        let limit = self.shared.limit;
        self.known.borrow_mut().retain(|_, gate| {
            let is_waited_for = gate.waiting.load(Ordering::Acquire) > 0;
            is_waited_for || gate.turns.available_permits() < limit || gate.room.available_permits() < limit
        });
        self.shared.forget_unknown();
    }
}

impl Waiting {
    /// Waits for the turn, in the order of arrival. Dropping it leaves the queue.
    pub(crate) async fn turn(self) -> Turn {
        match self.0.turns.clone().acquire_owned().await {
            Ok(permit) => Turn { gate: self.0.clone(), _permit: permit },
            // A gate is never closed.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One request that lacks room, counted.
struct Short<'g>(&'g Gate);

impl<'g> Short<'g> {
    fn note(gate: &'g Gate) -> Self {
        gate.short.fetch_add(1, Ordering::AcqRel);
        Self(gate)
    }
}

impl Drop for Short<'_> {
    fn drop(&mut self) {
        self.0.short.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Waker};
    use std::{future::Future as _, pin::pin, task::Poll};

    const ENDPOINT: u64 = 7;

    fn gates(limit: usize, queue: usize) -> Arc<Gates> {
        Gates::new(limit, queue, Bells::new(2)).expect("a limit")
    }

    fn granted(asked: Asked) -> Turn {
        match asked {
            Asked::Granted(turn) => turn,
            Asked::Queued(_) | Asked::Full => panic!("a turn is free"),
        }
    }

    fn queued(asked: Asked) -> Waiting {
        match asked {
            Asked::Queued(waiting) => waiting,
            Asked::Granted(_) | Asked::Full => panic!("there is a queue, with room"),
        }
    }

    #[test]
    fn no_limit_is_no_gate() {
        assert!(Gates::new(0, 4, Bells::new(1)).is_none());
    }

    #[tokio::test]
    async fn turns_are_given_in_the_order_of_arrival_across_workers() {
        let gates = gates(1, 8);
        let (here, there) = (Turnstile::new(gates.clone()), Turnstile::new(gates));
        let first = granted(here.ask(ENDPOINT));
        let mut second = pin!(queued(there.ask(ENDPOINT)).turn());
        let mut third = pin!(queued(here.ask(ENDPOINT)).turn());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut cx).is_pending() && third.as_mut().poll(&mut cx).is_pending());
        drop(first);
        // Who comes now has to wait behind those who are waiting, although nobody has taken the turn yet.
        assert!(!matches!(here.ask(ENDPOINT), Asked::Granted(_)));
        assert!(third.as_mut().poll(&mut cx).is_pending());
        let Poll::Ready(turn) = second.as_mut().poll(&mut cx) else { panic!("the second is next") };
        drop(turn);
        assert!(third.as_mut().poll(&mut cx).is_ready());
    }

    // EDGE-61: a queue that is full takes nobody, and who leaves makes room in it.
    #[test]
    fn the_queue_is_bounded_for_all_workers_together_and_a_leaver_frees_its_place() {
        let gates = gates(1, 2);
        let (here, there) = (Turnstile::new(gates.clone()), Turnstile::new(gates));
        assert!(here.is_free(ENDPOINT));
        let _turn = granted(here.ask(ENDPOINT));
        assert!(!there.is_free(ENDPOINT));
        let waiting = [queued(here.ask(ENDPOINT)), queued(there.ask(ENDPOINT))];
        assert!(matches!(here.ask(ENDPOINT), Asked::Full) && matches!(there.ask(ENDPOINT), Asked::Full));
        drop(waiting);
        assert!(matches!(there.ask(ENDPOINT), Asked::Queued(_)));
    }

    #[test]
    fn an_endpoint_that_is_busy_does_not_hold_up_another() {
        let turnstile = Turnstile::new(gates(1, 0));
        let _turn = granted(turnstile.ask(ENDPOINT));
        assert!(matches!(turnstile.ask(ENDPOINT), Asked::Full));
        assert!(matches!(turnstile.ask(ENDPOINT + 1), Asked::Granted(_)));
    }

    #[tokio::test]
    async fn who_lacks_room_rings_at_every_worker() {
        let gates = gates(1, 8);
        let bells = gates.bells.clone();
        let (here, there) = (Turnstile::new(gates.clone()), Turnstile::new(gates));
        // A connection that has become idle on the other worker: its turn is over, its room is still taken.
        let idle = there.room(&granted(there.ask(ENDPOINT))).await;
        let turn = granted(here.ask(ENDPOINT));
        let mut room = pin!(here.room(&turn));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(room.as_mut().poll(&mut cx).is_pending());
        bells.heard(1).await;
        assert_eq!(there.lacking(ENDPOINT), 1);
        drop(idle);
        assert!(room.as_mut().poll(&mut cx).is_ready());
        assert_eq!(there.lacking(ENDPOINT), 0);
    }

    #[test]
    fn what_is_not_used_any_more_is_forgotten() {
        let gates = gates(1, 8);
        let turnstile = Turnstile::new(gates.clone());
        let turn = granted(turnstile.ask(ENDPOINT));
        turnstile.sweep();
        assert_eq!(turnstile.known.borrow().len(), 1);
        drop(turn);
        turnstile.sweep();
        assert_eq!(turnstile.known.borrow().len(), 0);
        assert!(gates.by_endpoint.lock().is_ok_and(|gates| gates.is_empty()));
    }
}
