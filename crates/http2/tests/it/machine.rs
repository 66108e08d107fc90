//! A machine with small bounds, and frames as a peer would send them.

use http2::{Connection, Event, PREFACE, Settings, Side};
use std::time::{Duration, Instant};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

/// What the machines of these tests may cost.
pub fn settings(side: Side) -> Settings {
    Settings {
        side,
        streams: 4,
        stream_window: 1024,
        connection_window: 65_535,
        frame: 16 << 10,
        list_size: 512,
        connect_protocol: false,
        send_room: 64 << 10,
        faults: 8,
        control_frames: 64,
        within: Duration::from_secs(10),
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, l0, l1, l2] = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&[l0, l1, l2, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// Literal fields that no table knows, each with a short name and value.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).expect("a short text");
    let mut block = Vec::new();
    for (name, value) in fields {
        block.extend_from_slice(&[0, length(name)]);
        block.extend_from_slice(name.as_bytes());
        block.push(length(value));
        block.extend_from_slice(value.as_bytes());
    }
    block
}

pub fn head(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, flags | END_HEADERS, stream, &block(fields))
}

/// A machine to which the peer has said how it is, and that it has heard our settings.
pub fn greeted(side: Side) -> Connection {
    let mut connection = Connection::new(settings(side));
    let preface: &[u8] = if side == Side::Server { PREFACE } else { b"" };
    let greeting = [preface, &frame(SETTINGS, 0, 0, b""), &frame(SETTINGS, ACK, 0, b"")].concat();
    assert_eq!(hear(&mut connection, &greeting), []);
    forget(&mut connection);
    connection
}

/// Lets a machine hear all of this; what happens. A machine that breaks off hears no more.
pub fn hear(connection: &mut Connection, mut bytes: &[u8]) -> Vec<Event> {
    let mut happened = Vec::new();
    while let Ok(received) = connection.receive(bytes, Instant::now()) {
        bytes = &bytes[received.taken..];
        match received.event {
            Some(event) => happened.push(event),
            None => break,
        }
    }
    happened
}

/// Takes away what waits to be said.
pub fn forget(connection: &mut Connection) -> Vec<u8> {
    let told = connection.output().to_vec();
    connection.sent(told.len());
    told
}
