//! Answers that are larger than any buffer: they arrive whole, however they come, whether they are copied or pass
//! through a pipe.

use crate::{
    edge::{Edge, get},
    site::Site,
};
use proxy::Settings;
use std::{sync::Arc, time::Duration};
use testkit::{Act, Answer, Origin};
use tokio::task::JoinSet;

/// Enough for a pipe.
const LENGTH: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Bytes that are nowhere the same for long, so that what is lost, doubled or out of order is noticed.
fn content() -> Vec<u8> {
    (0..LENGTH as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn head() -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n")
}

/// The answer, with a pause behind each of these numbers of bytes of its body.
fn cut(content: &[u8], at: &[usize]) -> Answer {
    let mut rest = content;
    let mut answer = Answer::raw(head());
    let mut before = 0;
    for place in at {
        let (piece, behind) = rest.split_at(place - before);
        (answer, rest, before) = (answer.and(piece).pause(PAUSE), behind, *place);
    }
    answer.and(rest)
}

/// The ways that a large body may come: beside the head, behind it, with little or much of it beside the head, in
/// pieces that fit no buffer, and all but its last byte.
const CUTS: [&[usize]; 6] = [&[], &[0], &[100], &[20_000], &[32 << 10, 300_000, 300_001], &[LENGTH - 1]];

async fn arrives_whole(pipes: usize) {
    let content = Arc::new(content());
    let own = content.clone();
    let origin = Origin::start(move |request| {
        let number: usize = request.target().trim_start_matches('/').parse().expect("a number");
        cut(&own, CUTS[number])
    })
    .await;
    let with_pipes = |settings: &mut Settings| settings.limits.body_pipes = pipes;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), with_pipes).await;
    let mut visitor = edge.visitor().await;
    for (number, cuts) in CUTS.iter().enumerate() {
        let answer = visitor.get(&format!("/{number}")).await;
        assert_eq!(answer.header("content-length"), Some("1048576"));
        assert!(answer.body == *content, "cut at {cuts:?}");
    }
    for record in edge.wait_for_records(CUTS.len()).await {
        let head = record["EdgeResponseBytes"].as_u64().expect("a number") - LENGTH as u64;
        assert_eq!(record["EdgeResponseBodyBytes"], LENGTH);
        assert!((100..500).contains(&head), "{head} bytes of head");
    }
    assert_eq!(origin.connections(), 1, "the connection to the origin serves again");
}

#[tokio::test]
async fn a_large_body_arrives_whole_through_a_pipe() {
    arrives_whole(1).await;
}

#[tokio::test]
async fn a_large_body_arrives_whole_where_there_are_no_pipes() {
    arrives_whole(0).await;
}

/// Whoever finds no pipe free is served without, and a pipe whose answer broke off is not used again.
#[tokio::test]
async fn many_large_bodies_share_few_pipes() {
    let content = Arc::new(content());
    let own = content.clone();
    let origin = Origin::start(move |request| match request.target() {
        "/broken" => Answer::raw(head()).and(&own[..200_000]).pause(PAUSE).then_close(),
        _ => cut(&own, &[20_000, 500_000]),
    })
    .await;
    let few = |settings: &mut Settings| settings.limits.body_pipes = 2;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), few).await;
    for round in 0..3 {
        let mut asked = JoinSet::new();
        for number in 0..6 {
            let broken = number % 3 == round;
            let mut visitor = edge.visitor().await;
            visitor.send(get(if broken { "/broken" } else { "/" }, "")).await;
            asked.spawn(async move { (broken, visitor.try_response().await) });
        }
        for (broken, answer) in asked.join_all().await {
            assert_eq!(answer.is_none(), broken);
            assert!(answer.is_none_or(|answer| answer.body == *content));
        }
    }
}

// EDGE-45
#[tokio::test]
async fn what_came_of_a_large_body_before_it_broke_off_is_passed_on() {
    let content = content();
    let part = content[..600_000].to_vec();
    let origin = Origin::start(move |_| Answer::raw(head()).and(&part).pause(PAUSE).then_close()).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    assert!(visitor.head().await.is_some_and(|head| head.starts_with("HTTP/1.1 200")));
    let (got, _) = visitor.rest().await;
    assert!(got == content[..600_000], "{} bytes", got.len());
    let record = edge.record().await;
    assert_eq!(
        (&record["FailureReason"], &record["EdgeResponseBodyBytes"]),
        (&"body_truncated".into(), &600_000.into())
    );
}

// EDGE-45
#[tokio::test]
async fn a_large_body_that_is_reset_is_told_apart_from_one_that_ends() {
    let part = content()[..600_000].to_vec();
    let origin = Origin::start(move |_| Answer::raw(head()).and(&part).pause(PAUSE).then_reset()).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    assert!(visitor.try_response().await.is_none());
    let record = edge.record().await;
    assert_eq!(record["FailureReason"], "body_truncated");
    assert_eq!(edge.story(&record).attempts[0].evidence.errno, Some(libc::ECONNRESET));
}

#[tokio::test]
async fn a_large_body_that_stalls_has_only_the_time_of_a_read() {
    let half = content()[..LENGTH / 2].to_vec();
    let origin = Origin::start(move |_| Answer::raw(head()).and(&half).then(Act::Hang)).await;
    let fast = |settings: &mut Settings| settings.timeouts.read = Duration::from_millis(100);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), fast).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    assert!(visitor.try_response().await.is_none());
    assert_eq!(edge.record().await["FailureReason"], "body_read_timeout");
}

#[tokio::test]
async fn a_visitor_that_leaves_in_the_middle_of_a_large_body_is_noticed() {
    let half = content()[..LENGTH / 2].to_vec();
    let origin = Origin::start(move |_| Answer::raw(head()).and(&half).then(Act::Hang)).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    assert!(visitor.head().await.is_some());
    drop(visitor);
    assert_eq!(edge.record().await["FailureReason"], "client_aborted_body");
}
