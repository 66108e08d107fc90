//! Who is connected to a worker, and how all of them learn that it is time to go.
//!
//! Waiting connections look at the stage whenever they are polled, and leave their waker here so that a change of stage
//! polls them. That costs a comparison per wait; a channel would cost an allocation and a lock.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::{Context, Waker},
};

/// How far a worker's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Serving.
    Open,
    /// No new requests; those under way are finished.
    Draining,
    /// What is still under way is cut off.
    Stopping,
}

/// The connections of one worker.
pub(crate) struct Presence {
    stage: Cell<Stage>,
    limit: usize,
    present: Cell<usize>,
    wakers: RefCell<Vec<Option<Waker>>>,
    free: RefCell<Vec<usize>>,
    /// Woken when the last connection has gone.
    empty: tokio::sync::Notify,
}

/// One connection's place; given back when dropped.
pub(crate) struct Place {
    presence: Rc<Presence>,
    slot: usize,
}

impl Presence {
    /// Room for this many connections.
    pub(crate) fn new(limit: usize) -> Rc<Self> {
        Rc::new(Self {
            stage: Cell::new(Stage::Open),
            limit,
            present: Cell::new(0),
            wakers: RefCell::default(),
            free: RefCell::default(),
            empty: tokio::sync::Notify::new(),
        })
    }

    /// A place for one more connection, unless all are taken.
    pub(crate) fn enter(self: &Rc<Self>) -> Option<Place> {
        if self.present.get() >= self.limit {
            return None;
        }
        self.present.set(self.present.get() + 1);
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut wakers = self.wakers.borrow_mut();
            wakers.push(None);
            wakers.len() - 1
        });
        Some(Place { presence: self.clone(), slot })
    }

    /// Moves on to a later stage and tells everybody.
    pub(crate) fn advance(&self, stage: Stage) {
        self.stage.set(self.stage.get().max(stage));
        let wakers: Vec<Waker> = self.wakers.borrow_mut().iter_mut().filter_map(Option::take).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How far it has come.
    pub(crate) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Waits until nobody is connected.
    pub(crate) async fn emptied(&self) {
        while self.present.get() > 0 {
            self.empty.notified().await;
        }
    }
}

impl Place {
    /// How far the worker's end has come; the task is woken when that changes.
    pub(crate) fn poll_stage(&self, cx: &Context<'_>) -> Stage {
        if let Some(slot) = self.presence.wakers.borrow_mut().get_mut(self.slot)
            && !slot.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            *slot = Some(cx.waker().clone());
        }
        self.presence.stage()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(slot) = self.presence.wakers.borrow_mut().get_mut(self.slot) {
            *slot = None;
        }
        self.presence.free.borrow_mut().push(self.slot);
        self.presence.present.set(self.presence.present.get() - 1);
        if self.presence.present.get() == 0 {
            self.presence.empty.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, task::Poll};

    #[test]
    fn a_full_house_takes_nobody_until_somebody_leaves() {
        let presence = Presence::new(2);
        let first = presence.enter();
        let second = presence.enter();
        assert!(first.is_some() && second.is_some() && presence.enter().is_none());
        drop(first);
        assert!(presence.enter().is_some());
    }

    #[tokio::test]
    async fn a_waiting_connection_learns_of_the_end() {
        let presence = Presence::new(1);
        let place = presence.enter().expect("there is room");
        let wait = poll_fn(|cx| match place.poll_stage(cx) {
            Stage::Open => Poll::Pending,
            stage => Poll::Ready(stage),
        });
        let tell = async { presence.advance(Stage::Draining) };
        let (stage, ()) = tokio::join!(wait, tell);
        assert_eq!(stage, Stage::Draining);
        drop(place);
        presence.emptied().await;
    }
}
