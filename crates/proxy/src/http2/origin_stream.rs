//! One stream to an origin, as the socket of an origin that answers one request of HTTP/1.1: the bridge, crossed from
//! the other end.

use super::{
    inflow::Inflow,
    origin_connection::{State, is_leaving},
    origin_head::{request, write_answer_head, write_interim_head},
    outflow::Outflow,
    request_head::Body,
};
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{Method, response};
use std::{
    future::Future as _,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wire::{Framing, HeadLimits, Parsed, RequestHead, parse_request};

/// One stream to an origin.
pub(crate) struct OriginStream {
    requests: SendRequest<Bytes>,
    state: Rc<State>,
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
    /// Nothing was asked yet.
    Nothing,
    Head(ResponseFuture),
    Body(Inflow),
    Ended,
}

impl OriginStream {
    pub(super) fn new(requests: SendRequest<Bytes>, state: Rc<State>) -> Self {
        state.begin_stream();
        Self {
            requests,
            state,
            asking: Asking::Head(Vec::new()),
            hearing: Hearing::Nothing,
            head: Vec::new(),
            read: 0,
            head_only: false,
        }
    }

    /// Sends the head once it is complete, and what came behind it.
    fn ask(&mut self) -> io::Result<()> {
        let Asking::Head(bytes) = &self.asking else { return Ok(()) };
        let mut head = RequestHead::default();
        match parse_request(&mut head, bytes, &OWN_HEAD) {
            Ok(Parsed::Complete) => {}
            Ok(Parsed::Partial) => return Ok(()),
            Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        let request = request(&head, bytes).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.head_only = request.method() == Method::HEAD;
        let bodyless = matches!(head.framing, Framing::None | Framing::Length(0));
        let sent = self.requests.send_request(request, bodyless);
        let (answer, stream) = match sent {
            Ok(sent) => sent,
            Err(error) => return Err(self.fault(error)),
        };
        self.hearing = Hearing::Head(answer);
        self.asking = if bodyless {
            Asking::Complete
        } else {
            let mut body = Outflow::new(stream, head.framing);
            body.absorb(bytes.get(head.len..).unwrap_or_default())?;
            Asking::Body(body)
        };
        Ok(())
    }

    /// Why the stream failed, as an error of a socket.
    fn fault(&mut self, error: h2::Error) -> io::Error {
        let leaving = is_leaving(&mut self.requests);
        self.state.error(error, leaving)
    }

    fn begin_answer(&mut self, parts: response::Parts, stream: h2::RecvStream) {
        let ends = stream.is_end_stream();
        self.hearing = match write_answer_head(parts.status, &parts.headers, ends, self.head_only, &mut self.head) {
            Body::None => Hearing::Ended,
            body => Hearing::Body(Inflow::new(stream, body == Body::Chunked)),
        };
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Hearing::Head(answer) = &mut self.hearing else { return Poll::Ready(Ok(())) };
        if let Poll::Ready(Some(interim)) = answer.poll_informational(cx) {
            let interim = interim.map_err(|error| self.fault(error))?;
            write_interim_head(interim.status(), interim.headers(), &mut self.head);
            return Poll::Ready(Ok(()));
        }
        let answer = ready!(Pin::new(answer).poll(cx)).map_err(|error| self.fault(error))?;
        let (parts, stream) = answer.into_parts();
        self.begin_answer(parts, stream);
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
        if let Asking::Body(body) = &mut this.asking {
            // What waits for room goes on while the answer is awaited; that it cannot, the answer tells.
            let _ = body.poll_flush(cx);
        }
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
                Hearing::Nothing => return Poll::Pending,
                Hearing::Head(_) => ready!(this.poll_head(cx))?,
                Hearing::Body(body) => {
                    let before = out.filled().len();
                    ready!(body.poll_read(cx, out)).map_err(|error| this.fault(error))?;
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
        match &mut this.asking {
            Asking::Head(gathered) => {
                if let Err(error) = ready!(this.requests.poll_ready(cx)) {
                    return Poll::Ready(Err(this.fault(error)));
                }
                gathered.extend_from_slice(bytes);
                Poll::Ready(this.ask().map(|()| bytes.len()))
            }
            Asking::Body(body) => body.poll_take(cx, bytes),
            Asking::Complete => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().asking {
            Asking::Body(body) => body.poll_flush(cx),
            Asking::Head(_) | Asking::Complete => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl Drop for OriginStream {
    fn drop(&mut self) {
        self.state.end_stream();
    }
}
