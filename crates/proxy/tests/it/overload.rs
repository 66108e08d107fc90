//! More requests than an origin can take, and more failures than should be tried again.

use crate::{
    edge::{Edge, PATIENCE, get},
    held::Held,
    site::{HOST, Site},
};
use proxy::{RetryAllowance, Settings};
use std::{sync::Arc, time::Duration};
use telemetry::tell;
use testkit::{Act, Answer, FullBacklog, Origin, RefusingPort};

async fn edge_before(held: &Held, change: impl FnOnce(&mut Settings)) -> Edge {
    let change = |settings: &mut Settings| {
        settings.limits.origin_connections = 1;
        change(settings);
    };
    Edge::start_with(&Site::new(&[held.address]), change).await
}

// EDGE-61
#[tokio::test]
async fn a_full_queue_is_answered_with_1200_and_the_others_in_turn() {
    let held = Held::start().await;
    let edge = edge_before(&held, |settings| settings.limits.origin_queue = 1).await;
    let mut first = edge.visitor().await;
    first.send(get("/first", "")).await;
    held.wait_for_requests(1).await;
    let mut second = edge.visitor().await;
    second.send(get("/second", "")).await;
    // The second is in the queue as soon as a third is refused.
    let refused = loop {
        let mut third = edge.visitor().await;
        third.send(get("/third", "Accept: application/json\r\n")).await;
        match tokio::time::timeout(Duration::from_millis(100), third.response()).await {
            Ok(answer) => break answer,
            Err(_) => continue,
        }
    };
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert!(refused.text().contains("1200"), "{}", refused.text());
    held.leave.add_permits(2);
    assert_eq!(first.response().await.text(), "hello");
    assert_eq!(second.response().await.text(), "hello");
    let records = edge.records();
    let record = records.iter().find(|record| record["FailureReason"] == "origin_queue_full").expect("a record");
    assert_eq!((&record["EdgeErrorCode"], &record["OriginResponseStatus"]), (&1200.into(), &0.into()));
    assert_eq!(held.most_at_once(), 1);
}

#[tokio::test]
async fn waiting_in_the_queue_is_bounded_in_time() {
    let held = Held::start().await;
    let edge = edge_before(&held, |settings| settings.timeouts.origin_queue = Duration::from_millis(80)).await;
    let mut first = edge.visitor().await;
    first.send(get("/", "")).await;
    held.wait_for_requests(1).await;
    let late = edge.get("/").await;
    assert_eq!((late.status, late.header("retry-after")), (429, Some("60")));
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["EdgeErrorCode"]), (&"origin_queue_timeout".into(), &1200.into()));
    held.leave.add_permits(1);
    assert_eq!(first.response().await.text(), "hello");
}

#[tokio::test]
async fn a_visitor_that_leaves_the_queue_frees_its_place() {
    let held = Held::start().await;
    let edge = edge_before(&held, |settings| settings.limits.origin_queue = 1).await;
    let mut first = edge.visitor().await;
    first.send(get("/", "")).await;
    held.wait_for_requests(1).await;
    let mut leaver = edge.visitor().await;
    leaver.send(get("/leaver", "")).await;
    drop(leaver);
    assert_eq!(edge.record().await["FailureReason"], "client_gone");
    let mut second = edge.visitor().await;
    second.send(get("/", "")).await;
    held.leave.add_permits(2);
    assert_eq!(first.response().await.text(), "hello");
    assert_eq!(second.response().await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_holds_for_all_workers_together_and_nobody_starves() {
    // Every request waits for all that came before it, and each of those for three threads to get their turn of the
    // processor: with more visitors a busy machine takes longer than anybody waits.
    const VISITORS: usize = 12;
    const REQUESTS: usize = 5;
    let held = Held::start().await;
    held.leave.add_permits(1_000);
    let several = |settings: &mut Settings| {
        settings.limits.origin_connections = 2;
        settings.timeouts.origin_queue = 2 * PATIENCE;
        settings.workers = 3;
    };
    let edge = Arc::new(edge_before(&held, several).await);
    let visitors: Vec<_> = (0..VISITORS)
        .map(|_| {
            let edge = edge.clone();
            tokio::spawn(async move {
                for _ in 0..REQUESTS {
                    assert_eq!(edge.get("/").await.text(), "hello");
                }
            })
        })
        .collect();
    for visitor in visitors {
        visitor.await.expect("every request is answered");
    }
    assert!(held.most_at_once() <= 2);
    assert!(held.connections() < VISITORS * REQUESTS, "connections are used again");
}

/// No retries at all, and little patience.
fn thrifty(settings: &mut Settings) {
    settings.retries = RetryAllowance { percent: 0, per_second: 0 };
    settings.timeouts.connect = Duration::from_millis(200);
}

#[tokio::test]
async fn a_retry_that_is_refused_for_the_budget_is_told_everywhere() {
    let (dropping, origin) = (FullBacklog::start(), Origin::saying("hello").await);
    let mut site = Site::new(&[dropping.address(), origin.address()]);
    site.pools[0].origins[1].weight = 1e-9;
    let edge = Edge::start_with(&site, thrifty).await;
    assert_eq!(edge.get("/").await.status, 522);
    let record = edge.record().await;
    assert_eq!(
        (&record["FailureReason"], &record["RetryRefused"]),
        (&"tcp_connect_timeout".into(), &"retry_budget_spent".into())
    );
    assert_eq!((record["Attempts"].as_u64(), origin.connections()), (Some(1), 0));
    assert!(tell(&edge.story(&record)).contains("retry_budget_spent"));
    assert!(edge.telemetry.scrape().contains("bellwether_request_retries_refused_total 1\n"));
}

#[tokio::test]
async fn what_would_not_be_tried_again_anyway_costs_no_budget() {
    let dropping = FullBacklog::start();
    let edge = Edge::start_with(&Site::new(&[dropping.address()]), thrifty).await;
    assert_eq!(edge.get("/").await.status, 522);
    assert!(edge.record().await["RetryRefused"].as_str().unwrap_or_default().is_empty());
    assert!(edge.telemetry.scrape().contains("bellwether_request_retries_refused_total 0\n"));
}

/// However many requests a crashed endpoint has a share of, the others take them without being asked what they cost.
#[tokio::test]
async fn a_refused_connection_costs_no_budget() {
    let (refusing, origin) = (RefusingPort::start(), Origin::saying("hello").await);
    let mut site = Site::new(&[refusing.address(), origin.address()]);
    site.pools[0].origins[1].weight = 1e-9;
    let edge = Edge::start_with(&site, thrifty).await;
    assert_eq!(edge.get("/").await.status, 200);
    let record = edge.record().await;
    assert_eq!((&record["RetriedBecause"], record["Attempts"].as_u64()), (&"tcp_refused".into(), Some(2)));
}

/// An origin that loses its first connection with the second request on it, having said `before` at most.
async fn losing(before: Answer) -> Origin {
    Origin::start_early(move |request| match request.header("x-turn") {
        Some("second") if request.connection == 0 => before.clone().then(Act::Close),
        _ => Answer::ok("hello"),
    })
    .await
}

#[tokio::test]
async fn a_body_that_has_gone_through_is_never_sent_twice() {
    let origin = losing(Answer::default().pause(Duration::from_millis(100))).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    let body = "b".repeat(100_000);
    visitor
        .send(format!("PUT / HTTP/1.1\r\nHost: {HOST}\r\nX-Turn: second\r\nContent-Length: 100000\r\n\r\n{body}"))
        .await;
    assert_eq!(visitor.response().await.status, 520);
    assert_eq!((edge.wait_for_records(2).await[1]["Attempts"].as_u64(), origin.connections()), (Some(1), 1));
}

#[tokio::test]
async fn nothing_is_tried_again_once_the_visitor_has_bytes() {
    let origin = losing(Answer::interim(103, &[("Link", "</a.css>")]).pause(Duration::from_millis(50))).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    visitor.send(get("/", "X-Turn: second\r\n")).await;
    assert_eq!(visitor.response().await.status, 103);
    assert_eq!(visitor.response().await.status, 520);
    assert_eq!((edge.wait_for_records(2).await[1]["Attempts"].as_u64(), origin.connections()), (Some(1), 1));
}
