//! The ledger of one request: what was decided and what happened, written down while it happens. Record, story and
//! counts are made from it at the end.

use crate::{ray_id::RayId, tunnel::Ender, upstream::Upstream};
use model::{Evidence, Failure, Timings};
use routing::{Applied, Choice, Route, RouteRule, ZoneFacts};
use smallvec::SmallVec;
use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use verdict::Reason;

/// Everything that is known of one request so far. Borrows from the table that the request was pinned to, or from the
/// route that its tunnel holds.
pub(crate) struct Ledger<'t> {
    pub(crate) ray: RayId,
    /// When its first byte was read.
    pub(crate) at: SystemTime,
    pub(crate) started: Instant,
    pub(crate) generation: u64,
    pub(crate) zone: Option<&'t ZoneFacts>,
    pub(crate) route: Option<&'t Route>,
    /// The rules of the route that apply.
    pub(crate) applied: Applied,
    /// Nearly always one; those before the last have failed.
    pub(crate) attempts: SmallVec<[Attempt<'t>; 1]>,
    /// Bytes of the visitor's body that were read.
    pub(crate) body_in: u64,
    pub(crate) given: Given,
    /// The tunnel that the request became, when it did.
    pub(crate) tunnel: Option<TunnelAccount>,
    /// What failed, when anything did.
    pub(crate) reason: Option<Reason>,
    /// Why a further attempt that would have been harmless was not made.
    pub(crate) retry_refused: Option<Reason>,
    /// What was seen of a failure that belongs to no attempt.
    pub(crate) evidence: Evidence,
}

/// What the visitor got.
#[derive(Default)]
pub(crate) struct Given {
    /// 499 when it left before there was anything to give.
    pub(crate) status: u16,
    /// The code in the body of an answer that the edge made; 0 otherwise.
    pub(crate) code: u16,
    /// Bytes of head and body.
    pub(crate) bytes: u64,
    pub(crate) body_bytes: u64,
    pub(crate) first_byte: Option<Instant>,
    /// The media type of an answer that the edge made.
    pub(crate) content_type: Option<Cow<'static, str>>,
}

/// What a tunnel has carried.
pub(crate) struct TunnelAccount {
    pub(crate) ended_by: Ender,
    /// Bytes of the other protocol, by where they came from.
    pub(crate) from_visitor: u64,
    pub(crate) from_origin: u64,
}

/// One attempt at an endpoint.
pub(crate) struct Attempt<'t> {
    pub(crate) choice: Choice<'t>,
    /// Why there was an attempt after an earlier one.
    pub(crate) retried_because: Option<Reason>,
    pub(crate) began: Instant,
    pub(crate) remote: Option<SocketAddr>,
    /// Our own address on the connection.
    pub(crate) local: Option<IpAddr>,
    pub(crate) reused: bool,
    pub(crate) tls_version: Option<&'static str>,
    pub(crate) timings: Timings,
    /// When the whole request had been sent.
    pub(crate) sent: Option<Instant>,
    /// When the head of the answer was complete.
    pub(crate) answered: Option<Instant>,
    pub(crate) status: Option<u16>,
    /// Bytes of the answer that were read.
    pub(crate) bytes: u64,
    pub(crate) failure: Option<Failure>,
}

impl<'t> Ledger<'t> {
    /// The ledger of a request whose first byte came at this time.
    pub(crate) fn open(ray: RayId, at: SystemTime, started: Instant) -> Self {
        Self {
            ray,
            at,
            started,
            generation: 0,
            zone: None,
            route: None,
            applied: Applied::new(),
            attempts: SmallVec::new(),
            body_in: 0,
            given: Given::default(),
            tunnel: None,
            reason: None,
            retry_refused: None,
            evidence: Evidence::default(),
        }
    }

    /// The same ledger, borrowing from its route alone: for whoever holds that and lets the table go.
    pub(crate) fn borrowed_from(self, route: &Route) -> Ledger<'_> {
        let attempts = self.attempts.into_iter().filter_map(|attempt| attempt.borrowed_from(route));
        Ledger {
            zone: Some(&route.zone),
            route: Some(route),
            applied: self.applied,
            attempts: attempts.collect(),
            ray: self.ray,
            at: self.at,
            started: self.started,
            generation: self.generation,
            body_in: self.body_in,
            given: self.given,
            tunnel: self.tunnel,
            reason: self.reason,
            retry_refused: self.retry_refused,
            evidence: self.evidence,
        }
    }

    /// The rules that apply, in the order in which they were asked.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &'t RouteRule> {
        self.route.into_iter().flat_map(|route| route.applied_rules(&self.applied))
    }

    /// Whether a rule gave the answer.
    pub(crate) fn is_answered_by_rule(&self) -> bool {
        !self.applied.is_empty() && self.rules().any(|rule| rule.answer.is_some())
    }

    /// Opens the account of another attempt.
    pub(crate) fn begin_attempt(&mut self, choice: Choice<'t>, began: Instant) {
        let retried_because = self.attempts.last().and_then(|last| last.failure.as_ref()).map(|failure| failure.reason);
        self.attempts.push(Attempt {
            choice,
            retried_because,
            began,
            remote: None,
            local: None,
            reused: false,
            tls_version: None,
            timings: Timings::default(),
            sent: None,
            answered: None,
            status: None,
            bytes: 0,
            failure: None,
        });
    }

    /// Strikes out the attempt that was just opened: it was never made.
    pub(crate) fn withdraw_attempt(&mut self) {
        self.attempts.pop();
    }

    /// The attempt that is under way, or was the last.
    pub(crate) fn attempt(&mut self) -> Option<&mut Attempt<'t>> {
        self.attempts.last_mut()
    }

    /// Notes why the attempt under way failed.
    pub(crate) fn fail_attempt(&mut self, failure: &Failure) {
        if let Some(attempt) = self.attempt() {
            attempt.timings.total.get_or_insert(attempt.began.elapsed());
            attempt.failure = Some(failure.clone());
        }
    }
}

impl Attempt<'_> {
    fn borrowed_from(self, route: &Route) -> Option<Attempt<'_>> {
        Some(Attempt {
            choice: self.choice.borrowed_from(route)?,
            retried_because: self.retried_because,
            began: self.began,
            remote: self.remote,
            local: self.local,
            reused: self.reused,
            tls_version: self.tls_version,
            timings: self.timings,
            sent: self.sent,
            answered: self.answered,
            status: self.status,
            bytes: self.bytes,
            failure: self.failure,
        })
    }

    /// Notes the connection that carries the attempt.
    pub(crate) fn connected(&mut self, upstream: &Upstream) {
        self.remote = Some(upstream.remote);
        self.local = upstream.local;
        self.reused = upstream.reused;
        self.tls_version = upstream.tls_version;
    }

    /// Notes that the head of the answer is complete.
    pub(crate) fn answered(&mut self, status: u16, now: Instant) {
        self.status = Some(status);
        self.answered = Some(now);
        self.timings.first_byte = self.sent.map(|sent| now.saturating_duration_since(sent));
    }

    /// How long sending took, from having a connection to the last byte.
    pub(crate) fn send_took(&self) -> Option<Duration> {
        let before = [self.timings.dns, self.timings.connect, self.timings.tls].into_iter().flatten().sum();
        self.sent.map(|sent| sent.saturating_duration_since(self.began).saturating_sub(before))
    }
}
