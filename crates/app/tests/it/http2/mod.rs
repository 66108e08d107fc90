//! Visitors of HTTP/2 that want to be expensive: what they cost in memory, how they are shown out, and that others on
//! the same worker are served meanwhile. The memory is that of the process, as the system counts it.

mod frames;
mod hostile;

use frames::*;
use hostile::{Stage, hold, rush};

/// What an attack that is shown out may cost on eight connections together: their buffers, and what the allocator keeps.
const SHOWN_OUT: u64 = 24 << 20;

const ENHANCE_YOUR_CALM: u32 = 11;

/// Every flood ends with the same word, and with none of the memory that it asks for.
fn is_shown_out(name: &str, next: impl Fn(u32) -> Vec<u8> + Sync) {
    let stage = Stage::set("");
    let cost = rush(&stage, next);
    println!("{name}: {} KiB for all of them", cost.grown >> 10);
    assert!(cost.codes.iter().all(|code| *code == Some(ENHANCE_YOUR_CALM)), "{name}: {:?}", cost.codes);
    assert!(cost.grown < SHOWN_OUT, "{name}: {} KiB", cost.grown >> 10);
    assert!(cost.sent < 64 << 20, "{name}: {} KiB were taken", cost.sent >> 10);
    stage.tells_of_abuse();
}

/// CVE-2023-44487
#[test]
fn rapid_reset() {
    is_shown_out("rapid reset", |round| {
        let give_up = frame(RST_STREAM, 0, odd(round), &8_u32.to_be_bytes());
        [frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &request("GET", "/endless")), give_up].concat()
    });
}

/// CVE-2025-8671
#[test]
fn made_you_reset() {
    is_shown_out("a window that opens too far", |round| {
        let fault = frame(WINDOW_UPDATE, 0, odd(round), &[0x7f, 0xff, 0xff, 0xff]);
        [frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &request("GET", "/endless")), fault].concat()
    });
}

/// CVE-2024-27316
#[test]
fn continuation_flood() {
    is_shown_out("CONTINUATION", |round| match round {
        0 => frame(HEADERS, END_STREAM, 1, &request("GET", "/")),
        _ => frame(CONTINUATION, 0, 1, &field("x-long", &[b'x'; 16_000])),
    });
}

#[test]
fn floods_of_settings_pings_priorities_and_empty_frames() {
    let post = frame(HEADERS, END_HEADERS, 1, &request("POST", "/endless"));
    let empty = frame(DATA, 0, 1, &[]);
    let shrinking = [0, 0xff, 0xff].map(|low| frame(SETTINGS, 0, 0, &[0, 4, 0, 0, low, low])).concat();
    is_shown_out("SETTINGS", |_| frame(SETTINGS, 0, 0, &[]));
    is_shown_out("SETTINGS that open and close windows", |_| shrinking.clone());
    is_shown_out("PING", |_| frame(PING, 0, 0, &[0; 8]));
    is_shown_out("PRIORITY", |round| frame(PRIORITY, 0, odd(round), &[0, 0, 0, 0, 1]));
    is_shown_out("empty DATA", |round| if round == 0 { post.clone() } else { empty.clone() });
}

/// A table entry of 4 KiB, referred to thousands of times in a few KiB.
#[test]
fn hpack_bomb() {
    let mut head = request("GET", "/");
    head.extend(remembered("a", &[b'x'; 4_000]));
    head.extend([0xbe; 12_000]);
    is_shown_out("HPACK bomb", |round| frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &head));
}

/// What a stream costs that waits for its visitor: buffers for the request and the answer, and a piece of the answer.
const STREAM: u64 = 256 << 10;

/// No window is opened for any of many long answers.
#[test]
fn answers_that_nobody_opens_a_window_for() {
    let stage = Stage::set("");
    let connections = 4;
    let closed = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let asks: Vec<u8> = (0..STREAMS)
        .flat_map(|round| frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &request("GET", "/endless")))
        .collect();
    let cost = hold(&stage, connections, &[closed, asks].concat());
    let streams = connections as u64 * u64::from(STREAMS);
    println!("answers that nobody opens a window for: {} KiB for each of {streams} streams", (cost >> 10) / streams);
    assert!(cost < streams * STREAM, "{} KiB for each of {streams}", (cost >> 10) / streams);
}

/// What a stream costs whose answer came as fast as the origin sends, until nobody took it: read buffers grow
/// to `edge.http2_send_buffer`, and what they held last waits.
const UNREAD: u64 = 192 << 10;

/// Windows are as wide as they can be, and nothing is read.
#[test]
fn answers_that_nobody_reads() {
    let stage = Stage::set("");
    let connections = 4;
    let open = frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]);
    let wide = frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0, 0, 0]);
    let asks: Vec<u8> = (0..STREAMS)
        .flat_map(|round| frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &request("GET", "/endless")))
        .collect();
    let cost = hold(&stage, connections, &[open, wide, asks].concat());
    let streams = connections as u64 * u64::from(STREAMS);
    println!("answers that nobody reads: {} KiB for each of {streams} streams", (cost >> 10) / streams);
    assert!(cost < streams * UNREAD, "{} KiB for each of {streams}", (cost >> 10) / streams);
}

/// Requests that never end, on as many streams as there may be.
#[test]
fn many_streams_that_rest() {
    let stage = Stage::set("");
    let connections = 16;
    let asks: Vec<u8> =
        (0..STREAMS).flat_map(|round| frame(HEADERS, END_HEADERS, odd(round), &request("POST", "/"))).collect();
    let cost = hold(&stage, connections, &asks);
    let streams = connections as u64 * u64::from(STREAMS);
    println!("streams that rest: {} KiB for each of {streams}", (cost >> 10) / streams);
    assert!(cost < streams * (128 << 10), "{} KiB for each of {streams}", (cost >> 10) / streams);
}

/// Bodies that no origin takes: one connection's window for all of its streams.
#[test]
fn many_bodies_that_nobody_takes() {
    let stage = Stage::set("");
    let connections = 8;
    let body = [0; 16 << 10];
    let asks = (0..STREAMS).flat_map(|round| frame(HEADERS, END_HEADERS, odd(round), &request("POST", "/deaf")));
    let window = (0..3).flat_map(|round| frame(DATA, 0, odd(round), &body));
    let cost = hold(&stage, connections, &asks.chain(window).collect::<Vec<u8>>());
    let streams = connections as u64 * u64::from(STREAMS);
    assert!(cost < streams * (192 << 10), "{} KiB for each of {streams}", (cost >> 10) / streams);
}
