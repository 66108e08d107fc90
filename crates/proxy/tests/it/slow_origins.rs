//! Origins that never come to an end: each is bounded in time or in bytes.

use crate::{
    edge::{Edge, get},
    site::Site,
};
use proxy::Settings;
use std::time::{Duration, Instant};
use testkit::{Act, Answer, Origin};

async fn edge_before(answer: Answer) -> (Edge, Origin) {
    let origin = Origin::start(move |_| answer.clone()).await;
    let hasty = |settings: &mut Settings| settings.timeouts.read = Duration::from_millis(250);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    (edge, origin)
}

/// The time runs from the request having been sent to the whole head: bytes that trickle do not extend it.
#[tokio::test]
async fn a_head_that_trickles_in_has_only_the_time_of_an_answer() {
    let endless = format!("HTTP/1.1 200 OK\r\nX-Slow: {}", "a".repeat(10_000));
    let slow = Answer::default().then(Act::Trickle(endless.into_bytes(), Duration::from_millis(10)));
    let (edge, _origin) = edge_before(slow).await;
    let began = Instant::now();
    assert_eq!(edge.get("/").await.status, 524);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(edge.record().await["FailureReason"], "read_timeout");
}

/// The time of a body runs between two reads, so one that moves may last.
#[tokio::test]
async fn a_body_that_trickles_in_is_passed_on_as_it_comes() {
    let slow = Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        .then(Act::Trickle(b"trickles".to_vec(), Duration::from_millis(50)));
    let (edge, _origin) = edge_before(slow).await;
    assert_eq!(edge.get("/").await.text(), "trickles");
}

#[tokio::test]
async fn interim_answers_without_end() {
    let flood = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(500);
    let (edge, _origin) = edge_before(Answer::raw(flood)).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "Connection: close\r\n")).await;
    let (said, _) = visitor.rest().await;
    let said = String::from_utf8_lossy(&said);
    assert_eq!(said.matches("HTTP/1.1 103").count(), 100);
    assert_eq!(said.matches("HTTP/1.1 520").count(), 1);
    assert_eq!(edge.record().await["FailureReason"], "interim_flood");
}

#[tokio::test]
async fn header_fields_without_end() {
    for fields in ["X-A: 1\r\n".repeat(50_000), format!("X-A: {}", "a".repeat(400_000))] {
        let (edge, _origin) = edge_before(Answer::raw(format!("HTTP/1.1 200 OK\r\n{fields}"))).await;
        assert_eq!(edge.get("/").await.status, 520);
        assert_eq!(edge.record().await["FailureReason"], "header_too_large");
    }
}

#[tokio::test]
async fn chunk_extensions_and_trailers_without_end() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = format!("5;{}", "x=y;".repeat(10_000));
    let trailers = format!("5\r\nhello\r\n0\r\n{}", "X-A: 1\r\n".repeat(10_000));
    for body in [extension, trailers] {
        let (edge, _origin) = edge_before(Answer::raw(format!("{head}{body}"))).await;
        let mut visitor = edge.visitor().await;
        visitor.send(get("/", "")).await;
        assert!(visitor.try_response().await.is_none(), "the answer has no end");
        let record = edge.record().await;
        assert_eq!(
            (&record["FailureReason"], &record["EdgeResponseStatus"]),
            (&"bad_response_chunk".into(), &200.into())
        );
    }
}
