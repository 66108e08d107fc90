//! TCP listeners: bytes both ways, one endpoint per connection, and what is told of it.

use crate::{
    edge::{Edge, PATIENCE},
    site::{HOST, Site},
    visitor::Visitor,
};
use proxy::{BalancerChoice, ProxyProtocolOut, TcpListener};
use serde_json::Value;
use std::{net::SocketAddr, process::Stdio, sync::Arc, time::Duration};
use testkit::{
    Answer, Origin, RawServer, RefusingPort, Step,
    tls::{Authority, ServerTls},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A site with one TCP listener for its load balancer.
async fn edge_with(endpoints: &[SocketAddr], change: impl FnOnce(&mut TcpListener)) -> Edge {
    let mut listener = TcpListener::new(LOCAL, HOST);
    change(&mut listener);
    Edge::start_with(&Site::new(endpoints), |settings| settings.tcp.push(listener)).await
}

async fn connect(edge: &Edge) -> TcpStream {
    TcpStream::connect(edge.proxy.tcp()[0]).await.expect("the edge accepts")
}

/// Everything until the end of the stream; the flag says whether it ended in good order.
async fn read_to_end(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an end in time");
    (bytes, ended.is_ok())
}

/// What a server that reads to the end has got over its first connection.
async fn received(server: &RawServer) -> Vec<u8> {
    timeout(PATIENCE, server.wait_for_ends(1)).await.expect("an end in time");
    server.received().remove(0)
}

fn numbers(record: &Value, names: [&str; 4]) -> [u64; 4] {
    names.map(|name| record[name].as_u64().unwrap_or_else(|| panic!("{name} in {record}")))
}

// OCI-19: all bytes of a connection go to one endpoint.
#[tokio::test]
async fn every_byte_of_a_connection_goes_to_one_endpoint() {
    let steps = vec![Step::ReadToEnd, Step::Send(b"bye".to_vec())];
    let servers = [RawServer::start(steps.clone()).await, RawServer::start(steps).await];
    let edge = edge_with(&servers.each_ref().map(RawServer::address), |_| {}).await;
    let words: Vec<Vec<u8>> = (0..20).map(|number| format!("part {number};").into_bytes()).collect();
    for _ in 0..10 {
        let mut visitor = connect(&edge).await;
        for word in &words {
            visitor.write_all(word).await.expect("the edge takes bytes");
            tokio::task::yield_now().await;
        }
        visitor.shutdown().await.expect("a half-close");
        assert_eq!(read_to_end(&mut visitor).await, (b"bye".to_vec(), true), "the other half is still open");
    }
    let all: Vec<Vec<u8>> = servers.iter().flat_map(RawServer::received).collect();
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|bytes| *bytes == words.concat()), "whole and in order");
    assert!(servers.iter().all(|server| server.connections() > 0), "ten connections use both endpoints");
}

#[tokio::test]
async fn a_connection_has_one_record_with_the_bytes_of_both_directions() {
    let server =
        RawServer::start(vec![Step::ReadUntil(b"?".to_vec()), Step::Send(b"answer".to_vec()), Step::Close]).await;
    let edge = edge_with(&[server.address()], |_| {}).await;
    let mut visitor = connect(&edge).await;
    visitor.write_all(b"question?").await.expect("the edge takes bytes");
    assert_eq!(read_to_end(&mut visitor).await, (b"answer".to_vec(), true));
    drop(visitor);
    let record = edge.record().await;
    let counts = ["ClientRequestBytes", "EdgeResponseBytes", "OriginResponseBytes", "Attempts"];
    assert_eq!(numbers(&record, counts), [9, 6, 6, 1]);
    for (name, value) in [
        ("ClientRequestProtocol", "TCP"),
        ("ClientRequestScheme", "tcp"),
        ("ClientRequestHost", HOST),
        ("ClientIP", "127.0.0.1"),
        ("LoadBalancerName", HOST),
        ("PoolName", "pool-0"),
        ("OriginName", "origin-0-0"),
        ("OriginIP", "127.0.0.1"),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    assert_eq!(record.get("FailureReason"), None);
    let metrics = edge.telemetry.metrics.encode();
    assert!(metrics.contains("bellwether_connections_total{listener=\"tcp\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_connection_holds_its_route_and_not_the_table_that_it_was_found_in() {
    let steps = vec![Step::Send(b"hello".to_vec()), Step::ReadToEnd, Step::Send(b"bye".to_vec())];
    let server = RawServer::start(steps).await;
    let edge = edge_with(&[server.address()], |_| {}).await;
    let mut visitor = connect(&edge).await;
    let mut hello = [0; 5];
    timeout(PATIENCE, visitor.read_exact(&mut hello)).await.expect("bytes in time").expect("a relayed connection");
    let old = Arc::downgrade(&edge.table.load());
    edge.publish(&Site::new(&[server.address()]));
    // Of the worker's own accord it holds the old table until it looks for one again.
    let mut other = connect(&edge).await;
    timeout(PATIENCE, other.read_exact(&mut hello)).await.expect("bytes in time").expect("a relayed connection");
    assert!(old.upgrade().is_none(), "somebody still holds the old table");
    visitor.shutdown().await.expect("a half-close");
    assert_eq!(read_to_end(&mut visitor).await, (b"bye".to_vec(), true));
    let record = edge.record().await;
    assert_eq!((&record["PoolName"], &record["OriginName"]), (&"pool-0".into(), &"origin-0-0".into()));
}

/// Nobody's bytes are held beyond a buffer: a side that takes nothing stops the other, and nothing is lost.
#[tokio::test]
async fn a_slow_side_slows_the_other_down() {
    const MOST: usize = 64 << 20;
    let server = RawServer::start(vec![Step::Hang]).await;
    let edge = edge_with(&[server.address()], |_| {}).await;
    let mut visitor = connect(&edge).await;
    let piece = vec![b'x'; 64 << 10];
    let mut sent = 0;
    while sent < MOST {
        match timeout(Duration::from_millis(300), visitor.write(&piece)).await {
            Ok(taken) => sent += taken.expect("the edge takes bytes"),
            Err(_) => break,
        }
    }
    assert!(sent < MOST, "the sockets in between hold only so much");
}

#[tokio::test]
async fn large_streams_cross_both_ways_unharmed() {
    let origin = tokio::net::TcpListener::bind(LOCAL).await.expect("a port");
    let address = origin.local_addr().expect("bound");
    let echo = tokio::spawn(async move {
        let (mut stream, _) = origin.accept().await.expect("a connection");
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.expect("bytes both ways");
        write.shutdown().await.expect("a half-close");
    });
    let edge = edge_with(&[address], |_| {}).await;
    let sent: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let mut visitor = connect(&edge).await;
    let (mut read, mut write) = visitor.split();
    let mut got = Vec::new();
    let write = async {
        write.write_all(&sent).await.expect("the edge takes bytes");
        write.shutdown().await.expect("a half-close");
    };
    let both = async { tokio::join!(write, read.read_to_end(&mut got)) };
    timeout(PATIENCE, both).await.expect("done in time").1.expect("a good end");
    assert!(got == sent, "{} of {} bytes", got.len(), sent.len());
    echo.await.expect("the echo ends");
}

#[tokio::test]
async fn another_endpoint_takes_over_when_the_first_refuses() {
    let refusing = RefusingPort::start();
    let server = RawServer::start(vec![Step::ReadToEnd]).await;
    let mut site = Site::new(&[refusing.address(), server.address()]);
    site.pools[0].origins[1].weight = 1e-9;
    let edge = Edge::start_with(&site, |settings| settings.tcp.push(TcpListener::new(LOCAL, HOST))).await;
    let mut visitor = connect(&edge).await;
    visitor.write_all(b"hello").await.expect("the edge takes bytes");
    visitor.shutdown().await.expect("a half-close");
    assert_eq!(received(&server).await, b"hello");
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"tcp_refused".into()));
    assert_eq!(record.get("FailureReason"), None);
}

#[tokio::test]
async fn a_failure_is_closed_recorded_and_told() {
    let (one, other) = (RefusingPort::start(), RefusingPort::start());
    let edge = edge_with(&[one.address(), other.address()], |_| {}).await;
    assert_eq!(read_to_end(&mut connect(&edge).await).await.0, b"");
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["Attempts"]), (&"tcp_refused".into(), &2.into()));
    let story = edge.story(&record);
    assert_eq!((story.attempts.len(), story.candidates.len(), story.method.as_str()), (2, 4, "TCP"));

    let edge = edge_with(&[one.address()], |tcp| tcp.choice = BalancerChoice::Named("nobody.example.com".into())).await;
    assert_eq!(read_to_end(&mut connect(&edge).await).await.0, b"");
    assert_eq!(edge.record().await["FailureReason"], "tcp_without_load_balancer");
}

#[tokio::test]
async fn an_endpoint_that_breaks_off_is_no_good_end_for_the_visitor() {
    let server = RawServer::start(vec![Step::Read, Step::Send(b"part".to_vec()), Step::Reset]).await;
    let edge = edge_with(&[server.address()], |_| {}).await;
    let mut visitor = connect(&edge).await;
    visitor.write_all(b"hello").await.expect("the edge takes bytes");
    assert!(!read_to_end(&mut visitor).await.1, "a reset is passed on as a reset");
    assert!(edge.record().await["FailureReason"].is_string());
}

/// A server that has said its last word closes, whatever still comes. That is no failure of it.
#[tokio::test]
async fn an_endpoint_that_is_gone_behind_its_good_end_has_not_failed() {
    let origin = tokio::net::TcpListener::bind(LOCAL).await.expect("a port");
    let edge = edge_with(&[origin.local_addr().expect("bound")], |_| {}).await;
    let mut visitor = connect(&edge).await;
    let (mut endpoint, _) = origin.accept().await.expect("a connection");
    endpoint.write_all(b"421 bye").await.expect("the edge takes bytes");
    endpoint.shutdown().await.expect("a half-close");
    assert_eq!(read_to_end(&mut visitor).await, (b"421 bye".to_vec(), true));
    endpoint.set_zero_linger().expect("a reset to come");
    drop(endpoint);
    // The first write may be taken by a connection that is gone already; the end of it is noticed with the next.
    for _ in 0..2 {
        let _ = visitor.write_all(b"and another thing").await;
    }
    let _ = visitor.shutdown().await;
    let record = edge.record().await;
    assert_eq!(record.get("FailureReason"), None, "{record}");
    assert_eq!(record["EdgeResponseBytes"], 7);
}

// OCI-61: a TCP listener's idle timeout is 300 s unless the owner says otherwise.
#[test]
fn the_default_of_the_idle_timeout() {
    assert_eq!(TcpListener::new(LOCAL, HOST).idle_timeout, Duration::from_secs(300));
}

// OCI-61: bytes of either side keep the connection; without any it is closed.
#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let idle = Duration::from_millis(400);
    let beat = Duration::from_millis(40);
    let server = RawServer::start(vec![Step::Read, Step::Trickle(b"tick".to_vec(), beat)]).await;
    let edge = edge_with(&[server.address()], |tcp| tcp.idle_timeout = idle).await;
    let mut busy = connect(&edge).await;
    busy.write_all(b"go").await.expect("the edge takes bytes");
    let mut got = [0; 20];
    timeout(PATIENCE, busy.read_exact(&mut got)).await.expect("in time").expect("twice the timeout of ticks");

    let silent = RawServer::start(vec![Step::Hang]).await;
    let edge = edge_with(&[silent.address()], |tcp| tcp.idle_timeout = idle).await;
    let mut visitor = connect(&edge).await;
    assert_eq!(read_to_end(&mut visitor).await.0, b"");
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["FailureParty"]), (&"tcp_idle".into(), &"nobody".into()));
    assert_eq!(edge.story(&record).evidence.limit, Some(idle));
}

// OCI-64: the header is the first thing that the endpoint receives, before the visitor has said anything.
#[tokio::test]
async fn the_endpoint_is_told_who_the_visitor_is() {
    for version in [ProxyProtocolOut::V1, ProxyProtocolOut::V2] {
        let server = RawServer::start(vec![Step::Read, Step::Send(b"220 ready".to_vec()), Step::ReadToEnd]).await;
        let edge = edge_with(&[server.address()], |tcp| tcp.proxy_protocol_out = version).await;
        let mut visitor = connect(&edge).await;
        let (from, to) = (visitor.local_addr().expect("bound"), visitor.peer_addr().expect("connected"));
        let mut greeting = [0; 9];
        timeout(PATIENCE, visitor.read_exact(&mut greeting)).await.expect("in time").expect("without saying anything");
        visitor.write_all(b"hello").await.expect("the edge takes bytes");
        drop(visitor);
        let mut expected = Vec::new();
        match version {
            ProxyProtocolOut::V1 => wire::proxy_protocol::write_v1(Some((from, to)), &mut expected),
            _ => {
                let told = wire::proxy_protocol::Introduction { parties: Some((from, to)), ..Default::default() };
                wire::proxy_protocol::write_v2(&told, &mut expected).expect("it fits");
            }
        }
        assert_eq!(received(&server).await, [&expected[..], b"hello"].concat());
        assert_eq!(edge.record().await["ClientRequestBytes"], 5, "ours are not the visitor's");
    }
}

/// A listener that passes TLS on by its server name.
async fn passing(origin: &Origin, change: impl FnOnce(&mut TcpListener)) -> Edge {
    edge_with(&[origin.address()], |tcp| {
        tcp.choice = BalancerChoice::ByServerName { otherwise: None };
        change(tcp);
    })
    .await
}

#[tokio::test]
async fn tls_is_passed_on_by_its_server_name() {
    let authority = Authority::new("the site's own");
    let identity = authority.issue(&[HOST]);
    let origin = Origin::start_tls(ServerTls::new(&identity), |_| Answer::ok("from inside")).await;
    let edge = passing(&origin, |_| {}).await;
    let mut visitor = Visitor::connect_tls(edge.proxy.tcp()[0], &authority.root_pem(), HOST)
        .await
        .expect("the handshake is with the origin, whose certificate is trusted");
    assert_eq!(visitor.get("/").await.text(), "from inside");
    drop(visitor);
    let record = edge.record().await;
    assert_eq!((&record["ClientRequestHost"], &record["ClientSSLProtocol"]), (&HOST.into(), &"none".into()));

    assert!(Visitor::connect_tls(edge.proxy.tcp()[0], &authority.root_pem(), "other.test").await.is_err());
    let record = edge.wait_for_record_of("sni_unroutable").await;
    assert_eq!(edge.story(&record).evidence.sni.as_deref(), Some("other.test"));

    let mut plain = connect(&edge).await;
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("the edge takes bytes");
    assert_eq!(read_to_end(&mut plain).await.0, b"");
    let record = edge.wait_for_record_of("hello_unusable").await;
    assert_eq!(edge.story(&record).evidence.first_bytes, b"GET / HTTP/1.1\r\n\r\n");
}

#[tokio::test]
async fn a_name_that_nobody_has_goes_to_the_fallback() {
    let authority = Authority::new("the site's own");
    let origin = Origin::start_tls(ServerTls::new(&authority.issue(&["other.test"])), |_| Answer::ok("fallback")).await;
    let edge = passing(&origin, |tcp| tcp.choice = BalancerChoice::ByServerName { otherwise: Some(HOST.into()) }).await;
    let mut visitor =
        Visitor::connect_tls(edge.proxy.tcp()[0], &authority.root_pem(), "other.test").await.expect("a handshake");
    assert_eq!(visitor.get("/").await.text(), "fallback");
}

// OCI-64: version 2 carries the server name as authority.
#[tokio::test]
async fn the_authority_is_the_server_name() {
    let server = RawServer::start(vec![Step::Read, Step::Close]).await;
    let edge = edge_with(&[server.address()], |tcp| {
        tcp.choice = BalancerChoice::ByServerName { otherwise: None };
        tcp.proxy_protocol_out = ProxyProtocolOut::V2;
    })
    .await;
    let root = Authority::new("any").root_pem();
    assert!(Visitor::connect_tls(edge.proxy.tcp()[0], &root, HOST).await.is_err(), "nobody speaks TLS there");
    let got = received(&server).await;
    let parsed = wire::proxy_protocol::parse(&got, &wire::proxy_protocol::Limits::default());
    let Ok(wire::proxy_protocol::Heard::Complete(header)) = parsed else { panic!("{parsed:?}") };
    assert_eq!(header.tlvs.authority(), Some(HOST.as_bytes()));
    assert_eq!(got[header.len], 22, "the visitor's handshake follows");
}

/// HAProxy, which wrote the specification, reads what we send and sends what we read.
struct HaProxy {
    process: tokio::process::Child,
    _directory: tempfile::TempDir,
}

impl HaProxy {
    fn start(configuration: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("haproxy.cfg");
        let timers = "defaults\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n";
        std::fs::write(&file, format!("{timers}{configuration}")).expect("a file");
        let process = tokio::process::Command::new("haproxy")
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("HAProxy is installed");
        Self { process, _directory: directory }
    }

    /// Connects as soon as it listens.
    async fn connect(&mut self, to: SocketAddr) -> TcpStream {
        let wait = async {
            loop {
                match TcpStream::connect(to).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
                assert!(matches!(self.process.try_wait(), Ok(None)), "HAProxy has ended");
            }
        };
        timeout(PATIENCE, wait).await.expect("HAProxy listens in time")
    }
}

/// A port that was free a moment ago.
fn free_port() -> SocketAddr {
    std::net::TcpListener::bind(LOCAL).and_then(|socket| socket.local_addr()).expect("a free port")
}

#[tokio::test]
async fn haproxy_speaks_the_same_protocol() {
    let (front, back) = (free_port(), free_port());
    let origin = Origin::saying("hello").await;
    for (send, out) in [("send-proxy", ProxyProtocolOut::V1), ("send-proxy-v2", ProxyProtocolOut::V2)] {
        // A visitor, HAProxy, our TCP listener, HAProxy again, the origin: each hop tells the next who the visitor is.
        let edge = Edge::start_with(&Site::new(&[back]), |settings| {
            settings.proxy_protocol =
                proxy::ProxyProtocol::RequireFrom(vec!["127.0.0.1/32".parse().expect("a network")]);
            settings.tcp.push(TcpListener { proxy_protocol_out: out, ..TcpListener::new(LOCAL, HOST) });
        })
        .await;
        let mut haproxy = HaProxy::start(&format!(
            "listen front\n mode tcp\n bind {front}\n server edge {} {send} source 127.0.0.1\n\
             listen back\n mode http\n option forwardfor\n bind {back} accept-proxy\n server origin {}\n",
            edge.proxy.tcp()[0],
            origin.address(),
        ));
        let mut visitor = haproxy.connect(front).await;
        let from = visitor.local_addr().expect("bound");
        let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
        visitor.write_all(request.as_bytes()).await.expect("HAProxy takes bytes");
        let (answer, _) = read_to_end(&mut visitor).await;
        assert!(answer.ends_with(b"hello"), "{}", answer.escape_ascii());
        drop(visitor);
        let record = edge.record().await;
        assert_eq!((&record["ClientIP"], &record["ClientSrcPort"]), (&"127.0.0.1".into(), &from.port().into()));
        let asked = origin.requests();
        assert_eq!(asked.last().and_then(|request| request.header("X-Forwarded-For")), Some("127.0.0.1"));
        drop(haproxy);
    }
}
