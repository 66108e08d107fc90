//! Requests and connections of HTTP/2 that were refused before they became requests of ours: each has its record, its
//! count and its story, although nobody could say what was asked.

use super::transport::Traffic;
use crate::{account::Account, ledger::Ledger, ray_id::RayId, visitor::VisitorFacts, worker::Worker};
use std::time::SystemTime;
use telemetry::RefusedWhy;
use tokio::time::Instant;
use verdict::Reason;

/// What a record has in the place of a request's protocol.
const PROTOCOL: &str = "HTTP/2";

/// How many requests of a connection were taken in, and how many of the others were told of.
#[derive(Default)]
pub(super) struct Counted {
    accepted: u64,
    refused: u64,
}

impl Counted {
    /// Notes a request that was taken in.
    pub(super) fn note_accepted(&mut self) {
        self.accepted += 1;
    }

    /// Requests that were taken in.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Tells of the requests that the library has refused by itself: malformed, larger than anybody would look at, or
    /// too many at once.
    pub(super) fn note_refused(&mut self, worker: &Worker, facts: &VisitorFacts, traffic: &Traffic) {
        let Some(begun) = traffic.begun() else { return };
        while self.accepted + self.refused < begun {
            self.refused += 1;
            close(worker, facts, Reason::Http2RequestRefused, (0, 0));
        }
    }
}

/// Tells of a connection that has cost more than it may.
pub(super) fn note_abuse(worker: &Worker, facts: &VisitorFacts, traffic: &Traffic) {
    worker.refusals.note(&worker.tally.borrow(), facts.peer, RefusedWhy::Abuse);
    close(worker, facts, Reason::Http2Abuse, traffic.bytes());
}

/// Tells of a connection that the library has ended, if the visitor has broken the protocol or gone too far.
pub(super) fn note_error(worker: &Worker, facts: &VisitorFacts, traffic: &Traffic, error: &h2::Error) {
    tracing::debug!(%error, "a visitor's HTTP/2 connection ended");
    match error.reason().filter(|_| error.is_library()) {
        Some(h2::Reason::ENHANCE_YOUR_CALM) => note_abuse(worker, facts, traffic),
        Some(_) => close(worker, facts, Reason::Http2Broken, traffic.bytes()),
        None => {}
    }
}

fn close(worker: &Worker, facts: &VisitorFacts, reason: Reason, (bytes_in, bytes_out): (u64, u64)) {
    let ray = RayId::from_number(worker.random.next());
    let mut ledger = Ledger::open(ray, SystemTime::now(), Instant::now());
    ledger.reason = Some(reason);
    let scheme = facts.scheme.as_str();
    let (visitor, round_trip) = (facts.peer, facts.round_trip);
    let account = Account { visitor, protocol: PROTOCOL, round_trip, scheme, host: "", bytes_in, bytes_out };
    account.close(worker, &ledger);
}
