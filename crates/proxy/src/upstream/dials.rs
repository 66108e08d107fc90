//! Dials under way whose outcome others wait for. A connection of HTTP/2 carries many requests, so requests that come
//! together need one of them to dial, not each. Nobody is held up for long by an origin that turns out to speak
//! HTTP/1.1 alone: that is remembered until the next sweep, and such origins are dialed by everybody for themselves.

use super::{Target, pool::Flavour};
use model::Failure;
use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
};
use tokio::sync::Notify;

/// The dials of one worker.
#[derive(Default)]
pub(crate) struct Dials {
    under_way: RefCell<Vec<Rc<Dial>>>,
    /// Endpoints that chose HTTP/1.1 of late.
    plain: RefCell<HashSet<u64>>,
}

struct Dial {
    endpoint: u64,
    port: u16,
    flavour: Flavour,
    outcome: RefCell<Outcome>,
    /// Nobody begins to wait any more.
    over: Cell<bool>,
    ended: Notify,
}

/// How somebody else's dial has ended.
#[derive(Clone, Debug, Default)]
pub(crate) enum Outcome {
    /// Whoever dialed has left before there was one.
    #[default]
    Abandoned,
    /// There is a connection, to be shared or not.
    Connected,
    /// There is none, for anybody.
    Failed(Failure),
}

/// Who dials.
pub(crate) enum Begun {
    /// The caller does, and others may wait for it.
    Leading(Lead),
    /// Somebody else does already.
    Waiting(Wait),
    /// The caller does, for itself.
    Alone,
}

/// A dial that others may wait for. Dropping it tells them to dial themselves.
pub(crate) struct Lead {
    dials: Rc<Dials>,
    dial: Rc<Dial>,
}

/// A wait for somebody else's dial.
pub(crate) struct Wait(Rc<Dial>);

impl Dials {
    /// Joins the dial for this target that is under way, or begins one.
    pub(crate) fn begin(self: &Rc<Self>, target: &Target<'_>) -> Begun {
        let endpoint = target.endpoint.uid;
        if !target.tls.is_some_and(|tls| tls.http2) || self.plain.borrow().contains(&endpoint) {
            return Begun::Alone;
        }
        let flavour = Flavour::of(target);
        let mut under_way = self.under_way.borrow_mut();
        let same = |dial: &&Rc<Dial>| dial.endpoint == endpoint && dial.port == target.port && dial.flavour == flavour;
        if let Some(dial) = under_way.iter().find(same) {
            return Begun::Waiting(Wait(dial.clone()));
        }
        let (port, ended) = (target.port, Notify::new());
        let dial = Dial { endpoint, port, flavour, outcome: RefCell::default(), over: Cell::new(false), ended };
        let dial = Rc::new(dial);
        under_way.push(dial.clone());
        Begun::Leading(Lead { dials: self.clone(), dial })
    }

    /// Forgets which origins spoke HTTP/1.1: they may have learned.
    pub(super) fn sweep(&self) {
        self.plain.borrow_mut().clear();
    }
}

impl Lead {
    /// A connection was made. `shared` tells whether others may use it.
    pub(crate) fn connected(self, shared: bool) {
        if !shared {
            self.dials.plain.borrow_mut().insert(self.dial.endpoint);
        }
        self.dial.outcome.replace(Outcome::Connected);
    }

    /// No connection could be made, and that has nothing to do with who asked.
    pub(crate) fn failed(self, failure: &Failure) {
        self.dial.outcome.replace(Outcome::Failed(failure.clone()));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.dial.over.set(true);
        self.dials.under_way.borrow_mut().retain(|dial| !Rc::ptr_eq(dial, &self.dial));
        self.dial.ended.notify_waiters();
    }
}

impl Wait {
    /// Waits until the dial has ended. Cancel-safe.
    pub(crate) async fn ended(self) -> Outcome {
        let ended = self.0.ended.notified();
        if !self.0.over.get() {
            ended.await;
        }
        self.0.outcome.borrow().clone()
    }
}
