//! Getting a connection to an endpoint. While nothing has been relayed, one that cannot be reached costs the visitor
//! nothing but time: once more, another is tried, as for requests.

use super::{Session, plain};
use crate::{ledger::Ledger, presence::Stage};
use dial::{DialError, DialPlan, Dialed, Stream};
use model::Failure;
use routing::{ClientFacts, Route, RouteEndpoint, failover, steer};
use std::{future::poll_fn, task::Poll};
use telemetry::Upstream as Kind;
use tokio::time::Instant;
use verdict::Reason;

/// Steers the connection and opens one to the endpoint, or to another when that fails.
///
/// # Errors
/// The last failure; every failed attempt is in the ledger.
pub(super) async fn run<'t>(
    session: &mut Session,
    ledger: &mut Ledger<'t>,
    route: &'t Route,
) -> Result<Stream, Failure> {
    let client = ClientFacts { ip: session.parties.visitor.ip() };
    let seed = session.worker.random.next();
    let first = steer(route, &client, seed).map_err(plain)?;
    ledger.begin_attempt(first, ledger.started);
    let failure = match attempt(session, ledger, first.endpoint).await {
        Ok(stream) => return Ok(stream),
        Err(failure) => failure,
    };
    match failover(route, &client, seed, &first) {
        Some(other) if failure.reason != Reason::EdgeShuttingDown => {
            ledger.begin_attempt(other, Instant::now());
            attempt(session, ledger, other.endpoint).await
        }
        _ => Err(failure),
    }
}

async fn attempt(session: &mut Session, ledger: &mut Ledger<'_>, to: &RouteEndpoint) -> Result<Stream, Failure> {
    let dialed = Box::pin(dial(session, to)).await;
    let failure = match (dialed, ledger.attempt()) {
        (Ok(dialed), attempt) => {
            session.worker.tally.borrow().upstream(Kind::Opened);
            if let Some(attempt) = attempt {
                attempt.remote = Some(dialed.remote);
                attempt.local = dialed.stream.tcp().local_addr().ok().map(|local| local.ip());
                attempt.timings = dialed.timings;
            }
            return Ok(dialed.stream);
        }
        (Err(error), attempt) => {
            if let Some(attempt) = attempt {
                attempt.timings = error.timings;
                attempt.remote = error.failure.evidence.remote;
            }
            error.failure
        }
    };
    ledger.fail_attempt(&failure);
    Err(failure)
}

/// An endpoint without a port of its own is reached at the port that the visitor came to.
async fn dial(session: &mut Session, to: &RouteEndpoint) -> Result<Dialed, DialError> {
    let worker = session.worker.clone();
    let timeouts = &worker.settings.timeouts;
    let port = match to.port {
        0 => session.visitor.local_addr().map_or(0, |local| local.port()),
        port => port,
    };
    let plan = DialPlan {
        connect_timeout: timeouts.connect,
        ack_timeout: Some(timeouts.ack),
        ..DialPlan::new(&to.address, port)
    };
    let mut dialing = std::pin::pin!(worker.dialer.dial(&plan));
    poll_fn(|cx| match session.place.poll_stage(cx) {
        Stage::Stopping => {
            Poll::Ready(Err(DialError { failure: plain(Reason::EdgeShuttingDown), timings: Default::default() }))
        }
        _ => dialing.as_mut().poll(cx),
    })
    .await
}
