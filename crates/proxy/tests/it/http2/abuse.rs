//! Visitors that cost more than they may: their connection ends, and others are served.

use super::frames::*;
use crate::{edge::Edge, site::Site};
use proxy::Settings;
use std::time::Duration;
use testkit::{Answer, Origin};
use tokio::{io::AsyncWriteExt, time::timeout};

const ENHANCE_YOUR_CALM: Option<u32> = Some(11);

async fn edge_for(origin: &Origin) -> Edge {
    let plain = |settings: &mut Settings| {
        settings.http2.cleartext = true;
        settings.timeouts.linger = Duration::from_millis(100);
    };
    Edge::start_with(&Site::new(&[origin.address()]), plain).await
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
    let code = Hand::connect(&edge).await.flood(both).await;
    assert!(matches!(code, ENHANCE_YOUR_CALM | None), "{code:?}");
    origin.set(|_| Answer::ok("hello"));
    assert_eq!(edge.get("/").await.text(), "hello");
    let refused = "bellwether_connections_refused_total{why=\"abuse\"} 1";
    assert!(edge.telemetry.metrics.encode().contains(refused), "it is counted");
}

/// Slow enough for every request to have been begun before it is given up.
#[tokio::test]
async fn requests_that_are_given_up_one_by_one_end_the_connection() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let few = |settings: &mut Settings| {
        settings.http2.cleartext = true;
        settings.http2.resets = 5;
        settings.timeouts.linger = Duration::from_millis(100);
    };
    let edge = Edge::start_with(&Site::new(&[origin.address()]), few).await;
    let mut hand = Hand::connect(&edge).await;
    for round in 0..6 {
        let ask = frame(HEADERS, END_STREAM | END_HEADERS, odd(round), GET);
        hand.socket.write_all(&ask).await.expect("it is taken");
        origin.wait_for_requests(round as usize + 1).await;
        let give_up = frame(RST_STREAM, 0, odd(round), &8_u32.to_be_bytes());
        hand.socket.write_all(&give_up).await.expect("it is taken");
    }
    assert_eq!(hand.flood(|_| Vec::new()).await, ENHANCE_YOUR_CALM);
    assert_eq!(edge.wait_for_records(6).await[5]["EdgeResponseStatus"], 499);
}

/// MadeYouReset (CVE-2025-8671): faults that make the edge give up.
#[tokio::test]
async fn faults_that_make_the_edge_give_up_end_the_connection() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let edge = edge_for(&origin).await;
    let both = |round| {
        let fault = frame(WINDOW_UPDATE, 0, odd(round), &0_u32.to_be_bytes());
        [frame(HEADERS, END_STREAM | END_HEADERS, odd(round), GET), fault].concat()
    };
    let code = Hand::connect(&edge).await.flood(both).await;
    assert!(code.is_some(), "the connection is ended with a word");
    origin.set(|_| Answer::ok("hello"));
    assert_eq!(edge.get("/").await.text(), "hello");
}

#[tokio::test]
async fn a_head_without_end_ends_the_connection() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let code = Hand::connect(&edge)
        .await
        .flood(|round| match round {
            0 => frame(HEADERS, END_STREAM, 1, GET),
            _ => frame(CONTINUATION, 0, 1, &[b"\x00\x01a\x7f\x80\x7e".as_slice(), &[b'x'; 253]].concat()),
        })
        .await;
    assert!(code.is_some(), "the connection is ended with a word");
    assert_eq!(edge.get("/").await.text(), "hello");
}

#[tokio::test]
async fn frames_of_nothing_end_the_connection() {
    let origin = Origin::start_early(|_| Answer::silence()).await;
    let edge = edge_for(&origin).await;
    let code = Hand::connect(&edge)
        .await
        .flood(|round| match round {
            0 => frame(HEADERS, END_HEADERS, 1, POST),
            _ => frame(DATA, 0, 1, &[]),
        })
        .await;
    assert_eq!(code, ENHANCE_YOUR_CALM);
    origin.set(|_| Answer::ok("hello"));
    assert_eq!(edge.get("/").await.text(), "hello");
}

/// PING and SETTINGS have to be answered. A visitor that reads no answers is not read from any more.
#[tokio::test]
async fn questions_whose_answers_nobody_reads_are_not_kept() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    for (kind, payload) in [(PING, &[0_u8; 8][..]), (SETTINGS, &[])] {
        let mut hand = Hand::connect(&edge).await;
        let questions = frame(kind, 0, 0, payload).repeat(4096);
        let mut taken = 0_usize;
        // Until the sockets between us are full, or the edge has had enough.
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
    let mut sent = 0_usize;
    for round in 0..128 {
        hand.socket.write_all(&frame(HEADERS, END_HEADERS, odd(round), POST)).await.expect("it is taken");
    }
    // The windows are not looked at: whoever goes beyond them is shown out.
    let flood = async {
        for round in 0..200_000_u32 {
            let piece = frame(DATA, 0, odd(round % 128), &[0; 16 << 10]);
            if hand.socket.write_all(&piece).await.is_err() {
                return;
            }
            sent += piece.len();
        }
    };
    timeout(Duration::from_secs(20), flood).await.expect("the connection ends");
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert_eq!(edge.get("/cdn-cgi/trace").await.status, 200);
}
