//! A visitor's connection of HTTP/2: takes streams in, and ends the connection when it is idle, stuck, abused, has
//! carried its share or when the worker closes.

use super::{
    Transport, VisitorStream,
    attendants::{Guest, attend},
    head_list::list_size,
    streams::Streams,
    transport::Traffic,
    turned_away::{self, Counted},
};
use crate::{
    cut_off::Carried,
    deadline::Deadline,
    pace::{Found, Vigil},
    presence::{Place, Stage},
    visitor::{Socket, VisitorFacts},
    worker::Worker,
};
use bytes::Bytes;
use h2::{RecvStream, server, server::SendResponse};
use http::Request;
use std::{
    future::poll_fn,
    rc::Rc,
    task::{Context, Poll},
};
use tokio::time::Instant;

/// Serves a visitor until it leaves.
pub(crate) async fn serve(worker: Rc<Worker>, transport: Transport, facts: Rc<VisitorFacts>, place: Place) {
    place.carries(Carried::Http2);
    let traffic = transport.traffic();
    let handshake = builder(&worker).handshake::<_, Bytes>(transport);
    let patience = worker.settings.timeouts.request_head;
    let connection = match tokio::time::timeout(patience, handshake).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return turned_away::note_error(&worker, &facts, &traffic, &error),
        Err(_) => return tracing::debug!("a visitor's HTTP/2 connection did not begin in time"),
    };
    let deadline = Deadline::after(worker.settings.timeouts.visitor_idle);
    let streams = Streams::new(&worker.settings.http2);
    let counted = Counted::default();
    let reading = Vigil::default();
    let mut driver =
        Driver { worker, connection, facts, place, deadline, streams, traffic, counted, reading, ending: Ending::Open };
    poll_fn(|cx| driver.poll(cx)).await;
}

fn builder(worker: &Worker) -> server::Builder {
    let (http2, limits) = (&worker.settings.http2, &worker.settings.limits);
    let mut builder = server::Builder::new();
    builder
        .max_concurrent_streams(http2.streams)
        .initial_window_size(http2.stream_window)
        .initial_connection_window_size(http2.connection_window)
        .max_frame_size(http2.frame)
        .max_header_list_size(list_size(&limits.request_head))
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
    traffic: Rc<Traffic>,
    counted: Counted,
    /// How well the visitor takes what it is sent.
    reading: Vigil,
    ending: Ending,
}

/// How far a connection is from its end.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Open,
    /// The visitor was told, at this time, to begin nothing more; what is under way is finished.
    Leaving(Instant),
    /// The visitor was told why it has to go, and has until then to read it.
    Dismissed(Instant),
}

/// What a look at the clock says.
enum Outlook {
    /// All is well until then.
    Well(Instant),
    /// It has rested for long enough.
    Rested,
    /// A head does not come to its end.
    SlowHead,
    /// Nothing more is to be expected of it.
    Over,
}

impl Driver {
    /// Ready when the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.streams.watched_by(cx.waker());
        loop {
            match self.connection.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    // What came before an error of the connection is not begun behind it.
                    if !self.traffic.is_shut() {
                        self.welcome(request, respond);
                    }
                    continue;
                }
                Poll::Ready(Some(Err(error))) => {
                    if !matches!(self.ending, Ending::Dismissed(_)) {
                        turned_away::note_error(&self.worker, &self.facts, &self.traffic, &error);
                    }
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if self.ending == Ending::Open && !self.traffic.is_shut() {
                self.counted.note_refused(&self.worker, &self.facts, &self.traffic);
            }
            if self.is_abused() {
                self.dismiss();
                continue;
            }
            if self.ending == Ending::Open && self.must_leave(cx) {
                self.leave();
                continue;
            }
            match self.look() {
                Outlook::Well(due) => self.deadline.set(due),
                Outlook::Rested => {
                    self.leave();
                    continue;
                }
                Outlook::SlowHead => {
                    self.dismiss();
                    continue;
                }
                Outlook::Over => return Poll::Ready(()),
            }
            if self.deadline.poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// A new stream is a visitor of its own from here on.
    fn welcome(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        self.counted.note_accepted();
        self.streams.begin();
        let (stream, problem) = VisitorStream::open(request, respond, self.streams.clone());
        if problem.is_some() {
            self.streams.note_fault();
        }
        let place = self.worker.presence.enter_within();
        let socket = Socket::Stream(Box::new(stream));
        attend(&self.worker, Guest { socket, facts: self.facts.clone(), place, problem });
    }

    /// Whether it has cost more than it may, or takes no notice of having been told to leave.
    fn is_abused(&self) -> bool {
        let most = self.worker.settings.limits.requests_per_connection;
        let further = u64::from(self.worker.settings.http2.streams);
        let deaf = most > 0 && self.counted.accepted() > most.saturating_add(further);
        let abused = deaf || self.streams.are_abused() || self.traffic.is_excessive();
        abused && !matches!(self.ending, Ending::Dismissed(_))
    }

    /// Whether the worker closes, somebody else needs the place of a connection without requests, or it has carried
    /// its share of them.
    fn must_leave(&self, cx: &Context<'_>) -> bool {
        let most = self.worker.settings.limits.requests_per_connection;
        let is_spent = most > 0 && self.counted.accepted() >= most;
        is_spent
            || match self.streams.idle_since() {
                Some(_) => self.place.poll_at_rest(cx) != Some(Stage::Open),
                None => self.place.poll_stage(cx) != Stage::Open,
            }
    }

    /// No new streams; those that are open are finished, and so are those that the visitor opens before it has heard.
    fn leave(&mut self) {
        self.ending = Ending::Leaving(Instant::now());
        self.connection.graceful_shutdown();
    }

    /// Ends it at once, saying that it was too much.
    fn dismiss(&mut self) {
        turned_away::note_abuse(&self.worker, &self.facts, &self.traffic);
        self.ending = Ending::Dismissed(Instant::now() + self.worker.settings.timeouts.linger);
        self.connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM);
    }

    /// Looks at all that has its time.
    fn look(&mut self) -> Outlook {
        let (now, timeouts) = (Instant::now(), &self.worker.settings.timeouts);
        let mut due = now + timeouts.visitor_write;
        if let Some(reader_due) = self.look_at_reader(now) {
            match reader_due {
                Found::Well(next) => due = due.min(next),
                Found::Silent | Found::TooSlow => return Outlook::Over,
            }
        }
        if let Ending::Dismissed(gone_by) = self.ending {
            return if now >= gone_by { Outlook::Over } else { Outlook::Well(due.min(gone_by)) };
        }
        let timeouts = &self.worker.settings.timeouts;
        if let Some(since) = self.traffic.head_since() {
            let late = since + timeouts.request_head;
            if now >= late {
                return Outlook::SlowHead;
            }
            due = due.min(late);
        }
        if let Some(since) = self.streams.idle_since() {
            let (late, outlook) = match self.ending {
                // The last answer may still be on its way out, and the visitor may not have heard yet that it was.
                Ending::Leaving(told) => (since.max(told) + timeouts.linger, Outlook::Over),
                Ending::Open | Ending::Dismissed(_) => (since + timeouts.visitor_idle, Outlook::Rested),
            };
            if now >= late {
                return outlook;
            }
            due = due.min(late);
        }
        Outlook::Well(due)
    }

    /// Judges a visitor that does not take what it is sent; `None` while it does.
    fn look_at_reader(&mut self, now: Instant) -> Option<Found> {
        let settings = &self.worker.settings;
        let Some(taken) = self.traffic.taken_while_blocked() else {
            self.reading.rest(now);
            return None;
        };
        let (silence, rate) = (settings.timeouts.visitor_write, settings.limits.minimum_read_rate);
        Some(self.reading.keep_watch(now, silence, rate, taken))
    }
}
