//! Getting a connection to the endpoint: a turn, where those are limited, then an idle connection if there is one, else a
//! fresh one. The visitor is watched meanwhile, for nobody should wait for an answer that nobody waits for.

use crate::{
    connection::Connection,
    http2::{self, OriginConnection},
    ledger::Ledger,
    presence::Stage,
    scratch::Scratch,
    upstream::{Asked, Begun, Entered, Facts, Lead, Leave, Outcome, Target, Turn, Turnstile, Upstream},
    watch,
    worker::Worker,
};
use dial::{DialError, DialPlan, Dialed, TlsPlan};
use model::{Evidence, Failure};
use routing::ZoneFacts;
use std::{
    future::{Future, poll_fn},
    task::Poll,
    time::Duration,
};
use telemetry::Upstream as Kind;
use tokio::time::Instant;
use verdict::Reason;

/// Finds or opens a connection. `fresh` forbids one that is idle or on which a request has failed.
pub(crate) async fn run(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    zone: &ZoneFacts,
    target: &Target<'_>,
    fresh: bool,
) -> Result<Upstream, Failure> {
    let turn = if connection.worker.upstreams.turnstile().is_some() {
        Some(Box::pin(take_turn(connection, scratch, target.endpoint.uid)).await?)
    } else {
        None
    };
    let (mut upstream, kind) = match connection.worker.upstreams.take(target, fresh) {
        Some(upstream) => (upstream, Kind::Reused),
        // The way is long and rarely taken: kept out of the future that every connection holds.
        None => {
            let quest = Quest { zone, target, turn: turn.as_ref(), fresh };
            Box::pin(obtain(connection, scratch, ledger, &quest)).await?
        }
    };
    upstream.turn = turn;
    connection.worker.tally.borrow().upstream(kind);
    if let Some(attempt) = ledger.attempt() {
        attempt.connected(&upstream);
    }
    Ok(upstream)
}

/// Waits for leave to send a request to the endpoint.
async fn take_turn(connection: &mut Connection, scratch: &mut Scratch, endpoint: u64) -> Result<Turn, Failure> {
    let worker = connection.worker.clone();
    match worker.upstreams.turnstile().map(|turnstile| turnstile.ask(endpoint)) {
        Some(Asked::Granted(turn)) => Ok(turn),
        Some(Asked::Queued(waiting)) => queue(connection, scratch, waiting.turn()).await,
        Some(Asked::Full) | None => Err(Failure::new(Reason::OriginQueueFull, Evidence::default())),
    }
}

/// Waits in the queue, for as long as that is allowed and the visitor waits too.
async fn queue<T>(
    connection: &mut Connection,
    scratch: &mut Scratch,
    served: impl Future<Output = T>,
) -> Result<T, Failure> {
    let limit = connection.worker.settings.timeouts.origin_queue;
    let waited = with_visitor(connection, scratch, Some(limit), served).await;
    waited
        .map_err(|reason| Failure::new(reason, Evidence::default()))?
        .ok_or_else(|| Failure::new(Reason::OriginQueueTimeout, Evidence { limit: Some(limit), ..Evidence::default() }))
}

/// What a connection is needed for.
struct Quest<'q> {
    zone: &'q ZoneFacts,
    target: &'q Target<'q>,
    turn: Option<&'q Turn>,
    fresh: bool,
}

/// Opens a connection, or waits for one that is being opened for somebody else and can be shared: for as long as a
/// connection of its own might take, and then opens one.
async fn obtain(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    quest: &Quest<'_>,
) -> Result<(Upstream, Kind), Failure> {
    let worker = connection.worker.clone();
    let until = Instant::now() + worker.settings.timeouts.connect + worker.settings.timeouts.origin_tls;
    loop {
        let lead = match worker.upstreams.dials().begin(quest.target) {
            Begun::Leading(lead) => Some(lead),
            Begun::Alone => None,
            Begun::Waiting(wait) => {
                let left = until.saturating_duration_since(Instant::now());
                let ended = with_visitor(connection, scratch, Some(left), wait.ended()).await;
                match ended.map_err(|reason| Failure::new(reason, Evidence::default()))? {
                    Some(Outcome::Failed(failure)) => return Err(failure),
                    Some(Outcome::Connected) => match worker.upstreams.join(quest.target, quest.fresh) {
                        Some(upstream) => return Ok((upstream, Kind::Reused)),
                        None => continue,
                    },
                    Some(Outcome::Abandoned) => continue,
                    None => None,
                }
            }
        };
        return open(connection, scratch, ledger, quest, lead).await.map(|upstream| (upstream, Kind::Opened));
    }
}

/// Opens a connection, once there is room for it, and notes what that took.
async fn open(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    quest: &Quest<'_>,
    lead: Option<Lead>,
) -> Result<Upstream, Failure> {
    let (worker, target) = (connection.worker.clone(), quest.target);
    let leave = leave_to_open(connection, scratch, target, quest.turn).await?;
    let dialed = dial(connection, scratch, quest.zone, target).await;
    let attempt = ledger.attempt();
    let opened = match dialed {
        Ok(dialed) => {
            if let Some(attempt) = attempt {
                attempt.timings = dialed.timings;
                attempt.timings.total = None;
            }
            match dialed.stream.alpn() == Some(http2::ALPN) {
                true => share(&worker, target, dialed, leave),
                false => Ok(Upstream::new(dialed, target, leave)),
            }
        }
        Err(DialError { failure, timings }) => {
            if let Some(attempt) = attempt {
                attempt.timings = timings;
                attempt.remote = failure.evidence.remote;
            }
            Err(failure)
        }
    };
    match (&opened, lead) {
        (Ok(upstream), Some(lead)) => lead.connected(upstream.stream.is_shared()),
        (Err(failure), Some(lead)) if !is_of_the_visitor(failure.reason) => lead.failed(failure),
        // Whoever waits for it dials itself.
        (Err(_), Some(_)) | (_, None) => {}
    }
    opened
}

/// Whether a dial has ended for the sake of whoever asked for it, and not of where it leads.
fn is_of_the_visitor(reason: Reason) -> bool {
    matches!(reason, Reason::ClientGone | Reason::EdgeShuttingDown)
}

/// Waits for idle connections to be closed, where as many are open as there may be.
///
/// # Errors
/// [`Reason::EndpointsFull`] when all that the endpoint may have are busy: somebody took the last place since it was
/// chosen. As [`queue`] otherwise.
async fn leave_to_open(
    connection: &mut Connection,
    scratch: &mut Scratch,
    target: &Target<'_>,
    turn: Option<&Turn>,
) -> Result<Leave, Failure> {
    let worker = connection.worker.clone();
    let slot = match target.bound.map(|bound| worker.upstreams.limiter().enter(&bound)) {
        None => None,
        Some(Entered::Slot(slot)) => Some(slot),
        Some(Entered::Soon(closing)) => Some(queue(connection, scratch, closing.slot()).await?),
        Some(Entered::Full) => return Err(Failure::new(Reason::EndpointsFull, Evidence::default())),
    };
    let room = match worker.upstreams.turnstile().zip(turn) {
        Some((turnstile, turn)) => Some(queue(connection, scratch, Turnstile::room(turnstile, turn)).await?),
        None => None,
    };
    Ok(Leave::new(room, slot))
}

/// Begins to speak HTTP/2 over a fresh connection, which the requests to come may share.
fn share(worker: &Worker, target: &Target<'_>, dialed: Dialed, leave: Leave) -> Result<Upstream, Failure> {
    let facts = Facts::of(&dialed);
    let fault = |reason| Failure::new(reason, Evidence { remote: Some(facts.remote), ..Evidence::default() });
    let settings = &worker.settings;
    let connection = OriginConnection::begin(dialed.stream, &settings.origin_http2, &settings.limits.response_head);
    worker.upstreams.share(connection, facts, target, leave).ok_or_else(|| fault(Reason::H2Error))
}

/// What is offered by ALPN.
const OFFERS: [&[u8]; 2] = [http2::ALPN, b"http/1.1"];

async fn dial(
    connection: &mut Connection,
    scratch: &mut Scratch,
    zone: &ZoneFacts,
    target: &Target<'_>,
) -> Result<Dialed, DialError> {
    let worker = connection.worker.clone();
    let timeouts = &worker.settings.timeouts;
    // The requested host counts as well as the endpoint's own name (EDGE-54).
    let names = [target.tls.map_or("", |tls| tls.host), &target.endpoint.address];
    let tls = match &target.tls {
        None => None,
        Some(tls) => {
            let trust = worker.trust.trust(tls.trust, &zone.trust_anchors_pem).map_err(quick)?;
            Some(TlsPlan {
                timeout: timeouts.origin_tls,
                alpn: if tls.http2 { &OFFERS } else { &[] },
                ..TlsPlan::new(tls.server_name(), &names, trust)
            })
        }
    };
    let plan = DialPlan {
        connect_timeout: timeouts.connect,
        ack_timeout: Some(timeouts.ack),
        tls,
        ..DialPlan::new(&target.endpoint.address, target.port)
    };
    match with_visitor(connection, scratch, None, worker.dialer.dial(&plan)).await {
        Ok(Some(dialed)) => dialed,
        Ok(None) => Err(quick(Reason::EdgeInternal)),
        Err(reason) => Err(quick(reason)),
    }
}

/// Waits for `event`, for up to `limit`, as long as the visitor waits too. `None` when the limit has passed.
///
/// # Errors
/// Why it is not waited for any more: the visitor has left, or the worker's time is up.
async fn with_visitor<T>(
    connection: &mut Connection,
    scratch: &mut Scratch,
    limit: Option<Duration>,
    event: impl Future<Output = T>,
) -> Result<Option<T>, Reason> {
    let mut event = std::pin::pin!(event);
    if let Some(limit) = limit {
        connection.deadline.set(Instant::now() + limit);
    }
    poll_fn(|cx| {
        if let Poll::Ready(value) = event.as_mut().poll(cx) {
            return Poll::Ready(Ok(Some(value)));
        }
        if watch::poll_gone(cx, &mut scratch.inbound, &mut connection.socket).is_ready() {
            return Poll::Ready(Err(Reason::ClientGone));
        }
        if connection.place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(Err(Reason::EdgeShuttingDown));
        }
        match limit {
            Some(_) => connection.deadline.poll(cx).map(|()| Ok(None)),
            None => Poll::Pending,
        }
    })
    .await
}

/// A failure that has nothing to do with the endpoint.
fn quick(reason: Reason) -> DialError {
    DialError { failure: Failure::new(reason, Evidence::default()), timings: Default::default() }
}
