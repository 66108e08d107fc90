//! Idle connections to origins, kept per worker: the last one put back is the first one used, so that the others grow
//! old and are closed when traffic falls.

use super::{Room, Target, TrustChoice, Turn, Turnstile};
use std::{
    cell::RefCell,
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::time::Instant;

/// One connection to an origin.
pub(crate) struct Upstream {
    pub(crate) stream: dial::Stream,
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
    _room: Option<Room>,
    /// Requests that it has carried, the one under way included.
    carried: u64,
    port: u16,
    flavour: Flavour,
}

/// What a connection was made for. Requests with other needs must not travel on it.
#[derive(Debug, PartialEq)]
enum Flavour {
    Plain,
    Tls { host: Box<str>, trust: TrustChoice },
}

impl Flavour {
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
    pub(crate) fn new(dialed: dial::Dialed, target: &Target<'_>, room: Option<Room>) -> Self {
        let flavour = match &target.tls {
            None => Flavour::Plain,
            Some(tls) => Flavour::Tls { host: tls.host.into(), trust: tls.trust },
        };
        let local = dialed.stream.tcp().local_addr().ok().map(|address| address.ip());
        Self {
            stream: dialed.stream,
            remote: dialed.remote,
            local,
            tls_version: dialed.tls.map(|tls| tls.version),
            reused: false,
            turn: None,
            _room: room,
            carried: 1,
            port: target.port,
            flavour,
        }
    }
}

/// The idle connections of one worker.
pub(crate) struct Upstreams {
    /// By the endpoint's identity.
    idle: RefCell<HashMap<u64, Vec<Idle>>>,
    keep: usize,
    max_idle: Duration,
    turnstile: Option<Turnstile>,
    /// Requests that one connection carries; 0 for no limit.
    max_requests: u64,
}

struct Idle {
    upstream: Upstream,
    since: Instant,
}

impl Upstreams {
    /// Keeps at most `keep` connections per endpoint, each for at most `max_idle` and `max_requests` (0: any number). Without a turnstile any number of
    /// requests may be under way to an endpoint.
    pub(crate) fn new(keep: usize, max_idle: Duration, max_requests: u64, turnstile: Option<Turnstile>) -> Self {
        Self { idle: RefCell::default(), keep, max_idle, turnstile, max_requests }
    }

    /// Where turns are asked for, where they are limited.
    pub(crate) fn turnstile(&self) -> Option<&Turnstile> {
        self.turnstile.as_ref()
    }

    /// The connection that was put back last and still lives, if one fits. Dead ones found on the way are dropped.
    pub(crate) fn take(&self, target: &Target<'_>) -> Option<Upstream> {
        let mut idle = self.idle.borrow_mut();
        let list = idle.get_mut(&target.endpoint.uid)?;
        while let Some(at) = list.iter().rposition(|idle| idle.fits(target)) {
            let Idle { mut upstream, since } = list.remove(at);
            if !upstream.stream.is_dead() && since.elapsed() < self.max_idle {
                upstream.reused = true;
                upstream.carried += 1;
                return Some(upstream);
            }
        }
        None
    }

    /// Keeps a connection for the next request to this endpoint. `now` is when it became idle. Its turn is over; if
    /// somebody lacks room for a connection of another kind or on another worker, or if it has carried its last request,
    /// it is closed instead.
    pub(crate) fn give(&self, endpoint: u64, mut upstream: Upstream, now: Instant) {
        upstream.turn = None;
        let spent = self.max_requests > 0 && upstream.carried >= self.max_requests;
        if spent || self.turnstile.as_ref().is_some_and(|turnstile| turnstile.lacking(endpoint) > 0) {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        let list = idle.entry(endpoint).or_default();
        if list.len() >= self.keep && !list.is_empty() {
            list.remove(0);
        }
        if self.keep > 0 {
            list.push(Idle { upstream, since: now });
        }
    }

    /// Closes idle connections where somebody lacks room for another, the oldest first, for as long as this is polled.
    pub(crate) async fn make_room(&self) {
        while let Some(turnstile) = &self.turnstile {
            turnstile.rung().await;
            for (endpoint, list) in self.idle.borrow_mut().iter_mut() {
                list.drain(..turnstile.lacking(*endpoint).min(list.len()));
            }
        }
    }

    /// Drops what is too old or dead, and endpoints without connections.
    pub(crate) fn sweep(&self, now: Instant) {
        self.idle.borrow_mut().retain(|_, list| {
            list.retain_mut(|idle| {
                now.saturating_duration_since(idle.since) < self.max_idle && !idle.upstream.stream.is_dead()
            });
            !list.is_empty()
        });
        if let Some(turnstile) = &self.turnstile {
            turnstile.sweep();
        }
    }
}

impl Idle {
    fn fits(&self, target: &Target<'_>) -> bool {
        self.upstream.port == target.port && self.upstream.flavour.fits(target)
    }
}
