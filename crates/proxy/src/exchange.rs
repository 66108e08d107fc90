//! The exchange with an origin: the request goes out while the answer is already listened for, up to the complete head
//! of the final answer.
//!
//! One poll function looks at everything that can happen: the origin takes bytes, the visitor sends body, the origin
//! answers, the visitor leaves, a timer runs out. For a request without a body it writes once, finds nothing to read
//! yet, and sleeps until the origin answers; no timer is touched but by a comparison.

use crate::{
    classify,
    connection::Connection,
    headers::RequestParts,
    http2::{OriginFault, Told},
    ledger::Ledger,
    pace::{Found, Vigil},
    presence::Stage,
    scratch::Scratch,
    upgrade::Offer,
    upload::Upload,
    upstream::{Target, Upstream},
    watch,
};
use dial::{classify_io, witness};
use model::{Evidence, Failure};
use routing::ZoneFacts;
use std::{
    future::poll_fn,
    io,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Instant;
use verdict::{Phase, Reason};
use wire::{Method, Parsed, ResponseHead, Version, parse_response};

/// One exchange under way.
pub(crate) struct Exchange<'x, 't> {
    connection: &'x mut Connection,
    scratch: &'x mut Scratch,
    ledger: &'x mut Ledger<'t>,
    upstream: &'x mut Upstream,
    upload: &'x mut Upload,
    /// How long the head of the answer may take.
    patience: Duration,
    server_name: Option<&'x str>,
    /// The origin was asked to switch protocols.
    upgrading: bool,
    /// The error that ended sending; the origin may have said why before it hung up.
    unsent: Option<io::Error>,
    /// What the running timer is for.
    timer: Option<Timer>,
    /// How well the visitor sends its body, and how many bytes of it and its framing have come.
    sending: Vigil,
    received: u64,
    /// Something has moved since the timer was set.
    progressed: bool,
    interims: usize,
    /// The last thing the origin said was that it is still working (102).
    processing: bool,
    visitor_has_bytes: bool,
    bytes_read: u64,
    /// What the origin has said of a request that it does not answer.
    told: Told,
}

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    /// The origin taking what is sent.
    Send,
    /// The visitor sending more of its body.
    Body,
    /// The origin's answer.
    Answer,
}

/// The most that is read together with the head of an answer, before it is known how the rest is best passed on. Most
/// answers have no rest. Every byte here is copied; a smaller value would have more answers read twice.
const FIRST_READ: usize = 32 << 10;

/// The least room for reading a body, whatever the head has used of the buffer.
const BODY_ROOM: usize = 4 << 10;

impl<'x, 't> Exchange<'x, 't> {
    /// Writes the head of the request; nothing is sent before [`Exchange::run`].
    pub(crate) fn begin(
        connection: &'x mut Connection,
        scratch: &'x mut Scratch,
        ledger: &'x mut Ledger<'t>,
        zone: &ZoneFacts,
        target: &'x Target<'_>,
        upstream: &'x mut Upstream,
        upload: &'x mut Upload,
    ) -> Self {
        let worker = &connection.worker;
        let bytes = scratch.inbound.head();
        let host = scratch.request.host.map_or(&[][..], |host| host.of(bytes));
        let upgrade = Offer::of(&scratch.request, bytes, &worker.settings.upgrades);
        let upgrading = upgrade.is_some();
        let parts = RequestParts {
            head: &scratch.request,
            bytes,
            visitor: &connection.facts,
            settings: &worker.settings,
            ray: ledger.ray,
            host: target.endpoint.host.as_deref().map_or(host, str::as_bytes),
            pseudo_ipv4: zone.settings.pseudo_ipv4,
            upgrade,
        };
        scratch.to_origin.clear();
        parts.write(&mut scratch.to_origin.bytes);
        scratch.answer.clear();
        scratch.response.reset();
        let own = zone.settings.proxy_read_timeout.map(|seconds| Duration::from_secs(u64::from(seconds)));
        Self {
            patience: own.unwrap_or(worker.settings.timeouts.read),
            connection,
            scratch,
            ledger,
            upstream,
            upload,
            server_name: target.tls.and_then(|tls| tls.server_name()),
            upgrading,
            unsent: None,
            timer: None,
            sending: Vigil::default(),
            received: 0,
            progressed: false,
            interims: 0,
            processing: false,
            visitor_has_bytes: false,
            bytes_read: 0,
            told: Told::Nothing,
        }
    }

    /// Whether any byte of an answer was seen.
    pub(crate) fn answer_began(&self) -> bool {
        self.bytes_read > 0
    }

    /// What the origin has said of a request that it does not answer.
    pub(crate) fn told(&self) -> Told {
        self.told
    }

    /// Whether the visitor was sent an interim answer.
    pub(crate) fn visitor_has_bytes(&self) -> bool {
        self.visitor_has_bytes
    }

    /// Runs until the head of the final answer is complete and kept at the front of the answer's buffer.
    ///
    /// # Errors
    /// Whatever ended it before: the origin's fault or the visitor's, by the reason's party.
    pub(crate) async fn run(&mut self) -> Result<(), Failure> {
        loop {
            poll_fn(|cx| self.poll(cx)).await?;
            if self.read_answer().await? {
                break;
            }
        }
        let goes_on = self.upstream.stream.is_shared();
        if !goes_on && (!self.upload.is_complete() || !self.scratch.to_origin.is_empty()) {
            // The origin has decided without the rest.
            self.upload.abandon();
        }
        self.ledger.body_in = self.upload.taken();
        let (status, now) = (self.scratch.response.status, Instant::now());
        if let Some(attempt) = self.ledger.attempt() {
            attempt.answered(status, now);
        }
        Ok(())
    }

    /// Ready when more of an answer has come.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if let Poll::Ready(reason) = self.poll_upload(cx) {
            return Poll::Ready(Err(self.failure(reason, None)));
        }
        match self.connection.poll_answer(cx, &mut self.scratch.answer, &mut self.upstream.stream, FIRST_READ) {
            Poll::Ready(Ok(count)) if count > 0 => {
                self.bytes_read += count as u64;
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(ended) => return Poll::Ready(Err(self.hung_up(ended.err()))),
            Poll::Pending => {}
        }
        let Connection { socket, place, .. } = &mut *self.connection;
        if self.upload.has_ended() && watch::poll_gone(cx, &mut self.scratch.inbound, socket).is_ready() {
            return Poll::Ready(Err(self.failure(Reason::ClientGone, None)));
        }
        if place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(Err(self.failure(Reason::EdgeShuttingDown, None)));
        }
        let (reason, limit) = self.set_timer();
        loop {
            ready!(self.connection.deadline.poll(cx));
            match self.judge_sender(reason, limit) {
                Found::Well(due) => self.connection.deadline.set(due),
                Found::Silent => return Poll::Ready(Err(self.failure(reason, Some(limit)))),
                Found::TooSlow => return Poll::Ready(Err(self.failure(Reason::ClientBodyTooSlow, None))),
            }
        }
    }

    /// Sends what there is and takes more from the visitor. Ready when the visitor's side has failed; pending when
    /// there is nothing more to do for now.
    fn poll_upload(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        let Scratch { inbound, to_origin, .. } = &mut *self.scratch;
        loop {
            if let Err(reason) = self.upload.take(inbound, to_origin) {
                return Poll::Ready(reason);
            }
            if !to_origin.is_empty() {
                let progressed = &mut self.progressed;
                match ready!(to_origin.poll_send(cx, &mut self.upstream.stream, &mut |_| *progressed = true)) {
                    Ok(()) => continue,
                    Err(error) => {
                        to_origin.clear();
                        self.upload.abandon();
                        self.unsent = Some(error);
                    }
                }
            }
            if self.upload.has_ended() {
                return Poll::Pending;
            }
            // A body that keeps filling the buffer gets a larger one.
            let largest = self.connection.worker.settings.limits.buffer_max;
            inbound.ensure_room(if inbound.was_filled() { largest } else { BODY_ROOM });
            match ready!(inbound.poll_fill(cx, &mut self.connection.socket)) {
                Ok(0) | Err(_) => return Poll::Ready(Reason::ClientGone),
                Ok(count) => {
                    self.progressed = true;
                    self.received += count as u64;
                }
            }
        }
    }

    /// Whether whoever the timer was set for has had its time. Only the visitor is also asked for a rate.
    fn judge_sender(&mut self, reason: Reason, limit: Duration) -> Found {
        if reason != Reason::ClientBodyTimeout {
            return Found::Silent;
        }
        let rate = self.connection.worker.settings.limits.minimum_body_rate;
        self.sending.look(Instant::now(), limit, rate, self.received)
    }

    /// Sets the timer for whatever is being waited for now. Gives the reason, should it run out, and its length.
    fn set_timer(&mut self) -> (Reason, Duration) {
        let timeouts = &self.connection.worker.settings.timeouts;
        let timer = if !self.scratch.to_origin.is_empty() {
            Timer::Send
        } else if self.upload.has_ended() || self.upload.awaits_word() {
            Timer::Answer
        } else {
            Timer::Body
        };
        let (reason, limit) = match timer {
            Timer::Send => (Reason::WriteTimeout, timeouts.write),
            Timer::Body => (Reason::ClientBodyTimeout, timeouts.request_body),
            Timer::Answer if self.processing => (Reason::InterimThenTimeout, self.patience),
            Timer::Answer => (Reason::ReadTimeout, self.patience),
        };
        if self.progressed || self.timer != Some(timer) {
            let now = Instant::now();
            let due = if timer == Timer::Body {
                let (rate, received) = (self.connection.worker.settings.limits.minimum_body_rate, self.received);
                self.sending.watch(now, limit, rate, || received)
            } else {
                self.sending.rest(now);
                now + limit
            };
            self.connection.deadline.set(due);
            self.timer = Some(timer);
            self.progressed = false;
            if timer == Timer::Answer
                && let Some(attempt) = self.ledger.attempt()
            {
                attempt.sent.get_or_insert(now);
            }
        }
        (reason, limit)
    }

    /// Reads what has come. True when the head of the final answer is complete.
    async fn read_answer(&mut self) -> Result<bool, Failure> {
        let for_head_request = self.scratch.request.verb == Method::Head;
        while !self.scratch.answer.is_drained() {
            let limits = &self.connection.worker.settings.limits.response_head;
            let Scratch { response, answer, .. } = &mut *self.scratch;
            match parse_response(response, answer.unread(), limits, for_head_request) {
                Ok(Parsed::Partial) => {
                    answer.ensure_room(BODY_ROOM);
                    return Ok(false);
                }
                Ok(Parsed::Complete) if response.is_interim() => self.pass_interim().await?,
                Ok(Parsed::Complete) if response.switches_protocol() && !self.may_switch() => {
                    return Err(self.failure(Reason::UnexpectedUpgrade, None));
                }
                Ok(Parsed::Complete) => {
                    let length = self.scratch.response.len;
                    self.scratch.answer.keep_head(length);
                    return Ok(true);
                }
                Err(problem) => return Err(self.failure(classify::response_problem(problem), None)),
            }
        }
        Ok(false)
    }

    /// Whether the 101 that has come grants what was asked for, and comes when the whole request has been sent.
    fn may_switch(&self) -> bool {
        let Scratch { request, inbound, response, answer, to_origin, .. } = &*self.scratch;
        let sent = self.upload.is_complete() && to_origin.is_empty() && self.unsent.is_none();
        let offer = || Offer::of(request, inbound.head(), &self.connection.worker.settings.upgrades);
        let granted = |offer: Offer<'_>| offer.granted(response, answer.unread()).is_some();
        self.upgrading && sent && offer().is_some_and(granted)
    }

    /// Passes an interim answer on to a visitor that understands it (RFC 9110 section 15.2).
    async fn pass_interim(&mut self) -> Result<(), Failure> {
        self.interims += 1;
        if self.interims > self.connection.worker.settings.limits.interim_answers {
            return Err(self.failure(Reason::InterimFlood, None));
        }
        let Scratch { request, response, answer, to_visitor, .. } = &mut *self.scratch;
        let (status, length) = (response.status, response.len);
        self.processing = status == 102;
        self.progressed = true;
        if status == 100 {
            self.upload.told_to_continue();
        }
        if request.version == Version::Http11 {
            write_interim(response, answer.unread(), &mut to_visitor.bytes);
            self.visitor_has_bytes = true;
            self.ledger.given.bytes += to_visitor.pending() as u64;
            // Whatever becomes of an unsent interim answer, the visitor is gone.
            let sent = self.connection.send(to_visitor).await;
            sent.map_err(|_| self.failure(Reason::ClientGone, None))?;
        }
        self.scratch.answer.consume(length);
        self.scratch.answer.release_head();
        Ok(())
    }

    /// The origin has ended the connection before its answer was complete.
    fn hung_up(&mut self, error: Option<io::Error>) -> Failure {
        let fault = error.as_ref().or(self.unsent.as_ref()).and_then(OriginFault::of);
        self.told = fault.map_or(Told::Nothing, |fault| fault.told);
        let reason = match (self.unsent.as_ref(), error.as_ref()) {
            _ if fault.is_some() => fault.map_or(Reason::H2Error, |fault| fault.reason),
            (_, None) if self.answer_began() => Reason::ClosedInsideHead,
            (Some(unsent), _) => classify_io(unsent, Phase::Send),
            (None, Some(error)) => classify_io(error, Phase::Wait),
            (None, None) => Reason::EmptyReply,
        };
        let lost = matches!(reason, Reason::EmptyReply | Reason::ResetBeforeHeaders);
        let reason = if lost && self.upstream.reused && !self.answer_began() { Reason::IdleClosed } else { reason };
        let came = fault.map(|fault| fault.first_bytes.clone()).unwrap_or_default();
        let mut failure = self.failure(reason, None);
        if !came.is_empty() {
            failure.evidence.first_bytes = came;
        }
        if let Some(error) = self.unsent.as_ref().or(error.as_ref()) {
            witness(error, &mut failure.evidence);
        }
        failure
    }

    fn failure(&mut self, reason: Reason, limit: Option<Duration>) -> Failure {
        self.ledger.body_in = self.upload.taken();
        if let Some(attempt) = self.ledger.attempt() {
            attempt.bytes = self.bytes_read;
        }
        let seen = self.scratch.answer.unread();
        let evidence = Evidence {
            remote: Some(self.upstream.remote),
            sni: self.server_name.map(str::to_owned),
            first_bytes: seen.get(..seen.len().min(Evidence::FIRST_BYTES)).unwrap_or_default().to_vec(),
            bytes_read: self.bytes_read,
            limit,
            ..Evidence::default()
        };
        Failure::new(reason, evidence)
    }
}

/// Appends a whole interim answer: what it says, without what belongs to the connection.
fn write_interim(head: &ResponseHead, bytes: &[u8], out: &mut Vec<u8>) {
    crate::headers::write_answer_fields(head, bytes, out);
    out.extend_from_slice(b"\r\n");
}
