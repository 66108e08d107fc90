//! Relaying an answer: its head rewritten, its body taken out of the origin's framing and put into the visitor's.
//!
//! Only one buffer's worth is ever held. While the visitor does not take bytes none are read from the origin, and what
//! has been read is sent before more is waited for.

mod pour;

use crate::{
    classify,
    connection::{After, Connection},
    headers::{write_answer_fields, write_content_length, write_ray},
    ledger::Ledger,
    presence::Stage,
    respond,
    scratch::Scratch,
    upload::{Upload, framed_length, write_chunk_end, write_chunk_start, write_content},
    upstream::Upstream,
    watch,
};
use dial::{classify_io, witness};
use model::{Evidence, Failure};
use std::{
    future::poll_fn,
    io,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Instant;
use verdict::{Party, Phase, Reason};
use wire::{BodyReader, Framing, Known, Method, ResponseHead, Version, write_field, write_last_chunk};

/// How the visitor is told where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    /// There is no body.
    Head,
    Length(u64),
    Chunks,
    /// HTTP/1.0 knows no other way.
    Close,
}

/// Content of this size is not copied to be sent together with what is before it.
const DIRECT: usize = 8 << 10;

/// An answer's body on its way.
struct Relay<'x, 't> {
    connection: &'x mut Connection,
    scratch: &'x mut Scratch,
    ledger: &'x mut Ledger<'t>,
    upstream: Upstream,
    upload: &'x mut Upload,
    reader: BodyReader,
    delimiter: Delimiter,
    /// How long the origin may be silent.
    patience: Duration,
}

/// Relays the answer whose head was just read.
pub(crate) async fn run(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    upstream: Upstream,
    upload: &mut Upload,
) -> After {
    let status = scratch.response.status;
    if status >= 500 {
        ledger.reason = Some(Reason::OriginStatus);
    }
    let passes = ledger.zone.is_none_or(|zone| zone.settings.origin_error_page_pass_thru);
    if matches!(status, 502 | 504) && !passes {
        return respond::in_place_of_origin(connection, scratch, ledger, status, upload).await;
    }
    let delimiter = delimit(scratch.response.framing, scratch.request.version);
    let persists = scratch.request.keep_alive
        && upload.is_complete()
        && delimiter != Delimiter::Close
        && connection.may_continue();
    write_head(connection, scratch, ledger, delimiter, persists);
    ledger.given.status = status;
    ledger.given.first_byte = ledger.attempt().and_then(|attempt| attempt.answered);
    let own = ledger.zone.and_then(|zone| zone.settings.proxy_read_timeout);
    let patience = own.map(|seconds| Duration::from_secs(u64::from(seconds)));
    let relay = Relay {
        patience: patience.unwrap_or(connection.worker.settings.timeouts.read),
        reader: BodyReader::new(scratch.response.framing),
        connection,
        scratch,
        ledger,
        upstream,
        upload,
        delimiter,
    };
    relay.run(persists).await
}

fn delimit(framing: Framing, visitor: Version) -> Delimiter {
    match (framing, visitor) {
        (Framing::None, _) => Delimiter::Head,
        (Framing::Length(length), _) => Delimiter::Length(length),
        (Framing::Chunked | Framing::UntilClose, Version::Http11) => Delimiter::Chunks,
        (Framing::Chunked | Framing::UntilClose, Version::Http10) => Delimiter::Close,
    }
}

fn write_head(
    connection: &Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    delimiter: Delimiter,
    persists: bool,
) {
    write_shared_fields(connection, scratch, ledger);
    let Scratch { request, response, answer, to_visitor, .. } = scratch;
    let out = &mut to_visitor.bytes;
    write_framing(response, answer.head(), request.verb, delimiter, out);
    write_connection(request.version, persists, out);
    out.extend_from_slice(b"\r\n");
    ledger.given.bytes += out.len() as u64;
}

/// The start of every head that an origin has answered with: what it says, and who passes it on.
pub(crate) fn write_shared_fields(connection: &Connection, scratch: &mut Scratch, ledger: &Ledger<'_>) {
    let Scratch { response, answer, to_visitor, .. } = scratch;
    let out = &mut to_visitor.bytes;
    write_answer_fields(response, answer.head(), out);
    if !response.has(Known::Date) {
        connection.worker.clock.write_date(std::time::SystemTime::now(), out);
    }
    let settings = &connection.worker.settings;
    write_field(b"Server", settings.server_name.as_bytes(), out);
    write_ray(ledger.ray, &settings.node.data_center, out);
}

fn write_framing(response: &ResponseHead, bytes: &[u8], asked: Method, delimiter: Delimiter, out: &mut Vec<u8>) {
    match delimiter {
        Delimiter::Length(length) => write_content_length(length, out),
        Delimiter::Chunks => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Delimiter::Close => {}
        // What a body would have measured may be told where there is none (RFC 9110 section 8.6).
        Delimiter::Head if asked == Method::Head || response.status == 304 => {
            if let Some(length) = response.value(Known::ContentLength, bytes) {
                write_field(b"Content-Length", length, out);
            }
        }
        Delimiter::Head => {}
    }
}

/// Says what becomes of the connection, where the version's own habit is the other.
pub(crate) fn write_connection(version: Version, persists: bool, out: &mut Vec<u8>) {
    match (version, persists) {
        (Version::Http11, false) => out.extend_from_slice(b"Connection: close\r\n"),
        (Version::Http10, true) => out.extend_from_slice(b"Connection: keep-alive\r\n"),
        _ => {}
    }
}

impl Relay<'_, '_> {
    async fn run(mut self, persists: bool) -> After {
        let carried = self.carry().await;
        self.ledger.body_in = self.upload.taken();
        match carried {
            Ok(()) => {}
            Err(failure) => return self.break_off(failure).await,
        }
        let Self { connection, scratch, ledger, upstream, upload, .. } = self;
        let now = Instant::now();
        let reusable = scratch.response.keep_alive && scratch.answer.is_drained() && upload.is_complete();
        if let Some(attempt) = ledger.attempt() {
            attempt.timings.total = Some(now.saturating_duration_since(attempt.began));
            if reusable {
                let endpoint = attempt.choice.endpoint.uid;
                connection.worker.upstreams.give(endpoint, upstream, now);
            }
        }
        match connection.send(&mut scratch.to_visitor).await {
            Ok(()) if persists => After::KeepAlive,
            Ok(()) => After::Close,
            Err(reason) => {
                ledger.reason = Some(reason);
                After::Abort
            }
        }
    }

    /// Carries the body over, up to a last piece that waits to be sent.
    async fn carry(&mut self) -> Result<(), Failure> {
        let mut lost = None;
        match self.conduit() {
            Some(conduit) => self.pour(conduit).await?,
            None => lost = self.gather().await.err(),
        }
        loop {
            self.pass().await?;
            if self.reader.is_done() {
                if self.delimiter == Delimiter::Chunks {
                    self.append(|relay, out| write_last_chunk(relay.trailers(), out));
                }
                return Ok(());
            }
            if let Some(failure) = lost.take() {
                return Err(failure);
            }
            let sent = self.connection.send(&mut self.scratch.to_visitor).await;
            sent.map_err(|reason| self.failure(reason, None))?;
            let mut waiting = false;
            match poll_fn(|cx| self.poll_more(cx, &mut waiting)).await? {
                0 => self.close_body()?,
                count => self.count(count),
            }
        }
    }

    /// Reads on without waiting where the read that brought the head was cut short, so that what there is leaves in one
    /// write. What came before a failure is still to be passed on.
    async fn gather(&mut self) -> Result<(), Failure> {
        let Scratch { answer, .. } = &mut *self.scratch;
        let complete = self.reader.remaining().is_some_and(|left| left <= answer.unread().len() as u64);
        if complete || !answer.was_filled() {
            return Ok(());
        }
        let (connection, stream) = (&*self.connection, &mut self.upstream.stream);
        match poll_fn(|cx| Poll::Ready(connection.poll_answer(cx, answer, stream, usize::MAX))).await {
            Poll::Ready(Ok(count)) => self.count(count),
            Poll::Ready(Err(error)) => return Err(self.lost(&error)),
            Poll::Pending => {}
        }
        Ok(())
    }

    /// Frames everything that has come for the visitor. Small pieces are gathered, so that they leave in one write with
    /// the head; large ones are sent from where they are.
    async fn pass(&mut self) -> Result<(), Failure> {
        let chunked = self.delimiter == Delimiter::Chunks;
        while !self.scratch.answer.is_drained() && !self.reader.is_done() {
            let Scratch { answer, to_visitor, .. } = &mut *self.scratch;
            let step = match self.reader.step(answer.unread()) {
                Ok(step) => step,
                Err(problem) => return Err(self.failure(classify::response_body_problem(problem), None)),
            };
            let content = answer.unread().get(step.data).unwrap_or_default();
            let count = content.len();
            if count < DIRECT {
                write_content(content, chunked, &mut to_visitor.bytes);
            } else {
                write_chunk_start(count, chunked, &mut to_visitor.bytes);
                if let Err(reason) = self.connection.send_with(to_visitor, content).await {
                    return Err(self.failure(reason, None));
                }
                write_chunk_end(chunked, &mut to_visitor.bytes);
            }
            self.ledger.given.body_bytes += count as u64;
            self.ledger.given.bytes += framed_length(count, chunked);
            self.scratch.answer.consume(step.consumed);
        }
        // Whoever reads slowly from here on holds no more memory than it needs.
        self.connection.worker.lending.take_back(&mut self.scratch.answer);
        Ok(())
    }

    fn append(&mut self, write: impl FnOnce(&BodyReader, &mut Vec<u8>)) {
        let out = &mut self.scratch.to_visitor.bytes;
        let before = out.len();
        write(&self.reader, out);
        self.ledger.given.bytes += (out.len() - before) as u64;
    }

    /// Waits for more of the body. The visitor is watched: without it there is nothing to wait for. `waiting` tells
    /// whether the timer runs already.
    fn poll_more(&mut self, cx: &mut Context<'_>, waiting: &mut bool) -> Poll<Result<usize, Failure>> {
        match self.connection.poll_answer(cx, &mut self.scratch.answer, &mut self.upstream.stream, usize::MAX) {
            Poll::Ready(Ok(count)) => Poll::Ready(Ok(count)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.lost(&error))),
            Poll::Pending => self.poll_meanwhile(cx, waiting).map(Err),
        }
    }

    /// What there is to do and to look at while more of the body is waited for. Ready when there is no more waiting.
    fn poll_meanwhile(&mut self, cx: &mut Context<'_>, waiting: &mut bool) -> Poll<Failure> {
        if let Poll::Ready(reason) = self.poll_upload(cx) {
            return Poll::Ready(self.failure(reason, None));
        }
        let Connection { socket, place, .. } = &mut *self.connection;
        if self.upload.has_ended() && watch::poll_gone(cx, &mut self.scratch.inbound, socket).is_ready() {
            return Poll::Ready(self.failure(Reason::ClientAbortedBody, None));
        }
        if place.poll_stage(cx) == Stage::Stopping {
            return Poll::Ready(self.failure(Reason::EdgeShuttingDown, None));
        }
        if !std::mem::replace(waiting, true) {
            self.connection.deadline.set(Instant::now() + self.patience);
        }
        ready!(self.connection.deadline.poll(cx));
        Poll::Ready(self.failure(Reason::BodyReadTimeout, Some(self.patience)))
    }

    /// Carries on with a request that has not ended: over HTTP/2 both sides may speak at once. Ready when the visitor's
    /// side has failed.
    fn poll_upload(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        let Scratch { inbound, to_origin, .. } = &mut *self.scratch;
        while !self.upload.has_ended() || !to_origin.is_empty() {
            if let Err(reason) = self.upload.take(inbound, to_origin) {
                return Poll::Ready(reason);
            }
            if !to_origin.is_empty() {
                if ready!(to_origin.poll_send(cx, &mut self.upstream.stream, &mut |_| {})).is_err() {
                    // The origin does not want the rest; its answer may still go on.
                    to_origin.clear();
                    self.upload.abandon();
                }
                continue;
            }
            if self.upload.has_ended() {
                break;
            }
            inbound.ensure_room(self.connection.worker.settings.limits.buffer / 2);
            match ready!(inbound.poll_fill(cx, &mut self.connection.socket)) {
                Ok(0) | Err(_) => return Poll::Ready(Reason::ClientAbortedBody),
                Ok(_) => {}
            }
        }
        Poll::Pending
    }

    fn count(&mut self, count: usize) {
        if let Some(attempt) = self.ledger.attempt() {
            attempt.bytes += count as u64;
        }
    }

    /// The origin has ended the connection: that is either the end of the body or a lie about its length.
    fn close_body(&mut self) -> Result<(), Failure> {
        self.reader.close().map_err(|problem| self.failure(classify::response_body_problem(problem), None))
    }

    fn lost(&self, error: &io::Error) -> Failure {
        let mut failure = self.failure(classify_io(error, Phase::Body), None);
        witness(error, &mut failure.evidence);
        failure
    }

    fn failure(&self, reason: Reason, limit: Option<Duration>) -> Failure {
        let evidence = Evidence {
            remote: Some(self.upstream.remote),
            status: Some(self.scratch.response.status),
            bytes_read: self.ledger.given.body_bytes,
            limit,
            ..Evidence::default()
        };
        Failure::new(reason, evidence)
    }

    /// What came before the failure is still passed on, so that the status does not depend on how the origin's bytes
    /// were cut into packets. After that the visitor can only be told by an answer that ends too soon (EDGE-45); where
    /// its end is the end of the connection, only a reset tells.
    async fn break_off(self, failure: Failure) -> After {
        self.ledger.reason = Some(failure.reason);
        self.ledger.fail_attempt(&failure);
        if failure.reason.party() == Party::Visitor || self.connection.send(&mut self.scratch.to_visitor).await.is_err()
        {
            self.scratch.to_visitor.clear();
        }
        if self.delimiter == Delimiter::Close {
            self.connection.socket.reset_when_dropped();
        }
        After::Abort
    }
}
