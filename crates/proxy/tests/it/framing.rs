//! Bodies in both directions, and everything that must be refused because two readers could cut it differently.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use proxy::Settings;
use std::time::Duration;
use testkit::{Act, Answer, Origin, RawServer, Step};

async fn echo() -> Origin {
    Origin::start(|request| Answer::ok(&request.body)).await
}

fn post(lines: &str, body: &str) -> String {
    format!("POST /p HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n{body}")
}

#[tokio::test]
async fn a_get_is_proxied() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/a?b=c").await;
    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert_eq!(origin.requests()[0].target(), "/a?b=c");
}

#[tokio::test]
async fn a_body_with_a_length_arrives_whole() {
    let origin = echo().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let body = "x".repeat(300_000);
    let answer = edge.visitor().await.ask(post(&format!("Content-Length: {}\r\n", body.len()), &body)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text() == body, "{} bytes came back", answer.body.len());
    assert_eq!(origin.requests()[0].header("content-length"), Some("300000"));
}

#[tokio::test]
async fn chunks_are_framed_anew_and_trailers_travel() {
    let origin = echo().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let request = post("Transfer-Encoding: chunked\r\n", "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 7\r\n\r\n");
    let answer = edge.visitor().await.ask(request).await;
    assert_eq!(answer.text(), "hello!");
    let received = String::from_utf8_lossy(&origin.requests()[0].raw_body).into_owned();
    assert!(!received.contains("ext"), "{received}");
    assert!(received.contains("X-Sum: 7\r\n"), "{received}");
}

#[tokio::test]
async fn chunks_of_an_answer_travel_with_their_trailers() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n";
    let origin = Origin::start(move |_| Answer::raw(head).pause(Duration::from_millis(5)).and(body)).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    assert_eq!((answer.text(), answer.trailers.as_str()), ("hello", "X-Sum: 7\n"));
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection_becomes_chunked() {
    let origin = Origin::start(|_| Answer::raw("HTTP/1.0 200 OK\r\n\r\nhello").then_close()).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..2 {
        let answer = visitor.get("/").await;
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        assert_eq!(answer.text(), "hello");
    }
}

#[tokio::test]
async fn an_http10_visitor_gets_no_chunks() {
    let origin = Origin::start(|_| Answer::chunked(&["hel", "lo"])).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\nConnection: keep-alive\r\n\r\n")).await;
    let (bytes, in_order) = visitor.rest().await;
    let text = String::from_utf8_lossy(&bytes);
    assert!(in_order && text.ends_with("\r\n\r\nhello") && !text.contains("chunked"), "{text}");
}

#[tokio::test]
async fn an_http10_visitor_can_keep_its_connection() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..2 {
        let request = format!("GET / HTTP/1.0\r\nHost: {HOST}\r\nConnection: keep-alive\r\n\r\n");
        let answer = visitor.ask(request).await;
        assert_eq!((answer.header("connection"), answer.text()), (Some("keep-alive"), "hello"));
    }
}

#[tokio::test]
async fn an_answer_to_head_has_the_length_and_no_body() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let origin = Origin::start(move |_| Answer::raw(head)).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..2 {
        visitor.send(format!("HEAD / HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
        let answer = visitor.response_to_head().await;
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("5")));
    }
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn answers_without_a_body_leave_the_connection_usable() {
    let origin = Origin::start(|request| match request.target() {
        "/204" => Answer::bare(204, &[]),
        "/304" => Answer::bare(304, &[("Content-Length", "5"), ("ETag", "\"a\"")]),
        _ => Answer::ok("hello"),
    })
    .await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    assert_eq!(visitor.get("/204").await.status, 204);
    let not_modified = visitor.get("/304").await;
    assert_eq!((not_modified.status, not_modified.header("content-length")), (304, Some("5")));
    assert_eq!(visitor.get("/").await.text(), "hello");
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn an_expectation_travels_and_so_does_its_answer() {
    let origin = echo().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(post("Expect: 100-continue\r\nContent-Length: 5\r\n", "")).await;
    assert!(visitor.head().await.expect("an interim answer").starts_with("HTTP/1.1 100 "));
    visitor.send("hello").await;
    assert_eq!(visitor.response().await.text(), "hello");
    assert_eq!(origin.requests()[0].header("expect"), Some("100-continue"));
}

// EDGE-77
#[tokio::test]
async fn interim_answers_reach_only_visitors_that_know_them() {
    let hints = || Answer::interim(103, &[("Link", "</a.css>; rel=preload")]).followed_by(Answer::ok("hello"));
    let origin = Origin::start(move |_| hints()).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    let interim = visitor.head().await.expect("an interim answer");
    assert!(interim.starts_with("HTTP/1.1 103 ") && interim.contains("Link: </a.css>; rel=preload\r\n"), "{interim}");
    assert_eq!(visitor.response().await.text(), "hello");
    let old = edge.visitor().await.ask(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n")).await;
    assert_eq!((old.status, old.text()), (200, "hello"));
    assert!(old.head.starts_with("HTTP/1.1 200 "), "{}", old.head);
}

// EDGE-77, EDGE-36: an HTTP/1.0 visitor is not told that the origin is at work, but its patience is stretched as well.
#[tokio::test]
async fn an_interim_answer_that_is_not_told_still_counts_as_a_sign_of_life() {
    let pause = Duration::from_millis(400);
    let working = move |status| Answer::interim(status, &[]).pause(pause);
    let origin = Origin::start(move |_| {
        working(102).followed_by(working(102)).followed_by(working(103)).followed_by(Answer::ok("done"))
    })
    .await;
    let hasty = |settings: &mut Settings| settings.timeouts.read = Duration::from_millis(1000);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let old = edge.visitor().await.ask(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n")).await;
    assert_eq!((old.status, old.text()), (200, "done"));
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_passed_and_ends_the_connection() {
    let origin = Origin::start_early(|_| Answer::status(413, "no").then(Act::Hang)).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(post("Content-Length: 1000000\r\n", &"x".repeat(1000))).await;
    let answer = visitor.response().await;
    assert_eq!((answer.status, answer.text(), answer.header("connection")), (413, "no", Some("close")));
    assert!(visitor.is_closed().await);
}

#[tokio::test]
async fn a_body_is_never_held_whole() {
    // The origin reads nothing, so the edge must stop reading from the visitor long before 32 MiB.
    let origin = RawServer::start(vec![Step::Hang]).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(post("Content-Length: 99999999\r\n", "")).await;
    let chunk = vec![b'x'; 1 << 20];
    let mut sent = 0;
    while sent < 64 {
        if tokio::time::timeout(Duration::from_millis(300), visitor.try_send(&chunk)).await.is_err() {
            break;
        }
        sent += 1;
    }
    assert!(sent < 32, "{sent} MiB were taken from the visitor while the origin took none");
}

/// What is refused before an origin sees it.
async fn refused(request: &str) -> (u16, usize) {
    let origin = echo().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    let status = visitor.ask(request).await.status;
    assert!(visitor.is_closed().await);
    edge.record().await;
    (status, origin.connections())
}

// EDGE-1
#[tokio::test]
async fn a_length_together_with_chunks_is_refused() {
    let request = post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
    assert_eq!(refused(&request).await, (400, 0));
}

// EDGE-2
#[tokio::test]
async fn two_lengths_are_refused() {
    assert_eq!(refused(&post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")).await, (400, 0));
}

// EDGE-3
#[tokio::test]
async fn a_control_byte_in_the_request_line_is_refused() {
    assert_eq!(refused(&format!("GET /a\x01b HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await, (400, 0));
}

#[tokio::test]
async fn a_missing_or_repeated_host_is_refused() {
    assert_eq!(refused("GET / HTTP/1.1\r\n\r\n").await, (400, 0));
    assert_eq!(refused(&get("/", "Host: other.example.com\r\n")).await, (400, 0));
}

#[tokio::test]
async fn a_bad_chunk_is_the_visitors_fault() {
    let origin = echo().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.visitor().await.ask(post("Transfer-Encoding: chunked\r\n", "5\r\nhelloXX0\r\n\r\n")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(edge.record().await["FailureReason"], "bad_chunk");
}

#[tokio::test]
async fn an_upgrade_is_asked_of_nobody() {
    let origin = Origin::saying("plain").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.visitor().await.ask(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n")).await;
    assert_eq!(answer.text(), "plain");
    assert_eq!(origin.requests()[0].header("upgrade"), None);
}

// EDGE-45
#[tokio::test]
async fn a_body_that_breaks_off_keeps_its_status_and_lacks_its_end() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf";
    let garbled = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n";
    for (answer, reason) in [(cut, "body_truncated"), (chunked, "body_truncated"), (garbled, "bad_response_chunk")] {
        let origin = Origin::start(move |_| Answer::raw(answer).then_close()).await;
        let edge = Edge::start(&Site::new(&[origin.address()])).await;
        let mut visitor = edge.visitor().await;
        visitor.send(get("/", "")).await;
        let (bytes, _) = visitor.rest().await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("half"), "{text}");
        assert!(!text.contains("\r\n0\r\n"), "{text}");
        let record = edge.record().await;
        assert_eq!((&record["OriginResponseStatus"], &record["EdgeResponseStatus"]), (&200.into(), &200.into()));
        assert_eq!(record["EdgeResponseBodyBytes"], 4);
        assert_eq!(record["FailureReason"], reason);
    }
}

#[tokio::test]
async fn a_truncated_body_that_only_the_close_delimits_is_reset() {
    let origin =
        Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf").then_close());
    let origin = origin.await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n")).await;
    let (_, in_order) = visitor.rest().await;
    assert!(!in_order, "an HTTP/1.0 visitor can only be told by a reset");
}

#[tokio::test]
async fn a_body_that_stalls_is_broken_off() {
    let origin =
        Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").then(Act::Hang)).await;
    let fast = |settings: &mut Settings| settings.timeouts.read = Duration::from_millis(100);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), fast).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    assert!(visitor.try_response().await.is_none());
    assert_eq!(edge.record().await["FailureReason"], "body_read_timeout");
}

#[tokio::test]
async fn large_answers_stream_through() {
    let body = "y".repeat(3 << 20);
    let copy = body.clone();
    let origin = Origin::start(move |_| Answer::ok(&copy)).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    assert!(answer.text() == body);
    assert_eq!(edge.record().await["EdgeResponseBodyBytes"], 3 << 20);
}
