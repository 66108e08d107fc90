//! Requests and connections of HTTP/2 that were refused before they became requests of ours: each has its record, its
//! count and its story, although nobody could say what was asked.

use crate::{account::Account, ledger::Ledger, ray_id::RayId, visitor::VisitorFacts, worker::Worker};
use ::http2::ErrorCode;
use std::time::SystemTime;
use telemetry::RefusedWhy;
use tokio::time::Instant;
use verdict::Reason;

/// What a record has in the place of a request's protocol.
const PROTOCOL: &str = "HTTP/2";

/// Tells of a request that was refused because the visitor has too many under way.
pub(super) fn note_too_many(worker: &Worker, facts: &VisitorFacts) {
    close(worker, facts, Reason::Http2RequestRefused, (0, 0));
}

/// Tells of a connection that has cost more than it may.
pub(super) fn note_abuse(worker: &Worker, facts: &VisitorFacts, bytes: (u64, u64)) {
    worker.refusals.note(&worker.tally.borrow(), facts.peer, RefusedWhy::Abuse);
    close(worker, facts, Reason::Http2Abuse, bytes);
}

/// Tells of a visitor that has broken the protocol or gone too far.
pub(super) fn note_broken(worker: &Worker, facts: &VisitorFacts, bytes: (u64, u64), code: ErrorCode) {
    tracing::debug!(%code, "a visitor's HTTP/2 connection was ended");
    match code {
        ErrorCode::ENHANCE_YOUR_CALM => note_abuse(worker, facts, bytes),
        _ => close(worker, facts, Reason::Http2Broken, bytes),
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
