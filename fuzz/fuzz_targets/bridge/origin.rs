//! The way back: an origin's frames, as answers to a GET, a HEAD and a POST.

use super::{
    account,
    cuts::Cuts,
    inflow::Inflow,
    link::{Link, Stream},
    origin_head::{write_answer, write_request},
    outflow::Outflow,
    peer::{Peer, machine},
    request_head::Body,
    stream::Crossing,
    told::{Field, Told},
};
use ::http2::{Answer, ErrorCode, Side};
use std::task::{Context, Poll, Waker};
use wire::{Framing, HeadLimits, Parsed, RequestHead, ResponseHead, parse_request, parse_response};

/// SETTINGS with nothing in it, and its acknowledgement of ours.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0];
/// Rounds of reading after which a connection is left, whatever it still says.
const MOST_ROUNDS: usize = 1000;

const REQUESTS: [&[u8]; 3] = [
    b"GET /a?b HTTP/1.1\r\nHost: www.example.com\r\nCookie: a=1\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n",
];

/// Frames as they follow the origin's SETTINGS.
pub fn frames(bytes: &[u8]) {
    let says = [SETTINGS, bytes].concat();
    connection(&says);
    account::does_not_depend_on_cuts(Side::Client, &says);
}

fn connection(says: &[u8]) {
    let link = machine(Side::Client);
    let mut peer = Peer::saying(says, Cuts::of(says));
    let cx = &mut Context::from_waker(Waker::noop());
    let mut streams: Vec<_> = REQUESTS.iter().map(|bytes| Asked::send(&link, bytes)).collect();
    for _ in 0..MOST_ROUNDS {
        let mut moved = peer.talk(&link, |_| {});
        for stream in &mut streams {
            moved |= stream.advance(cx);
        }
        if !moved && !peer.hang_up(&link) {
            break;
        }
    }
    peer.listen(&link);
    check_requests(&Told::read(&peer.told), &streams);
    streams.iter().for_each(Asked::check);
}

/// What was asked is what was told, as far as it has come.
fn check_requests(told: &Told, asked: &[Asked]) {
    let field = |(name, value): (&str, &str)| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    let head = |method, path, more: &[(&'static str, &'static str)]| -> Vec<Field> {
        let first = [(":method", method), (":scheme", "https"), (":authority", "www.example.com"), (":path", path)];
        first.into_iter().chain(more.iter().copied()).chain([("te", "trailers")]).map(field).collect()
    };
    let expected = [head("GET", "/a?b", &[("cookie", "a=1")]), head("HEAD", "/", &[]), head("POST", "/", &[])];
    for ((expected, asked), id) in expected.iter().zip(asked).zip([1, 3, 5]) {
        let said = told.streams.get(&id).expect("every request was sent");
        assert_eq!(said.heads.first(), Some(expected));
        match &asked.body {
            Some((body, _)) if !body.is_complete() => assert!(!said.has_ended, "half a request looks complete"),
            Some(_) => {
                assert!(said.has_ended && said.content == b"hello" && said.heads[1..] == [[field(("x-sum", "7"))]]);
            }
            None => assert!(said.has_ended && said.content.is_empty() && said.heads.len() == 1),
        }
    }
}

/// A request that was sent, and what becomes of it.
struct Asked {
    stream: Stream,
    head_only: bool,
    /// What of its body was not sent.
    body: Option<(Outflow, &'static [u8])>,
    hearing: Hearing,
    /// Heads of interim answers, each with its status.
    interim: Vec<(u16, Vec<u8>)>,
}

enum Hearing {
    Head,
    Body { status: u16, framed: Body, crossing: Crossing },
    Failed,
}

impl Asked {
    fn send(link: &Link, bytes: &'static [u8]) -> Self {
        let mut head = RequestHead::default();
        assert_eq!(parse_request(&mut head, bytes, &HeadLimits::default()), Ok(Parsed::Complete));
        let (head_only, bodyless) = (head.method.of(bytes) == b"HEAD", head.framing == Framing::None);
        let key = link.change().request(head_only, bodyless, |out| write_request(&head, bytes, out));
        let stream = Stream::new(link.clone(), key.expect("nothing was heard yet"), ErrorCode::CANCEL);
        let body = (!bodyless).then(|| (Outflow::new(head.framing), &bytes[head.len..]));
        Self { stream, head_only, body, hearing: Hearing::Head, interim: Vec::new() }
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some((body, rest)) = &mut self.body
            && !rest.is_empty()
            && let Poll::Ready(Ok(count)) = body.poll_take(&self.stream, cx, rest)
        {
            *rest = &rest[count..];
            return true;
        }
        match &mut self.hearing {
            Hearing::Failed => false,
            Hearing::Body { crossing, .. } => crossing.advance(&self.stream, cx),
            Hearing::Head => {
                let Poll::Ready(answer) = self.stream.poll_answer(cx) else { return false };
                match answer {
                    Ok(answer) => self.hear(&answer),
                    Err(_) => self.hearing = Hearing::Failed,
                }
                true
            }
        }
    }

    fn hear(&mut self, answer: &Answer) {
        let mut head = Vec::new();
        let Ok(framed) = write_answer(&answer.fields, answer.ends, self.head_only, &mut head) else {
            self.hearing = Hearing::Failed;
            return;
        };
        let status = answer.fields.iter().next().map(|(_, status)| status.iter().fold(0, digit)).unwrap_or_default();
        match framed {
            None => self.interim.push((status, head)),
            Some(framed) => {
                let body = (framed != Body::None).then(|| Inflow::new(framed == Body::Chunked));
                self.hearing = Hearing::Body { status, framed, crossing: Crossing::new(head, body) };
            }
        }
    }

    fn check(&self) {
        for (status, bytes) in &self.interim {
            if let Some(head) = read_head(bytes, *status, self.head_only) {
                assert_eq!(head.len, bytes.len(), "bytes are left over");
            }
        }
        let Hearing::Body { status, framed, crossing } = &self.hearing else { return };
        let Some(head) = read_head(&crossing.bytes, *status, self.head_only) else { return };
        match framed {
            Body::None => assert!(matches!(head.framing, Framing::None | Framing::Length(0)), "{:?}", head.framing),
            Body::Declared => assert!(matches!(head.framing, Framing::Length(_)), "{:?}", head.framing),
            Body::Chunked => assert_eq!(head.framing, Framing::Chunked),
        }
        crossing.check_body(head.len, head.framing);
    }
}

fn digit(number: u16, digit: &u8) -> u16 {
    number * 10 + u16::from(digit - b'0')
}

/// The head at the start of these bytes; `None` when it is refused.
fn read_head(bytes: &[u8], status: u16, head_only: bool) -> Option<ResponseHead> {
    let mut head = ResponseHead::default();
    let parsed = parse_response(&mut head, bytes, &HeadLimits::default(), head_only).ok()?;
    assert_eq!(parsed, Parsed::Complete);
    assert_eq!(head.status, status);
    Some(head)
}
