//! A body that goes out by a stream, out of the bytes of an HTTP/1.1 body.
//!
//! Nothing is held here: only as much is taken as the peer's windows let through at once.

use super::{inflow::broken_off, link::Stream};
use std::{
    io,
    task::{Context, Poll},
};
use wire::{BodyReader, Framing};

/// A body on its way out.
pub(super) struct Outflow {
    reader: BodyReader,
    ended: bool,
}

impl Outflow {
    /// A body with this framing, which is not none, behind a head that was just sent.
    pub(super) fn new(framing: Framing) -> Self {
        Self { reader: BodyReader::new(framing), ended: false }
    }

    /// Whether the stream was told its end.
    pub(super) fn is_complete(&self) -> bool {
        self.ended
    }

    /// Takes what the windows let through; how much of the bytes that was.
    ///
    /// # Errors
    /// When the stream is gone, or the bytes are no body.
    pub(super) fn poll_take(&mut self, stream: &Stream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.reader.is_done() {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let room = match stream.poll_room(cx) {
            Poll::Ready(room) => room.map_err(broken_off)?,
            // Framing, the end of all included, needs none.
            Poll::Pending => 0,
        };
        let step = self.reader.step_within(bytes, room).map_err(|_| io::ErrorKind::InvalidData)?;
        let content = bytes.get(step.data).unwrap_or_default();
        let bare = self.reader.trailers().is_empty();
        let ends = step.end && bare;
        if ends || !content.is_empty() {
            stream.change().content(stream.key(), content, ends).map_err(broken_off)?;
        }
        if step.end && !bare {
            let trailers = self.reader.trailers();
            let write = |head: &mut ::http2::HeadWriter<'_>| {
                trailers.iter().for_each(|(name, value)| head.field(name, value.trim_ascii()));
            };
            stream.change().head(stream.key(), true, write).map_err(broken_off)?;
        }
        self.ended = step.end;
        if step.consumed == 0 { Poll::Pending } else { Poll::Ready(Ok(step.consumed)) }
    }

    /// Ends a body that only its end delimits.
    ///
    /// # Errors
    /// When the stream is gone.
    pub(super) fn end(&mut self, stream: &Stream) -> io::Result<()> {
        if !std::mem::replace(&mut self.ended, true) {
            stream.change().content(stream.key(), &[], true).map_err(broken_off)?;
        }
        Ok(())
    }
}
