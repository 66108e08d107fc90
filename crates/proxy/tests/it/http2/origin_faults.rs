//! Origins that end streams and connections of HTTP/2, or agree to it and break it: what is tried again, and what the
//! visitor is told.

use super::{
    client::{Client, Reply, get, post, soon},
    frames::*,
    modern::{Frames, Modern, edge_before, goaway_frame},
};
use crate::edge::Edge;
use proxy::RetryAllowance;
use serde_json::Value;
use telemetry::tell;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
};

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

async fn ask(edge: &Edge, request: http::Request<()>) -> Reply {
    Client::connect(edge).await.ask(request).await.expect("an answer")
}

/// The head of an answer with one field of 150 KB, in frames.
fn long_field() -> Vec<u8> {
    const PIECE: usize = 15_000;
    // A literal with the name `x`, whose value is 127 and 149,873 bytes long (RFC 7541 section 5.1).
    let begun = [OK, &[0, 1, b'x', 127, 0xf1, 0x92, 0x09], &[b'a'; PIECE][..]].concat();
    let mut frames = frame(HEADERS, END_STREAM, 1, &begun);
    (2..10).for_each(|_| frames.extend(frame(CONTINUATION, 0, 1, &[b'a'; PIECE])));
    frames.extend(frame(CONTINUATION, END_HEADERS, 1, &[b'a'; PIECE]));
    frames
}

/// The record of a request with this path.
async fn record_of(edge: &Edge, count: usize, path: &str) -> Value {
    let records = edge.wait_for_records(count).await;
    records.into_iter().find(|record| record["ClientRequestPath"] == path).expect("a record")
}

/// An origin whose first connection does `first` with its first request, and whose others answer.
async fn failing_once(first: impl Fn(&mut Frames, u32) -> Vec<u8> + Send + Sync + 'static) -> Modern {
    let first = std::sync::Arc::new(first);
    Modern::by_hand(move |number, mut frames| {
        let first = first.clone();
        Box::pin(async move {
            frames.greet().await;
            if number == 0 {
                let stream = frames.request().await;
                let said = first(&mut frames, stream);
                frames.send(&said).await;
                return frames.drain().await;
            }
            frames.answer_all("hello").await;
        })
    })
    .await
}

/// A request that nobody has looked at goes over another connection, whatever its method; what was looked at goes on,
/// and nothing new is sent where the origin has said goodbye.
// EDGE-44, LB-102
#[tokio::test]
async fn a_goaway_moves_what_was_not_looked_at_and_leaves_the_rest() {
    let (release, released) = oneshot::channel::<()>();
    let released = std::sync::Mutex::new(Some(released));
    let origin = Modern::by_hand(move |number, mut frames| {
        let released = released.lock().expect("a lock").take();
        Box::pin(async move {
            frames.greet().await;
            if number > 0 {
                return frames.answer_all("second").await;
            }
            let (kept, refused) = (frames.request().await, frames.request().await);
            assert!(kept < refused);
            frames.send(&goaway_frame(kept, NO_ERROR)).await;
            let _ = released.expect("one first connection").await;
            frames.answer(kept, "first").await;
            frames.drain().await;
        })
    })
    .await;
    let edge = edge_before(origin.address, |_| {}).await;
    let mut client = Client::connect(&edge).await;
    let kept = client.begin(post("/kept"), true).await;
    let mut moved = Client::connect(&edge).await;
    let moved = soon(moved.ask(post("/moved"))).await.expect("an answer");
    assert_eq!((moved.status, moved.text()), (200, "second"));
    let later = ask(&edge, post("/later")).await;
    assert_eq!((later.status, later.text()), (200, "second"));
    release.send(()).expect("the origin waits");
    assert_eq!(kept.reply().await.expect("an answer").text(), "first");
    assert_eq!(origin.connections(), 2);
    let record = record_of(&edge, 3, "/moved").await;
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"h2_error".into()));
    assert_eq!(record_of(&edge, 3, "/later").await["Attempts"], 1);
    assert_eq!(record_of(&edge, 3, "/kept").await["Attempts"], 1);
}

/// A request that may have been looked at, on a connection that the origin leaves: sent again only if it may happen
/// twice.
// EDGE-44, LB-102
#[tokio::test]
async fn a_request_that_a_leaving_origin_does_not_answer() {
    for (request, status, attempts) in [(get("/"), 200, 2), (post("/"), 520, 1)] {
        let origin = Modern::by_hand(|number, mut frames| {
            Box::pin(async move {
                frames.greet().await;
                if number > 0 {
                    return frames.answer_all("hello").await;
                }
                let stream = frames.request().await;
                frames.send(&goaway_frame(stream, NO_ERROR)).await;
                let _ = frames.tls.shutdown().await;
            })
        })
        .await;
        let edge = edge_before(origin.address, |_| {}).await;
        assert_eq!(ask(&edge, request).await.status, status);
        let record = edge.record().await;
        assert_eq!(record["Attempts"], attempts, "{record}");
        let reason = if status == 200 { &record["RetriedBecause"] } else { &record["FailureReason"] };
        assert_eq!(reason, "h2_error");
        // The endpoint is as good as before.
        assert_eq!(ask(&edge, post("/again")).await.status, 200);
    }
}

/// The code of a GOAWAY says why the connection ends, not what became of a request above the last that it names.
// EDGE-44
#[tokio::test]
async fn a_goaway_with_an_error_moves_requests_too() {
    let origin = failing_once(|_, _| goaway_frame(0, ENHANCE_YOUR_CALM)).await;
    let edge = edge_before(origin.address, |_| {}).await;
    assert_eq!(ask(&edge, post("/")).await.status, 200);
    assert_eq!((edge.record().await["Attempts"].as_u64(), origin.connections()), (Some(2), 2));
}

async fn resetting(code: u32) -> Modern {
    Modern::by_hand(move |_, mut frames| {
        Box::pin(async move {
            frames.greet().await;
            while let Some(stream) = frames.next_request().await {
                frames.send(&frame(RST_STREAM, 0, stream, &code.to_be_bytes())).await;
            }
        })
    })
    .await
}

// EDGE-44
#[tokio::test]
async fn a_stream_that_is_reset_before_its_answer_is_a_520_with_the_reason() {
    // NO_ERROR to HTTP_1_1_REQUIRED, and one that nobody has defined (RFC 9113 section 7).
    for code in (0..=13).chain([0xdead]).filter(|code| *code != REFUSED_STREAM) {
        let origin = resetting(code).await;
        let edge = edge_before(origin.address, |_| {}).await;
        assert_eq!(ask(&edge, get("/")).await.status, 520, "{code}");
        let record = edge.record().await;
        let reason = if code == CANCEL { "h2_cancel" } else { "h2_error" };
        assert_eq!((&record["FailureReason"], &record["Attempts"]), (&reason.into(), &1.into()), "{code}");
    }
}

/// Frames of no use are counted on this side too: the connection ends, and the next request has one of its own.
#[tokio::test]
async fn an_origin_that_floods_loses_its_connection() {
    const UNKNOWN: u8 = 0xbe;
    let origin = failing_once(|_, _| frame(UNKNOWN, 0, 0, b"").repeat(200)).await;
    let edge = edge_before(origin.address, |settings| settings.origin_http2.control_frames = 100).await;
    assert_eq!(ask(&edge, post("/")).await.status, 520);
    assert_eq!(edge.record().await["FailureReason"], "h2_error");
    assert_eq!((ask(&edge, post("/")).await.status, origin.connections()), (200, 2));
    // As many as it may have, and the answer behind them.
    let modest = failing_once(|_, stream| {
        [frame(UNKNOWN, 0, 0, b"").repeat(90), frame(HEADERS, END_STREAM | END_HEADERS, stream, OK)].concat()
    });
    let modest = modest.await;
    let edge = edge_before(modest.address, |settings| settings.origin_http2.control_frames = 100).await;
    assert_eq!((ask(&edge, post("/")).await.status, modest.connections()), (200, 1));
}

/// A request that was not looked at may be sent again, whatever its method, over another connection, and once.
// EDGE-44
#[tokio::test]
async fn a_refused_stream_is_tried_once_more() {
    let once = failing_once(|_, stream| frame(RST_STREAM, 0, stream, &REFUSED_STREAM.to_be_bytes())).await;
    let edge = edge_before(once.address, |_| {}).await;
    let reply = Client::connect(&edge).await.send(post("/"), b"a body").await.expect("an answer");
    assert_eq!((reply.status, once.connections()), (200, 2));
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"h2_error".into()));
    let always = resetting(REFUSED_STREAM).await;
    let edge = edge_before(always.address, |_| {}).await;
    assert_eq!(ask(&edge, post("/")).await.status, 520);
    assert_eq!(edge.record().await["Attempts"], 2);
}

#[tokio::test]
async fn a_refused_stream_is_not_tried_again_without_a_budget() {
    let origin = resetting(REFUSED_STREAM).await;
    let none = RetryAllowance { percent: 0, per_second: 0 };
    let edge = edge_before(origin.address, |settings| settings.retries = none).await;
    assert_eq!(ask(&edge, get("/")).await.status, 520);
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["RetryRefused"]), (&1.into(), &"retry_budget_spent".into()));
    assert!(tell(&edge.story(&record)).contains("retry_budget_spent"));
    assert!(edge.telemetry.scrape().contains("bellwether_request_retries_refused_total 1\n"));
}

/// A large body that is on its way cannot be sent again from its beginning.
#[tokio::test]
async fn a_stream_that_is_refused_in_the_middle_of_a_body_is_not_tried_again() {
    let origin = Modern::by_hand(|_, mut frames| {
        Box::pin(async move {
            frames.greet().await;
            let stream = frames.request().await;
            // The windows are open for 64 KiB; all of them are used up before the refusal.
            let mut taken = vec![0; 65_535];
            frames.tls.read_exact(&mut taken).await.expect("a body");
            frames.send(&frame(RST_STREAM, 0, stream, &REFUSED_STREAM.to_be_bytes())).await;
            frames.drain().await;
        })
    })
    .await;
    let edge = edge_before(origin.address, |_| {}).await;
    let reply = Client::connect(&edge).await.send(post("/"), &[b'x'; 200_000]).await.expect("an answer");
    assert_eq!(reply.status, 520);
    assert_eq!((edge.record().await["Attempts"].as_u64(), origin.connections()), (Some(1), 1));
}

/// What an origin that chose HTTP/2 says to its first request instead of an answer, and what it is called.
// EDGE-43
#[tokio::test]
async fn an_origin_that_agreed_to_http2_and_breaks_it() {
    let settings = |payload: &[u8]| frame(SETTINGS, 0, 0, payload);
    let good = settings(&[]);
    let then = |frames: Vec<u8>| [good.clone(), frames].concat();
    let field = |name: &str, value: &str| field(name, value);
    let head = |block: &[u8]| frame(HEADERS, END_STREAM | END_HEADERS, 1, block);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec(), "h2_not_spoken"),
        ("HTTP/1.1 without HTTP/2", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "h2_not_spoken"),
        ("garbage", vec![0xff; 64], "h2_not_spoken"),
        ("a short word", b"no".to_vec(), "h2_not_spoken"),
        ("a frame before SETTINGS", frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 0]), "h2_not_spoken"),
        ("half a SETTINGS frame", settings(&[0, 3, 0]), "h2_error"),
        ("a window of 4 GiB", settings(&[0, 4, 0xff, 0xff, 0xff, 0xff]), "h2_error"),
        ("frames of 1 byte", settings(&[0, 5, 0, 0, 0, 1]), "h2_error"),
        ("push that is neither on nor off", settings(&[0, 2, 0, 0, 0, 2]), "h2_error"),
        ("a frame that is too long", then(frame(DATA, 0, 1, &[0; (16 << 10) + 1])), "h2_error"),
        ("an answer without status", then(head(b"")), "h2_error"),
        ("an index that no table has", then(head(b"\xff\xff\x7f")), "h2_error"),
        ("a body before its head", then(frame(DATA, END_STREAM, 1, b"hello")), "h2_error"),
        ("an answer to nothing", then(frame(HEADERS, END_STREAM | END_HEADERS, 7, OK)), "h2_error"),
        ("a CONTINUATION of nothing", then(frame(CONTINUATION, END_HEADERS, 1, OK)), "h2_error"),
        ("too many fields", then(head(&[OK, &field("x-a", "b").repeat(201)].concat())), "header_too_large"),
        ("a field that is too long", then(long_field()), "header_too_large"),
        ("a line end in a value", then(head(&[OK, &field("x-a", "b\r\nx-c: d")].concat())), "h2_error"),
    ];
    for (name, said, reason) in cases {
        let expected = said.clone();
        let origin = Modern::over(move |mut tls| {
            let said = said.clone();
            Box::pin(async move {
                let mut came = Vec::new();
                // The preface and the request are there.
                while came.len() < 24 + 9 + 100 {
                    let mut piece = [0; 1024];
                    let count = tls.read(&mut piece).await.unwrap_or(0);
                    came.extend_from_slice(&piece[..count]);
                }
                let _ = tls.write_all(&said).await;
                let _ = tls.shutdown().await;
                let _ = tls.read_to_end(&mut came).await;
            })
        })
        .await;
        let edge = edge_before(origin.address, |_| {}).await;
        assert_eq!(ask(&edge, post("/")).await.status, 520, "{name}");
        let record = edge.record().await;
        assert_eq!((&record["FailureReason"], &record["Attempts"]), (&reason.into(), &1.into()), "{name}");
        if reason == "h2_not_spoken" {
            let seen = edge.story(&record);
            let evidence = &seen.attempts[0].evidence;
            assert_eq!(evidence.first_bytes, expected[..expected.len().min(64)], "{name}");
        }
    }
}

/// A connection on which HTTP/2 was broken carries nothing more.
#[tokio::test]
async fn a_broken_connection_is_not_used_again() {
    let origin = failing_once(|_, _| frame(DATA, 0, 0, b"of no stream")).await;
    let edge = edge_before(origin.address, |_| {}).await;
    assert_eq!(ask(&edge, get("/")).await.status, 520);
    assert_eq!(ask(&edge, post("/")).await.status, 200);
    assert_eq!(origin.connections(), 2);
}

/// What one stream suffers is no matter of the others.
#[tokio::test]
async fn a_stream_that_fails_leaves_its_connection_in_use() {
    let origin = Modern::by_hand(|_, mut frames| {
        Box::pin(async move {
            frames.greet().await;
            let first = frames.request().await;
            frames.send(&frame(RST_STREAM, 0, first, &INTERNAL_ERROR.to_be_bytes())).await;
            frames.answer_all("hello").await;
        })
    })
    .await;
    let edge = edge_before(origin.address, |_| {}).await;
    assert_eq!(ask(&edge, post("/")).await.status, 520);
    assert_eq!(ask(&edge, post("/")).await.status, 200);
    assert_eq!(origin.connections(), 1);
}
