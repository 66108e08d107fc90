//! Endpoints that may have only so many connections: others are used instead, and when none has room that is told.

use crate::{
    edge::{Edge, PATIENCE, get},
    held::Held,
    site::{HOST, Site},
    visitor::Visitor,
};
use proxy::{RetryAllowance, Settings, TcpListener};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use telemetry::tell;
use testkit::FullBacklog;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use verdict::LegacyError;

/// A site of one pool whose endpoints may have `most` connections each.
fn site(endpoints: &[SocketAddr], most: u32) -> Site {
    let mut site = Site::new(endpoints);
    site.pools[0].origin_max_connections = most;
    site
}

/// A visitor whose request is under way.
async fn busy(edge: &Edge) -> Visitor {
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    visitor
}

/// The text that operators of the second system search for.
fn message() -> String {
    LegacyError::E26.text(&[])
}

// OCI-22: all healthy endpoints at their limit: 502 and the second system's message.
#[tokio::test]
async fn when_every_endpoint_is_full_the_visitor_is_told_so_at_once() {
    let origins = [Held::start().await, Held::start().await];
    let edge = Edge::start(&site(&[origins[0].address, origins[1].address], 1)).await;
    let mut visitors = vec![busy(&edge).await, busy(&edge).await];
    for origin in &origins {
        origin.wait_for_requests(1).await;
    }
    let mut late = edge.visitor().await;
    late.send(get("/", "Accept: application/json\r\n")).await;
    let answer = late.response().await;
    assert_eq!((answer.status, answer.header("retry-after")), (502, Some("60")));
    assert!(answer.text().contains(&message()), "{}", answer.text());
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["EdgeErrorCode"]), (&"endpoints_full".into(), &502.into()));
    assert_eq!((&record["OriginResponseStatus"], &record["Attempts"]), (&0.into(), &0.into()));
    let story = tell(&edge.story(&record));
    assert!(story.contains("at max connections"), "{story}");
    let counted = "bellwether_request_failures_total{reason=\"endpoints_full\",party=\"origin\",phase=\"steer\"} 1";
    assert!(edge.telemetry.scrape().contains(counted));
    // Who asks again on the same connection is served once somebody has left.
    origins[0].leave.add_permits(2);
    origins[1].leave.add_permits(2);
    for visitor in &mut visitors {
        assert_eq!(visitor.response().await.text(), "hello");
    }
    assert_eq!(late.get("/").await.text(), "hello");
}

// OCI-22: an endpoint at its limit is no candidate for a new request; the others of its pool are.
#[tokio::test]
async fn a_full_endpoint_is_passed_over_for_one_with_room() {
    let (small, large) = (Held::start().await, Held::start().await);
    let mut site = site(&[small.address, large.address], 0);
    site.pools[0].origins[0].max_connections = Some(1);
    site.pools[0].origins[1].weight = 1e-9;
    let edge = Edge::start(&site).await;
    let mut visitors = vec![busy(&edge).await];
    small.wait_for_requests(1).await;
    for _ in 0..5 {
        visitors.push(busy(&edge).await);
    }
    large.wait_for_requests(5).await;
    small.leave.add_permits(1);
    large.leave.add_permits(5);
    for visitor in &mut visitors {
        assert_eq!(visitor.response().await.text(), "hello");
    }
    assert_eq!((small.connections(), small.most_at_once()), (1, 1));
    let records = edge.wait_for_records(6).await;
    let steered = |how: &str| records.iter().filter(|record| record["SteeredBy"] == how).count();
    assert_eq!((steered("failover_order"), steered("spill_same_pool")), (1, 5), "{records:#?}");
}

// OCI-21: the endpoint's own value overrides its pool's, and 0 is any number.
#[tokio::test]
async fn the_endpoints_own_limit_wins_over_its_pools() {
    let origin = Held::start().await;
    let mut site = site(&[origin.address], 1);
    site.pools[0].origins[0].max_connections = Some(0);
    let edge = Edge::start(&site).await;
    let mut visitors = Vec::new();
    for _ in 0..4 {
        visitors.push(busy(&edge).await);
    }
    origin.wait_for_requests(4).await;
    origin.leave.add_permits(4);
    for visitor in &mut visitors {
        assert_eq!(visitor.response().await.text(), "hello");
    }
}

#[tokio::test]
async fn another_pool_takes_over_only_where_requests_may_move_across() {
    for across in [false, true] {
        let origins = [Held::start().await, Held::start().await];
        let mut site = Site::with_pools(&[&[origins[0].address], &[origins[1].address]]);
        site.pools[0].origin_max_connections = 1;
        site.failover_across_pools = across;
        let edge = Edge::start(&site).await;
        let _busy = busy(&edge).await;
        origins[0].wait_for_requests(1).await;
        origins[1].leave.add_permits(1);
        let answer = edge.get("/").await;
        assert_eq!(answer.status, if across { 200 } else { 502 });
    }
}

// OCI-22: the count is that of the node, and outlives the routing table and requests that were given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_count_holds_for_all_workers_across_tables_and_cancelled_requests() {
    const MOST: usize = 3;
    let origin = Held::start().await;
    origin.leave.add_permits(100_000);
    let site = Arc::new(site(&[origin.address], MOST as u32));
    let edge = Arc::new(Edge::start_with(&site, |settings| settings.workers = 3).await);
    let visitors: Vec<_> = (0..12)
        .map(|number| {
            let edge = edge.clone();
            tokio::spawn(async move {
                let mut served = 0;
                for turn in 0..30 {
                    let mut visitor = edge.visitor().await;
                    visitor.send(get("/", "")).await;
                    if (number + turn) % 3 == 0 {
                        continue;
                    }
                    let answer = visitor.response().await;
                    assert!(matches!(answer.status, 200 | 502), "{}", answer.status);
                    served += usize::from(answer.status == 200);
                }
                served
            })
        })
        .collect();
    for _ in 0..20 {
        edge.publish(&site);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut served = 0;
    for visitor in visitors {
        served += visitor.await.expect("every request is answered");
    }
    assert!(served > 0);
    assert!(origin.most_open() <= MOST, "{} at once", origin.most_open());
    // Nothing leaked: all places can still be had at once.
    origin.leave.forget_permits(usize::MAX);
    let all = async {
        let mut visitors = Vec::new();
        while origin.under_way() < MOST {
            visitors.push(busy(&edge).await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, all).await.expect("all places are free again");
}

/// Without it a worker could keep others out by connections that it does not use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_of_another_worker_keep_nobody_out() {
    let origin = Held::start().await;
    origin.leave.add_permits(1_000);
    let edge = Edge::start_with(&site(&[origin.address], 1), |settings| settings.workers = 2).await;
    // The kernel spreads visitors over the workers, so with one at a time both of them have to get the one place.
    for _ in 0..40 {
        assert_eq!(edge.get("/").await.text(), "hello");
    }
    assert_eq!(origin.most_open(), 1);
}

/// What is full is not waited for; what is only busy is. With both, an endpoint with a turn free comes first.
#[tokio::test]
async fn where_the_node_has_a_limit_too_an_endpoint_with_a_turn_free_comes_first() {
    let (first, second) = (Held::start().await, Held::start().await);
    let mut site = Site::new(&[first.address, second.address]);
    site.pools[0].origins[1].weight = 1e-9;
    let edge = Edge::start_with(&site, |settings| settings.limits.origin_connections = 1).await;
    let mut visitors = vec![busy(&edge).await];
    first.wait_for_requests(1).await;
    visitors.push(busy(&edge).await);
    second.wait_for_requests(1).await;
    // Both are busy: the third waits where steering sent it.
    visitors.push(busy(&edge).await);
    first.leave.add_permits(2);
    second.leave.add_permits(1);
    for visitor in &mut visitors {
        assert_eq!(visitor.response().await.text(), "hello");
    }
    assert_eq!((first.most_at_once(), second.most_at_once()), (1, 1));
}

/// An edge that relays TCP to these endpoints.
async fn relay(site: &Site, change: impl FnOnce(&mut Settings)) -> Edge {
    let listener = TcpListener::new(SocketAddr::from(([127, 0, 0, 1], 0)), HOST);
    Edge::start_with(site, |settings| {
        settings.tcp.push(listener);
        change(settings);
    })
    .await
}

/// Whether a relayed connection gets an answer of its endpoint.
async fn is_relayed(edge: &Edge) -> Option<TcpStream> {
    let mut tcp = TcpStream::connect(edge.proxy.tcp()[0]).await.expect("the edge accepts");
    tcp.write_all(get("/", "").as_bytes()).await.expect("sent");
    let mut byte = [0];
    let read = timeout(PATIENCE, tcp.read(&mut byte)).await.expect("an answer or an end");
    matches!(read, Ok(1)).then_some(tcp)
}

// OCI-22
#[tokio::test]
async fn relayed_connections_count_and_are_refused_with_a_record() {
    let origin = Held::start().await;
    origin.leave.add_permits(100);
    let edge = relay(&site(&[origin.address], 2), |_| {}).await;
    let (first, second) = (is_relayed(&edge).await.expect("room"), is_relayed(&edge).await.expect("room"));
    assert!(is_relayed(&edge).await.is_none());
    let record = edge.wait_for_record_of("endpoints_full").await;
    assert_eq!(record["ClientRequestProtocol"], "TCP");
    assert!(tell(&edge.story(&record)).contains(&message()));
    // Requests and relayed connections share the places.
    assert_eq!(edge.get("/").await.status, 502);
    drop(first);
    edge.wait_for_records(3).await;
    assert_eq!(edge.get("/").await.status, 200);
    // The connection that the request left idle gives way to one that is relayed.
    assert!(is_relayed(&edge).await.is_some());
    assert_eq!(origin.most_open(), 2);
    drop(second);
}

#[tokio::test]
async fn relayed_connections_wait_their_turn_within_the_queue() {
    let origin = Held::start().await;
    origin.leave.add_permits(100);
    let edge = relay(&Site::new(&[origin.address]), |settings| {
        settings.limits.origin_connections = 1;
        settings.limits.origin_queue = 1;
        settings.timeouts.origin_queue = PATIENCE;
    })
    .await;
    let first = is_relayed(&edge).await.expect("a turn");
    let second = async {
        let second = is_relayed(&edge).await;
        assert!(second.is_some(), "it waits for the first");
    };
    let third = async {
        // A third is refused as soon as the second waits.
        let mut refused = 0;
        while refused == 0 {
            let mut tcp = TcpStream::connect(edge.proxy.tcp()[0]).await.expect("the edge accepts");
            let mut byte = [0];
            if let Ok(read) = timeout(Duration::from_millis(100), tcp.read(&mut byte)).await {
                assert!(matches!(read, Ok(0) | Err(_)));
                refused += 1;
            }
        }
        drop(first);
    };
    timeout(PATIENCE, async { tokio::join!(second, third) }).await.expect("in time");
    edge.wait_for_record_of("origin_queue_full").await;
}

#[tokio::test]
async fn relayed_connections_take_part_in_the_budget_of_retries() {
    let (dropping, origin) = (FullBacklog::start(), Held::start().await);
    let mut site = Site::new(&[dropping.address(), origin.address]);
    site.pools[0].origins[1].weight = 1e-9;
    let thrifty = |settings: &mut Settings| {
        settings.retries = RetryAllowance { percent: 0, per_second: 0 };
        settings.timeouts.connect = Duration::from_millis(200);
    };
    let edge = relay(&site, thrifty).await;
    assert!(is_relayed(&edge).await.is_none());
    let record = edge.wait_for_record_of("tcp_connect_timeout").await;
    assert_eq!(record["RetryRefused"], "retry_budget_spent");
    assert!(edge.telemetry.scrape().contains("bellwether_request_retries_refused_total 1\n"));
    assert_eq!(origin.connections(), 0);
}
