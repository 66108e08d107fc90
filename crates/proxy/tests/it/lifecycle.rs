//! Starting and stopping.

use crate::{
    edge::{Edge, get},
    site::Site,
};
use proxy::CutOff;
use std::{net::SocketAddr, time::Duration};
use testkit::{Answer, Origin};

#[tokio::test]
async fn a_request_under_way_is_finished_and_then_the_connection_closed() {
    let slow = Duration::from_millis(150);
    let origin = Origin::start(move |_| Answer::default().pause(slow).followed_by(Answer::ok("hello"))).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut idle = edge.visitor().await;
    let mut busy = edge.visitor().await;
    busy.send(get("/", "")).await;
    origin.wait_for_requests(1).await;
    let address = edge.http();
    let stop = edge.proxy.shutdown(Duration::from_secs(5));
    let watch = async {
        assert!(idle.is_closed().await);
        let answer = busy.response().await;
        assert_eq!((answer.text(), answer.header("connection")), ("hello", Some("close")));
    };
    tokio::join!(stop, watch);
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_visitor_of_a_parting_edge_is_told_with_its_next_answer_that_it_is_the_last() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let (mut busy, mut quiet) = (edge.visitor().await, edge.visitor().await);
    busy.send(get("/", "")).await;
    assert_eq!(busy.response().await.header("connection"), None);
    let part = edge.proxy.part(Duration::from_millis(500), Duration::from_secs(5));
    let watch = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        busy.send(get("/", "")).await;
        let answer = busy.response().await;
        assert_eq!((answer.text(), answer.header("connection")), ("hello", Some("close")));
        assert!(busy.is_closed().await);
        assert!(quiet.is_closed().await, "who asks nothing more is let go after a while");
    };
    let (cut_off, ()) = tokio::join!(part, watch);
    assert_eq!(cut_off.total(), 0);
}

#[tokio::test]
async fn who_stands_at_the_door_when_it_closes_is_served() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitors = Vec::new();
    for _ in 0..20 {
        let mut stream = std::net::TcpStream::connect(edge.http()).expect("the kernel takes it");
        std::io::Write::write_all(&mut stream, get("/", "").as_ref()).expect("the kernel takes it");
        visitors.push(stream);
    }
    edge.proxy.shutdown(Duration::from_secs(5)).await;
    for mut stream in visitors {
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off_and_recorded() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let mut edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    origin.wait_for_requests(1).await;
    let other = idle_proxy(&edge);
    let proxy = std::mem::replace(&mut edge.proxy, other);
    assert_eq!(proxy.shutdown(Duration::from_millis(50)).await, CutOff { http1: 1, ..CutOff::default() });
    assert_eq!(visitor.try_response().await.map(|answer| answer.status), Some(503));
    assert_eq!(edge.record().await["FailureReason"], "edge_shutting_down");
}

/// A data plane without listeners, to leave in the place of one that is shut down.
fn idle_proxy(edge: &Edge) -> proxy::Proxy {
    let settings = proxy::Settings { workers: 1, ..Default::default() };
    proxy::start(settings, edge.table.clone(), edge.dialer.clone(), edge.telemetry.clone(), edge.authority.clone())
        .expect("the data plane starts")
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let foreign: SocketAddr = SocketAddr::from(([192, 0, 2, 77], 80));
    let settings = proxy::Settings { http: Some(foreign), workers: 1, ..Default::default() };
    let started =
        proxy::start(settings, edge.table.clone(), edge.dialer.clone(), edge.telemetry.clone(), edge.authority.clone());
    let error = started.err().expect("the address is not ours").to_string();
    assert!(error.starts_with("cannot listen on 192.0.2.77:80"), "{error}");
}

#[tokio::test]
async fn several_workers_serve_one_address() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), |settings| settings.workers = 3).await;
    for _ in 0..30 {
        assert_eq!(edge.get("/").await.text(), "hello");
    }
    assert_eq!(edge.wait_for_records(30).await.len(), 30);
}
