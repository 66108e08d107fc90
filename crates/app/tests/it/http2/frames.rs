//! Frames of HTTP/2, written by hand.

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// As many streams as a connection may have by default.
pub const STREAMS: u32 = 128;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The number of a visitor's stream.
pub fn odd(round: u32) -> u32 {
    2 * round + 1
}

/// The head of a request of the site, without compression.
pub fn request(method: &str, path: &str) -> Vec<u8> {
    let fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", super::hostile::HOST)];
    fields.iter().flat_map(|(name, value)| field(name, value.as_bytes())).collect()
}

/// A field that no table knows, nor shall remember (RFC 7541 section 6.2.2).
pub fn field(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0][..], &text(name.as_bytes()), &text(value)].concat()
}

/// A field that the table remembers at its front (RFC 7541 section 6.2.1).
pub fn remembered(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0x40][..], &text(name.as_bytes()), &text(value)].concat()
}

/// A string with its length (RFC 7541 sections 5.1 and 5.2).
fn text(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match bytes.len() {
        short @ ..127 => out.push(short as u8),
        long => {
            out.push(127);
            let mut rest = long - 127;
            while rest >= 128 {
                out.push((rest % 128) as u8 | 0x80);
                rest /= 128;
            }
            out.push(rest as u8);
        }
    }
    out.extend_from_slice(bytes);
    out
}

/// The whole frames at the front: how long they are, and the code of the last GOAWAY among them.
pub fn look_through(frames: &[u8]) -> (usize, Option<u32>) {
    let (mut at, mut code) = (0, None);
    while let Some(head) = frames.get(at..).and_then(|rest| rest.first_chunk::<9>()) {
        let length = 9 + u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let Some(frame) = frames.get(at..at + length) else { break };
        if head[3] == GOAWAY {
            code = frame.get(13..17).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes);
        }
        at += length;
    }
    (at, code)
}
