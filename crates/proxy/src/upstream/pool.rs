//! Idle connections to origins, kept per worker: the last one put back is the first one used, so that the others grow
//! old and are closed when traffic falls.

use super::{
    Bound, Limiter, Room, Slot, Stream, Target, TrustChoice, Turn, Turnstile, by_endpoint::ByEndpoint, dials::Dials,
};
use crate::http2::OriginConnection;
use routing::{RouteEndpoint, RoutePool};
use std::{
    cell::{Cell, RefCell},
    net::{IpAddr, SocketAddr},
    rc::Rc,
    time::Duration,
};
use tokio::time::Instant;

/// One connection to an origin.
pub(crate) struct Upstream {
    pub(crate) stream: Stream,
    pub(crate) remote: SocketAddr,
    /// Our own address on it; `None` when the connection was gone before it could be asked.
    pub(crate) local: Option<IpAddr>,
    /// Such as `TLSv1.3`; `None` for plain HTTP.
    pub(crate) tls_version: Option<&'static str>,
    /// It has carried a request before this one.
    pub(crate) reused: bool,
    /// Leave to carry the request under way, where that is limited.
    pub(crate) turn: Option<Turn>,
    /// Leave to be open, where that is limited.
    leave: Leave,
    /// Requests that it has carried, the one under way included.
    carried: u64,
    port: u16,
    flavour: Flavour,
}

/// Leave to have one connection open: by the limit of the node, and by that of the endpoint. Given back when dropped.
#[derive(Default)]
pub(crate) struct Leave {
    _room: Option<Room>,
    slot: Option<Slot>,
}

impl Leave {
    pub(crate) fn new(room: Option<Room>, slot: Option<Slot>) -> Self {
        Self { _room: room, slot }
    }

    /// Whether a connection that counts for this pool, or for none, may carry a request to the target.
    fn fits(&self, target: &Target<'_>) -> bool {
        self.slot.as_ref().map(Slot::pool) == target.bound.as_ref().map(Bound::pool)
    }

    fn set_idle(&self, idle: bool) {
        if let Some(slot) = &self.slot {
            slot.set_idle(idle);
        }
    }

    /// Whether somebody waits for a place that this connection takes up.
    fn is_wanted(&self) -> bool {
        self.slot.as_ref().is_some_and(Slot::is_wanted)
    }
}

/// What a connection was made for. Requests with other needs must not travel on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Flavour {
    Plain,
    Tls { host: Box<str>, trust: TrustChoice },
}

impl Flavour {
    pub(super) fn of(target: &Target<'_>) -> Self {
        match &target.tls {
            None => Flavour::Plain,
            Some(tls) => Flavour::Tls { host: tls.host.into(), trust: tls.trust },
        }
    }

    fn fits(&self, target: &Target<'_>) -> bool {
        match (self, &target.tls) {
            (Flavour::Plain, None) => true,
            (Flavour::Tls { host, trust }, Some(tls)) => **host == *tls.host && *trust == tls.trust,
            _ => false,
        }
    }
}

impl Upstream {
    /// A fresh connection, made for this target.
    pub(crate) fn new(dialed: dial::Dialed, target: &Target<'_>, leave: Leave) -> Self {
        let flavour = Flavour::of(target);
        let Facts { remote, local, tls_version } = Facts::of(&dialed);
        Self {
            stream: Stream::Own(dialed.stream),
            remote,
            local,
            tls_version,
            reused: false,
            turn: None,
            leave,
            carried: 1,
            port: target.port,
            flavour,
        }
    }
}

/// Whether one more request finds room at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vacancy {
    /// At once.
    Now,
    /// It would have to wait for its turn (`origin.max_connections`).
    Later,
    /// The endpoint has as many connections as it may have (`max_connections`).
    Full,
}

/// The idle connections of one worker.
pub(crate) struct Upstreams {
    /// By the endpoint's identity.
    idle: RefCell<ByEndpoint<Vec<Idle>>>,
    /// Connections of HTTP/2, busy ones too, by the same.
    shared: RefCell<ByEndpoint<Vec<Shared>>>,
    dials: Rc<Dials>,
    keep: Keep,
    turnstile: Option<Turnstile>,
    limiter: Limiter,
}

/// How many connections are kept, for how long and for how much.
#[derive(Clone, Copy)]
pub(crate) struct Keep {
    /// Idle connections per endpoint.
    pub(crate) idle: usize,
    /// How long an idle connection is kept.
    pub(crate) max_idle: Duration,
    /// Requests that one connection carries; 0 for any number.
    pub(crate) max_requests: u64,
    /// Requests that share a connection of HTTP/2 at a time.
    pub(crate) streams: usize,
}

struct Idle {
    upstream: Upstream,
    since: Instant,
}

impl Upstreams {
    /// Without a turnstile any number of requests may be under way to an endpoint that has no limit of its own.
    pub(crate) fn new(keep: Keep, turnstile: Option<Turnstile>, limiter: Limiter) -> Self {
        let (idle, shared) = (RefCell::default(), RefCell::default());
        Self { idle, shared, dials: Rc::default(), keep, turnstile, limiter }
    }

    /// The dials under way.
    pub(crate) fn dials(&self) -> &Rc<Dials> {
        &self.dials
    }

    /// Where turns are asked for, where they are limited.
    pub(crate) fn turnstile(&self) -> Option<&Turnstile> {
        self.turnstile.as_ref()
    }

    /// Where places are asked for at endpoints that have so many.
    pub(crate) fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Whether one more request would find room at an endpoint. Where nothing is limited this costs two comparisons.
    pub(crate) fn vacancy(&self, pool: &RoutePool, endpoint: &RouteEndpoint) -> Vacancy {
        if let Some(bound) = Bound::of(pool, endpoint)
            && self.limiter.is_full(&bound)
            && !self.is_shareable(endpoint.uid, &bound)
        {
            return Vacancy::Full;
        }
        match &self.turnstile {
            Some(turnstile) if !turnstile.is_free(endpoint.uid) => Vacancy::Later,
            _ => Vacancy::Now,
        }
    }

    /// Whether a shared connection that counts for this limit takes one more stream.
    fn is_shareable(&self, endpoint: u64, bound: &Bound) -> bool {
        let shared = self.shared.borrow();
        let mut connections = shared.get(&endpoint).into_iter().flatten();
        connections.any(|shared| {
            let counts = shared.leave.slot.as_ref().is_some_and(|slot| slot.pool() == bound.pool());
            counts && !self.is_worn(shared) && shared.connection.has_room(self.keep.streams)
        })
    }

    /// The connection that was put back last and still lives, if one fits. Dead ones found on the way are dropped.
    /// `fresh` asks for one on which nothing has failed, which an idle one cannot promise.
    pub(crate) fn take(&self, target: &Target<'_>, fresh: bool) -> Option<Upstream> {
        if target.tls.is_some_and(|tls| tls.http2)
            && let Some(upstream) = self.join(target, fresh)
        {
            return Some(upstream);
        }
        if fresh {
            return None;
        }
        let mut idle = self.idle.borrow_mut();
        let list = idle.get_mut(&target.endpoint.uid)?;
        while let Some(at) = list.iter().rposition(|idle| idle.fits(target)) {
            let Idle { mut upstream, since } = list.remove(at);
            if !upstream.stream.is_dead() && since.elapsed() < self.keep.max_idle {
                upstream.leave.set_idle(false);
                upstream.reused = true;
                upstream.carried += 1;
                return Some(upstream);
            }
        }
        None
    }

    /// A stream of a shared connection that has room for one.
    pub(crate) fn join(&self, target: &Target<'_>, fresh: bool) -> Option<Upstream> {
        let shared = self.shared.borrow();
        let mut fitting = shared.get(&target.endpoint.uid)?.iter().filter(|shared| {
            shared.fits(target) && !self.is_worn(shared) && !(fresh && shared.connection.is_troubled())
        });
        fitting.find_map(|shared| shared.carry(true, self.keep.streams))
    }

    /// Whether a shared connection has carried its last request.
    fn is_worn(&self, shared: &Shared) -> bool {
        self.keep.max_requests > 0 && shared.carried.get() >= self.keep.max_requests
    }

    /// Shares a fresh connection of HTTP/2 with the requests to come, and gives a stream of it, if the origin allows
    /// any.
    pub(crate) fn share(
        &self,
        connection: OriginConnection,
        facts: Facts,
        target: &Target<'_>,
        leave: Leave,
    ) -> Option<Upstream> {
        let flavour = Flavour::of(target);
        let (used, carried) = (Cell::new(Instant::now()), Cell::new(0));
        let shared = Shared { connection, facts, port: target.port, flavour, leave, used, carried };
        let stream = shared.carry(false, self.keep.streams);
        self.shared.borrow_mut().entry(target.endpoint.uid).or_default().push(shared);
        stream
    }

    /// Keeps a connection for the next request to this endpoint. `now` is when it became idle. Its turn is over; if
    /// somebody lacks room for a connection of another kind or on another worker, or if it has carried its last request,
    /// it is closed instead.
    pub(crate) fn give(&self, endpoint: u64, mut upstream: Upstream, now: Instant) {
        upstream.turn = None;
        if upstream.stream.is_shared() {
            return;
        }
        let spent = self.keep.max_requests > 0 && upstream.carried >= self.keep.max_requests;
        let is_lacking = || self.turnstile.as_ref().is_some_and(|turnstile| turnstile.lacking(endpoint) > 0);
        if spent || upstream.leave.is_wanted() || is_lacking() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        let list = idle.entry(endpoint).or_default();
        if list.len() >= self.keep.idle && !list.is_empty() {
            list.remove(0);
        }
        if self.keep.idle > 0 {
            upstream.leave.set_idle(true);
            list.push(Idle { upstream, since: now });
        }
    }

    /// Closes idle connections where somebody lacks room for another, the oldest first.
    pub(crate) fn make_room(&self) {
        for (endpoint, list) in self.idle.borrow_mut().iter_mut() {
            let lacking = self.turnstile.as_ref().map_or(0, |turnstile| turnstile.lacking(*endpoint));
            list.drain(..lacking.min(list.len()));
            list.retain(|idle| !idle.upstream.leave.is_wanted());
        }
        for list in self.shared.borrow_mut().values_mut() {
            list.retain(|shared| !(shared.leave.is_wanted() && shared.connection.is_idle()));
        }
    }

    /// Drops what is too old or dead, and endpoints without connections.
    pub(crate) fn sweep(&self, now: Instant) {
        self.idle.borrow_mut().retain(|_, list| {
            list.retain_mut(|idle| {
                now.saturating_duration_since(idle.since) < self.keep.max_idle && !idle.upstream.stream.is_dead()
            });
            !list.is_empty()
        });
        self.shared.borrow_mut().retain(|_, list| {
            list.retain(|shared| {
                let is_done = self.is_worn(shared) && shared.connection.is_idle();
                !is_done && !shared.is_spent(now, self.keep.max_idle)
            });
            !list.is_empty()
        });
        self.dials.sweep();
        if let Some(turnstile) = &self.turnstile {
            turnstile.sweep();
        }
        self.limiter.sweep();
    }
}

/// What is known of a connection once it is made.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) remote: SocketAddr,
    pub(crate) local: Option<IpAddr>,
    pub(crate) tls_version: Option<&'static str>,
}

impl Facts {
    /// The facts of a connection that was just dialed.
    pub(crate) fn of(dialed: &dial::Dialed) -> Self {
        Self {
            remote: dialed.remote,
            local: dialed.stream.tcp().local_addr().ok().map(|address| address.ip()),
            tls_version: dialed.tls.as_ref().map(|tls| tls.version),
        }
    }
}

/// A connection of HTTP/2, and what it was made for.
struct Shared {
    connection: OriginConnection,
    facts: Facts,
    port: u16,
    flavour: Flavour,
    leave: Leave,
    used: Cell<Instant>,
    /// Requests so far.
    carried: Cell<u64>,
}

impl Shared {
    fn fits(&self, target: &Target<'_>) -> bool {
        self.port == target.port && self.leave.fits(target) && self.flavour.fits(target)
    }

    fn carry(&self, reused: bool, most: usize) -> Option<Upstream> {
        let stream = self.connection.stream(most)?;
        self.used.set(Instant::now());
        let Facts { remote, local, tls_version } = self.facts;
        let (stream, flavour) = (Stream::Shared(Box::new(stream)), self.flavour.clone());
        self.carried.set(self.carried.get() + 1);
        let carried = self.carried.get();
        let port = self.port;
        Some(Upstream {
            stream,
            remote,
            local,
            tls_version,
            reused,
            carried,
            turn: None,
            leave: Leave::default(),
            port,
            flavour,
        })
    }

    fn is_spent(&self, now: Instant, max_idle: Duration) -> bool {
        let rested = now.saturating_duration_since(self.used.get()) >= max_idle;
        let is_done = rested || self.connection.is_closed_to_more();
        self.connection.is_over() || (is_done && self.connection.is_idle())
    }
}

impl Idle {
    fn fits(&self, target: &Target<'_>) -> bool {
        let Upstream { port, leave, flavour, .. } = &self.upstream;
        *port == target.port && leave.fits(target) && flavour.fits(target)
    }
}
