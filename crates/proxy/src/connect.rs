//! Getting a connection to the endpoint: an idle one if there is one, else a fresh one. The visitor is watched
//! meanwhile, for nobody should wait for an answer that nobody waits for.

use crate::{
    connection::Connection,
    ledger::Ledger,
    presence::Stage,
    scratch::Scratch,
    upstream::{Target, Upstream},
    watch,
};
use dial::{DialError, DialPlan, Dialed, TlsPlan};
use model::{Evidence, Failure};
use routing::ZoneFacts;
use std::{future::poll_fn, task::Poll};
use telemetry::Upstream as Kind;
use verdict::Reason;

/// Finds or opens a connection. `fresh` forbids an idle one.
pub(crate) async fn run(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    zone: &ZoneFacts,
    target: &Target<'_>,
    fresh: bool,
) -> Result<Upstream, Failure> {
    let idle = if fresh { None } else { connection.worker.upstreams.take(target) };
    let (upstream, kind) = match idle {
        Some(upstream) => (upstream, Kind::Reused),
        None => {
            // The way is long and rarely taken: kept out of the future that every connection holds.
            let dialed = Box::pin(dial(connection, scratch, zone, target)).await;
            (open(ledger, target, dialed)?, Kind::Opened)
        }
    };
    connection.worker.tally.borrow().upstream(kind);
    if let Some(attempt) = ledger.attempt() {
        attempt.connected(&upstream);
    }
    Ok(upstream)
}

/// Notes what dialing took and makes a connection of it.
fn open(ledger: &mut Ledger<'_>, target: &Target<'_>, dialed: Result<Dialed, DialError>) -> Result<Upstream, Failure> {
    let attempt = ledger.attempt();
    match dialed {
        Ok(dialed) => {
            if let Some(attempt) = attempt {
                attempt.timings = dialed.timings;
                attempt.timings.total = None;
            }
            Ok(Upstream::new(dialed, target))
        }
        Err(DialError { failure, timings }) => {
            if let Some(attempt) = attempt {
                attempt.timings = timings;
                attempt.remote = failure.evidence.remote;
            }
            Err(failure)
        }
    }
}

async fn dial(
    connection: &mut Connection,
    scratch: &mut Scratch,
    zone: &ZoneFacts,
    target: &Target<'_>,
) -> Result<Dialed, DialError> {
    let worker = connection.worker.clone();
    let timeouts = &worker.settings.timeouts;
    // The requested host counts as well as the endpoint's own name (`edge.md` 2.4).
    let names = [target.tls.map_or("", |tls| tls.host), &target.endpoint.address];
    let tls = match &target.tls {
        None => None,
        Some(tls) => {
            let trust = worker.trust.trust(tls.trust, &zone.trust_anchors_pem).map_err(quick)?;
            Some(TlsPlan { timeout: timeouts.origin_tls, ..TlsPlan::new(tls.server_name(), &names, trust) })
        }
    };
    let plan = DialPlan {
        connect_timeout: timeouts.connect,
        ack_timeout: Some(timeouts.ack),
        tls,
        ..DialPlan::new(&target.endpoint.address, target.port)
    };
    let mut dialing = std::pin::pin!(worker.dialer.dial(&plan));
    poll_fn(|cx| {
        if let Poll::Ready(dialed) = dialing.as_mut().poll(cx) {
            return Poll::Ready(dialed);
        }
        if watch::poll_gone(cx, &mut scratch.inbound, &mut connection.socket).is_ready() {
            return Poll::Ready(Err(quick(Reason::ClientGone)));
        }
        if connection.place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(Err(quick(Reason::EdgeShuttingDown)));
        }
        Poll::Pending
    })
    .await
}

/// A failure that has nothing to do with the endpoint.
fn quick(reason: Reason) -> DialError {
    DialError { failure: Failure::new(reason, Evidence::default()), timings: Default::default() }
}
