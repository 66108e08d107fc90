//! One stream of a visitor, as the socket of a visitor that asks one request of HTTP/1.1.
//!
//! Reading yields the request; when it is complete, reading waits and tells when the visitor gives the stream up.
//! Writing takes the answer and sends it as frames. A stream that is dropped before its answer is complete is reset.

use super::{
    inflow::{Inflow, lost},
    outflow::{Outflow, append},
    request_head::{Asked, Body, write_request_head},
    streams::Streams,
};
use crate::{classify, upgrade};
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use std::{
    io,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::io::ReadBuf;
use verdict::Reason;
use wire::{Framing, HeadLimits, Known, Parsed, ResponseHead, parse_response};

/// One stream of a visitor.
pub(crate) struct VisitorStream {
    head: Vec<u8>,
    read: usize,
    body: Option<Inflow>,
    answer: Answer,
    /// The request asks for a head alone.
    head_only: bool,
    /// The request asks for a WebSocket, by CONNECT with a `:protocol` (RFC 8441).
    websocket: bool,
    streams: Rc<Streams>,
}

/// How far the answer has come.
enum Answer {
    /// Its head is awaited. `gathered` is what came of it in earlier writes.
    Awaited { respond: SendResponse<Bytes>, gathered: Vec<u8> },
    /// Its body is on its way, or through.
    Flowing(Outflow),
    /// It was a head alone, or the visitor is gone.
    Complete,
}

impl VisitorStream {
    /// A stream that has just been opened, and what is wrong with its request, if it is malformed. Such a stream has
    /// nothing to read, and waits for an answer all the same.
    pub(super) fn open(
        request: Request<RecvStream>,
        respond: SendResponse<Bytes>,
        streams: Rc<Streams>,
    ) -> (Self, Option<Reason>) {
        let (parts, stream) = request.into_parts();
        let protocol = parts.extensions.get::<h2::ext::Protocol>();
        let websocket = parts.method == Method::CONNECT && protocol.is_some_and(|name| name.as_str() == "websocket");
        let method = if websocket { Method::GET } else { parts.method.clone() };
        let asked = Asked {
            method: method.as_str().as_bytes(),
            scheme: parts.uri.scheme_str().map(str::as_bytes),
            authority: parts.uri.authority().map(|authority| authority.as_str().as_bytes()),
            path: parts.uri.path_and_query().map(|path| path.as_str().as_bytes()),
            ends: websocket || stream.is_end_stream(),
        };
        let mut head = Vec::with_capacity(512);
        let fields = parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
        let fields = fields.filter(|(name, _)| !websocket || !upgrade::is_of_websocket_key(name));
        let answer = Answer::Awaited { respond, gathered: Vec::new() };
        let body = match write_request_head(&asked, fields, &mut head) {
            // What follows is the other protocol, and waits until the origin has switched.
            Ok(_) if websocket && write_upgrade(&mut head) => Some(Inflow::new(stream, false)),
            Ok(Body::None) => None,
            Ok(Body::Chunked) => Some(Inflow::new(stream, true)),
            Ok(Body::Declared) => Some(match length(&parts.headers) {
                Some(length) => Inflow::declared(stream, length),
                None => Inflow::new(stream, false),
            }),
            Err(problem) => {
                let (head, websocket, head_only) = (Vec::new(), false, false);
                let refused = Self { head, read: 0, body: None, answer, head_only, websocket, streams };
                return (refused, Some(classify::malformed(problem)));
            }
        };
        let head_only = parts.method == Method::HEAD;
        (Self { head, read: 0, body, answer, head_only, websocket, streams }, None)
    }

    /// Reads more of the request.
    ///
    /// # Errors
    /// When the visitor has given the stream up. The end of the stream is no end: a visitor that has asked waits.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let head = self.head.get(self.read..).unwrap_or_default();
        if !head.is_empty() {
            let piece = head.get(..head.len().min(out.remaining())).unwrap_or_default();
            out.put_slice(piece);
            self.read += piece.len();
            // A body that is there already comes along: a request that is read in one piece can be sent again.
            if let (Some(body), true) = (&mut self.body, out.remaining() > 0)
                && let Poll::Ready(Err(error)) = body.poll_read(cx, out)
            {
                return Poll::Ready(Err(self.given_up(error)));
            }
            return Poll::Ready(Ok(()));
        }
        if let Some(body) = &mut self.body {
            let before = out.filled().len();
            match ready!(body.poll_read(cx, out)) {
                Ok(()) if out.filled().len() > before => return Poll::Ready(Ok(())),
                // The end of what the visitor says in a tunnel is told to the other side.
                Ok(()) if self.websocket => return Poll::Ready(Ok(())),
                Ok(()) => self.body = None,
                Err(error) => return Poll::Ready(Err(self.given_up(error))),
            }
        }
        let reset = match &mut self.answer {
            Answer::Awaited { respond, .. } => ready!(respond.poll_reset(cx)),
            Answer::Flowing(body) if !body.is_complete() => ready!(body.poll_reset(cx)),
            Answer::Flowing(_) | Answer::Complete => return Poll::Pending,
        };
        let error = reset.map_or_else(|error| error, h2::Error::from);
        Poll::Ready(Err(self.given_up(error)))
    }

    /// Takes more of the answer.
    ///
    /// # Errors
    /// When the visitor has given the stream up.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.answer {
            Answer::Flowing(body) => body.poll_take(cx, bytes),
            Answer::Complete => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Answer::Awaited { .. } => {
                let taken = self.take_head(bytes);
                if let (Ok(()), Answer::Flowing(body)) = (&taken, &mut self.answer)
                    && let Poll::Ready(Err(error)) = body.poll_flush(cx)
                {
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(taken.map(|()| bytes.len()))
            }
        }
    }

    /// Ready when what was taken is on its way.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.answer {
            Answer::Flowing(body) => body.poll_flush(cx),
            Answer::Awaited { .. } | Answer::Complete => Poll::Ready(Ok(())),
        }
    }

    /// Ready when what was taken is on its way, and a tunnel has been told its end.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.answer {
            Answer::Flowing(body) if self.websocket => body.poll_end(cx),
            _ => self.poll_flush(cx),
        }
    }

    /// Bytes of the answer's content that wait for the visitor's windows.
    pub(crate) fn unread(&self) -> u64 {
        match &self.answer {
            Answer::Flowing(body) => body.waiting(),
            Answer::Awaited { .. } | Answer::Complete => 0,
        }
    }

    /// Sends interim heads and, once it is complete, the final one.
    fn take_head(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Answer::Awaited { respond, gathered } = &mut self.answer else { return Ok(()) };
        let head = &mut *self.streams.answer_head.borrow_mut();
        head.reset();
        let mut kept = std::mem::take(gathered);
        let all = if kept.is_empty() {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        let mut rest = all;
        loop {
            match parse_response(head, rest, &OWN_HEAD, self.head_only) {
                Ok(Parsed::Partial) => {
                    *gathered = rest.to_vec();
                    return Ok(());
                }
                Ok(Parsed::Complete) if head.is_interim() => {
                    respond.send_informational(response(head, rest)?).map_err(lost)?;
                    rest = rest.get(head.len..).unwrap_or_default();
                }
                Ok(Parsed::Complete) => break,
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        let switched = self.websocket && head.switches_protocol();
        let framing = if switched { Framing::UntilClose } else { head.framing };
        let mut own = response(head, rest)?;
        if switched {
            *own.status_mut() = StatusCode::OK;
        } else if self.websocket && own.status().is_success() {
            // To a CONNECT this would say that the WebSocket is open.
            *own.status_mut() = StatusCode::BAD_GATEWAY;
        }
        let bodyless = matches!(framing, Framing::None | Framing::Length(0));
        let stream = respond.send_response(own, bodyless).map_err(lost)?;
        let answer = if bodyless {
            Answer::Complete
        } else {
            let mut body = Outflow::new(stream, framing);
            body.absorb(rest.get(head.len..).unwrap_or_default())?;
            Answer::Flowing(body)
        };
        self.answer = answer;
        Ok(())
    }

    fn given_up(&self, error: h2::Error) -> io::Error {
        if error.reason().is_some() && !error.is_go_away() {
            self.streams.note_reset();
        }
        lost(error)
    }
}

/// What the edge writes itself is not limited again; what an origin says has been.
const OWN_HEAD: HeadLimits = HeadLimits {
    head_bytes: 16 << 20,
    header_count: 1 << 20,
    target_bytes: 0,
    method_bytes: 0,
    leading_blank_lines: 0,
    connection_options: 64,
};

/// What `Content-Length` says. `None` when it says nothing that could be kept, which is refused with the head.
fn length(fields: &HeaderMap) -> Option<u64> {
    fields.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Makes an upgrade of a whole head. False, and nothing is changed, when the system gives no random bytes.
fn write_upgrade(head: &mut Vec<u8>) -> bool {
    let before = head.len();
    head.truncate(before.saturating_sub(b"\r\n".len()));
    let written = upgrade::write_websocket_request(head).is_ok();
    head.extend_from_slice(b"\r\n");
    written
}

/// A head without what belongs to a connection of HTTP/1.1.
fn response(head: &ResponseHead, bytes: &[u8]) -> io::Result<Response<()>> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(head.status).map_err(|_| io::ErrorKind::InvalidData)?;
    let fields = head.fields.iter().filter(|field| {
        let of_key = head.switches_protocol() && upgrade::is_of_websocket_key(field.name.of(bytes));
        !of_key
            && !field.is_hop_by_hop()
            && !matches!(field.known, Known::Connection | Known::TransferEncoding | Known::Upgrade)
    });
    for field in fields {
        append(response.headers_mut(), field.name.of(bytes), field.value.of(bytes));
    }
    Ok(response)
}

impl Drop for VisitorStream {
    fn drop(&mut self) {
        match &mut self.answer {
            Answer::Awaited { respond, .. } => respond.send_reset(h2::Reason::INTERNAL_ERROR),
            Answer::Flowing(body) if !body.is_complete() => body.reset(h2::Reason::INTERNAL_ERROR),
            Answer::Flowing(_) | Answer::Complete => {}
        }
        self.streams.end();
    }
}
