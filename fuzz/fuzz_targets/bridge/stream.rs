//! A body on its way in, gathered as the HTTP/1.1 bytes that the edge reads.

use super::{inflow::Inflow, link::Stream};
use std::task::{Context, Poll};
use tokio::io::ReadBuf;
use wire::{BodyProblem, BodyReader, Framing};

/// A message of HTTP/1.1 that a stream is turned into, as far as it has come.
pub struct Crossing {
    pub bytes: Vec<u8>,
    body: Option<Inflow>,
    pub end: End,
}

/// How a stream's body has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Open,
    Complete,
    Broken,
}

impl Crossing {
    /// A head, and the body behind it if there is one.
    pub fn new(head: Vec<u8>, body: Option<Inflow>) -> Self {
        let end = if body.is_some() { End::Open } else { End::Complete };
        Self { bytes: head, body, end }
    }

    /// Takes what has come. True when something has.
    pub fn advance(&mut self, stream: &Stream, cx: &mut Context<'_>) -> bool {
        let Some(body) = &mut self.body else { return false };
        // An odd size, so that pieces end in the middle of chunk lines.
        let mut piece = [0; 61];
        let mut buf = ReadBuf::new(&mut piece);
        match body.poll_read(stream, cx, &mut buf) {
            Poll::Pending => {
                assert!(buf.filled().is_empty(), "bytes were written and not told");
                return false;
            }
            Poll::Ready(Ok(())) if buf.filled().is_empty() => self.end = End::Complete,
            Poll::Ready(Ok(())) => self.bytes.extend_from_slice(buf.filled()),
            Poll::Ready(Err(_)) => self.end = End::Broken,
        }
        if self.end != End::Open {
            self.body = None;
        }
        true
    }

    /// Reads the bytes behind a head with this framing, as the edge would: a whole body is exactly one body with nothing
    /// behind it, and one in chunks that broke off never looks whole.
    pub fn check_body(&self, head: usize, framing: Framing) {
        let mut reader = BodyReader::new(framing);
        match read(&mut reader, &self.bytes[head..]) {
            // Some trailers are refused: whoever reads the body breaks off.
            Err(_) => {}
            Ok((_, rest)) => {
                assert_eq!(rest, 0, "bytes are left over");
                match (self.end, framing) {
                    (End::Complete, Framing::UntilClose) => {}
                    (End::Complete, _) => assert!(reader.is_done(), "a complete body lacks its end"),
                    (_, Framing::Chunked) => assert!(!reader.is_done(), "half a body looks complete"),
                    _ => {}
                }
            }
        }
    }
}

/// The content of a body that is framed so, and how many bytes are behind its end.
pub fn read(reader: &mut BodyReader, mut bytes: &[u8]) -> Result<(Vec<u8>, usize), BodyProblem> {
    let mut content = Vec::new();
    while !bytes.is_empty() && !reader.is_done() {
        let step = reader.step(bytes)?;
        content.extend_from_slice(&bytes[step.data]);
        bytes = &bytes[step.consumed..];
    }
    Ok((content, bytes.len()))
}
