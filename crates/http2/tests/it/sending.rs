//! Who may send when, and what is said of streams that are let go.

use crate::machine::*;
use http2::{Connection, ErrorCode, Event, Key, Lost, Settings, Side};
use std::{
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

/// Writes down who was woken.
struct Bell {
    name: char,
    rung: Arc<Mutex<String>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.lock().expect("nobody panics").push(self.name);
    }
}

fn ask(connection: &mut Connection, stream: u32, flags: u8) -> Key {
    let happened = hear(connection, &head(stream, flags, &[(":method", "GET")]));
    match happened[..] {
        [Event::Request { key, .. }] => key,
        ref other => panic!("{other:?}"),
    }
}

/// The kind of each frame that waits to be said, with the last four octets of its payload as a number.
fn told(connection: &mut Connection) -> Vec<(u8, u32)> {
    let bytes = forget(connection);
    let (mut frames, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let length = u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]) as usize;
        let payload = &bytes[at + 9..at + 9 + length];
        frames.push((bytes[at + 3], payload.last_chunk().map_or(0, |octets| u32::from_be_bytes(*octets))));
        at += 9 + length;
    }
    frames
}

/// Whoever was served last is woken last, so that no stream takes all the room for ever.
#[test]
fn streams_that_wait_for_room_take_turns() {
    let mut server = Connection::new(Settings { send_room: 100, ..settings(Side::Server) });
    hear(&mut server, &[&http2::PREFACE[..], &frame(SETTINGS, 0, 0, b"")].concat());
    forget(&mut server);
    let rung = Arc::new(Mutex::new(String::new()));
    let streams: Vec<(char, Key)> =
        ['a', 'b', 'c'].into_iter().zip([1, 3, 5]).map(|(name, id)| (name, ask(&mut server, id, END_STREAM))).collect();
    let mut order: Vec<char> = vec!['a', 'b', 'c'];
    for expected in ["bca", "cab", "abc", "bca"] {
        for name in &order {
            let (_, key) = streams.iter().find(|(other, _)| other == name).expect("one of them");
            let waker = Waker::from(Arc::new(Bell { name: *name, rung: rung.clone() }));
            let cx = &mut Context::from_waker(&waker);
            // As a task does that has much to say: it goes on until it has to wait.
            while let Poll::Ready(room) = server.poll_room(*key, cx) {
                server.content(*key, &[0; 1_000][..room.expect("it is open")], false).expect("it is open");
            }
        }
        assert_eq!(*rung.lock().expect("nobody panics"), "", "nobody is woken before there is room");
        forget(&mut server);
        let woken = std::mem::take(&mut *rung.lock().expect("nobody panics"));
        assert_eq!(woken, expected);
        order = woken.chars().collect();
    }
}

/// RFC 9113 section 8.1: who has answered whole needs no more of the request; else something went wrong.
#[test]
fn a_stream_that_is_let_go_is_told_why() {
    for (asks, answers, code) in [
        (0, None, Some(ErrorCode::INTERNAL_ERROR)),
        (0, Some(false), Some(ErrorCode::INTERNAL_ERROR)),
        (END_STREAM, Some(false), Some(ErrorCode::INTERNAL_ERROR)),
        (0, Some(true), Some(ErrorCode::NO_ERROR)),
        (END_STREAM, Some(true), None),
    ] {
        let mut server = greeted(Side::Server);
        let key = ask(&mut server, 1, asks);
        if let Some(ends) = answers {
            server.head(key, ends, |out| out.status(200)).expect("it is open");
        }
        forget(&mut server);
        server.release(key, ErrorCode::INTERNAL_ERROR);
        let expected: Vec<_> = code.map(|code| (RST_STREAM, code.number())).into_iter().collect();
        assert_eq!(told(&mut server), expected, "{asks} {answers:?}");
        assert_eq!(server.open_streams(), 0);
    }
    let mut client = greeted(Side::Client);
    let key = client.request(false, true, |out| out.field(b":method", b"GET")).expect("it is open");
    forget(&mut client);
    client.release(key, ErrorCode::CANCEL);
    assert_eq!(told(&mut client), [(RST_STREAM, ErrorCode::CANCEL.number())]);
}

/// What nobody took of a stream that was let go is allowed to the others.
#[test]
fn unread_content_is_given_back_to_the_connection() {
    let mut server = Connection::new(Settings { stream_window: 40_000, ..settings(Side::Server) });
    hear(&mut server, &[&http2::PREFACE[..], &frame(SETTINGS, 0, 0, b""), &frame(SETTINGS, ACK, 0, b"")].concat());
    let key = ask(&mut server, 1, 0);
    hear(&mut server, &[frame(DATA, 0, 1, &[0; 16_000]), frame(DATA, 0, 1, &[0; 16_000])].concat());
    hear(&mut server, &frame(DATA, 0, 1, &[0; 1_000]));
    forget(&mut server);
    server.release(key, ErrorCode::CANCEL);
    assert_eq!(told(&mut server), [(RST_STREAM, ErrorCode::CANCEL.number()), (WINDOW_UPDATE, 33_000)]);
    // What was under way when it was let go is given back as well, and is no fault.
    hear(&mut server, &[frame(DATA, 0, 1, &[0; 16_000]), frame(DATA, END_STREAM, 1, &[0; 16_384])].concat());
    hear(&mut server, &head(1, END_STREAM, &[("x-sum", "7")]));
    assert_eq!(told(&mut server).len(), 0, "half a window is not reached");
    assert!(!server.has_ended());
}

/// Padding fills a window as content does, and is allowed again at once.
#[test]
fn padding_alone_does_not_shut_a_window() {
    let mut server = greeted(Side::Server);
    let _key = ask(&mut server, 1, 0);
    let padded = frame(DATA, PADDED, 1, &[&[200][..], b"x", &[0; 200]].concat());
    for _ in 0..3 {
        assert_eq!(hear(&mut server, &padded), []);
    }
    assert_eq!(told(&mut server), [(WINDOW_UPDATE, 603)]);
}

/// A peer may make windows smaller than what was sent already (RFC 9113 section 6.9.2).
#[test]
fn a_window_can_be_less_than_nothing() {
    let mut server = greeted(Side::Server);
    let key = ask(&mut server, 1, END_STREAM);
    let cx = &mut Context::from_waker(Waker::noop());
    server.content(key, &[0; 1_000], false).expect("there is room");
    let resize = |window: u32| frame(SETTINGS, 0, 0, &[&[0, 4][..], &window.to_be_bytes()].concat());
    hear(&mut server, &resize(400));
    assert_eq!(server.poll_room(key, cx), Poll::Pending);
    hear(&mut server, &frame(WINDOW_UPDATE, 0, 1, &600_u32.to_be_bytes()));
    assert_eq!(server.poll_room(key, cx), Poll::Pending);
    hear(&mut server, &frame(WINDOW_UPDATE, 0, 1, &7_u32.to_be_bytes()));
    assert_eq!(server.poll_room(key, cx), Poll::Ready(Ok(7)));
    hear(&mut server, &resize(500));
    assert_eq!(server.poll_room(key, cx), Poll::Ready(Ok(107)));
}

/// RFC 9113 section 6.8: who leaves asks whether it was heard, and takes in what was begun before.
#[test]
fn a_server_leaves_in_two_steps() {
    let mut server = greeted(Side::Server);
    let first = ask(&mut server, 1, END_STREAM);
    server.part();
    assert_eq!(told(&mut server).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [GOAWAY, PING]);
    let second = ask(&mut server, 3, END_STREAM);
    hear(&mut server, &frame(PING, ACK, 0, b"parting."));
    assert_eq!(told(&mut server), [(GOAWAY, 0)]);
    assert_eq!(hear(&mut server, &head(5, END_STREAM, &[(":method", "GET")])), [], "it is not looked at");
    for key in [first, second] {
        assert!(!server.is_done());
        server.head(key, true, |out| out.status(204)).expect("it is open");
        server.release(key, ErrorCode::CANCEL);
    }
    forget(&mut server);
    assert!(server.is_done());
}

/// RFC 9113 section 6.8: streams beyond the last that a GOAWAY names were not looked at.
#[test]
fn a_client_learns_which_requests_were_not_looked_at() {
    let mut client = greeted(Side::Client);
    let mut ask = || client.request(false, true, |out| out.field(b":method", b"GET")).expect("it is open");
    let (first, second) = (ask(), ask());
    hear(&mut client, &frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]));
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(client.poll_lost(second, cx), Poll::Ready(Lost::Untouched(ErrorCode::NO_ERROR)));
    assert_eq!(client.poll_lost(first, cx), Poll::Pending);
    assert_eq!(client.request(false, true, |_| ()), None);
    hear(&mut client, &head(1, END_STREAM, &[(":status", "200")]));
    assert!(matches!(client.poll_answer(first, cx), Poll::Ready(Ok(_))));
}

/// One request too many is refused, and its head is decoded all the same: later ones refer to it.
#[test]
fn a_refused_request_leaves_the_tables_in_step() {
    let mut server = greeted(Side::Server);
    let keys: Vec<Key> = [1, 3, 5, 7].map(|id| ask(&mut server, id, END_STREAM)).into();
    // `x-a: remembered`, put into the dynamic table (RFC 7541 section 6.2.1).
    let remembered = [&[0x40, 3][..], b"x-a", &[10], b"remembered"].concat();
    let happened = hear(&mut server, &frame(HEADERS, END_STREAM | END_HEADERS, 9, &remembered));
    assert_eq!(happened, [Event::TooMany]);
    assert_eq!(told(&mut server), [(RST_STREAM, ErrorCode::REFUSED_STREAM.number())]);
    server.release(keys[0], ErrorCode::CANCEL);
    let happened = hear(&mut server, &frame(HEADERS, END_STREAM | END_HEADERS, 11, &[0x80 | 62]));
    assert!(matches!(happened[..], [Event::Request { .. }]));
    assert_eq!(server.fields().iter().collect::<Vec<_>>(), [(&b"x-a"[..], &b"remembered"[..])]);
}

/// Refused requests, and heads for streams that were broken off, cost as frames of no use do.
#[test]
fn heads_of_no_use_are_counted() {
    let mut server = greeted(Side::Server);
    for id in [1, 3, 5, 7] {
        ask(&mut server, id, END_STREAM);
    }
    let flood: Vec<u8> = (0..100).flat_map(|round| head(9 + 2 * round, END_STREAM, &[])).collect();
    let mut bytes = &flood[..];
    let broken = loop {
        match server.receive(bytes, Instant::now()) {
            Ok(received) => bytes = &bytes[received.taken..],
            Err(broken) => break broken,
        }
    };
    assert_eq!(broken.0, ErrorCode::ENHANCE_YOUR_CALM);
}

/// Interim answers that nobody reads are bounded.
#[test]
fn the_ninth_unread_head_ends_the_stream() {
    let mut client = greeted(Side::Client);
    let key = client.request(false, true, |out| out.field(b":method", b"GET")).expect("it is open");
    let cx = &mut Context::from_waker(Waker::noop());
    let interim = head(1, 0, &[(":status", "103")]);
    hear(&mut client, &interim.repeat(8));
    assert_eq!(client.poll_lost(key, cx), Poll::Pending);
    hear(&mut client, &interim);
    assert_eq!(client.poll_lost(key, cx), Poll::Ready(Lost::Refused(ErrorCode::ENHANCE_YOUR_CALM)));
}

/// A head that is longer than the peer takes in one frame goes out in several (RFC 9113 section 6.10).
#[test]
fn a_long_head_is_cut() {
    let mut server = greeted(Side::Server);
    let key = ask(&mut server, 1, END_STREAM);
    server
        .head(key, true, |out| {
            out.status(200);
            (0..5).for_each(|_| out.secret(b"x-long", &[b'v'; 9_000]));
        })
        .expect("it is open");
    let bytes = forget(&mut server);
    let (mut kinds, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let length = u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]) as usize;
        assert!(length <= 16 << 10);
        kinds.push((bytes[at + 3], bytes[at + 4]));
        at += 9 + length;
    }
    assert_eq!(kinds, [(HEADERS, END_STREAM), (CONTINUATION, 0), (CONTINUATION, END_HEADERS)]);
}

/// RFC 9113 sections 6.5.2 and 8.6: what a server must not say.
#[test]
fn a_server_neither_pushes_nor_switches() {
    let mut client = greeted(Side::Client);
    let key = client.request(false, true, |out| out.field(b":method", b"GET")).expect("it is open");
    hear(&mut client, &head(1, 0, &[(":status", "101")]));
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(client.poll_lost(key, cx), Poll::Ready(Lost::Refused(ErrorCode::PROTOCOL_ERROR)));
    hear(&mut client, &frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 1]));
    assert!(client.has_ended());
}
