//! Looking for a text in the body.

use crate::support::http;
use testkit::{Act, Answer, Origin, rude};
use verdict::{HealthReason, Reason};

fn looking_for(text: &str, origin: &Origin) -> crate::support::Check {
    http(origin.address()).monitor(|monitor| monitor.expected_body = text.to_owned())
}

// LB-60: the case does not matter; a text that is absent, or begins behind the first 10,240 bytes, is not found.
#[tokio::test]
async fn the_text_is_looked_for_in_the_first_10240_bytes() {
    let origin = Origin::start(|request| {
        let before: usize = request.target().trim_start_matches('/').parse().unwrap();
        Answer::ok(format!("{}alive{}", "x".repeat(before), "y".repeat(20_000)))
    })
    .await;
    let at = |offset: usize| looking_for("ALIVE", &origin).monitor(|monitor| monitor.path = format!("/{offset}"));
    at(0).passes().await;
    at(10_235).passes().await;
    at(10_236).fails(Reason::BodyMismatch, HealthReason::ResponseBodyMismatch).await;
    at(10_240).fails(Reason::BodyMismatch, HealthReason::ResponseBodyMismatch).await;
    let absent = looking_for("dead", &origin).monitor(|monitor| monitor.path = "/0".to_owned());
    let seen = absent.fails(Reason::BodyMismatch, HealthReason::ResponseBodyMismatch).await;
    assert_eq!(seen.evidence.status, Some(200));
}

// LB-60: what counts is the body, not how it was cut into chunks.
#[tokio::test]
async fn chunk_framing_is_not_part_of_the_body() {
    let origin = Origin::start(|_| Answer::chunked(&["I am al", "ive!", "\u{0}"])).await;
    looking_for("alive", &origin).passes().await;
    looking_for("ive!\u{0}", &origin).passes().await;
    looking_for("al\r\n4\r\nive", &origin).fails(Reason::BodyMismatch, HealthReason::ResponseBodyMismatch).await;
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection() {
    let server = rude::saying("HTTP/1.1 200 OK\r\n\r\nI am alive").await;
    let check = |text: &str| http(server.address()).monitor(|monitor| monitor.expected_body = text.to_owned());
    check("alive").passes().await;
    check("dead").fails(Reason::BodyMismatch, HealthReason::ResponseBodyMismatch).await;
}

#[tokio::test]
async fn once_the_text_is_found_the_rest_is_not_waited_for() {
    let origin =
        Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nalive").then(Act::Hang)).await;
    looking_for("alive", &origin).passes().await;
}

#[tokio::test]
async fn a_wrong_status_comes_before_a_wrong_body() {
    let origin = Origin::start(|_| Answer::status(500, "oops")).await;
    looking_for("alive", &origin).fails(Reason::StatusMismatch, HealthReason::ResponseCodeMismatch).await;
}
