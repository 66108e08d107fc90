//! The way in: a visitor's frames, by the fields alone and through a whole connection.

use super::{
    account,
    cuts::Cuts,
    head::{self, Pair},
    inflow::Inflow,
    link::{Link, Stream},
    outflow::Outflow,
    peer::{Peer, STREAM_WINDOW, machine},
    request_head::{Asked, Body, Request},
    stream::{Crossing, End, read},
    told::Told,
};
use ::http2::{ErrorCode, Event, Inbox, Key, PREFACE, Side};
use std::task::{Context, Poll, Waker};
use wire::{BodyReader, Framing, HeadLimits, Parsed, RequestHead, parse_request};

/// SETTINGS with nothing in it, and the acknowledgement of ours.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0];
/// Rounds of reading after which a connection is left, whatever it still says.
const MOST_ROUNDS: usize = 1000;

/// Frames as they follow the visitor's SETTINGS.
pub fn frames(bytes: &[u8]) {
    fields_alone(bytes);
    connection(bytes);
    account::does_not_depend_on_cuts(Side::Server, &[PREFACE, SETTINGS, bytes].concat());
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
    let link = machine(Side::Server);
    let says = [PREFACE, SETTINGS, bytes].concat();
    let mut peer = Peer::saying(&says, Cuts::of(bytes));
    let cx = &mut Context::from_waker(Waker::noop());
    let mut requests = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let mut moved = peer.talk(&link, |event| {
            if let Event::Request { key, ends } = event {
                requests.extend(Asking::open(link.clone(), key, ends));
            }
        });
        for request in &mut requests {
            moved |= request.advance(cx);
        }
        if !moved && !peer.hang_up(&link) {
            break;
        }
    }
    peer.listen(&link);
    let told = Told::read(&peer.told);
    requests.iter().for_each(|request| request.check(&told));
}

/// A request on its way in, and its echo on its way out.
struct Asking {
    crossing: Crossing,
    stream: Stream,
    echo: Echo,
}

/// How far the answer has come.
enum Echo {
    /// The request is not complete.
    Awaited,
    /// The head was sent, and so much of the body; its framing is that of the request.
    Flowing(Outflow, usize),
    Complete,
    /// The visitor is gone, or the request is refused.
    Failed,
}

/// What a request becomes.
struct Crossed {
    head: Vec<u8>,
    body: Body,
}

impl Asking {
    /// As the proxy opens a stream, but for the WebSockets of RFC 8441.
    fn open(link: Link, key: Key, ends: bool) -> Option<Self> {
        let stream = Stream::new(link, key, ErrorCode::INTERNAL_ERROR);
        let Crossed { head, body } = cross_stream(&stream, ends)?;
        if ends {
            check_ended(&head);
        }
        let inflow = (body != Body::None).then(|| Inflow::new(body == Body::Chunked));
        Some(Self { crossing: Crossing::new(head, inflow), stream, echo: Echo::Awaited })
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        if let Poll::Ready(Ok(Inbox::Content(content))) = self.stream.change().poll_inbox(self.stream.key(), cx) {
            assert!(content.len() <= STREAM_WINDOW as usize, "more is held than the window allows");
        }
        let moved = self.crossing.advance(&self.stream, cx);
        let answered = self.crossing.end == End::Complete && self.answer(cx);
        moved || answered
    }

    /// Answers with the body of the request. True when something could be sent.
    fn answer(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((at, framing)) = read_head(&self.crossing.bytes) else { return false };
        match &mut self.echo {
            Echo::Awaited => {
                let bodyless = matches!(framing, Framing::None | Framing::Length(0));
                let sent = self.stream.change().head(self.stream.key(), bodyless, |head| head.status(200));
                self.echo = match sent {
                    Err(_) => Echo::Failed,
                    Ok(()) if bodyless => Echo::Complete,
                    Ok(()) => Echo::Flowing(Outflow::new(framing), 0),
                };
                true
            }
            Echo::Flowing(body, sent) => match body.poll_take(&self.stream, cx, &self.crossing.bytes[at + *sent..]) {
                Poll::Pending => false,
                Poll::Ready(Ok(count)) => {
                    *sent += count;
                    if body.is_complete() {
                        assert_eq!(at + *sent, self.crossing.bytes.len(), "bytes are left over");
                        self.echo = Echo::Complete;
                    }
                    true
                }
                Poll::Ready(Err(_)) => {
                    self.echo = Echo::Failed;
                    true
                }
            },
            Echo::Complete | Echo::Failed => false,
        }
    }

    fn check(&self, told: &Told) {
        let Some((at, framing)) = read_head(&self.crossing.bytes) else { return };
        self.crossing.check_body(at, framing);
        let said = told.streams.get(&self.stream.key().id());
        match (&self.echo, said) {
            (Echo::Complete, said) => {
                let said = said.expect("what was answered was told");
                let mut reader = BodyReader::new(framing);
                let (content, _) = read(&mut reader, &self.crossing.bytes[at..]).expect("it went through");
                assert!(said.has_ended && said.content == content, "an echo says something else");
                assert_eq!(said.heads[0], [(b":status".to_vec(), b"200".to_vec())]);
                let trailers = said.heads.get(1).map_or(0, Vec::len);
                assert_eq!(trailers, reader.trailers().iter().count());
            }
            (_, Some(said)) => assert!(!said.has_ended, "half an answer looks complete"),
            (_, None) => {}
        }
    }
}

/// What becomes of the request that has just come on a stream; `None` when it is refused.
fn cross_stream(stream: &Stream, ends: bool) -> Option<Crossed> {
    let connection = stream.link().look();
    let fields = connection.fields();
    if fields.is_truncated() {
        return None;
    }
    let request = Request::read(fields.iter(), ends).ok()?;
    if request.protocol.is_some() {
        return None;
    }
    let fields: Vec<_> = request.fields.collect();
    let (head, body) = head::cross(&request.asked, &fields).ok()?;
    Some(Crossed { head, body })
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
