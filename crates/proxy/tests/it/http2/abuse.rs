//! Visitors that cost more than they may: their connection ends with a word, it is counted and recorded, and others are
//! served. What they cost in memory is measured from outside, by the tests of the binary.

use super::{
    client::{Client, get},
    frames::*,
};
use crate::{edge::Edge, site::Site};
use proxy::{MinimumRate, Settings};
use std::time::Duration;
use testkit::{Answer, Origin};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};

const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE_ERROR: u32 = 6;
const COMPRESSION_ERROR: u32 = 9;
const ENHANCE_YOUR_CALM: u32 = 11;

async fn edge_with(origin: &Origin, change: impl FnOnce(&mut Settings)) -> Edge {
    let plain = |settings: &mut Settings| {
        settings.http2.cleartext = true;
        change(settings);
    };
    Edge::start_with(&Site::new(&[origin.address()]), plain).await
}

async fn edge_for(origin: &Origin) -> Edge {
    edge_with(origin, |_| {}).await
}

/// That the connection was ended for costing too much is counted and recorded, and others are served.
async fn is_told_and_others_are_served(edge: &Edge, origin: &Origin) {
    origin.set(|_| Answer::ok("hello"));
    assert_eq!(edge.get("/").await.text(), "hello");
    let record = edge.wait_for_record_of("http2_abuse").await;
    let refused = "bellwether_connections_refused_total{why=\"abuse\"} 1\n";
    let counted = edge.telemetry.scrape();
    assert!(counted.contains(refused), "{counted}");
    assert_eq!(record["ClientRequestProtocol"], "HTTP/2");
    assert!(record["ClientRequestBytes"].as_u64() > Some(0), "{record}");
}

/// Rapid reset (CVE-2023-44487): requests that are given up at once.
#[tokio::test]
async fn requests_that_are_given_up_all_the_time_end_the_connection() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let edge = edge_for(&origin).await;
    let both = |round| {
        let give_up = frame(RST_STREAM, 0, odd(round), &8_u32.to_be_bytes());
        [frame(HEADERS, END_STREAM | END_HEADERS, odd(round), GET), give_up].concat()
    };
    assert_eq!(Hand::connect(&edge).await.flood(both).await, ENHANCE_YOUR_CALM);
    is_told_and_others_are_served(&edge, &origin).await;
}

/// Slow enough for every request to have been begun before it is given up.
#[tokio::test]
async fn requests_that_are_given_up_one_by_one_end_the_connection() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let edge = edge_with(&origin, |settings| settings.http2.resets = 5).await;
    let mut hand = Hand::connect(&edge).await;
    for round in 0..6 {
        hand.send(&frame(HEADERS, END_STREAM | END_HEADERS, odd(round), GET)).await;
        origin.wait_for_requests(round as usize + 1).await;
        hand.send(&frame(RST_STREAM, 0, odd(round), &8_u32.to_be_bytes())).await;
    }
    assert_eq!(hand.end().await, Some(ENHANCE_YOUR_CALM));
    is_told_and_others_are_served(&edge, &origin).await;
    let given_up = edge.records().into_iter().filter(|record| record["EdgeResponseStatus"] == 499);
    assert_eq!(given_up.count(), 6);
}

/// MadeYouReset (CVE-2025-8671): faults that make the edge give up.
#[tokio::test]
async fn faults_that_make_the_edge_give_up_end_the_connection() {
    let overflow = frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]);
    let faults: [(&str, u8, Vec<u8>); 3] = [
        ("a window that opens beyond all bounds", END_STREAM, overflow),
        ("trailers that do not end", 0, frame(HEADERS, END_HEADERS, 0, b"")),
        ("a stream that depends on itself", END_STREAM, frame(PRIORITY, 0, 0, &[0; 5])),
    ];
    for (name, ends, fault) in faults {
        let origin = Origin::start(|_| Answer::silence()).await;
        let edge = edge_for(&origin).await;
        let both = |round| {
            let stream = odd(round).to_be_bytes();
            let mut fault = fault.clone();
            fault[5..9].copy_from_slice(&stream);
            if fault[3] == PRIORITY {
                fault[9..13].copy_from_slice(&stream);
            }
            [frame(HEADERS, ends | END_HEADERS, odd(round), GET), fault].concat()
        };
        assert_eq!(Hand::connect(&edge).await.flood(both).await, ENHANCE_YOUR_CALM, "{name}");
        is_told_and_others_are_served(&edge, &origin).await;
    }
}

/// What leaves no doubt ends the connection at the first time: there is nothing to be repeated.
#[tokio::test]
async fn faults_of_the_connection_end_it_at_once() {
    let open = frame(HEADERS, END_STREAM | END_HEADERS, 1, GET);
    let then = |fault: Vec<u8>| [open.clone(), fault].concat();
    let faults = [
        ("a window update of nothing", then(frame(WINDOW_UPDATE, 0, 1, &[0; 4])), PROTOCOL_ERROR),
        ("trailers behind the end", then(frame(HEADERS, END_STREAM | END_HEADERS, 1, b"")), STREAM_CLOSED),
        ("a body behind the end", then(frame(DATA, 0, 1, b"more")), STREAM_CLOSED),
        ("a stream of the server's", frame(HEADERS, END_STREAM | END_HEADERS, 2, GET), PROTOCOL_ERROR),
        ("a reset of nothing", frame(RST_STREAM, 0, 9, &[0; 4]), PROTOCOL_ERROR),
        ("an overflow", frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), FLOW_CONTROL_ERROR),
        ("a window of 4 GiB", frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]), FLOW_CONTROL_ERROR),
        ("an index of no table", frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xff\xff\x7f"), COMPRESSION_ERROR),
        ("no HTTP/2", vec![0xff; 64], FRAME_SIZE_ERROR),
    ];
    let origin = Origin::start(|_| Answer::silence()).await;
    for (name, fault, code) in faults {
        let edge = edge_for(&origin).await;
        let mut hand = Hand::connect(&edge).await;
        hand.send(&fault).await;
        assert_eq!(hand.end().await, Some(code), "{name}");
        edge.wait_for_record_of("http2_broken").await;
    }
}

/// CONTINUATION flood (CVE-2024-27316).
#[tokio::test]
async fn a_head_without_end_ends_the_connection() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let endless = |round| match round {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, &[b"\x00\x01a\x7f\x80\x7e".as_slice(), &[b'x'; 253]].concat()),
    };
    assert_eq!(Hand::connect(&edge).await.flood(endless).await, ENHANCE_YOUR_CALM);
    is_told_and_others_are_served(&edge, &origin).await;
    let empty = |round| match round {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, b""),
    };
    assert_eq!(Hand::connect(&edge).await.flood(empty).await, ENHANCE_YOUR_CALM);
}

/// A head that comes, but not to its end.
#[tokio::test]
async fn a_head_that_trickles_in_has_only_the_time_of_a_head() {
    let origin = Origin::saying("hello").await;
    let edge = edge_with(&origin, |settings| settings.timeouts.request_head = Duration::from_millis(200)).await;
    let mut hand = Hand::connect(&edge).await;
    let began = Instant::now();
    hand.send(&frame(HEADERS, END_STREAM, 1, GET)).await;
    assert_eq!(hand.end().await, Some(ENHANCE_YOUR_CALM));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    is_told_and_others_are_served(&edge, &origin).await;
}

/// One short field that the table remembers, referred to without end: a few bytes become many.
#[tokio::test]
async fn a_head_that_unpacks_without_end_ends_the_connection() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let remembered = [&b"\x40\x01a\x7f\xa1\x1e"[..], &[b'x'; 4_000]].concat();
    let bomb = [GET, &remembered, &[0xbe; 8_000]].concat();
    let bomb = |round| frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &bomb);
    assert_eq!(Hand::connect(&edge).await.flood(bomb).await, ENHANCE_YOUR_CALM);
    is_told_and_others_are_served(&edge, &origin).await;
}

#[tokio::test]
async fn frames_of_nothing_end_the_connection() {
    let origin = Origin::start_early(|_| Answer::silence()).await;
    let edge = edge_for(&origin).await;
    let empty = |round| match round {
        0 => frame(HEADERS, END_HEADERS, 1, POST),
        _ => frame(DATA, 0, 1, &[]),
    };
    assert_eq!(Hand::connect(&edge).await.flood(empty).await, ENHANCE_YOUR_CALM);
    is_told_and_others_are_served(&edge, &origin).await;
}

/// Frames that have to be answered, or looked at, and serve no request.
#[tokio::test]
async fn frames_beside_requests_end_the_connection() {
    let floods = [
        ("SETTINGS", frame(SETTINGS, 0, 0, &[])),
        ("SETTINGS that change every window", frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 9, 0, 4, 0, 0, 0xff, 0xff])),
        ("PING", frame(PING, 0, 0, &[0; 8])),
        ("PING that answers nothing", frame(PING, 1, 0, &[0; 8])),
        ("PRIORITY", frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 1])),
        ("a kind that nobody knows", frame(0xbe, 0, 0, b"")),
    ];
    for (name, flood) in floods {
        let origin = Origin::saying("hello").await;
        let edge = edge_for(&origin).await;
        assert_eq!(Hand::connect(&edge).await.flood(|_| flood.clone()).await, ENHANCE_YOUR_CALM, "{name}");
        is_told_and_others_are_served(&edge, &origin).await;
    }
}

/// PING and SETTINGS have to be answered. A visitor that reads no answers is not read from without end.
#[tokio::test]
async fn questions_whose_answers_nobody_reads_are_not_kept() {
    let origin = Origin::saying("hello").await;
    let edge = edge_with(&origin, |settings| settings.http2.control_frames = usize::MAX).await;
    for (kind, payload) in [(PING, &[0_u8; 8][..]), (SETTINGS, &[])] {
        let mut hand = Hand::connect(&edge).await;
        let questions = frame(kind, 0, 0, payload).repeat(4096);
        let mut taken = 0_usize;
        // Until the sockets between us are full.
        while let Ok(Ok(())) = timeout(Duration::from_millis(400), hand.socket.write_all(&questions)).await {
            taken += questions.len();
            assert!(taken < 64 << 20, "the edge takes questions without end");
        }
        assert_eq!(edge.get("/").await.text(), "hello");
    }
}

/// Every stream may ask for a body's worth of memory; together they get one connection's.
#[tokio::test]
async fn bodies_that_no_origin_takes_are_bounded_together() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let site = Site::new(&[listener.local_addr().expect("an address")]);
    let edge = Edge::start_with(&site, |settings| settings.http2.cleartext = true).await;
    let mut hand = Hand::connect(&edge).await;
    for round in 0..128 {
        hand.send(&frame(HEADERS, END_HEADERS, odd(round), POST)).await;
    }
    // The windows are not looked at: whoever goes beyond them is shown out.
    let mut sent = 0_usize;
    let code = hand.flood(|round| {
        sent += 16 << 10;
        frame(DATA, 0, odd(round % 128), &[0; 16 << 10])
    });
    assert_eq!(code.await, FLOW_CONTROL_ERROR);
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert_eq!(edge.get("/cdn-cgi/trace").await.status, 200);
}

/// Malformed by what we know of HTTP/2, and by what the library knows.
#[tokio::test]
async fn malformed_requests_one_after_the_other_end_the_connection() {
    let origin = Origin::saying("hello").await;
    let heads: [(&str, Vec<u8>); 2] = [
        ("a path that is none", b"\x82\x87\x04\x01*\x01\x0fwww.example.com".to_vec()),
        ("a field of a connection", [GET, &field("connection", "close")].concat()),
    ];
    for (name, head) in heads {
        let edge = edge_for(&origin).await;
        let ask = |round| frame(HEADERS, END_STREAM | END_HEADERS, odd(round), &head);
        assert_eq!(Hand::connect(&edge).await.flood(ask).await, ENHANCE_YOUR_CALM, "{name}");
        is_told_and_others_are_served(&edge, &origin).await;
    }
}

/// A visitor that opens its windows byte by byte has what it asks for sent to it byte by byte, up to a point.
#[tokio::test]
async fn windows_that_open_byte_by_byte_are_given_up() {
    let origin = Origin::start(|_| Answer::ok(vec![b'x'; 1 << 20])).await;
    let rate = MinimumRate { bytes_per_second: 10_000, window: Duration::from_millis(500) };
    let edge = edge_with(&origin, |settings| settings.limits.minimum_read_rate = rate).await;
    let mut hand = Hand::connect(&edge).await;
    // No stream has any window at first.
    hand.send(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])).await;
    hand.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, GET)).await;
    let began = Instant::now();
    while edge.records().is_empty() && began.elapsed() < Duration::from_secs(8) {
        hand.send(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(edge.get("/cdn-cgi/trace").await.status, 200);
    }
    assert_eq!(edge.wait_for_record_of("client_read_too_slow").await["ClientRequestProtocol"], "HTTP/2");
}

/// Windows are open, and nothing is read from the socket: what waits there belongs to no request any more.
#[tokio::test]
async fn a_connection_that_is_not_read_from_is_given_up() {
    let origin = Origin::start(|_| Answer::ok(vec![b'x'; 4 << 20])).await;
    let rate = MinimumRate { bytes_per_second: 10_000, window: Duration::from_millis(500) };
    let edge = edge_with(&origin, |settings| settings.limits.minimum_read_rate = rate).await;
    let mut hand = Hand::connect(&edge).await;
    hand.send(&frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff])).await;
    hand.send(&frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0, 0, 0])).await;
    for round in 0..8 {
        hand.send(&frame(HEADERS, END_STREAM | END_HEADERS, odd(round), GET)).await;
    }
    let gone = async {
        while hand.socket.write_all(&frame(PING, 0, 0, &[0; 8])).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.expect("the edge hangs up");
}

/// The share of requests that a connection may carry is told in time, and whoever does not listen is shown out.
#[tokio::test]
async fn a_connection_carries_as_many_requests_as_it_may() {
    let origin = Origin::saying("hello").await;
    let few = |settings: &mut Settings| {
        settings.limits.requests_per_connection = 3;
        settings.http2.streams = 10;
    };
    let edge = edge_with(&origin, few).await;
    let mut client = Client::connect_plain(&edge, h2::client::Builder::new()).await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.text(), "hello");
    }
    let over = timeout(crate::edge::PATIENCE, client.connection).await.expect("it ends").expect("no panic");
    over.expect("a graceful end");
    assert!(client.requests.send_request(get("/"), true).is_err());
    // The PING that asks whether the word has arrived is not answered, and requests go on.
    let ask = |round| frame(HEADERS, END_STREAM | END_HEADERS, odd(round), GET);
    let mut hand = Hand::connect(&edge).await;
    for round in 0..13 {
        hand.send(&ask(round)).await;
        origin.wait_for_requests(4 + round as usize).await;
    }
    hand.send(&ask(13)).await;
    assert_eq!(hand.end().await, Some(ENHANCE_YOUR_CALM));
    edge.wait_for_record_of("http2_abuse").await;
}
