//! A visitor's connection of HTTP/2: takes streams in, and ends the connection when it is idle, stuck, abused or when
//! the worker closes.

use super::{Transport, VisitorStream, transport::Stalled};
use crate::{
    connection::Connection,
    cut_off::Carried,
    deadline::Deadline,
    presence::{Place, Stage},
    visitor::{Socket, VisitorFacts},
    worker::Worker,
};
use bytes::Bytes;
use h2::{RecvStream, server, server::SendResponse};
use http::Request;
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use telemetry::RefusedWhy;
use tokio::time::Instant;

/// What the streams of a connection tell their connection.
pub(super) struct Streams {
    open: Cell<usize>,
    idle_since: Cell<Instant>,
    /// Streams that the visitor gave up, and since when they are counted.
    resets: Cell<(usize, Instant)>,
    allowed: (usize, std::time::Duration),
    abused: Cell<bool>,
    driver: RefCell<Option<Waker>>,
}

impl Streams {
    fn new(worker: &Worker) -> Rc<Self> {
        let (now, http2) = (Instant::now(), &worker.settings.http2);
        Rc::new(Self {
            open: Cell::new(0),
            idle_since: Cell::new(now),
            resets: Cell::new((0, now)),
            allowed: (http2.resets, http2.resets_within),
            abused: Cell::new(false),
            driver: RefCell::default(),
        })
    }

    /// Notes that the visitor gave a stream up before its answer was complete. Too many of them are an attack: each
    /// costs the visitor next to nothing, and us a request (CVE-2023-44487).
    pub(super) fn note_reset(&self) {
        let (count, since) = self.resets.get();
        let (most, within) = self.allowed;
        let (count, since) = if since.elapsed() > within { (1, Instant::now()) } else { (count + 1, since) };
        self.resets.set((count, since));
        if count > most {
            self.abused.set(true);
            self.wake();
        }
    }

    /// Notes that a stream has ended.
    pub(super) fn end(&self) {
        self.open.set(self.open.get().saturating_sub(1));
        if self.open.get() == 0 {
            self.idle_since.set(Instant::now());
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.driver.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Serves a visitor until it leaves.
pub(crate) async fn serve(worker: Rc<Worker>, transport: Transport, facts: Rc<VisitorFacts>, place: Place) {
    place.carries(Carried::Http2);
    let stalled = transport.stalled();
    let handshake = builder(&worker).handshake::<_, Bytes>(transport);
    let patience = worker.settings.timeouts.request_head;
    let connection = match tokio::time::timeout(patience, handshake).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%error, "a visitor's HTTP/2 connection did not begin"),
        Err(_) => return tracing::debug!("a visitor's HTTP/2 connection did not begin in time"),
    };
    let deadline = Deadline::after(worker.settings.timeouts.visitor_idle.min(worker.settings.timeouts.visitor_write));
    let streams = Streams::new(&worker);
    let mut driver = Driver { worker, connection, facts, place, deadline, streams, stalled, leaving: None };
    poll_fn(|cx| driver.poll(cx)).await;
}

fn builder(worker: &Worker) -> server::Builder {
    let (http2, limits) = (&worker.settings.http2, &worker.settings.limits);
    let mut builder = server::Builder::new();
    // Every field counts 32 bytes more here than it has (RFC 9113 section 6.5.2), and what is a little too large shall
    // be refused with a page and a record.
    let list = limits.request_head.head_bytes + 32 * limits.request_head.header_count + (4 << 10);
    builder
        .max_concurrent_streams(http2.streams)
        .initial_window_size(http2.stream_window)
        .initial_connection_window_size(http2.connection_window)
        .max_frame_size(http2.frame)
        .max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX))
        .max_send_buffer_size(http2.send_buffer)
        .max_local_error_reset_streams(Some(http2.faults))
        .max_pending_accept_reset_streams(http2.resets.max(1));
    if worker.settings.upgrades.allow_websocket() {
        builder.enable_connect_protocol();
    }
    builder
}

struct Driver {
    worker: Rc<Worker>,
    connection: server::Connection<Transport, Bytes>,
    facts: Rc<VisitorFacts>,
    place: Place,
    deadline: Deadline,
    streams: Rc<Streams>,
    stalled: Stalled,
    /// Since when it is told that the connection ends.
    leaving: Option<Instant>,
}

impl Driver {
    /// Ready when the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        *self.streams.driver.borrow_mut() = Some(cx.waker().clone());
        loop {
            match self.connection.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    self.welcome(request, respond);
                    continue;
                }
                Poll::Ready(Some(Err(error))) => {
                    self.note_failure(&error);
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if self.streams.abused.take() {
                self.connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM);
                self.give_up_soon();
                continue;
            }
            if self.leaving.is_none() && self.must_leave(cx) {
                self.leave();
                continue;
            }
            if self.deadline.poll(cx).is_pending() {
                return Poll::Pending;
            }
            if self.is_over() {
                return Poll::Ready(());
            }
        }
    }

    /// A new stream is a visitor of its own from here on.
    fn welcome(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        self.streams.open.set(self.streams.open.get() + 1);
        let stream = match VisitorStream::open(request, respond, self.streams.clone()) {
            Ok(stream) => stream,
            Err(problem) => {
                self.streams.end();
                return tracing::debug!(?problem, "a visitor's HTTP/2 request is malformed");
            }
        };
        let place = self.worker.presence.enter_within();
        let socket = Socket::Stream(Box::new(stream));
        let connection = Connection::new(self.worker.clone(), socket, self.facts.clone(), place);
        tokio::task::spawn_local(serve_stream(connection));
    }

    fn note_failure(&self, error: &h2::Error) {
        if error.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM) && !error.is_remote() {
            self.worker.refusals.note(&self.worker.tally.borrow(), self.facts.peer, RefusedWhy::Abuse);
        }
        tracing::debug!(%error, "a visitor's HTTP/2 connection ended");
    }

    /// Whether the worker closes, or somebody else needs the place of a connection without requests.
    fn must_leave(&self, cx: &Context<'_>) -> bool {
        match self.streams.open.get() {
            0 => self.place.poll_at_rest(cx) != Some(Stage::Open),
            _ => self.place.poll_stage(cx) != Stage::Open,
        }
    }

    /// No new streams; those that are open are finished, and so are those that the visitor opens before it has heard.
    fn leave(&mut self) {
        self.connection.graceful_shutdown();
        self.give_up_soon();
    }

    fn give_up_soon(&mut self) {
        let now = Instant::now();
        self.leaving = Some(now);
        self.deadline.set(now + self.worker.settings.timeouts.linger);
    }

    /// Looks at what has become of a connection whose deadline has passed, and sets the next one. True when nothing is
    /// to be expected of it any more.
    fn is_over(&mut self) -> bool {
        let timeouts = &self.worker.settings.timeouts;
        let now = Instant::now();
        if self.stalled.since().is_some_and(|since| now >= since + timeouts.visitor_write) {
            return true;
        }
        if self.streams.open.get() == 0 {
            let idle_since = self.streams.idle_since.get();
            if let Some(leaving) = self.leaving {
                // The last answer may still be on its way out, and the visitor may not have heard yet that it was.
                let due = leaving.max(idle_since) + timeouts.linger;
                self.deadline.set(due);
                return now >= due;
            }
            let due = idle_since + timeouts.visitor_idle;
            if now >= due {
                self.leave();
                return false;
            }
            self.deadline.set(due.min(now + timeouts.visitor_write));
            return false;
        }
        self.deadline.set(now + timeouts.visitor_write.min(timeouts.visitor_idle));
        false
    }
}

/// Serves the one request of a stream.
async fn serve_stream(mut connection: Connection) {
    let worker = connection.worker.clone();
    let mut scratch = worker.take_scratch();
    // Whatever it says of the connection, which would be HTTP/1.1's, the stream ends here.
    let _ = connection.serve_one(&mut scratch).await;
    drop(connection);
    worker.give_scratch(scratch);
}
