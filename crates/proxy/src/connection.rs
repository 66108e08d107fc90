//! A visitor's connection from its first request to its last: HTTP/1.1 keep-alive, one request after the other.
//! Pipelined requests wait in the buffer for their turn.

use crate::{
    buffer::Buffer,
    classify,
    conduit::Conduit,
    deadline::Deadline,
    http2::{self, Transport},
    journey,
    ledger::Ledger,
    linger,
    outgoing::Outgoing,
    pace::{Found, Vigil},
    presence::{Place, Stage},
    ray_id::RayId,
    record, respond,
    scratch::Scratch,
    visitor::{Protocol, Socket, VisitorFacts},
    worker::Worker,
};
use model::Evidence;
use std::{
    future::poll_fn,
    io,
    rc::Rc,
    task::{Context, Poll},
    time::SystemTime,
};
use tokio::{io::AsyncRead, time::Instant};
use verdict::Reason;
use wire::{Parsed, parse_request};

/// A visitor's connection.
pub(crate) struct Connection {
    pub(crate) worker: Rc<Worker>,
    pub(crate) socket: Socket,
    pub(crate) facts: Rc<VisitorFacts>,
    pub(crate) place: Place,
    pub(crate) deadline: Deadline,
    /// Bytes that the socket has taken.
    given: u64,
    /// How well the visitor reads.
    reading: Vigil,
    /// Requests whose heads were read.
    served: u64,
}

/// What becomes of a connection after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The next request may follow.
    KeepAlive,
    /// The answer is complete, and nothing may follow it.
    Close,
    /// The answer is not complete, and the visitor must notice.
    Abort,
    /// There was no request: the visitor speaks HTTP/2 from here on.
    Http2,
}

/// When a request's first byte came.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: SystemTime,
    pub(crate) started: Instant,
}

/// How the wait for a request's head ended, if not with a head.
enum NoHead {
    /// The visitor left, or was idle for too long, between two requests.
    Quiet,
    /// A request had begun.
    Refused(Arrival, Reason),
    /// What came is no request but the beginning of HTTP/2.
    Http2,
}

/// Serves a visitor until it leaves.
pub(crate) async fn serve(mut connection: Connection) {
    let mut scratch = None;
    loop {
        let mut busy = match scratch.take() {
            Some(scratch) => scratch,
            None => match connection.wait_for_bytes().await {
                Poll::Ready(()) => connection.worker.take_scratch(),
                Poll::Pending => return,
            },
        };
        let after = connection.serve_one(&mut busy).await;
        match after {
            After::KeepAlive if busy.inbound.is_drained() => {
                connection.worker.give_scratch(busy);
            }
            After::KeepAlive => scratch = Some(busy),
            After::Close => {
                linger::close(&mut connection, &mut busy).await;
                return connection.worker.give_scratch(busy);
            }
            After::Abort => return connection.worker.give_scratch(busy),
            After::Http2 => {
                let early = busy.inbound.unread().to_vec();
                connection.worker.give_scratch(busy);
                return Box::pin(connection.serve_http2(early)).await;
            }
        }
    }
}

impl Connection {
    /// A connection that has just been accepted. Its first request has as long to arrive as any head.
    pub(crate) fn new(worker: Rc<Worker>, socket: Socket, facts: Rc<VisitorFacts>, place: Place) -> Self {
        let deadline = Deadline::after(worker.settings.timeouts.request_head);
        Self::within(worker, socket, facts, place, deadline)
    }

    /// A stream of a connection, with a timer that has run before.
    pub(crate) fn within(
        worker: Rc<Worker>,
        socket: Socket,
        facts: Rc<VisitorFacts>,
        place: Place,
        deadline: Deadline,
    ) -> Self {
        Self { worker, socket, facts, place, deadline, given: 0, served: 0, reading: Vigil::default() }
    }

    /// Waits without any buffer until there is something to read. Pending means that there never will be: the
    /// connection was idle for too long, or the worker is closing.
    async fn wait_for_bytes(&mut self) -> Poll<()> {
        let Self { socket, place, deadline, .. } = self;
        let readable = deadline.or(|cx| match (place.poll_at_rest(cx), socket.poll_readable(cx)) {
            (None | Some(Stage::Stopping), _) | (Some(Stage::Draining), Poll::Pending) => Poll::Ready(false),
            // What has arrived already is served, however late it is.
            (_, readable) => readable.map(|_| true),
        });
        match readable.await {
            Some(true) => Poll::Ready(()),
            Some(false) | None => Poll::Pending,
        }
    }

    /// Whether another request may follow the one under way, as far as the edge is concerned.
    pub(crate) fn may_continue(&self) -> bool {
        let limit = self.worker.settings.limits.requests_per_connection;
        (limit == 0 || self.served < limit) && self.worker.presence.stage() == Stage::Open
    }

    /// Serves one request, whatever its end.
    pub(crate) async fn serve_one(&mut self, scratch: &mut Scratch) -> After {
        let after = match self.read_head(scratch).await {
            Ok(arrival) => {
                self.served += 1;
                journey::run(self, scratch, arrival).await
            }
            Err(NoHead::Quiet) => return After::Abort,
            Err(NoHead::Http2) => return After::Http2,
            Err(NoHead::Refused(arrival, reason)) => self.refuse(scratch, arrival, reason).await,
        };
        scratch.inbound.release_head();
        scratch.answer.clear();
        self.worker.lending.take_back(&mut scratch.answer);
        let idle_since = Instant::now();
        self.deadline.set(idle_since + self.worker.settings.timeouts.visitor_idle);
        after
    }

    /// Refuses a request that is malformed by the rules of HTTP/2 and has no head that could be read.
    pub(crate) async fn serve_malformed(&mut self, scratch: &mut Scratch, reason: Reason) -> After {
        let arrival = self.arrive();
        self.refuse(scratch, arrival, reason).await
    }

    /// Reads until a request head is complete, and keeps it at the front of the buffer.
    async fn read_head(&mut self, scratch: &mut Scratch) -> Result<Arrival, NoHead> {
        let worker = self.worker.clone();
        let limits = &worker.settings.limits.request_head;
        let mut arrival = (!scratch.inbound.is_drained()).then(|| self.arrive());
        loop {
            if let Some(arrival) = arrival {
                match parse_request(&mut scratch.request, scratch.inbound.unread(), limits) {
                    Ok(Parsed::Complete) => {
                        scratch.inbound.keep_head(scratch.request.len);
                        return Ok(arrival);
                    }
                    Ok(Parsed::Partial) => {}
                    Err(_) if self.begins_http2(scratch) => return Err(NoHead::Http2),
                    Err(problem) => return Err(NoHead::Refused(arrival, classify::request_problem(problem))),
                }
            }
            scratch.inbound.ensure_room(worker.settings.limits.buffer / 2);
            let read = poll_fn(|cx| self.poll_more_head(cx, scratch)).await;
            match (read, arrival) {
                (Ok(()), None) => arrival = Some(self.arrive()),
                (Ok(()), Some(_)) => {}
                (Err(_), None) => return Err(NoHead::Quiet),
                (Err(reason), Some(arrival)) => return Err(NoHead::Refused(arrival, reason)),
            }
        }
    }

    /// Whether HTTP/2 begins here, where that is allowed without TLS having agreed on it.
    fn begins_http2(&self, scratch: &Scratch) -> bool {
        let plain = matches!(self.socket, Socket::Plain(_));
        plain && self.worker.settings.http2.cleartext && scratch.inbound.unread().starts_with(http2::PREFACE_HEAD)
    }

    /// Goes on in HTTP/2, of which `early` was read already.
    async fn serve_http2(self, early: Vec<u8>) {
        let Self { worker, socket, facts, place, .. } = self;
        let facts = VisitorFacts { protocol: Protocol::Http2, ..VisitorFacts::clone(&facts) };
        let transport = Transport::new(socket, early, &worker.settings);
        http2::serve(worker, transport, Rc::new(facts), place).await;
    }

    /// Notes that a request has begun: from now on its head has only so long.
    fn arrive(&mut self) -> Arrival {
        let started = Instant::now();
        self.deadline.set(started + self.worker.settings.timeouts.request_head);
        Arrival { at: SystemTime::now(), started }
    }

    fn poll_more_head(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<Result<(), Reason>> {
        match scratch.inbound.poll_fill(cx, &mut self.socket) {
            Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(Reason::ClientGone)),
            Poll::Ready(Ok(_)) => return Poll::Ready(Ok(())),
            Poll::Pending => {}
        }
        match self.place.poll_at_rest(cx) {
            None => Poll::Ready(Err(Reason::CrowdedOut)),
            Some(Stage::Open | Stage::Parting) => self.deadline.poll(cx).map(|()| Err(Reason::RequestHeadTimeout)),
            // A request that has begun is still read while others are let go.
            Some(Stage::Draining) if !scratch.inbound.is_drained() => {
                self.deadline.poll(cx).map(|()| Err(Reason::RequestHeadTimeout))
            }
            Some(Stage::Draining | Stage::Stopping) => Poll::Ready(Err(Reason::EdgeShuttingDown)),
        }
    }

    /// Answers what never became a request, and records it all the same.
    async fn refuse(&mut self, scratch: &mut Scratch, arrival: Arrival, reason: Reason) -> After {
        let ray = RayId::from_number(self.worker.random.next());
        let mut ledger = Ledger::open(ray, arrival.at, arrival.started);
        ledger.evidence = self.seen_of(scratch, reason);
        let unread = scratch.inbound.unread().len();
        scratch.inbound.keep_head(unread);
        let after = respond::unparsed(self, scratch, &mut ledger, reason).await;
        record::close_unparsed(self, scratch, &ledger);
        after
    }

    /// What came instead of a request, and how long was waited for the rest.
    fn seen_of(&self, scratch: &Scratch, reason: Reason) -> Evidence {
        let seen = scratch.inbound.unread();
        let timed_out = reason == Reason::RequestHeadTimeout;
        Evidence {
            remote: Some(self.facts.peer),
            first_bytes: seen.get(..seen.len().min(Evidence::FIRST_BYTES)).unwrap_or_default().to_vec(),
            bytes_read: seen.len() as u64,
            limit: timed_out.then_some(self.worker.settings.timeouts.request_head),
            ..Evidence::default()
        }
    }

    /// Reads more of an answer, as [`Buffer::poll_fill_some`]. A stream of HTTP/2 takes no more at a time than may wait for
    /// it, and there may be many on one connection; so only HTTP/1.1 is lent large memory for it.
    pub(crate) fn poll_answer(
        &self,
        cx: &mut Context<'_>,
        answer: &mut Buffer,
        origin: &mut (impl AsyncRead + Unpin),
        most: usize,
    ) -> Poll<io::Result<usize>> {
        match self.facts.protocol {
            Protocol::Http1 => self.worker.lending.poll_fill(cx, answer, origin, most),
            Protocol::Http2 => {
                let limits = &self.worker.settings.limits;
                let largest = limits.buffer_max.min(self.worker.settings.http2.send_buffer);
                answer.ensure_room(if answer.was_filled() { largest } else { limits.buffer / 2 });
                answer.poll_fill_some(cx, origin, most)
            }
        }
    }

    /// Sends all of `out` to the visitor. It must neither fall silent nor read too slowly.
    ///
    /// # Errors
    /// [`Reason::ClientAbortedBody`] when the visitor is gone, [`Reason::ClientReadTooSlow`] when it takes nothing or
    /// too little for too long, [`Reason::EdgeShuttingDown`] when the worker's time is up.
    pub(crate) async fn send(&mut self, out: &mut Outgoing) -> Result<(), Reason> {
        self.send_with(out, &[]).await
    }

    /// As [`Connection::send`], with `tail` right behind, sent from where it is.
    pub(crate) async fn send_with(&mut self, out: &mut Outgoing, mut tail: &[u8]) -> Result<(), Reason> {
        let give = |cx: &mut Context<'_>, socket: &mut Socket, given: &mut u64| {
            out.poll_send_with(cx, socket, &mut tail, &mut |count| *given += count as u64)
        };
        self.give(give).await
    }

    /// As [`Connection::send`], what is in the pipe. Only a plain connection can take it.
    pub(crate) async fn send_from(&mut self, conduit: &mut Conduit) -> Result<(), Reason> {
        let give = |cx: &mut Context<'_>, socket: &mut Socket, given: &mut u64| match socket.plain() {
            Some(tcp) => conduit.poll_drain(cx, tcp, &mut |count| *given += count as u64),
            None => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        };
        self.give(give).await
    }

    /// Waits until `give` is ready, which gives the visitor something and adds up how many bytes its socket has taken.
    async fn give(
        &mut self,
        mut give: impl FnMut(&mut Context<'_>, &mut Socket, &mut u64) -> Poll<io::Result<()>>,
    ) -> Result<(), Reason> {
        let mut waiting = false;
        let sent = poll_fn(|cx| self.poll_give(cx, &mut give, &mut waiting)).await;
        if waiting {
            self.reading.rest(Instant::now());
        }
        sent
    }

    /// `waiting` tells whether the visitor is watched already.
    fn poll_give(
        &mut self,
        cx: &mut Context<'_>,
        give: &mut impl FnMut(&mut Context<'_>, &mut Socket, &mut u64) -> Poll<io::Result<()>>,
        waiting: &mut bool,
    ) -> Poll<Result<(), Reason>> {
        let before = self.given;
        match give(cx, &mut self.socket, &mut self.given) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(_)) => return Poll::Ready(Err(Reason::ClientAbortedBody)),
            Poll::Pending => {}
        }
        if self.place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(Err(Reason::EdgeShuttingDown));
        }
        let settings = &self.worker.settings;
        let (silence, rate) = (settings.timeouts.visitor_write, settings.limits.minimum_read_rate);
        let (socket, given) = (&self.socket, self.given);
        let read = || given.saturating_sub(socket.unread());
        if !std::mem::replace(waiting, true) || self.given > before {
            self.deadline.set(self.reading.watch(Instant::now(), silence, rate, read));
        }
        while self.deadline.poll(cx).is_ready() {
            match self.reading.look(Instant::now(), silence, rate, read()) {
                Found::Well(due) => self.deadline.set(due),
                Found::Silent | Found::TooSlow => return Poll::Ready(Err(Reason::ClientReadTooSlow)),
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F>(_: impl Fn(Connection) -> F) -> usize {
        size_of::<F>()
    }

    /// An idle connection holds no buffers, so this is nearly all that it costs.
    #[test]
    fn a_connection_is_small() {
        let size = size_of_future(serve);
        assert!(size <= 6 << 10, "the task of a connection takes {size} bytes");
    }
}
