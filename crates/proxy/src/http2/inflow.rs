//! A body that comes in by a stream, as the bytes of an HTTP/1.1 body.
//!
//! The peer may send more only for what has been taken from here, so a reader that pauses pauses the peer.

use super::link::Stream;
use ::http2::Lost;
use std::{
    io,
    task::{Context, Poll},
};
use tokio::io::ReadBuf;
use wire::chunk_header;

/// A body on its way in.
pub(super) struct Inflow {
    chunked: bool,
    /// Framing that comes before the content.
    lead: Vec<u8>,
    led: usize,
    /// Content of the chunk that was begun, still to be passed on.
    chunk: usize,
    ended: bool,
}

impl Inflow {
    /// The content of a stream, in chunks or as it is.
    pub(super) fn new(chunked: bool) -> Self {
        Self { chunked, lead: Vec::new(), led: 0, chunk: 0, ended: false }
    }

    /// Reads what there is. Ready without any byte: the body is complete.
    ///
    /// # Errors
    /// When the stream or its connection was broken off.
    pub(super) fn poll_read(
        &mut self,
        stream: &Stream,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Lost>> {
        let before = out.filled().len();
        loop {
            self.put_lead(out);
            if out.remaining() == 0 || (self.ended && self.led == self.lead.len()) {
                return Poll::Ready(Ok(()));
            }
            match self.poll_more(stream, cx, out) {
                Poll::Ready(Ok(())) => {}
                // Whatever it is, it will be there again next time.
                Poll::Ready(Err(_)) | Poll::Pending if out.filled().len() > before => return Poll::Ready(Ok(())),
                Poll::Ready(Err(lost)) => return Poll::Ready(Err(lost)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn put_lead(&mut self, out: &mut ReadBuf<'_>) {
        let lead = self.lead.get(self.led..).unwrap_or_default();
        let piece = lead.get(..lead.len().min(out.remaining())).unwrap_or_default();
        out.put_slice(piece);
        self.led += piece.len();
    }

    /// Passes content on, or finds out what has to be said before it.
    fn poll_more(&mut self, stream: &Stream, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<Result<(), Lost>> {
        let Self { chunked, lead, led, chunk, ended } = self;
        let mut say = |pieces: &[&[u8]]| {
            lead.clear();
            *led = 0;
            pieces.iter().for_each(|piece| lead.extend_from_slice(piece));
        };
        let mut begun = None;
        let most = |length: usize| match (*chunked, *chunk) {
            (false, _) => length,
            (true, 0) => {
                begun = Some(length);
                0
            }
            (true, left) => left,
        };
        let mut is_over = false;
        let passed = stream.poll_content(cx, most, out, |trailers| {
            is_over = true;
            if *chunked {
                // What `Known` fields may not be is settled by whoever reads the section, as with any other visitor.
                say(&[b"0\r\n", trailers.unwrap_or_default(), b"\r\n"]);
            }
        });
        let passed = match passed {
            Poll::Ready(Ok(passed)) => passed,
            Poll::Ready(Err(lost)) => return Poll::Ready(Err(lost)),
            Poll::Pending => return Poll::Pending,
        };
        *ended = is_over;
        if let Some(length) = begun {
            say(&[chunk_header(length, &mut [0; 18])]);
            *chunk = length;
        } else if *chunked && passed > 0 {
            *chunk -= passed;
            if *chunk == 0 {
                say(&[b"\r\n"]);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The loss of a stream as an error of the socket that the rest of the house believes in.
pub(super) fn broken_off(_: Lost) -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}
