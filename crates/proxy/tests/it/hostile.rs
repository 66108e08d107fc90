//! Visitors that send or read too slowly, or come in crowds: each is bounded, and everybody else is served meanwhile.

use crate::{
    edge::{Edge, PATIENCE},
    site::{HOST, Site},
};
use proxy::{MinimumRate, Settings};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use testkit::{Answer, Origin};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

const MILLIS: fn(u64) -> Duration = Duration::from_millis;

async fn edge(change: impl FnOnce(&mut Settings)) -> (Edge, Origin) {
    let origin = Origin::start(|request| Answer::ok(format!("{} bytes", request.body.len()))).await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), change).await;
    (edge, origin)
}

/// A connection from an address of ours, with a small receive buffer, so that what is not read soon stays at the edge.
async fn connect_from(address: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a socket option");
    socket.bind(SocketAddr::from((address, 0))).expect("an address of loopback");
    timeout(PATIENCE, socket.connect(to)).await.expect("in time").expect("the edge accepts")
}

async fn is_served(socket: &mut TcpStream) -> bool {
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    if socket.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    let mut head = [0; 12];
    let read = timeout(PATIENCE, socket.read_exact(&mut head)).await.expect("an answer or an end in time");
    read.is_ok() && head == *b"HTTP/1.1 200"
}

/// Waits until the edge closes; gives what it said before.
async fn last_words(socket: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let _ = timeout(PATIENCE, socket.read_to_end(&mut said)).await.expect("an end in time");
    String::from_utf8_lossy(&said).into_owned()
}

fn refused(edge: &Edge, why: &str) -> u64 {
    let series = format!("bellwether_connections_refused_total{{why=\"{why}\"}} ");
    let text = edge.telemetry.scrape();
    text.lines().find_map(|line| line.strip_prefix(&series)?.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn a_head_that_trickles_in_has_only_the_time_of_a_head() {
    let (edge, _origin) = edge(|settings| settings.timeouts.request_head = MILLIS(300)).await;
    let mut visitor = edge.visitor().await;
    let began = Instant::now();
    visitor.send("GET / HTTP/1.1\r\nHost: www.example.com\r\nX-Slow: ").await;
    while began.elapsed() < PATIENCE && visitor.try_send("a").await.is_ok() {
        if began.elapsed() > MILLIS(350) {
            break;
        }
        sleep(MILLIS(20)).await;
    }
    assert_eq!(visitor.response().await.status, 408);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn hundreds_of_slow_heads_do_not_keep_others_waiting() {
    let (edge, _origin) = edge(|settings| settings.timeouts.request_head = MILLIS(700)).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut socket = TcpStream::connect(edge.http()).await.expect("the edge accepts");
        socket.write_all(b"GET / HT").await.expect("the edge takes bytes");
        slow.push(socket);
    }
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(edge.get("/").await.status, 200);
    }
    assert!(began.elapsed() < MILLIS(700), "{:?}", began.elapsed());
    for socket in &mut slow {
        assert!(last_words(socket).await.starts_with("HTTP/1.1 408"));
    }
}

#[tokio::test]
async fn a_body_that_trickles_in_is_given_up_although_it_never_stops() {
    let rate = MinimumRate { bytes_per_second: 5_000, window: MILLIS(300) };
    let (edge, _origin) = edge(|settings| settings.limits.minimum_body_rate = rate).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\n")).await;
    let began = Instant::now();
    while began.elapsed() < MILLIS(500) && visitor.try_send("slow!").await.is_ok() {
        sleep(MILLIS(20)).await;
    }
    assert_eq!(visitor.response().await.status, 408);
    let record = edge.record().await;
    assert_eq!(
        (&record["FailureReason"], &record["FailureParty"]),
        (&"client_body_too_slow".into(), &"visitor".into())
    );
}

#[tokio::test]
async fn a_body_that_keeps_the_rate_is_taken_however_long_it_lasts() {
    let rate = MinimumRate { bytes_per_second: 1_000, window: MILLIS(100) };
    let (edge, _origin) = edge(|settings| settings.limits.minimum_body_rate = rate).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 20000\r\n\r\n")).await;
    for _ in 0..20 {
        visitor.send([b'b'; 1_000]).await;
        sleep(MILLIS(20)).await;
    }
    assert_eq!(visitor.response().await.text(), "20000 bytes");
}

/// An edge before an origin with a long answer, and what visitors must read of it.
async fn edge_with_long_answers(rate: MinimumRate) -> (Edge, Origin) {
    let origin = Origin::start(|_| Answer::ok(vec![b'x'; LONG])).await;
    let change = |settings: &mut Settings| settings.limits.minimum_read_rate = rate;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), change).await;
    (edge, origin)
}

const LONG: usize = 16 << 20;

#[tokio::test]
async fn a_visitor_that_reads_too_slowly_is_given_up_while_others_are_served() {
    let rate = MinimumRate { bytes_per_second: 50_000, window: MILLIS(500) };
    let (edge, _origin) = edge_with_long_answers(rate).await;
    let mut slow = connect_from([127, 0, 0, 1], edge.http()).await;
    slow.write_all(format!("GET /slow HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.expect("sent");
    let began = Instant::now();
    let mut byte = [0; 16];
    let mut served = 0;
    while edge.records().iter().all(|record| record["ClientRequestPath"] != "/slow") {
        assert!(began.elapsed() < PATIENCE, "the slow reader is still served");
        let _ = timeout(MILLIS(20), slow.read(&mut byte)).await;
        served += usize::from(edge.get("/").await.body.len() == LONG);
    }
    assert!(served > 0);
    let records = edge.records();
    let record = records.iter().find(|record| record["ClientRequestPath"] == "/slow").expect("its record");
    assert_eq!(record["FailureReason"], "client_read_too_slow");
    // What the kernel holds for it is bounded too: the edge reads no further than it can send.
    assert!(record["EdgeResponseBodyBytes"].as_u64().expect("a number") < LONG as u64);
}

#[tokio::test]
async fn a_visitor_that_reads_steadily_gets_all_of_it() {
    let rate = MinimumRate { bytes_per_second: 1_000_000, window: MILLIS(200) };
    let (edge, _origin) = edge_with_long_answers(rate).await;
    let mut steady = TcpStream::connect(edge.http()).await.expect("the edge accepts");
    steady.write_all(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.expect("sent");
    let mut piece = vec![0; 16 << 10];
    let mut read = 0;
    let began = Instant::now();
    while read < LONG {
        let count = timeout(PATIENCE, steady.read(&mut piece)).await.expect("in time").expect("more");
        assert_ne!(count, 0, "cut off after {read} bytes and {:?}", began.elapsed());
        read += count;
        if began.elapsed() < MILLIS(600) {
            sleep(MILLIS(2)).await;
        }
    }
}

#[tokio::test]
async fn an_address_may_hold_only_so_many_connections_on_all_workers_together() {
    let limited = |settings: &mut Settings| {
        settings.limits.connections_per_address = 3;
        settings.workers = 2;
    };
    let (edge, _origin) = edge(limited).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut socket = connect_from([127, 0, 0, 1], edge.http()).await;
        assert!(is_served(&mut socket).await);
        held.push(socket);
    }
    let mut fourth = connect_from([127, 0, 0, 1], edge.http()).await;
    assert_eq!(last_words(&mut fourth).await, "");
    assert_eq!(refused(&edge, "address_full"), 1);
    let mut neighbour = connect_from([127, 0, 0, 2], edge.http()).await;
    assert!(is_served(&mut neighbour).await);
    held.pop();
    // The edge has to see the end of the connection first.
    let again = async { while !is_served(&mut connect_from([127, 0, 0, 1], edge.http()).await).await {} };
    timeout(PATIENCE, again).await.expect("room again");
}

#[tokio::test]
async fn a_trusted_proxy_may_hold_any_number() {
    let limited = |settings: &mut Settings| {
        settings.limits.connections_per_address = 1;
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    };
    let (edge, _origin) = edge(limited).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut socket = connect_from([127, 0, 0, 1], edge.http()).await;
        assert!(is_served(&mut socket).await);
        held.push(socket);
    }
    assert_eq!(refused(&edge, "address_full"), 0);
}

#[tokio::test]
async fn a_crowd_at_rest_makes_room_for_a_stranger() {
    let (edge, _origin) = edge(|settings| settings.limits.connections = 4).await;
    let mut crowd = Vec::new();
    for _ in 0..4 {
        let mut socket = connect_from([127, 0, 0, 1], edge.http()).await;
        assert!(is_served(&mut socket).await);
        crowd.push(socket);
    }
    let mut one_more = connect_from([127, 0, 0, 1], edge.http()).await;
    assert_eq!(last_words(&mut one_more).await, "");
    assert_eq!((refused(&edge, "full"), refused(&edge, "crowded_out")), (1, 0));
    let mut stranger = connect_from([127, 0, 0, 2], edge.http()).await;
    assert!(is_served(&mut stranger).await);
    assert_eq!(refused(&edge, "crowded_out"), 1);
}

#[tokio::test]
async fn a_crowd_of_half_heads_is_told_why_it_has_to_go() {
    let (edge, _origin) = edge(|settings| settings.limits.connections = 3).await;
    let mut crowd = Vec::new();
    for _ in 0..3 {
        let mut socket = connect_from([127, 0, 0, 1], edge.http()).await;
        socket.write_all(b"GET / HTTP/1.1\r\n").await.expect("the edge takes bytes");
        crowd.push(socket);
    }
    // Somebody has to have read the half heads before they count as begun.
    let stranger = async { while !is_served(&mut connect_from([127, 0, 0, 2], edge.http()).await).await {} };
    timeout(PATIENCE, stranger).await.expect("a stranger is served");
    let record = edge.wait_for_records(2).await.into_iter().find(|record| record["FailureReason"] == "crowded_out");
    assert_eq!(record.expect("the one that had to go has a record")["EdgeResponseStatus"], 503);
}

#[tokio::test]
async fn a_visitor_that_reads_nothing_is_given_up_without_a_minimum_rate_too() {
    let origin = Origin::start(|_| Answer::ok(vec![b'x'; LONG])).await;
    let change = |settings: &mut Settings| {
        settings.limits.minimum_read_rate.bytes_per_second = 0;
        settings.timeouts.visitor_write = MILLIS(300);
    };
    let edge = Edge::start_with(&Site::new(&[origin.address()]), change).await;
    let mut visitor = connect_from([127, 0, 0, 1], edge.http()).await;
    visitor.write_all(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.expect("sent");
    assert_eq!(edge.record().await["FailureReason"], "client_read_too_slow");
}

#[tokio::test]
async fn a_tls_handshake_that_does_not_come_is_given_up_and_counted() {
    let (edge, _origin) = edge(|settings| settings.timeouts.handshake = MILLIS(100)).await;
    let mut silent = connect_from([127, 0, 0, 1], edge.https()).await;
    assert_eq!(last_words(&mut silent).await, "");
    // It is counted right behind the close.
    let series = "bellwether_tls_handshakes_total{outcome=\"timed_out\"} 1\n";
    let counted = async {
        while !edge.telemetry.scrape().contains(series) {
            sleep(MILLIS(2)).await;
        }
    };
    timeout(PATIENCE, counted).await.expect("it is counted");
}

/// An origin with answers of `length` bytes that it makes while it sends them, and the bytes it has got rid of.
async fn generating(length: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    static PIECE: [u8; 64 << 10] = [b'x'; 64 << 10];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("the address of a bound socket");
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = tcp.read(&mut request).await;
                let _ = tcp.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes()).await;
                for _ in 0..length / PIECE.len() {
                    if tcp.write_all(&PIECE).await.is_err() {
                        return;
                    }
                    count.fetch_add(PIECE.len(), Ordering::Relaxed);
                }
            });
        }
    });
    (address, sent)
}

/// Pages of this process that are in memory, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("a Linux system");
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number of pages") * 4096
}

#[tokio::test]
async fn readers_that_stall_cost_no_memory_however_long_their_answers_are() {
    const READERS: usize = 64;
    let (origin, sent) = generating(256 << 20).await;
    let edge = Edge::start(&Site::new(&[origin])).await;
    let before = resident();
    let mut stalled = Vec::new();
    for _ in 0..READERS {
        let mut visitor = connect_from([127, 0, 0, 1], edge.http()).await;
        visitor.write_all(format!("GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.expect("sent");
        visitor.read_exact(&mut [0; 64]).await.expect("the answer begins");
        stalled.push(visitor);
    }
    let standstill = async {
        let mut last = usize::MAX;
        while std::mem::replace(&mut last, sent.load(Ordering::Relaxed)) != sent.load(Ordering::Relaxed) {
            sleep(MILLIS(100)).await;
        }
    };
    timeout(PATIENCE, standstill).await.expect("the origin is slowed down");
    let grown = resident().saturating_sub(before);
    assert!(grown < READERS * (512 << 10), "{} KiB for each of {READERS}", grown / READERS / 1024);
    assert!(sent.load(Ordering::Relaxed) < READERS * (32 << 20));
}
