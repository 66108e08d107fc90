//! The way back: an origin's frames, as answers to a GET, a HEAD and a POST.

use super::{
    inflow::Inflow,
    origin_head::{request, write_answer_head, write_interim_head},
    outflow::Outflow,
    peer::Peer,
    request_head::Body,
    stream::Crossing,
};
use bytes::Bytes;
use h2::client::{self, ResponseFuture, SendRequest};
use http::{Response, StatusCode};
use std::{
    cell::Cell,
    future::Future,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};
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
    let gone = Rc::new(Cell::new(false));
    let peer = Peer::saying(&[SETTINGS, bytes], gone.clone());
    let mut builder = client::Builder::new();
    builder.enable_push(false).initial_window_size(1024);
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok((mut requests, connection))) = pin!(builder.handshake::<_, Bytes>(peer)).as_mut().poll(cx)
    else {
        return;
    };
    let mut connection = pin!(connection);
    let mut streams: Vec<_> = REQUESTS.iter().filter_map(|bytes| Asked::send(&mut requests, bytes)).collect();
    let mut ended = false;
    for _ in 0..MOST_ROUNDS {
        if !ended {
            ended = connection.as_mut().poll(cx).is_ready();
        }
        let mut moved = false;
        for stream in &mut streams {
            moved |= stream.advance(cx);
        }
        if !moved && gone.replace(true) {
            break;
        }
    }
    streams.iter().for_each(Asked::check);
}

/// A request that was sent, and what becomes of it.
struct Asked {
    head_only: bool,
    body: Option<Outflow>,
    hearing: Hearing,
    /// Heads of interim answers, each with its status.
    interim: Vec<(StatusCode, Vec<u8>)>,
}

enum Hearing {
    Head(ResponseFuture),
    Body { status: StatusCode, framed: Body, crossing: Crossing },
    Failed,
}

impl Asked {
    fn send(requests: &mut SendRequest<Bytes>, bytes: &[u8]) -> Option<Self> {
        let mut head = RequestHead::default();
        assert_eq!(parse_request(&mut head, bytes, &HeadLimits::default()), Ok(Parsed::Complete));
        let bodyless = head.framing == Framing::None;
        let request = request(&head, bytes).expect("a request of ours");
        let head_only = request.method() == http::Method::HEAD;
        let (answer, stream) = requests.send_request(request, bodyless).ok()?;
        let body = (!bodyless).then(|| {
            let mut body = Outflow::new(stream, head.framing);
            body.absorb(&bytes[head.len..]).expect("a body of ours");
            body
        });
        Some(Self { head_only, body, hearing: Hearing::Head(answer), interim: Vec::new() })
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(body) = &mut self.body {
            let _ = body.poll_flush(cx);
        }
        match &mut self.hearing {
            Hearing::Failed => false,
            Hearing::Body { crossing, .. } => crossing.advance(cx),
            Hearing::Head(answer) => {
                if let Poll::Ready(Some(interim)) = answer.poll_informational(cx) {
                    match interim {
                        Ok(interim) => self.note_interim(&interim),
                        Err(_) => self.hearing = Hearing::Failed,
                    }
                    return true;
                }
                let Poll::Ready(answer) = Pin::new(answer).poll(cx) else { return false };
                self.hearing = answer.map_or(Hearing::Failed, |answer| begin(answer, self.head_only));
                true
            }
        }
    }

    fn note_interim(&mut self, interim: &Response<()>) {
        let mut head = Vec::new();
        write_interim_head(interim.status(), interim.headers(), &mut head);
        self.interim.push((interim.status(), head));
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

fn begin(answer: Response<h2::RecvStream>, head_only: bool) -> Hearing {
    let (parts, stream) = answer.into_parts();
    let mut head = Vec::new();
    let framed = write_answer_head(parts.status, &parts.headers, stream.is_end_stream(), head_only, &mut head);
    let body = (framed != Body::None).then(|| Inflow::new(stream, framed == Body::Chunked));
    Hearing::Body { status: parts.status, framed, crossing: Crossing::new(head, body) }
}

/// The head at the start of these bytes; `None` when it is refused.
fn read_head(bytes: &[u8], status: StatusCode, head_only: bool) -> Option<ResponseHead> {
    let mut head = ResponseHead::default();
    let parsed = parse_response(&mut head, bytes, &HeadLimits::default(), head_only).ok()?;
    assert_eq!(parsed, Parsed::Complete);
    assert_eq!(head.status, status.as_u16());
    Some(head)
}
