//! Getting a connection to the endpoint: a turn, where those are limited, then an idle connection if there is one, else a
//! fresh one. The visitor is watched meanwhile, for nobody should wait for an answer that nobody waits for.

use crate::{
    connection::Connection,
    http2::{self, OriginConnection},
    ledger::Ledger,
    presence::Stage,
    scratch::Scratch,
    upstream::{Asked, Facts, Room, Target, Turn, Turnstile, Upstream},
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

/// Finds or opens a connection. `fresh` forbids an idle one.
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
    let idle = if fresh { None } else { connection.worker.upstreams.take(target) };
    let (mut upstream, kind) = match idle {
        Some(upstream) => (upstream, Kind::Reused),
        // The way is long and rarely taken: kept out of the future that every connection holds.
        None => (Box::pin(open(connection, scratch, ledger, zone, target, turn.as_ref())).await?, Kind::Opened),
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
    with_visitor(connection, scratch, Some(limit), served).await.map_err(|reason| {
        let limit = (reason == Reason::OriginQueueTimeout).then_some(limit);
        Failure::new(reason, Evidence { limit, ..Evidence::default() })
    })
}

/// Opens a connection, once there is room for it, and notes what that took.
async fn open(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    zone: &ZoneFacts,
    target: &Target<'_>,
    turn: Option<&Turn>,
) -> Result<Upstream, Failure> {
    let worker = connection.worker.clone();
    let room = match worker.upstreams.turnstile().zip(turn) {
        Some((turnstile, turn)) => Some(queue(connection, scratch, Turnstile::room(turnstile, turn)).await?),
        None => None,
    };
    let dialed = dial(connection, scratch, zone, target).await;
    let attempt = ledger.attempt();
    match dialed {
        Ok(dialed) => {
            if let Some(attempt) = attempt {
                attempt.timings = dialed.timings;
                attempt.timings.total = None;
            }
            if dialed.stream.alpn() == Some(http2::ALPN) {
                return share(&worker, target, dialed, room).await;
            }
            Ok(Upstream::new(dialed, target, room))
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

/// Begins to speak HTTP/2 over a fresh connection, which the requests to come may share.
async fn share(worker: &Worker, target: &Target<'_>, dialed: Dialed, room: Option<Room>) -> Result<Upstream, Failure> {
    let facts = Facts::of(&dialed);
    let fault = |reason| Failure::new(reason, Evidence { remote: Some(facts.remote), ..Evidence::default() });
    let limits = &worker.settings.limits;
    let begun =
        OriginConnection::begin(dialed.stream, worker.settings.http2.stream_window, limits.response_head.head_bytes);
    let connection = begun.await.map_err(|_| fault(Reason::H2NotSpoken))?;
    worker.upstreams.share(connection, facts, target, room).ok_or_else(|| fault(Reason::H2Error))
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
    with_visitor(connection, scratch, None, worker.dialer.dial(&plan)).await.unwrap_or_else(|reason| Err(quick(reason)))
}

/// Waits for `event`, for up to `limit`, as long as the visitor waits too.
///
/// # Errors
/// Why it is not waited for any more: the visitor has left, the worker's time is up, or the queue's.
async fn with_visitor<T>(
    connection: &mut Connection,
    scratch: &mut Scratch,
    limit: Option<Duration>,
    event: impl Future<Output = T>,
) -> Result<T, Reason> {
    let mut event = std::pin::pin!(event);
    if let Some(limit) = limit {
        connection.deadline.set(Instant::now() + limit);
    }
    poll_fn(|cx| {
        if let Poll::Ready(value) = event.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        if watch::poll_gone(cx, &mut scratch.inbound, &mut connection.socket).is_ready() {
            return Poll::Ready(Err(Reason::ClientGone));
        }
        if connection.place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(Err(Reason::EdgeShuttingDown));
        }
        match limit {
            Some(_) => connection.deadline.poll(cx).map(|()| Err(Reason::OriginQueueTimeout)),
            None => Poll::Pending,
        }
    })
    .await
}

/// A failure that has nothing to do with the endpoint.
fn quick(reason: Reason) -> DialError {
    DialError { failure: Failure::new(reason, Evidence::default()), timings: Default::default() }
}
