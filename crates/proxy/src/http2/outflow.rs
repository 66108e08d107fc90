//! A body that goes out by a stream, out of the bytes of an HTTP/1.1 body.
//!
//! Only what was handed over in one piece is ever held: the next piece is taken when the peer's windows have let the
//! last one through.

use bytes::{Bytes, BytesMut};
use h2::SendStream;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::{
    io,
    task::{Context, Poll, ready},
};
use wire::{BodyReader, Framing, Trailers};

/// A body on its way out.
pub(super) struct Outflow {
    stream: SendStream<Bytes>,
    reader: BodyReader,
    waiting: BytesMut,
    ended: bool,
}

impl Outflow {
    /// A body with this framing, which is not none, behind a head that was just sent.
    pub(super) fn new(stream: SendStream<Bytes>, framing: Framing) -> Self {
        Self { stream, reader: BodyReader::new(framing), waiting: BytesMut::new(), ended: false }
    }

    /// Whether the stream was told its end.
    pub(super) fn is_complete(&self) -> bool {
        self.ended
    }

    /// Bytes that wait for the peer's windows.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Takes a piece once the one before has gone through.
    ///
    /// # Errors
    /// When the stream is gone, or the bytes are no body.
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        self.absorb(bytes)?;
        // A piece that waits is flushed later; an error is one now.
        if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    /// Takes a piece without asking whether there is room.
    ///
    /// # Errors
    /// When the bytes are no body.
    pub(super) fn absorb(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.reader.is_done() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let step = self.reader.step(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
            self.waiting.extend_from_slice(bytes.get(step.data).unwrap_or_default());
            bytes = bytes.get(step.consumed..).unwrap_or_default();
        }
        Ok(())
    }

    /// Ready when everything taken has been handed to the connection.
    ///
    /// # Errors
    /// When the stream is gone.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.reader.is_done();
        let bare = self.reader.trailers().is_empty();
        while !self.waiting.is_empty() {
            self.stream.reserve_capacity(self.waiting.len());
            let mut room = self.stream.capacity();
            while room == 0 {
                room = match ready!(self.stream.poll_capacity(cx)) {
                    Some(Ok(room)) => room,
                    Some(Err(error)) => return Poll::Ready(Err(super::inflow::lost(error))),
                    None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                };
            }
            let piece = self.waiting.split_to(room.min(self.waiting.len())).freeze();
            let last = done && bare && self.waiting.is_empty();
            self.stream.send_data(piece, last).map_err(super::inflow::lost)?;
            self.ended |= last;
        }
        if done && !self.ended {
            self.ended = true;
            let end = if bare {
                self.stream.send_data(Bytes::new(), true)
            } else {
                self.stream.send_trailers(trailer_fields(self.reader.trailers()))
            };
            end.map_err(super::inflow::lost)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Ends a body that only its end delimits.
    ///
    /// # Errors
    /// When the stream is gone.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        if !std::mem::replace(&mut self.ended, true) {
            self.stream.send_data(Bytes::new(), true).map_err(super::inflow::lost)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when the peer has reset the stream, or the connection is gone.
    pub(super) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Result<h2::Reason, h2::Error>> {
        self.stream.poll_reset(cx)
    }

    /// Breaks the stream off.
    pub(super) fn reset(&mut self, reason: h2::Reason) {
        self.stream.send_reset(reason);
    }
}

fn trailer_fields(trailers: &Trailers) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in trailers.iter() {
        append(&mut fields, name, value);
    }
    fields
}

/// Appends a field whose name and value are legal in HTTP/1.1, which are legal here but for the case of the name. What
/// should not fit all the same is left out.
pub(super) fn append(fields: &mut HeaderMap, name: &[u8], value: &[u8]) {
    let value = value.trim_ascii();
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
        let _ = fields.try_append(name, value);
    }
}
