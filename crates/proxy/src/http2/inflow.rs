//! A body that comes in by a stream, as the bytes of an HTTP/1.1 body.
//!
//! The peer may send more only for what has been taken from here, so a reader that pauses pauses the peer.

use bytes::{Buf, Bytes};
use h2::RecvStream;
use http::HeaderMap;
use std::{
    io,
    task::{Context, Poll, ready},
};
use tokio::io::ReadBuf;
use wire::{LAST_CHUNK, chunk_header, write_field};

/// A body on its way in.
pub(super) struct Inflow {
    stream: RecvStream,
    chunked: bool,
    /// Framing that comes before the content.
    lead: Vec<u8>,
    led: usize,
    content: Bytes,
    /// Bytes that are still to come, where it was said how many there are.
    left: Option<u64>,
    /// The last of these, until the stream has ended: what is said to be complete might go on, and must not be passed
    /// on then (RFC 9113 section 8.1.1).
    last: Bytes,
    stage: Stage,
    failed: Option<h2::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No chunk is open.
    First,
    /// A chunk still needs its end.
    InChunk,
    Trailers,
    Ended,
}

impl Inflow {
    /// The content of a stream, in chunks or as it is.
    pub(super) fn new(stream: RecvStream, chunked: bool) -> Self {
        Self {
            stream,
            chunked,
            lead: Vec::new(),
            led: 0,
            content: Bytes::new(),
            left: None,
            last: Bytes::new(),
            stage: Stage::First,
            failed: None,
        }
    }

    /// The content of a stream that was said to have this many bytes. It is complete only when it has ended with them.
    pub(super) fn declared(stream: RecvStream, length: u64) -> Self {
        Self { left: Some(length), ..Self::new(stream, false) }
    }

    /// Reads what there is. Ready without any byte: the body is complete.
    ///
    /// # Errors
    /// When the stream or its connection was broken off.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<Result<(), h2::Error>> {
        let before = out.filled().len();
        loop {
            self.put(out);
            if out.remaining() == 0 || (self.stage == Stage::Ended && self.led == self.lead.len()) {
                return Poll::Ready(Ok(()));
            }
            let came = out.filled().len() > before;
            if let Some(error) = self.failed.take_if(|_| !came) {
                return Poll::Ready(Err(error));
            }
            if self.failed.is_some() {
                return Poll::Ready(Ok(()));
            }
            match self.poll_more(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => self.failed = Some(error),
                Poll::Pending if came => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn put(&mut self, out: &mut ReadBuf<'_>) {
        let lead = self.lead.get(self.led..).unwrap_or_default();
        let piece = lead.get(..lead.len().min(out.remaining())).unwrap_or_default();
        out.put_slice(piece);
        self.led += piece.len();
        let count = self.content.len().min(out.remaining());
        if count > 0 {
            out.put_slice(&self.content[..count]);
            self.content.advance(count);
            // Fails only when the stream is gone, which reading tells.
            let _ = self.stream.flow_control().release_capacity(count);
        }
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        if self.stage != Stage::Trailers {
            match ready!(self.stream.poll_data(cx)?) {
                Some(content) => {
                    self.begin(content);
                    return Poll::Ready(Ok(()));
                }
                None if self.chunked => {
                    let chunk_is_open = self.stage == Stage::InChunk;
                    self.say(|lead| lead.extend_from_slice(if chunk_is_open { b"\r\n" } else { b"" }));
                    self.stage = Stage::Trailers;
                }
                None => self.stage = Stage::Trailers,
            }
        }
        let trailers = ready!(self.stream.poll_trailers(cx))?;
        self.stage = Stage::Ended;
        self.content = std::mem::take(&mut self.last);
        if self.chunked {
            write_trailers(trailers.as_ref(), &mut self.lead);
        }
        Poll::Ready(Ok(()))
    }

    fn begin(&mut self, content: Bytes) {
        if self.chunked && !content.is_empty() {
            let chunk_is_open = self.stage == Stage::InChunk;
            let length = content.len();
            self.say(|lead| {
                lead.extend_from_slice(if chunk_is_open { b"\r\n" } else { b"" });
                lead.extend_from_slice(chunk_header(length, &mut [0; 18]));
            });
            self.stage = Stage::InChunk;
        }
        if self.withholds(content.len()) {
            self.last = content;
        } else {
            self.content = content;
        }
    }

    /// Whether content of this length is the last that was announced, and the end of the stream is not there yet.
    fn withholds(&mut self, length: usize) -> bool {
        let Some(left) = &mut self.left else { return false };
        *left = left.saturating_sub(length as u64);
        length > 0 && *left == 0 && !self.stream.is_end_stream()
    }

    fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.lead.clear();
        self.led = 0;
        write(&mut self.lead);
    }
}

/// What `Known` fields may not be is settled by whoever reads the section, as with any other visitor.
fn write_trailers(trailers: Option<&HeaderMap>, out: &mut Vec<u8>) {
    let Some(trailers) = trailers else { return out.extend_from_slice(LAST_CHUNK) };
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        write_field(name.as_str().as_bytes(), value.as_bytes(), out);
    }
    out.extend_from_slice(b"\r\n");
}

/// An error of HTTP/2 as one of the socket that the rest of the house believes in.
pub(super) fn lost(error: h2::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, error)
}
