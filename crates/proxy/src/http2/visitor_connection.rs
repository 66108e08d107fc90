//! A visitor's connection of HTTP/2: takes streams in, and ends the connection when it is idle, stuck, abused, has
//! carried its share or when the worker closes.

use super::{
    Transport, VisitorStream,
    attendants::{Guest, attend},
    head_list::list_size,
    link::{Link, Stream},
    streams::Streams,
    turned_away,
};
use crate::{
    cut_off::Carried,
    deadline::Deadline,
    pace::{Found, Vigil},
    presence::{Place, Stage},
    visitor::{Socket, VisitorFacts},
    worker::Worker,
};
use ::http2::{Broken, Connection, ErrorCode, Event, Key, Lost, Side};
use std::{
    future::poll_fn,
    io,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::{io::ReadBuf, time::Instant};

/// Serves a visitor until it leaves.
pub(crate) async fn serve(worker: Rc<Worker>, transport: Transport, facts: Rc<VisitorFacts>, place: Place) {
    place.carries(Carried::Http2);
    let link = Link::new(Connection::new(settings(&worker)));
    let deadline = Deadline::after(worker.settings.timeouts.visitor_idle);
    let streams = Streams::new(&worker.settings.http2);
    let mut driver = Driver {
        worker,
        link,
        transport,
        partial: Vec::new(),
        facts,
        place,
        deadline,
        streams,
        begun: Instant::now(),
        accepted: 0,
        reading: Vigil::default(),
        ending: Ending::Open,
    };
    poll_fn(|cx| driver.poll(cx)).await;
    driver.link.change().end(Lost::Gone);
}

fn settings(worker: &Worker) -> ::http2::Settings {
    let (http2, limits) = (&worker.settings.http2, &worker.settings.limits);
    ::http2::Settings {
        side: Side::Server,
        streams: http2.streams,
        stream_window: http2.stream_window,
        connection_window: http2.connection_window,
        frame: http2.frame,
        list_size: list_size(&limits.request_head),
        connect_protocol: worker.settings.upgrades.allow_websocket(),
        send_room: http2.send_buffer,
        faults: http2.faults,
        control_frames: http2.control_frames,
        within: http2.resets_within,
    }
}

struct Driver {
    worker: Rc<Worker>,
    link: Link,
    transport: Transport,
    /// The beginning of a frame that has not come whole: some octets at most.
    partial: Vec<u8>,
    facts: Rc<VisitorFacts>,
    place: Place,
    deadline: Deadline,
    streams: Rc<Streams>,
    begun: Instant,
    /// Requests that were taken in.
    accepted: u64,
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
            match self.poll_traffic(cx) {
                Poll::Ready(Ok(())) => continue,
                Poll::Ready(Err(error)) => {
                    tracing::debug!(%error, "a visitor's HTTP/2 connection is gone");
                    return Poll::Ready(());
                }
                Poll::Pending => {}
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
                self.link.change().set_driver(cx.waker());
                return Poll::Pending;
            }
        }
    }

    /// Sends and receives what can be. Pending when neither can go on; ready when there may be something new to do.
    ///
    /// # Errors
    /// When the connection is over.
    fn poll_traffic(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = self.poll_send(cx)?;
        let is_over = matches!(self.ending, Ending::Dismissed(_)) || self.link.look().is_done();
        if is_over {
            ready!(sent);
            ready!(self.transport.poll_end(cx))?;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        // Who does not take what it is sent is not asked for more.
        if self.link.look().is_full() { Poll::Pending } else { self.poll_receive(cx) }
    }

    /// Ready when everything was sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let connection = self.link.look();
            if connection.output().is_empty() {
                break;
            }
            let count = ready!(self.transport.poll_write(cx, connection.output()))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            drop(connection);
            self.link.change().sent(count);
        }
        self.transport.poll_flush(cx)
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let worker = self.worker.clone();
        let mut input = worker.http2_input.borrow_mut();
        let before = self.partial.len();
        input[..before].copy_from_slice(&self.partial);
        let mut room = ReadBuf::new(&mut input[before..]);
        ready!(self.transport.poll_read(cx, &mut room))?;
        let end = before + room.filled().len();
        if end == before {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.receive(&input[..end]);
        Poll::Ready(Ok(()))
    }

    fn receive(&mut self, mut bytes: &[u8]) {
        let now = Instant::now().into_std();
        loop {
            let received = self.link.change().receive(bytes, now);
            match received {
                Ok(received) => {
                    bytes = bytes.get(received.taken..).unwrap_or_default();
                    match received.event {
                        Some(Event::Request { key, ends }) => self.welcome(key, ends),
                        Some(Event::TooMany) => turned_away::note_too_many(&self.worker, &self.facts),
                        Some(Event::Reset(_)) => self.streams.note_reset(),
                        None => break,
                    }
                }
                Err(Broken(code)) => {
                    turned_away::note_broken(&self.worker, &self.facts, self.transport.bytes(), code);
                    self.ending = self.dismissed();
                    bytes = &[];
                    break;
                }
            }
            if self.streams.are_abused() {
                // Whoever comes behind is not begun any more.
                self.dismiss();
                bytes = &[];
                break;
            }
        }
        self.partial.clear();
        self.partial.extend_from_slice(bytes);
    }

    /// A new stream is a visitor of its own from here on.
    fn welcome(&mut self, key: Key, ends: bool) {
        self.accepted += 1;
        self.streams.begin();
        let stream = Stream::new(self.link.clone(), key, ErrorCode::INTERNAL_ERROR);
        let (stream, problem) = VisitorStream::open(stream, ends, self.streams.clone());
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
        let deaf = most > 0 && self.accepted > most.saturating_add(further);
        let abused = deaf || self.streams.are_abused();
        abused && !matches!(self.ending, Ending::Dismissed(_))
    }

    /// Whether the worker closes, somebody else needs the place of a connection without requests, or it has carried
    /// its share of them.
    fn must_leave(&self, cx: &Context<'_>) -> bool {
        let most = self.worker.settings.limits.requests_per_connection;
        let is_spent = most > 0 && self.accepted >= most;
        is_spent
            || match self.streams.idle_since() {
                Some(_) => self.place.poll_at_rest(cx) != Some(Stage::Open),
                None => self.place.poll_stage(cx) != Stage::Open,
            }
    }

    /// No new streams; those that are open are finished, and so are those that the visitor opens before it has heard.
    fn leave(&mut self) {
        self.ending = Ending::Leaving(Instant::now());
        self.link.change().part();
    }

    /// Ends it at once, saying that it was too much.
    fn dismiss(&mut self) {
        turned_away::note_abuse(&self.worker, &self.facts, self.transport.bytes());
        self.ending = self.dismissed();
        self.link.change().dismiss(ErrorCode::ENHANCE_YOUR_CALM);
    }

    fn dismissed(&self) -> Ending {
        Ending::Dismissed(Instant::now() + self.worker.settings.timeouts.linger)
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
        let (is_settled, head_since) = (self.link.look().is_settled(), self.link.look().head_since());
        if !is_settled || head_since.is_some() {
            let late = head_since.map_or(self.begun, Instant::from_std) + timeouts.request_head;
            if now >= late {
                return if is_settled { Outlook::SlowHead } else { Outlook::Over };
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
        let Some(taken) = self.transport.taken_while_blocked() else {
            self.reading.rest(now);
            return None;
        };
        let (silence, rate) = (settings.timeouts.visitor_write, settings.limits.minimum_read_rate);
        Some(self.reading.keep_watch(now, silence, rate, taken))
    }
}
