//! The way in: a visitor's frames, by the fields alone and through a whole connection.

use super::{
    head::{self, Pair},
    inflow::Inflow,
    outflow::Outflow,
    peer::Peer,
    request_head::{Asked, Body, write_request_head},
    stream::{Crossing, End},
};
use bytes::Bytes;
use h2::{
    RecvStream,
    server::{self, SendResponse},
};
use http::{Request, Response, header::CONTENT_LENGTH};
use std::{
    cell::Cell,
    future::Future,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wire::{Framing, HeadLimits, Parsed, RequestHead, parse_request};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// SETTINGS with nothing in it.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// Rounds of reading after which a connection is left, whatever it still says.
const MOST_ROUNDS: usize = 1000;

/// Frames as they follow the visitor's SETTINGS.
pub fn frames(bytes: &[u8]) {
    fields_alone(bytes);
    connection(bytes);
}

// === The fields alone, without the checks of any library before them ===

/// Reads literal fields out of every HEADERS frame and crosses with them.
fn fields_alone(mut bytes: &[u8]) {
    const HEADERS: u8 = 1;
    while let [_, high, low, kind, flags, _, _, _, _, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        if *kind == HEADERS {
            let ends = flags & 1 == 1;
            cross_fields(&literals(&rest[..length]), ends);
        }
        bytes = &rest[length..];
    }
}

/// Literal fields that no table knows (RFC 7541 section 6.2.2), with short names and values and no Huffman code.
fn literals(mut block: &[u8]) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    while let [0, name, rest @ ..] = block {
        let Some((name, [value, rest @ ..])) = rest.split_at_checked(usize::from(*name)) else { break };
        let Some((value, rest)) = rest.split_at_checked(usize::from(*value)) else { break };
        pairs.push((name, value));
        block = rest;
    }
    pairs
}

fn cross_fields(pairs: &[Pair<'_>], ends: bool) {
    let pseudo = |name: &[u8]| pairs.iter().find(|pair| pair.0 == name).map(|(_, value)| *value);
    let asked = Asked {
        method: pseudo(b":method").unwrap_or_default(),
        scheme: pseudo(b":scheme"),
        authority: pseudo(b":authority"),
        path: pseudo(b":path"),
        ends,
    };
    let known = [&b":method"[..], b":authority", b":path", b":scheme"];
    let fields: Vec<_> = pairs.iter().copied().filter(|(name, _)| !known.contains(name)).collect();
    let _ = head::cross(&asked, &fields);
}

// === Through a connection ===

fn connection(bytes: &[u8]) {
    let gone = Rc::new(Cell::new(false));
    let peer = Peer::saying(&[PREFACE, SETTINGS, bytes], gone.clone());
    let mut builder = server::Builder::new();
    builder.enable_connect_protocol().max_concurrent_streams(16).initial_window_size(1024);
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(mut connection)) = pin!(builder.handshake::<_, Bytes>(peer)).as_mut().poll(cx) else { return };
    let mut requests = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        match connection.poll_accept(cx) {
            Poll::Ready(Some(Ok((request, respond)))) => {
                requests.extend(Asking::open(request, respond));
                moved = true;
            }
            Poll::Ready(Some(Err(_)) | None) if gone.replace(true) => break,
            Poll::Ready(_) => moved = true,
            Poll::Pending => {}
        }
        for request in &mut requests {
            moved |= request.advance(cx);
        }
        if !moved && gone.replace(true) {
            break;
        }
    }
    requests.iter().for_each(Asking::check);
}

/// A request on its way in, and its echo on its way out.
struct Asking {
    crossing: Crossing,
    body: Body,
    respond: SendResponse<Bytes>,
    echoed: bool,
}

impl Asking {
    /// As the proxy opens a stream, but for the WebSockets of RFC 8441.
    fn open(request: Request<RecvStream>, respond: SendResponse<Bytes>) -> Option<Self> {
        let (parts, stream) = request.into_parts();
        let asked = Asked {
            method: parts.method.as_str().as_bytes(),
            scheme: parts.uri.scheme_str().map(str::as_bytes),
            authority: parts.uri.authority().map(|authority| authority.as_str().as_bytes()),
            path: parts.uri.path_and_query().map(|path| path.as_str().as_bytes()),
            ends: stream.is_end_stream(),
        };
        let fields: Vec<_> =
            parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect();
        let (head, body) = head::cross(&asked, &fields).ok()?;
        if asked.ends {
            check_ended(&head);
        }
        let length = || parts.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        let inflow = match body {
            Body::None => None,
            Body::Chunked => Some(Inflow::new(stream, true)),
            Body::Declared => Some(match length() {
                Some(length) => Inflow::declared(stream, length),
                None => Inflow::new(stream, false),
            }),
        };
        Some(Self { crossing: Crossing::new(head, inflow), body, respond, echoed: false })
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        let moved = self.crossing.advance(cx);
        if self.crossing.end == End::Complete && !std::mem::replace(&mut self.echoed, true) {
            self.echo(cx);
        }
        moved
    }

    /// Answers with the body of the request.
    fn echo(&mut self, cx: &mut Context<'_>) {
        let Some((at, framing)) = read_head(&self.crossing.bytes) else { return };
        let Ok(stream) = self.respond.send_response(Response::new(()), self.body == Body::None) else { return };
        if self.body == Body::None {
            return;
        }
        let mut outflow = Outflow::new(stream, framing);
        if outflow.absorb(&self.crossing.bytes[at..]).is_err() {
            return;
        }
        if let Poll::Ready(Ok(())) = outflow.poll_flush(cx) {
            assert!(outflow.is_complete() && outflow.waiting() == 0);
        }
    }

    fn check(&self) {
        if let Some((at, framing)) = read_head(&self.crossing.bytes) {
            self.crossing.check_body(at, framing);
        }
    }
}

/// A head whose stream has ended announces no body that could be waited for.
fn check_ended(head: &[u8]) {
    if let Some((_, framing)) = read_head(head) {
        assert!(matches!(framing, Framing::None | Framing::Length(0)), "{framing:?}: {}", head.escape_ascii());
    }
}

/// Where the head at the start of these bytes ends, and its framing; `None` when it is refused.
fn read_head(bytes: &[u8]) -> Option<(usize, Framing)> {
    let mut head = RequestHead::default();
    let parsed = parse_request(&mut head, bytes, &HeadLimits::default()).ok()?;
    assert_eq!(parsed, Parsed::Complete);
    Some((head.len, head.framing))
}
