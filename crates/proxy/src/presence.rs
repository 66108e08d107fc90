//! Who is connected to a worker, and how all of them learn that it is time to go.
//!
//! Waiting connections look at the stage whenever they are polled, and leave their waker here so that a change of stage
//! polls them. That costs a comparison per wait; a channel would cost an allocation and a lock.
//!
//! When all places are taken, a newcomer may still come in instead of a connection that is at rest and belongs to
//! whoever holds the most places; so a crowd from one address cannot keep everybody else out.

use crate::{
    crowd::{Holders, Party},
    cut_off::{Carried, CutOff},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::{Context, Waker},
};
use tokio::sync::watch;

/// How far a worker's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Serving.
    Open,
    /// Nobody new is let in, and every answer is its connection's last. Idle connections stay: a visitor may be about to
    /// use one, and a request that is on its way while a connection is closed is lost.
    Parting,
    /// Idle connections are closed; requests under way are finished.
    Draining,
    /// What is still under way is cut off.
    Stopping,
}

/// Waits until a worker's end has come as far as `stage`, or further. Cancel-safe.
pub(crate) async fn reached(now: &mut watch::Receiver<Stage>, stage: Stage) {
    // An error means that nobody is left to say anything, and the last thing that is said is the end.
    let _ = now.wait_for(|now| *now >= stage).await;
}

/// The connections of one worker.
pub(crate) struct Presence {
    stage: Cell<Stage>,
    limit: usize,
    present: Cell<usize>,
    /// Of those present, how many are streams within a connection.
    within: Cell<usize>,
    /// Of those present, how many were asked to make room and have not left yet.
    leaving: Cell<usize>,
    slots: RefCell<Vec<Slot>>,
    free: RefCell<Vec<usize>>,
    holders: RefCell<Holders>,
    /// Woken when the last connection has gone.
    empty: tokio::sync::Notify,
}

/// What is known of one place.
#[derive(Default)]
struct Slot {
    waker: Option<Waker>,
    /// Whom it counts for; nobody for a proxy that many visitors come through, and for a connection that is leaving.
    holder: Option<Party>,
    /// What its connection carries; nothing for a free place, and for a stream within a connection.
    carries: Option<Carried>,
    /// It waits for a request, or for the rest of a request's head.
    at_rest: bool,
    must_leave: bool,
}

/// Whether somebody was let in.
pub(crate) enum Entry {
    /// There was room.
    Room(Place),
    /// There was none; a connection of the largest holder makes room.
    InsteadOf(Place),
    /// There is none, and nobody has to make room.
    Full,
}

/// How many places of the largest holder are looked at for one that is at rest, so that a flood of newcomers costs
/// little each.
const LOOKED_AT: usize = 64;

/// One connection's place; given back when dropped.
pub(crate) struct Place {
    presence: Rc<Presence>,
    slot: usize,
    is_within: bool,
}

impl Presence {
    /// Room for this many connections.
    pub(crate) fn new(limit: usize) -> Rc<Self> {
        Rc::new(Self {
            stage: Cell::new(Stage::Open),
            limit,
            present: Cell::new(0),
            within: Cell::new(0),
            leaving: Cell::new(0),
            slots: RefCell::default(),
            free: RefCell::default(),
            holders: RefCell::default(),
            empty: tokio::sync::Notify::new(),
        })
    }

    /// A place for one more connection of `party`. Connections of `None` are not counted for anybody: they never make
    /// others leave, nor have to leave themselves.
    pub(crate) fn enter(self: &Rc<Self>, party: Option<Party>) -> Entry {
        if self.present.get() - self.within.get() - self.leaving.get() < self.limit {
            return Entry::Room(self.take_place(party));
        }
        match party.and_then(|party| self.make_room_for(party)) {
            Some(()) => Entry::InsteadOf(self.take_place(party)),
            None => Entry::Full,
        }
    }

    /// A place for a stream of a connection that has one. Whoever opens streams bounds their number.
    pub(crate) fn enter_within(self: &Rc<Self>) -> Place {
        self.within.set(self.within.get() + 1);
        let mut place = self.take_place(None);
        place.is_within = true;
        place.note(None);
        place
    }

    fn take_place(self: &Rc<Self>, party: Option<Party>) -> Place {
        self.present.set(self.present.get() + 1);
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut slots = self.slots.borrow_mut();
            slots.push(Slot::default());
            slots.len() - 1
        });
        if let Some(taken) = self.slots.borrow_mut().get_mut(slot) {
            *taken = Slot { holder: party, carries: Some(Carried::Http1), ..Slot::default() };
        }
        if let Some(party) = party {
            self.holders.borrow_mut().add(party, slot);
        }
        Place { presence: self.clone(), slot, is_within: false }
    }

    /// Asks a connection of the largest holder to leave, if `party` would still hold fewer places than that one.
    fn make_room_for(&self, party: Party) -> Option<()> {
        let mut holders = self.holders.borrow_mut();
        let mut slots = self.slots.borrow_mut();
        let (largest, places) = holders.largest()?;
        if holders.count(party) + 1 >= places.len() {
            return None;
        }
        let place = *places.iter().take(LOOKED_AT).find(|&&place| slots.get(place).is_some_and(|slot| slot.at_rest))?;
        holders.remove(largest, place);
        let slot = slots.get_mut(place)?;
        (slot.must_leave, slot.at_rest, slot.holder) = (true, false, None);
        self.leaving.set(self.leaving.get() + 1);
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
        Some(())
    }

    /// Who holds the most places, and how many.
    pub(crate) fn largest_holder(&self) -> Option<(Party, usize)> {
        self.holders.borrow().largest().map(|(party, places)| (party, places.len()))
    }

    /// Moves on to a later stage and tells everybody.
    pub(crate) fn advance(&self, stage: Stage) {
        self.stage.set(self.stage.get().max(stage));
        let wakers: Vec<Waker> = self.slots.borrow_mut().iter_mut().filter_map(|slot| slot.waker.take()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How far it has come.
    pub(crate) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// What the connections carry that are here.
    pub(crate) fn carrying(&self) -> CutOff {
        let mut all = CutOff::default();
        self.slots.borrow().iter().filter_map(|slot| slot.carries).for_each(|carried| all.add(carried));
        all
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
        self.wait(cx, false);
        self.presence.stage()
    }

    /// Notes what the connection carries from now on. A stream carries nothing of its own.
    pub(crate) fn carries(&self, carried: Carried) {
        if !self.is_within {
            self.note(Some(carried));
        }
    }

    fn note(&self, carried: Option<Carried>) {
        if let Some(slot) = self.presence.slots.borrow_mut().get_mut(self.slot) {
            slot.carries = carried;
        }
    }

    /// As [`Place::poll_stage`], for a connection that is at rest: until it is polled otherwise it may be asked to make
    /// room. `None` when it was.
    pub(crate) fn poll_at_rest(&self, cx: &Context<'_>) -> Option<Stage> {
        let must_leave = self.wait(cx, true);
        (!must_leave).then(|| self.presence.stage())
    }

    /// Notes who waits here, and how. True when the connection must leave.
    fn wait(&self, cx: &Context<'_>, at_rest: bool) -> bool {
        let mut slots = self.presence.slots.borrow_mut();
        let Some(slot) = slots.get_mut(self.slot) else { return false };
        slot.at_rest = at_rest && !slot.must_leave;
        if !slot.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            slot.waker = Some(cx.waker().clone());
        }
        slot.must_leave
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let presence = &self.presence;
        let left = presence.slots.borrow_mut().get_mut(self.slot).map(std::mem::take).unwrap_or_default();
        if let Some(party) = left.holder {
            presence.holders.borrow_mut().remove(party, self.slot);
        }
        if left.must_leave {
            presence.leaving.set(presence.leaving.get() - 1);
        }
        presence.free.borrow_mut().push(self.slot);
        presence.within.set(presence.within.get() - usize::from(self.is_within));
        presence.present.set(presence.present.get() - 1);
        if presence.present.get() == 0 {
            presence.empty.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, task::Poll};

    const CROWD: Option<Party> = Some(Party::V4(1));
    const STRANGER: Option<Party> = Some(Party::V4(2));

    fn place(entry: Entry) -> Option<Place> {
        match entry {
            Entry::Room(place) | Entry::InsteadOf(place) => Some(place),
            Entry::Full => None,
        }
    }

    fn rest(place: &Place) -> Option<Stage> {
        place.poll_at_rest(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_full_house_takes_nobody_until_somebody_leaves() {
        let presence = Presence::new(2);
        let first = place(presence.enter(None));
        let second = place(presence.enter(CROWD));
        assert!(first.is_some() && second.is_some() && place(presence.enter(STRANGER)).is_none());
        drop(first);
        assert!(place(presence.enter(STRANGER)).is_some());
    }

    #[test]
    fn a_crowd_makes_room_for_a_stranger_but_not_for_its_own() {
        let presence = Presence::new(3);
        let crowd: Vec<Place> = (0..3).filter_map(|_| place(presence.enter(CROWD))).collect();
        assert!(matches!(presence.enter(STRANGER), Entry::Full), "nobody is at rest");
        assert_eq!(crowd.iter().filter(|place| rest(place).is_some()).count(), 3);
        assert!(matches!(presence.enter(CROWD), Entry::Full));
        assert!(matches!(presence.enter(None), Entry::Full));
        let Entry::InsteadOf(stranger) = presence.enter(STRANGER) else { panic!("a stranger comes in") };
        assert_eq!(crowd.iter().filter(|place| rest(place).is_none()).count(), 1);
        // Two of the crowd are left, so another stranger would hold as many.
        assert!(matches!(presence.enter(STRANGER), Entry::Full));
        drop(crowd);
        assert!(matches!(presence.enter(STRANGER), Entry::Room(_)));
        drop(stranger);
        assert_eq!((presence.present.get(), presence.leaving.get()), (0, 0));
        assert!(presence.largest_holder().is_none());
    }

    #[test]
    fn who_has_a_request_under_way_does_not_have_to_leave() {
        let presence = Presence::new(2);
        let busy: Vec<Place> = (0..2).filter_map(|_| place(presence.enter(CROWD))).collect();
        busy.iter().for_each(|place| {
            rest(place);
            place.poll_stage(&Context::from_waker(Waker::noop()));
        });
        assert!(matches!(presence.enter(STRANGER), Entry::Full));
    }

    #[tokio::test]
    async fn a_waiting_connection_learns_of_the_end() {
        let presence = Presence::new(1);
        let place = place(presence.enter(None)).expect("there is room");
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
