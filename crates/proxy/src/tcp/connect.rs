//! Getting a connection to an endpoint. While nothing has been relayed, one that cannot be reached costs the visitor
//! nothing but time: once more, another is tried, as for requests.

use super::{Session, plain};
use crate::{
    ledger::Ledger,
    presence::Stage,
    retry_budget::has_a_price,
    room::Asker,
    upstream::{Asked, Bound, Entered, Leave, Turn, Turnstile},
};
use dial::{DialError, DialPlan, Dialed, Stream};
use model::{Evidence, Failure};
use routing::{Choice, ClientFacts, Route, RouteEndpoint};
use std::{
    future::{Future, poll_fn},
    task::Poll,
};
use telemetry::Upstream as Kind;
use tokio::time::Instant;
use verdict::Reason;

/// A connection to an endpoint, with leave to have it where that is limited.
pub(super) struct Connected {
    pub(super) stream: Stream,
    _permit: Permit,
}

/// Leave to use an endpoint and to have a connection to it; given back when dropped.
struct Permit {
    _turn: Option<Turn>,
    _leave: Leave,
}

/// Steers the connection and opens one to the endpoint, or to another when that fails or has no room.
///
/// # Errors
/// The last failure; every failed attempt is in the ledger.
pub(super) async fn run<'t>(
    session: &mut Session,
    ledger: &mut Ledger<'t>,
    route: &'t Route,
) -> Result<Connected, Failure> {
    let worker = session.worker.clone();
    let client = ClientFacts { ip: session.parties.visitor.ip() };
    let asker = Asker { worker: &worker, plan: route.into(), client, seed: worker.random.next() };
    let first = asker.choose().map_err(plain)?;
    worker.retries.deposit();
    ledger.begin_attempt(first, ledger.started);
    let failure = match attempt(session, ledger, &first).await {
        Ok(connected) => return Ok(connected),
        Err(failure) => failure,
    };
    if !may_be_elsewhere(failure.reason) {
        return Err(failure);
    }
    let Some(other) = asker.failover(&first) else { return Err(failure) };
    if has_a_price(failure.reason) && !worker.retries.withdraw(Instant::now()) {
        ledger.retry_refused = Some(Reason::RetryBudgetSpent);
        return Err(failure);
    }
    ledger.begin_attempt(other, Instant::now());
    attempt(session, ledger, &other).await
}

/// Whether another endpoint may do better: not where this node itself ends, or is overloaded.
fn may_be_elsewhere(reason: Reason) -> bool {
    !matches!(reason, Reason::EdgeShuttingDown | Reason::OriginQueueFull | Reason::OriginQueueTimeout)
}

async fn attempt(session: &mut Session, ledger: &mut Ledger<'_>, to: &Choice<'_>) -> Result<Connected, Failure> {
    let permit = Box::pin(permit(session, to)).await.inspect_err(|failure| ledger.fail_attempt(failure))?;
    let dialed = Box::pin(dial(session, to.endpoint)).await;
    let failure = match (dialed, ledger.attempt()) {
        (Ok(dialed), attempt) => {
            session.worker.tally.borrow().upstream(Kind::Opened);
            if let Some(attempt) = attempt {
                attempt.remote = Some(dialed.remote);
                attempt.local = dialed.stream.tcp().local_addr().ok().map(|local| local.ip());
                attempt.timings = dialed.timings;
            }
            return Ok(Connected { stream: dialed.stream, _permit: permit });
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

/// Waits for a turn, and for idle connections of requests to be closed, where as many are open as there may be.
async fn permit(session: &mut Session, to: &Choice<'_>) -> Result<Permit, Failure> {
    let worker = session.worker.clone();
    let upstreams = &worker.upstreams;
    let turn = match upstreams.turnstile().map(|turnstile| turnstile.ask(to.endpoint.uid)) {
        None => None,
        Some(Asked::Granted(turn)) => Some(turn),
        Some(Asked::Queued(waiting)) => Some(queue(session, waiting.turn()).await?),
        Some(Asked::Full) => return Err(plain(Reason::OriginQueueFull)),
    };
    let slot = match Bound::of(to.pool, to.endpoint).map(|bound| upstreams.limiter().enter(&bound)) {
        None => None,
        Some(Entered::Slot(slot)) => Some(slot),
        Some(Entered::Soon(closing)) => Some(queue(session, closing.slot()).await?),
        Some(Entered::Full) => return Err(plain(Reason::EndpointsFull)),
    };
    let room = match upstreams.turnstile().zip(turn.as_ref()) {
        Some((turnstile, turn)) => Some(queue(session, Turnstile::room(turnstile, turn)).await?),
        None => None,
    };
    Ok(Permit { _turn: turn, _leave: Leave::new(room, slot) })
}

/// Waits in the queue for as long as that is allowed.
async fn queue<T>(session: &mut Session, served: impl Future<Output = T>) -> Result<T, Failure> {
    let limit = session.worker.settings.timeouts.origin_queue;
    let evidence = Evidence { limit: Some(limit), ..Evidence::default() };
    let timed_out = |_| Failure::new(Reason::OriginQueueTimeout, evidence);
    tokio::time::timeout(limit, until_stopped(session, served)).await.map_err(timed_out)?.map_err(plain)
}

/// Waits for `event`, unless the worker's time is up.
async fn until_stopped<T>(session: &mut Session, event: impl Future<Output = T>) -> Result<T, Reason> {
    let mut event = std::pin::pin!(event);
    poll_fn(|cx| match session.place.poll_stage(cx) {
        Stage::Stopping => Poll::Ready(Err(Reason::EdgeShuttingDown)),
        _ => event.as_mut().poll(cx).map(Ok),
    })
    .await
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
    let stopped = |reason| Err(DialError { failure: plain(reason), timings: Default::default() });
    until_stopped(session, worker.dialer.dial(&plan)).await.unwrap_or_else(stopped)
}
