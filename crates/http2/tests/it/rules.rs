//! What ends a connection, rule by rule, and what does not.

use crate::machine::*;
use http2::{Broken, Connection, ErrorCode, Side};
use std::time::Instant;

/// Why a server ends a connection on which it hears this, if it does.
fn verdict(said: &[u8]) -> Option<ErrorCode> {
    judged(&mut greeted(Side::Server), said)
}

fn judged(connection: &mut Connection, mut said: &[u8]) -> Option<ErrorCode> {
    loop {
        match connection.receive(said, Instant::now()) {
            Err(Broken(code)) => return Some(code),
            Ok(received) if received.event.is_none() => return None,
            Ok(received) => said = &said[received.taken..],
        }
    }
}

fn setting(id: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

/// Each row names the section of RFC 9113 whose rule it is.
#[test]
fn what_breaks_a_rule_of_the_connection_ends_it() {
    use ErrorCode as E;
    let get = head(1, END_STREAM, &[(":method", "GET")]);
    let post = head(1, 0, &[(":method", "POST")]);
    let cut = frame(HEADERS, 0, 1, &block(&[(":method", "GET")]));
    for (rule, said, expected) in [
        ("4.2: longer than is accepted", vec![0, 0x40, 1, DATA, 0, 0, 0, 0, 1], Some(E::FRAME_SIZE_ERROR)),
        ("4.3: a head that cannot be decoded", frame(HEADERS, END_HEADERS, 1, &[0x80]), Some(E::COMPRESSION_ERROR)),
        ("5.1: content on a stream that was never begun", frame(DATA, 0, 1, b"x"), Some(E::PROTOCOL_ERROR)),
        (
            "5.1: a window on a stream that was never begun",
            frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
            Some(E::PROTOCOL_ERROR),
        ),
        ("5.1: a reset of a stream that was never begun", frame(RST_STREAM, 0, 1, &[0; 4]), Some(E::PROTOCOL_ERROR)),
        ("5.1: content behind the end", [&get[..], &frame(DATA, 0, 1, b"x")].concat(), Some(E::STREAM_CLOSED)),
        ("5.1: a head behind the end", [&get[..], &get].concat(), Some(E::STREAM_CLOSED)),
        ("5.1.1: a stream of the server's", head(2, END_STREAM, &[(":method", "GET")]), Some(E::PROTOCOL_ERROR)),
        (
            "5.1.1: a lower stream",
            [&head(5, END_STREAM, &[])[..], &head(3, END_STREAM, &[])].concat(),
            Some(E::STREAM_CLOSED),
        ),
        ("5.5: a kind that nobody knows", frame(0x42, 0xff, 7, b"x"), None),
        ("5.5: such a one within a head", [&cut[..], &frame(0x42, 0, 1, b"")].concat(), Some(E::PROTOCOL_ERROR)),
        ("6.1: content of the connection", frame(DATA, 0, 0, b"x"), Some(E::PROTOCOL_ERROR)),
        (
            "6.1: padding beyond the frame",
            [&post[..], &frame(DATA, PADDED, 1, &[3, 0, 0])].concat(),
            Some(E::PROTOCOL_ERROR),
        ),
        ("6.1: padding that fills the frame", [&post[..], &frame(DATA, PADDED, 1, &[2, 0, 0])].concat(), None),
        ("6.2: a head of the connection", head(0, 0, &[]), Some(E::PROTOCOL_ERROR)),
        ("6.2: padding beyond the frame", frame(HEADERS, PADDED | END_HEADERS, 1, &[1]), Some(E::PROTOCOL_ERROR)),
        ("6.3: a priority of the connection", frame(PRIORITY, 0, 0, &[0; 5]), Some(E::PROTOCOL_ERROR)),
        ("6.3: a priority of another length", frame(PRIORITY, 0, 1, &[0; 4]), Some(E::FRAME_SIZE_ERROR)),
        ("6.3: a priority before its stream", frame(PRIORITY, 0, 9, &[0; 5]), None),
        ("6.4: a reset of the connection", frame(RST_STREAM, 0, 0, &[0; 4]), Some(E::PROTOCOL_ERROR)),
        (
            "6.4: a reset of another length",
            [&post[..], &frame(RST_STREAM, 0, 1, &[0; 5])].concat(),
            Some(E::FRAME_SIZE_ERROR),
        ),
        ("6.5: settings of a stream", frame(SETTINGS, 0, 1, b""), Some(E::PROTOCOL_ERROR)),
        ("6.5: settings of another length", frame(SETTINGS, 0, 0, &[0; 5]), Some(E::FRAME_SIZE_ERROR)),
        ("6.5: an acknowledgement that says more", frame(SETTINGS, ACK, 0, &[0; 6]), Some(E::FRAME_SIZE_ERROR)),
        ("6.5.2: push that is neither on nor off", setting(2, 2), Some(E::PROTOCOL_ERROR)),
        ("6.5.2: a window that is too large", setting(4, 1 << 31), Some(E::FLOW_CONTROL_ERROR)),
        ("6.5.2: a frame that is too short", setting(5, (16 << 10) - 1), Some(E::PROTOCOL_ERROR)),
        ("6.5.2: a frame that is too long", setting(5, 1 << 24), Some(E::PROTOCOL_ERROR)),
        ("6.5.2: a setting that nobody knows", setting(0x4242, 7), None),
        ("6.6: a promise of a client's", frame(PUSH_PROMISE, 0, 1, &[0; 4]), Some(E::PROTOCOL_ERROR)),
        ("6.7: a ping of a stream", frame(PING, 0, 1, &[0; 8]), Some(E::PROTOCOL_ERROR)),
        ("6.7: a ping of another length", frame(PING, 0, 0, &[0; 7]), Some(E::FRAME_SIZE_ERROR)),
        ("6.8: a goodbye of a stream", frame(GOAWAY, 0, 1, &[0; 8]), Some(E::PROTOCOL_ERROR)),
        ("6.8: a goodbye of another length", frame(GOAWAY, 0, 0, &[0; 7]), Some(E::FRAME_SIZE_ERROR)),
        ("6.8: a goodbye with a word", frame(GOAWAY, 0, 0, &[0; 12]), None),
        ("6.9: a window of another length", frame(WINDOW_UPDATE, 0, 0, &[0; 3]), Some(E::FRAME_SIZE_ERROR)),
        ("6.9: a window that grows by nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), Some(E::PROTOCOL_ERROR)),
        (
            "6.9.1: a window that grows too large",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            Some(E::FLOW_CONTROL_ERROR),
        ),
        ("6.10: a fragment of no head", frame(CONTINUATION, END_HEADERS, 1, b""), Some(E::PROTOCOL_ERROR)),
        (
            "6.10: a fragment of another head",
            [&cut[..], &frame(CONTINUATION, END_HEADERS, 3, b"")].concat(),
            Some(E::PROTOCOL_ERROR),
        ),
        (
            "6.10: another frame within a head",
            [&cut[..], &frame(PING, 0, 0, &[0; 8])].concat(),
            Some(E::PROTOCOL_ERROR),
        ),
        ("6.10: a head in two frames", [&cut[..], &frame(CONTINUATION, END_HEADERS, 1, b"")].concat(), None),
    ] {
        assert_eq!(verdict(&said), expected, "{rule}");
    }
}

/// A head whose compressed form is more than four times the list that is kept ends the connection, whether its frame
/// comes whole or byte by byte.
#[test]
fn a_head_that_is_far_too_long_is_refused_wherever_it_is_cut() {
    let long = frame(HEADERS, END_HEADERS, 1, &[0x82; 4 * 512 + 1]);
    assert_eq!(verdict(&long), Some(ErrorCode::ENHANCE_YOUR_CALM));
    assert_eq!(judged(&mut greeted(Side::Server), &long[..9]), Some(ErrorCode::ENHANCE_YOUR_CALM));
    assert_eq!(verdict(&frame(HEADERS, END_HEADERS, 1, &[0x82; 4 * 512])), None);
}

/// RFC 9113 section 3.4.
#[test]
fn a_connection_begins_with_the_preface_and_settings() {
    let begun = |said: &[u8]| {
        let mut connection = Connection::new(settings(Side::Server));
        judged(&mut connection, said)
    };
    assert_eq!(begun(b"GET / HTTP/1.1\r\n"), Some(ErrorCode::PROTOCOL_ERROR));
    assert_eq!(begun(&http2::PREFACE[..23]), None);
    let then = |frame: Vec<u8>| begun(&[&http2::PREFACE[..], &frame].concat());
    assert_eq!(then(frame(PING, 0, 0, &[0; 8])), Some(ErrorCode::PROTOCOL_ERROR));
    assert_eq!(then(frame(SETTINGS, ACK, 0, b"")), Some(ErrorCode::PROTOCOL_ERROR));
    assert_eq!(then(frame(SETTINGS, 0, 0, b"")), None);
}

/// RFC 9113 sections 6.7 and 6.5.3.
#[test]
fn what_asks_for_an_answer_is_answered() {
    let mut connection = greeted(Side::Server);
    hear(&mut connection, &[frame(PING, 0, 0, b"12345678"), frame(SETTINGS, 0, 0, b"")].concat());
    assert_eq!(forget(&mut connection), [frame(PING, ACK, 0, b"12345678"), frame(SETTINGS, ACK, 0, b"")].concat());
}
