//! A tunnel: what a connection becomes when the origin has switched protocols (101). From then on nobody here reads
//! what is carried; bytes, silence and ends are all that counts.
//!
//! What must hold:
//! - Either direction has one buffer of fixed size, as long as there is something in it, and passes back pressure on.
//! - The end of one side is passed on to the other; the other direction lives on until it ends too.
//! - Each direction has a timer of its own, so bytes of one do not keep the other alive (`OCI-61`).
//! - What breaks off at one side breaks off at the other: an end in good order would say that all was said.
//! - The connection to the origin is never used again.

mod pipe;
mod side;

use crate::{
    buffer::Buffer,
    connection::{After, Connection},
    cut_off::Carried,
    deadline::Deadline,
    ledger::{Ledger, TunnelAccount},
    presence::{Place, Stage},
    relay,
    scratch::Scratch,
    settings::Settings,
    upgrade,
    upstream::Upstream,
    worker::Worker,
};
use dial::witness;
use model::{Evidence, Failure};
use pipe::{Broken, Pipe};
use side::Side;
use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{io::AsyncWrite, time::Instant};
use verdict::Reason;
use wire::write_field;

/// Who ended a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ender {
    Visitor,
    Origin,
    /// A timer ran out, or the node stops.
    Edge,
}

impl Ender {
    /// As stories write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Ender::Visitor => "visitor",
            Ender::Origin => "origin",
            Ender::Edge => "edge",
        }
    }
}

/// How a tunnel ended; without a reason when in good order.
struct End {
    by: Ender,
    reason: Option<Reason>,
    error: Option<io::Error>,
    limit: Option<Duration>,
}

impl End {
    fn new(by: Ender, reason: Option<Reason>) -> Self {
        Self { by, reason, error: None, limit: None }
    }
}

/// Passes the 101 on and carries bytes until either side ends the tunnel, or the edge must.
pub(crate) async fn run(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    mut upstream: Upstream,
) -> After {
    write_head(connection, scratch, ledger);
    ledger.given.status = scratch.response.status;
    ledger.given.first_byte = Some(Instant::now());
    connection.place.carries(Carried::Tunnel);
    connection.worker.tally.borrow().tunnel_opened();
    let end = carry(connection, scratch, ledger, &mut upstream).await;
    connection.worker.tally.borrow().tunnel_closed();
    match (&end.error, end.by) {
        (None, _) => close(connection, &mut upstream).await,
        (Some(_), Ender::Origin) => break_off(&connection.worker, &connection.socket).await,
        (Some(_), Ender::Visitor | Ender::Edge) => break_off(&connection.worker, &upstream.stream).await,
    }
    settle(ledger, &upstream, end);
    After::Abort
}

/// The origin's 101 with what belongs to this connection made anew.
fn write_head(connection: &Connection, scratch: &mut Scratch, ledger: &mut Ledger<'_>) {
    relay::write_shared_fields(connection, scratch, ledger);
    let out = &mut scratch.to_visitor.bytes;
    out.extend_from_slice(b"Connection: Upgrade\r\n");
    write_field(b"Upgrade", upgrade::protocol(&scratch.response, scratch.answer.head()), out);
    out.extend_from_slice(b"\r\n");
    ledger.given.bytes += out.len() as u64;
}

async fn carry(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    upstream: &mut Upstream,
) -> End {
    if let Err(reason) = connection.send(&mut scratch.to_visitor).await {
        let by = if reason == Reason::EdgeShuttingDown { Ender::Edge } else { Ender::Visitor };
        ledger.tunnel = Some(TunnelAccount { ended_by: by, from_visitor: 0, from_origin: 0 });
        return End::new(by, Some(reason));
    }
    let Scratch { inbound, answer, to_origin, to_visitor, .. } = scratch;
    to_origin.shrink(0);
    to_visitor.shrink(0);
    connection.worker.lending.take_back(answer);
    // What came behind the heads belongs to the tunnel already.
    let waiting = (inbound.unread().len() as u64, answer.unread().len() as u64);
    let Connection { worker, socket, place, deadline, .. } = connection;
    let mut tunnel = Tunnel::new(inbound, answer, &worker.settings);
    let end = poll_fn(|cx| tunnel.poll(cx, socket, &mut upstream.stream, place, deadline)).await;
    let (from_visitor, from_origin) = (tunnel.up.read + waiting.0, tunnel.down.read + waiting.1);
    ledger.given.bytes += tunnel.down.written;
    ledger.given.body_bytes = tunnel.down.written;
    ledger.body_in += from_visitor;
    if let Some(attempt) = ledger.attempt() {
        attempt.bytes += tunnel.down.read;
    }
    ledger.tunnel = Some(TunnelAccount { ended_by: end.by, from_visitor, from_origin });
    end
}

/// Ends both sides as far as they can be ended at once.
async fn close(connection: &mut Connection, upstream: &mut Upstream) {
    poll_fn(|cx| {
        // Whoever does not take the end is dropped with its socket.
        let _ = Pin::new(&mut connection.socket).poll_shutdown(cx);
        let _ = Pin::new(&mut upstream.stream).poll_shutdown(cx);
        Poll::Ready(())
    })
    .await;
}

/// Lets the side that is left see that the other broke off, as RFC 9113 section 8.5 asks of the tunnels of CONNECT. What
/// was written for it before that goes first, for as long as a visitor is given to take its answer.
async fn break_off(worker: &Worker, left: &impl Side) {
    let until = Instant::now() + worker.settings.timeouts.linger;
    while left.unread() > 0 && Instant::now() < until && worker.presence.stage() != Stage::Stopping {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    left.reset_when_dropped();
}

/// How often a broken tunnel looks whether its last bytes have been taken, for the system does not tell. A shorter time
/// would only burn cycles, a longer one would only keep the socket longer: there is nothing to choose.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Notes how it ended.
fn settle(ledger: &mut Ledger<'_>, upstream: &Upstream, end: End) {
    let read = ledger.tunnel.as_ref().map_or(0, |tunnel| tunnel.from_origin);
    ledger.reason = end.reason;
    if let Some(attempt) = ledger.attempt() {
        attempt.timings.total = Some(attempt.began.elapsed());
    }
    let Some(reason) = end.reason else { return };
    let mut evidence = Evidence {
        remote: Some(upstream.remote),
        status: Some(ledger.given.status),
        bytes_read: read,
        limit: end.limit,
        ..Evidence::default()
    };
    if let Some(error) = &end.error {
        witness(error, &mut evidence);
    }
    ledger.fail_attempt(&Failure::new(reason, evidence));
}

/// One way through a tunnel.
#[derive(Clone, Copy)]
enum Direction {
    /// From the visitor to the origin.
    Up,
    /// From the origin to the visitor.
    Down,
}

/// Both directions between two sockets of any kind.
struct Tunnel<'b> {
    /// From the visitor to the origin.
    up: Pipe,
    inbound: &'b mut Buffer,
    /// From the origin to the visitor.
    down: Pipe,
    answer: &'b mut Buffer,
    idle: Duration,
    /// Who ended its own direction first.
    first: Option<Ender>,
}

impl<'b> Tunnel<'b> {
    fn new(inbound: &'b mut Buffer, answer: &'b mut Buffer, settings: &Settings) -> Self {
        let (room, idle) = (settings.limits.buffer, settings.timeouts.tunnel_idle);
        let pipe = || Pipe::new(Instant::now(), room);
        Self { up: pipe(), inbound, down: pipe(), answer, idle, first: None }
    }

    /// Carries what there is. Ready when the tunnel is over.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        visitor: &mut impl Side,
        origin: &mut impl Side,
        place: &Place,
        deadline: &mut Deadline,
    ) -> Poll<End> {
        let up = self.up.poll(cx, self.inbound, visitor, origin);
        if self.up.source_ended() {
            self.first.get_or_insert(Ender::Visitor);
        }
        let down = self.down.poll(cx, self.answer, origin, visitor);
        if self.down.source_ended() {
            self.first.get_or_insert(Ender::Origin);
        }
        match (up, down) {
            (Poll::Ready(Err(Broken::Source(error))), _) | (_, Poll::Ready(Err(Broken::Sink(error)))) => {
                return Poll::Ready(self.broken(Ender::Visitor, Reason::ClientAbortedBody, error));
            }
            (Poll::Ready(Err(Broken::Sink(error))), _) | (_, Poll::Ready(Err(Broken::Source(error)))) => {
                return Poll::Ready(self.broken(Ender::Origin, Reason::TunnelBroken, error));
            }
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => {
                return Poll::Ready(End::new(self.first.unwrap_or(Ender::Edge), None));
            }
            _ => {}
        }
        if place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(End::new(Ender::Edge, Some(Reason::EdgeShuttingDown)));
        }
        let (due, direction) = match (self.up.due(self.idle), self.down.due(self.idle)) {
            (Some(up), Some(down)) if up <= down => (up, Direction::Up),
            (Some(up), None) => (up, Direction::Up),
            (_, Some(down)) => (down, Direction::Down),
            (None, None) => return Poll::Pending,
        };
        deadline.set(due);
        deadline.poll(cx).map(|()| self.silent(direction, visitor, origin))
    }

    /// How the tunnel ends when one of its directions has been silent for too long. Whoever was to take bytes and did
    /// not is named before whoever sent none.
    fn silent(&self, direction: Direction, visitor: &impl Side, origin: &impl Side) -> End {
        let reason = match direction {
            Direction::Up if self.up.is_held_up(self.inbound, origin) => Reason::TunnelOriginStalled,
            Direction::Down if self.down.is_held_up(self.answer, visitor) => Reason::TunnelVisitorStalled,
            Direction::Up => Reason::TunnelVisitorSilent,
            Direction::Down => Reason::TunnelOriginSilent,
        };
        match self.first {
            // The other side was left alone with an end that it never answered.
            Some(first) if matches!(reason, Reason::TunnelVisitorSilent | Reason::TunnelOriginSilent) => {
                End::new(first, None)
            }
            _ => End { limit: Some(self.idle), ..End::new(Ender::Edge, Some(reason)) },
        }
    }

    /// A side is gone. Behind an end in good order that is how many peers take their leave.
    fn broken(&self, by: Ender, reason: Reason, error: io::Error) -> End {
        match self.first {
            Some(first) => End::new(first, None),
            None => End { error: Some(error), ..End::new(by, Some(reason)) },
        }
    }
}
