//! One stream of a visitor, as the socket of a visitor that asks one request of HTTP/1.1.
//!
//! Reading yields the request; when it is complete, reading waits and tells when the visitor gives the stream up.
//! Writing takes the answer and sends it as frames. A stream that is dropped before its answer is complete is reset.

use super::{
    inflow::{Inflow, broken_off},
    link::Stream,
    outflow::Outflow,
    request_head::{Body, Malformed, Request, write_request_head},
    streams::Streams,
};
use crate::{classify, upgrade};
use ::http2::HeadWriter;
use std::{
    io,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::io::ReadBuf;
use verdict::Reason;
use wire::{Framing, HeadLimits, Known, Parsed, ResponseHead, parse_response};

/// What stands in the place of an answer that would say that a WebSocket is open.
const BAD_GATEWAY: u16 = 502;

/// One stream of a visitor.
pub(crate) struct VisitorStream {
    stream: Stream,
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
    /// Its head is awaited; these bytes of it came in earlier writes.
    Awaited(Vec<u8>),
    /// Its body is on its way, or through.
    Flowing(Outflow),
    /// It was a head alone, or the visitor is gone.
    Complete,
}

impl VisitorStream {
    /// A stream that has just been opened, and what is wrong with its request, if it is malformed. Such a stream has
    /// nothing to read, and waits for an answer all the same. `ends`: the head is all there is of the request.
    pub(super) fn open(stream: Stream, ends: bool, streams: Rc<Streams>) -> (Self, Option<Reason>) {
        let mut head = Vec::with_capacity(512);
        let answer = Answer::Awaited(Vec::new());
        let read = read_request(&stream, ends, &mut head);
        let (asked, problem) = match read {
            Ok(asked) => (asked, None),
            Err(reason) => {
                head.clear();
                (Asking::default(), Some(reason))
            }
        };
        let Asking { body, head_only, websocket } = asked;
        (Self { stream, head, read: 0, body, answer, head_only, websocket, streams }, problem)
    }

    /// Reads more of the request.
    ///
    /// # Errors
    /// When the visitor has given the stream up. The end of the stream is no end: a visitor that has asked waits.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let head = self.head.get(self.read..).unwrap_or_default();
        if !head.is_empty() {
            // What broke off before anybody looked at it is not begun.
            if let Poll::Ready(lost) = self.stream.poll_lost(cx) {
                return Poll::Ready(Err(broken_off(lost)));
            }
            let piece = head.get(..head.len().min(out.remaining())).unwrap_or_default();
            out.put_slice(piece);
            self.read += piece.len();
            // A body that is there already comes along: a request that is read in one piece can be sent again.
            if let (Some(body), true) = (&mut self.body, out.remaining() > 0)
                && let Poll::Ready(Err(lost)) = body.poll_read(&self.stream, cx, out)
            {
                return Poll::Ready(Err(broken_off(lost)));
            }
            return Poll::Ready(Ok(()));
        }
        if let Some(body) = &mut self.body {
            let before = out.filled().len();
            match ready!(body.poll_read(&self.stream, cx, out)) {
                Ok(()) if out.filled().len() > before => return Poll::Ready(Ok(())),
                // The end of what the visitor says in a tunnel is told to the other side.
                Ok(()) if self.websocket => return Poll::Ready(Ok(())),
                Ok(()) => self.body = None,
                Err(lost) => return Poll::Ready(Err(broken_off(lost))),
            }
        }
        if self.is_answered() {
            return Poll::Pending;
        }
        let lost = ready!(self.stream.poll_lost(cx));
        Poll::Ready(Err(broken_off(lost)))
    }

    /// Takes more of the answer.
    ///
    /// # Errors
    /// When the visitor has given the stream up.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.answer {
            Answer::Flowing(body) => body.poll_take(&self.stream, cx, bytes),
            Answer::Complete => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Answer::Awaited(_) => {
                let taken = self.take_head(bytes)?;
                let rest = bytes.get(taken..).unwrap_or_default();
                let (Answer::Flowing(body), false) = (&mut self.answer, rest.is_empty()) else {
                    return Poll::Ready(Ok(taken));
                };
                match body.poll_take(&self.stream, cx, rest) {
                    Poll::Ready(more) => Poll::Ready(more.map(|more| taken + more)),
                    Poll::Pending => Poll::Ready(Ok(taken)),
                }
            }
        }
    }

    /// Ready when what was taken is on its way, and a tunnel has been told its end.
    pub(crate) fn poll_end(&mut self) -> Poll<io::Result<()>> {
        match &mut self.answer {
            Answer::Flowing(body) if self.websocket => Poll::Ready(body.end(&self.stream)),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn is_answered(&self) -> bool {
        match &self.answer {
            Answer::Awaited(_) => false,
            Answer::Flowing(body) => body.is_complete(),
            Answer::Complete => true,
        }
    }

    /// Sends interim heads and, once it is complete, the final one. How many of the bytes were heads.
    fn take_head(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Answer::Awaited(gathered) = &mut self.answer else { return Ok(0) };
        let head = &mut *self.streams.answer_head.borrow_mut();
        head.reset();
        let mut kept = std::mem::take(gathered);
        let before = kept.len();
        let all = if before == 0 {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        let mut at = 0;
        loop {
            let rest = all.get(at..).unwrap_or_default();
            match parse_response(head, rest, &OWN_HEAD, self.head_only) {
                Ok(Parsed::Partial) => {
                    *gathered = rest.to_vec();
                    return Ok(bytes.len());
                }
                Ok(Parsed::Complete) if head.is_interim() => {
                    send_head(&self.stream, head, rest, head.status, false)?;
                    at += head.len;
                }
                Ok(Parsed::Complete) => break,
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        let rest = all.get(at..).unwrap_or_default();
        let switched = self.websocket && head.switches_protocol();
        let framing = if switched { Framing::UntilClose } else { head.framing };
        let status = match (switched, self.websocket && (200..300).contains(&head.status)) {
            (true, _) => 200,
            // To a CONNECT this would say that the WebSocket is open.
            (false, true) => BAD_GATEWAY,
            (false, false) => head.status,
        };
        let bodyless = matches!(framing, Framing::None | Framing::Length(0));
        send_head(&self.stream, head, rest, status, bodyless)?;
        self.answer = if bodyless { Answer::Complete } else { Answer::Flowing(Outflow::new(framing)) };
        // What came earlier was less than a head.
        Ok((at + head.len).saturating_sub(before))
    }
}

/// What is asked for, beside the head itself.
#[derive(Default)]
struct Asking {
    body: Option<Inflow>,
    head_only: bool,
    websocket: bool,
}

/// Reads the request that has just come, and writes it as one of HTTP/1.1.
fn read_request(stream: &Stream, ends: bool, head: &mut Vec<u8>) -> Result<Asking, Reason> {
    let connection = stream.link().look();
    let fields = connection.fields();
    if fields.is_truncated() {
        return Err(Reason::RequestHeadTooLarge);
    }
    let mut request = Request::read(fields.iter(), ends).map_err(classify::malformed)?;
    if request.protocol.is_some() && !connection.allows_protocols() {
        return Err(classify::malformed(Malformed::Pseudo));
    }
    let websocket = request.is_websocket();
    if websocket {
        (request.asked.method, request.asked.ends) = (b"GET", true);
    }
    let rest = request.fields.clone().filter(|(name, _)| !websocket || !upgrade::is_of_websocket_key(name));
    let body = match write_request_head(&request.asked, rest, head).map_err(classify::malformed)? {
        // What follows is the other protocol, and waits until the origin has switched.
        _ if websocket && write_upgrade(head) => Some(Inflow::new(false)),
        Body::None => None,
        body => Some(Inflow::new(body == Body::Chunked)),
    };
    Ok(Asking { body, head_only: request.asked.method == b"HEAD", websocket })
}

/// Sends a head without what belongs to a connection of HTTP/1.1.
fn send_head(stream: &Stream, head: &ResponseHead, bytes: &[u8], status: u16, ends: bool) -> io::Result<()> {
    let write = |out: &mut HeadWriter<'_>| {
        out.status(status);
        for field in head.fields.iter() {
            let (name, value) = (field.name.of(bytes), field.value.of(bytes));
            let of_connection = matches!(field.known, Known::Connection | Known::TransferEncoding | Known::Upgrade)
                || field.is_hop_by_hop();
            match field.known {
                _ if of_connection || (head.switches_protocol() && upgrade::is_of_websocket_key(name)) => {}
                Known::SetCookie => out.secret(name, value),
                _ => out.field(name, value),
            }
        }
    };
    stream.change().head(stream.key(), ends, write).map_err(broken_off)
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

/// Makes an upgrade of a whole head. False, and nothing is changed, when the system gives no random bytes.
fn write_upgrade(head: &mut Vec<u8>) -> bool {
    let before = head.len();
    head.truncate(before.saturating_sub(b"\r\n".len()));
    let written = upgrade::write_websocket_request(head).is_ok();
    head.extend_from_slice(b"\r\n");
    written
}

impl Drop for VisitorStream {
    fn drop(&mut self) {
        self.streams.end();
    }
}
