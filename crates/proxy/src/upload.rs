//! The body of a request on its way from the visitor to the origin: taken out of the visitor's framing, counted against
//! the site's cap, and framed anew.

use crate::{
    buffer::{Bookmark, Buffer},
    outgoing::Outgoing,
};
use verdict::Reason;
use wire::{BodyReader, Framing, RequestHead, chunk_header, write_last_chunk};

/// A request's body.
pub(crate) struct Upload {
    framing: Framing,
    reader: BodyReader,
    limit: u64,
    /// Bytes that may wait for the origin before more is taken from the visitor.
    window: usize,
    taken: u64,
    /// Bytes of the body, or of its framing, have been consumed.
    touched: bool,
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
    /// The body that follows this head, which is kept at the front of `inbound`; it may have `limit` bytes,
    /// `window` of which may wait for the origin.
    pub(crate) fn new(head: &RequestHead, inbound: &Buffer, limit: u64, window: usize) -> Self {
        let reader = BodyReader::new(head.framing);
        let state = if reader.is_done() { State::Complete } else { State::Flowing };
        Self {
            framing: head.framing,
            reader,
            limit,
            window,
            taken: 0,
            touched: false,
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

    /// Moves what has arrived to `out`, framed for the origin, until the window is full. However much has arrived,
    /// `out` holds no more than the window, the framing and what it held before.
    ///
    /// # Errors
    /// [`Reason::BadChunk`] and [`Reason::RequestBodyTooLarge`].
    pub(crate) fn take(&mut self, inbound: &mut Buffer, out: &mut Outgoing) -> Result<(), Reason> {
        while self.state == State::Flowing && !inbound.is_drained() && out.pending() < self.window {
            out.forget_sent();
            let fits = inbound.unread().len().min(self.window - out.pending());
            let step = self.reader.step(&inbound.unread()[..fits]).map_err(|_| Reason::BadChunk)?;
            let content = inbound.unread().get(step.data).unwrap_or_default();
            self.taken += content.len() as u64;
            if self.taken > self.limit {
                return Err(Reason::RequestBodyTooLarge);
            }
            write_content(content, self.framing == Framing::Chunked, &mut out.bytes);
            inbound.consume(step.consumed);
            self.touched |= step.consumed > 0;
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
        if self.touched && !inbound.go_back(self.start) {
            return false;
        }
        self.reader = BodyReader::new(self.framing);
        self.state = if self.reader.is_done() { State::Complete } else { State::Flowing };
        self.taken = 0;
        self.touched = false;
        self.expects_continue = self.started_with_expectation;
        true
    }
}

/// Appends content, as a chunk of its own where the framing asks for it.
pub(crate) fn write_content(content: &[u8], chunked: bool, out: &mut Vec<u8>) {
    if content.is_empty() {
        return;
    }
    write_chunk_start(content.len(), chunked, out);
    out.extend_from_slice(content);
    write_chunk_end(chunked, out);
}

/// Appends what comes before `length` bytes of content, at least one.
pub(crate) fn write_chunk_start(length: usize, chunked: bool, out: &mut Vec<u8>) {
    if chunked {
        out.extend_from_slice(chunk_header(length, &mut [0; 18]));
    }
}

/// Appends what comes behind content.
pub(crate) fn write_chunk_end(chunked: bool, out: &mut Vec<u8>) {
    if chunked {
        out.extend_from_slice(b"\r\n");
    }
}

/// How many bytes content of this length takes with its framing.
pub(crate) fn framed_length(length: usize, chunked: bool) -> u64 {
    let framing = if chunked && length > 0 { chunk_header(length, &mut [0; 18]).len() + 2 } else { 0 };
    (length + framing) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};
    use tokio::io::AsyncRead as _;
    use wire::{HeadLimits, parse_request};

    const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

    fn fill(inbound: &mut Buffer, mut bytes: &[u8]) {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(inbound.poll_fill(&mut cx, &mut bytes), Poll::Ready(Ok(_))));
    }

    /// A chunked upload whose body so far is `body`.
    fn upload(body: &str, limit: u64) -> (Upload, Buffer) {
        upload_within(1024, body, limit)
    }

    fn upload_within(window: usize, body: &str, limit: u64) -> (Upload, Buffer) {
        let mut inbound = Buffer::new(1024);
        fill(&mut inbound, format!("{HEAD}{body}").as_bytes());
        let mut head = RequestHead::default();
        parse_request(&mut head, inbound.unread(), &HeadLimits::default()).expect("a good head");
        inbound.keep_head(head.len);
        (Upload::new(&head, &inbound, limit, window), inbound)
    }

    #[test]
    fn what_is_still_in_the_buffer_can_be_sent_again() {
        let (mut upload, mut inbound) = upload("2\r\nhi\r\n0\r\n\r\n", 100);
        let mut sent = Vec::new();
        for _ in 0..2 {
            let mut out = Outgoing::default();
            assert_eq!(upload.take(&mut inbound, &mut out), Ok(()));
            assert!(upload.is_complete());
            sent.push(out.bytes);
            assert!(upload.rewind(&mut inbound));
        }
        assert_eq!(sent, [b"2\r\nhi\r\n0\r\n\r\n".to_vec(), b"2\r\nhi\r\n0\r\n\r\n".to_vec()]);
    }

    #[test]
    fn what_has_been_overwritten_cannot() {
        let (mut upload, mut inbound) = upload("2\r\nhi\r\n", 100);
        assert_eq!(upload.take(&mut inbound, &mut Outgoing::default()), Ok(()));
        fill(&mut inbound, b"0\r\n\r\n");
        assert!(!upload.rewind(&mut inbound));
    }

    #[test]
    fn a_body_that_arrives_while_nothing_is_taken_can_still_be_sent() {
        let (mut upload, mut inbound) = upload("", 100);
        fill(&mut inbound, b"2\r\nhi\r\n0\r\n\r\n");
        assert!(upload.rewind(&mut inbound));
        assert_eq!(upload.take(&mut inbound, &mut Outgoing::default()), Ok(()));
        assert!(upload.is_complete());
    }

    // An origin that takes a little at a time, and never all there is, must not make the edge hold all that has passed.
    #[test]
    fn no_more_than_the_window_waits_however_slowly_it_leaves() {
        const WINDOW: usize = 64;
        let content = "c".repeat(700);
        let (mut upload, mut inbound) = upload_within(WINDOW, &format!("2bc\r\n{content}\r\n0\r\n\r\n"), 1_000);
        let (mut origin, mut far) = tokio::io::duplex(32);
        let (mut out, mut got) = (Outgoing::default(), Vec::new());
        let mut cx = Context::from_waker(Waker::noop());
        while !upload.is_complete() || !out.is_empty() {
            assert_eq!(upload.take(&mut inbound, &mut out), Ok(()));
            assert!(out.bytes.len() < WINDOW + 32, "{} bytes are held", out.bytes.len());
            let _ = out.poll_send(&mut cx, &mut origin, &mut |_| {});
            let mut piece = [0; 32];
            let mut piece = tokio::io::ReadBuf::new(&mut piece);
            assert!(std::pin::Pin::new(&mut far).poll_read(&mut cx, &mut piece).is_ready());
            got.extend_from_slice(piece.filled());
        }
        let mut reader = BodyReader::new(Framing::Chunked);
        let (mut received, mut rest) = (Vec::new(), &got[..]);
        while !rest.is_empty() {
            let step = reader.step(rest).expect("well framed");
            received.extend_from_slice(&rest[step.data]);
            rest = &rest[step.consumed..];
        }
        assert!(reader.is_done() && received == content.as_bytes());
    }

    // EDGE-6
    #[test]
    fn the_cap_counts_content_and_not_framing() {
        let (mut fits, mut inbound) = upload("5\r\nhello\r\n0\r\n\r\n", 5);
        assert_eq!(fits.take(&mut inbound, &mut Outgoing::default()), Ok(()));
        let (mut crosses, mut inbound) = upload("6\r\nhello!\r\n", 5);
        assert_eq!(crosses.take(&mut inbound, &mut Outgoing::default()), Err(Reason::RequestBodyTooLarge));
    }
}
