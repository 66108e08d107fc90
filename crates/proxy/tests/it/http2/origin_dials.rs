//! Who dials when requests for an origin of HTTP/2 come together.

use super::{
    client::{Client, get, soon},
    modern::{Modern, edge_before},
};
use crate::{
    edge::{Edge, PATIENCE},
    site::Site,
};
use model::{HttpVersion, SslMode};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use testkit::{
    Answer, Origin,
    tls::{Authority, ServerTls},
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

/// Sends this many requests at once, each by a connection of its own; gives what became of them.
async fn at_once(edge: &Edge, count: usize) -> Vec<u16> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(Client::connect(edge).await);
    }
    let mut begun = Vec::new();
    for client in &mut clients {
        begun.push(client.begin(get("/"), true).await);
    }
    let mut statuses = Vec::new();
    for one in begun {
        statuses.push(one.reply().await.expect("an answer").status);
    }
    statuses
}

#[tokio::test]
async fn requests_that_come_together_share_one_dial() {
    let origin = Modern::by_hand(|_, mut frames| {
        Box::pin(async move {
            frames.greet().await;
            frames.answer_all("hello").await;
        })
    })
    .await;
    let edge = edge_before(origin.address, |_| {}).await;
    assert_eq!(at_once(&edge, 20).await, [200; 20]);
    assert_eq!(origin.connections(), 1);
    let records = edge.wait_for_records(20).await;
    assert_eq!(records.iter().filter(|record| record["OriginConnectionReused"] == true).count(), 19);
}

/// More than a connection may carry: another one is dialed for those that are left.
#[tokio::test]
async fn a_connection_carries_as_many_requests_as_the_setting_says() {
    let held = Arc::new(Semaphore::new(0));
    let asked = Arc::new(AtomicUsize::new(0));
    let (leave, count) = (held.clone(), asked.clone());
    let origin = Modern::start(move |_, _, mut respond| {
        let (leave, count) = (leave.clone(), count.clone());
        Box::pin(async move {
            count.fetch_add(1, Ordering::SeqCst);
            leave.acquire().await.expect("never closed").forget();
            let _ = respond.send_response(http::Response::new(()), true);
        })
    })
    .await;
    let edge = edge_before(origin.address, |settings| settings.origin_http2.streams = 2).await;
    let let_go = async {
        while asked.load(Ordering::SeqCst) < 5 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(origin.connections(), 3);
        held.add_permits(5);
    };
    let (statuses, ()) = soon(async { tokio::join!(at_once(&edge, 5), let_go) }).await;
    assert_eq!(statuses, [200; 5]);
}

/// Nobody dials again what has just failed for somebody who came at the same time.
#[tokio::test]
async fn a_dial_that_fails_fails_for_all_who_wait_for_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let edge = edge_before(address, |_| {}).await;
    let accepting = async {
        let mut count = 0;
        let (first, _) = listener.accept().await.expect("the edge connects");
        // The others have long asked by then.
        while let Ok(Ok(_)) = timeout(Duration::from_millis(300), listener.accept()).await {
            count += 1;
        }
        drop(first);
        count
    };
    let (statuses, further) = soon(async { tokio::join!(at_once(&edge, 10), accepting) }).await;
    assert_eq!((statuses, further), (vec![525; 10], 0));
    let records = edge.wait_for_records(10).await;
    assert!(records.iter().all(|record| record["FailureReason"] == "tls_reset"), "{records:#?}");
}

/// A visitor that leaves takes nobody else's connection with it.
#[tokio::test]
async fn a_dial_whose_visitor_leaves_is_taken_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let edge = edge_before(listener.local_addr().expect("an address"), |_| {}).await;
    let mut leaver = Client::connect(&edge).await;
    let mut leaving = leaver.begin(get("/"), true).await;
    let first = timeout(PATIENCE, listener.accept()).await.expect("in time").expect("the edge connects");
    let mut stayer = Client::connect(&edge).await;
    let staying = stayer.begin(get("/"), true).await;
    leaving.body.send_reset(h2::Reason::CANCEL);
    let second = timeout(PATIENCE, listener.accept()).await.expect("in time").expect("the edge connects again");
    drop((first, second));
    assert_eq!(staying.reply().await.expect("an answer").status, 525);
}

/// Whoever waited for a connection that cannot be shared dials at once, and the next ones do not wait any more.
#[tokio::test]
async fn an_origin_of_http1_alone_is_dialed_by_everybody() {
    let identity = Authority::new("origins").issue(&["www.example.com"]);
    let origin = Origin::start_tls(ServerTls::new(&identity), |_| {
        Answer::default().pause(Duration::from_millis(100)).and("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let site = Site::new(&[origin.address()]).set(|zone| {
        zone.ssl = SslMode::Full;
        zone.origin_max_http_version = HttpVersion::Two;
    });
    let edge = Edge::start(&site).await;
    assert_eq!(at_once(&edge, 5).await, [200; 5]);
    assert_eq!(origin.connections(), 5);
}
