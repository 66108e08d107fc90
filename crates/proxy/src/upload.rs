//! The body of a request on its way from the visitor to the origin: taken out of the visitor's framing, counted against
//! the site's cap, and framed anew.

use crate::{
    buffer::{Bookmark, Buffer},
    outgoing::Outgoing,
};
use verdict::Reason;
use wire::{BodyReader, Framing, RequestHead, chunk_header, write_last_chunk};

/// Bytes that may wait for the origin before more is taken from the visitor.
const WINDOW: usize = 64 << 10;

/// A request's body.
pub(crate) struct Upload {
    framing: Framing,
    reader: BodyReader,
    limit: u64,
    taken: u64,
    state: State,
    /// The visitor sends the body only when the origin says so.
    expects_continue: bool,
    /// Where the body begins in the buffer, for sending it again.
    start: Bookmark,
    started_with_expectation: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Flowing,
    /// All of it has been taken.
    Complete,
    /// The rest is not wanted any more: the origin has answered, or does not listen.
    Abandoned,
}

impl Upload {
    /// The body that follows this head, which is kept at the front of `inbound`; it may have `limit` bytes.
    pub(crate) fn new(head: &RequestHead, inbound: &Buffer, limit: u64) -> Self {
        let reader = BodyReader::new(head.framing);
        let state = if reader.is_done() { State::Complete } else { State::Flowing };
        Self {
            framing: head.framing,
            reader,
            limit,
            taken: 0,
            state,
            expects_continue: head.expects_continue,
            start: inbound.bookmark(),
            started_with_expectation: head.expects_continue,
        }
    }

    /// Whether there is nothing more to take.
    pub(crate) fn has_ended(&self) -> bool {
        self.state != State::Flowing
    }

    /// Whether the whole body was taken, so that the visitor's next request can follow.
    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Bytes of the body so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Gives up the rest of the body.
    pub(crate) fn abandon(&mut self) {
        if self.state == State::Flowing {
            self.state = State::Abandoned;
        }
    }

    /// Whether the visitor is waiting for word from the origin and has sent nothing yet.
    pub(crate) fn awaits_word(&self) -> bool {
        self.expects_continue && self.taken == 0
    }

    /// The origin has told the visitor to go on.
    pub(crate) fn told_to_continue(&mut self) {
        self.expects_continue = false;
    }

    /// Moves what has arrived to `out`, framed for the origin, until [`WINDOW`] bytes wait there.
    ///
    /// # Errors
    /// [`Reason::BadChunk`] and [`Reason::RequestBodyTooLarge`].
    pub(crate) fn take(&mut self, inbound: &mut Buffer, out: &mut Outgoing) -> Result<(), Reason> {
        while self.state == State::Flowing && !inbound.is_drained() && out.pending() < WINDOW {
            let step = self.reader.step(inbound.unread()).map_err(|_| Reason::BadChunk)?;
            let content = inbound.unread().get(step.data).unwrap_or_default();
            self.taken += content.len() as u64;
            if self.taken > self.limit {
                return Err(Reason::RequestBodyTooLarge);
            }
            write_content(content, self.framing == Framing::Chunked, &mut out.bytes);
            inbound.consume(step.consumed);
            if step.end {
                self.state = State::Complete;
                if self.framing == Framing::Chunked {
                    write_last_chunk(self.reader.trailers(), &mut out.bytes);
                }
            }
        }
        Ok(())
    }

    /// Goes back to the beginning of the body, if it is still in the buffer. False: it cannot be sent again.
    pub(crate) fn rewind(&mut self, inbound: &mut Buffer) -> bool {
        let untouched = self.taken == 0 && self.state != State::Abandoned && !matches!(self.framing, Framing::Chunked);
        if !untouched && !inbound.go_back(self.start) {
            return false;
        }
        self.reader = BodyReader::new(self.framing);
        self.state = if self.reader.is_done() { State::Complete } else { State::Flowing };
        self.taken = 0;
        self.expects_continue = self.started_with_expectation;
        true
    }
}

/// Appends content, as a chunk of its own where the framing asks for it.
pub(crate) fn write_content(content: &[u8], chunked: bool, out: &mut Vec<u8>) {
    if content.is_empty() {
        return;
    }
    if chunked {
        out.extend_from_slice(chunk_header(content.len(), &mut [0; 18]));
    }
    out.extend_from_slice(content);
    if chunked {
        out.extend_from_slice(b"\r\n");
    }
}
