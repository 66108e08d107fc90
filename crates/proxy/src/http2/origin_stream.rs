//! One stream to an origin, as the socket of an origin that answers one request of HTTP/1.1: the bridge, crossed from
//! the other end.

use super::{
    inflow::Inflow,
    link::{Link, Stream},
    origin_connection::State,
    origin_head::{write_answer, write_request},
    outflow::Outflow,
    request_head::Body,
};
use ::http2::{Answer, ErrorCode, Lost};
use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wire::{Framing, HeadLimits, Parsed, RequestHead, parse_request};

/// One stream to an origin.
pub(crate) struct OriginStream {
    link: Link,
    state: Rc<State>,
    /// There is one once the request's head is complete.
    stream: Option<Stream>,
    asking: Asking,
    hearing: Hearing,
    head: Vec<u8>,
    read: usize,
    head_only: bool,
}

/// How far the request has come.
enum Asking {
    /// What came of its head so far.
    Head(Vec<u8>),
    Body(Outflow),
    Complete,
}

/// How far the answer has come.
enum Hearing {
    Head,
    Body(Inflow),
    Ended,
}

impl OriginStream {
    pub(super) fn new(link: Link, state: Rc<State>) -> Self {
        state.begin_stream();
        Self {
            link,
            state,
            stream: None,
            asking: Asking::Head(Vec::new()),
            hearing: Hearing::Head,
            head: Vec::new(),
            read: 0,
            head_only: false,
        }
    }

    /// Takes more of the head; sends it once it is complete. How many of the bytes belonged to it.
    fn ask(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Asking::Head(gathered) = &mut self.asking else { return Ok(0) };
        let before = gathered.len();
        gathered.extend_from_slice(bytes);
        let mut head = RequestHead::default();
        match parse_request(&mut head, gathered, &OWN_HEAD) {
            Ok(Parsed::Complete) => {}
            Ok(Parsed::Partial) => return Ok(bytes.len()),
            Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        self.head_only = head.method.of(gathered) == b"HEAD";
        let bodyless = matches!(head.framing, Framing::None | Framing::Length(0));
        let key = self.link.change().request(self.head_only, bodyless, |out| write_request(&head, gathered, out));
        let Some(key) = key else { return Err(self.fault(Lost::Untouched(ErrorCode::NO_ERROR))) };
        self.stream = Some(Stream::new(self.link.clone(), key, ErrorCode::CANCEL));
        self.asking = if bodyless { Asking::Complete } else { Asking::Body(Outflow::new(head.framing)) };
        Ok(head.len.saturating_sub(before))
    }

    /// Why the stream failed, as an error of a socket.
    fn fault(&self, lost: Lost) -> io::Error {
        let leaving = self.link.look().is_peer_leaving();
        self.state.error(lost, leaving)
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(stream) = &self.stream else { return Poll::Pending };
        let Answer { fields, ends } = ready!(stream.poll_answer(cx)).map_err(|lost| self.fault(lost))?;
        if fields.is_truncated() {
            return Poll::Ready(Err(self.state.head_too_large()));
        }
        let Ok(body) = write_answer(&fields, ends, self.head_only, &mut self.head) else {
            return Poll::Ready(Err(self.fault(Lost::Refused(ErrorCode::PROTOCOL_ERROR))));
        };
        self.hearing = match body {
            // An interim one: another head follows.
            None => Hearing::Head,
            Some(Body::None) => Hearing::Ended,
            Some(body) => Hearing::Body(Inflow::new(body == Body::Chunked)),
        };
        Poll::Ready(Ok(()))
    }
}

/// What the edge writes itself is not limited again.
const OWN_HEAD: HeadLimits = HeadLimits {
    head_bytes: 16 << 20,
    header_count: 1 << 20,
    target_bytes: 1 << 20,
    method_bytes: 1 << 10,
    leading_blank_lines: 0,
    connection_options: 64,
};

impl AsyncRead for OriginStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let head = this.head.get(this.read..).unwrap_or_default();
            if !head.is_empty() {
                let piece = head.get(..head.len().min(out.remaining())).unwrap_or_default();
                out.put_slice(piece);
                this.read += piece.len();
                return Poll::Ready(Ok(()));
            }
            (this.head, this.read) = (Vec::new(), 0);
            match &mut this.hearing {
                Hearing::Head => ready!(this.poll_head(cx))?,
                Hearing::Body(body) => {
                    let Some(stream) = &this.stream else { return Poll::Pending };
                    let before = out.filled().len();
                    ready!(body.poll_read(stream, cx, out)).map_err(|lost| this.fault(lost))?;
                    if out.filled().len() > before {
                        return Poll::Ready(Ok(()));
                    }
                    this.hearing = Hearing::Ended;
                }
                Hearing::Ended => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for OriginStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let taken = this.ask(bytes)?;
        let rest = bytes.get(taken..).unwrap_or_default();
        match (&mut this.asking, &this.stream) {
            (Asking::Body(body), Some(stream)) if !rest.is_empty() => match body.poll_take(stream, cx, rest) {
                Poll::Ready(Ok(more)) => Poll::Ready(Ok(taken + more)),
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
                    let lost = stream.poll_lost(cx);
                    Poll::Ready(Err(match lost {
                        Poll::Ready(lost) => this.fault(lost),
                        Poll::Pending => error,
                    }))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending if taken > 0 => Poll::Ready(Ok(taken)),
                Poll::Pending => Poll::Pending,
            },
            (Asking::Complete, _) if taken == 0 => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for OriginStream {
    fn drop(&mut self) {
        // The last one of a connection that nobody wants ends it, after the stream was let go.
        self.stream = None;
        self.state.end_stream();
        self.link.change().stir();
    }
}
