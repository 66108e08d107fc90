//! Upgrades and the tunnels that they open, with honest peers and with hostile ones.

use crate::{
    edge::{Edge, PATIENCE, get},
    site::{HOST, Site},
    visitor::Visitor,
};
use model::SslMode;
use proxy::{Settings, Upgrades};
use std::{io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};
use testkit::{
    Act, Answer, Origin, RawServer, RefusingPort, Request, Step,
    tls::{Authority, ServerTls},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The 101 that fits the key.
const GRANT: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The 101 to any other protocol of this name.
fn grant(protocol: &str) -> String {
    format!("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: {protocol}\r\n\r\n")
}

/// A request for a WebSocket.
fn websocket() -> String {
    get(
        "/chat",
        &format!("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{KEY}"),
    )
}

/// A request for any other protocol.
fn upgrade(protocol: &str) -> String {
    get("/", &format!("Connection: upgrade\r\nUpgrade: {protocol}\r\n"))
}

fn any_protocol(settings: &mut Settings) {
    settings.upgrades = Upgrades::new(["*"]).expect("any protocol");
}

/// An origin that grants a WebSocket, and then speaks HTTP through the tunnel: what comes through is answered as if
/// the visitor were connected to it.
fn switching(request: &Request) -> Answer {
    match request.header("upgrade") {
        Some(_) => Answer::raw(GRANT),
        None => Answer::ok(request.target()),
    }
}

fn steps(steps: &[Step]) -> Vec<Step> {
    [&[Step::ReadUntil(b"\r\n\r\n".to_vec()), Step::Send(GRANT.into())], steps].concat()
}

/// What the raw server has received behind the head.
fn tunnelled(server: &RawServer) -> Vec<u8> {
    let received = server.received().remove(0);
    let end = received.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    received[end + 4..].to_vec()
}

async fn raw_visitor(edge: &Edge) -> TcpStream {
    TcpStream::connect(edge.http()).await.expect("the edge accepts")
}

/// Opens a tunnel on a socket of its own and takes the 101 off.
async fn open(edge: &Edge) -> TcpStream {
    let mut visitor = raw_visitor(edge).await;
    visitor.write_all(websocket().as_bytes()).await.expect("the edge reads");
    let head = read_head(&mut visitor).await;
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    visitor
}

/// Reads up to the end of a head and no further.
async fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, stream.read_u8()).await.expect("a head in time").expect("a head"));
    }
    head
}

/// How a connection ends on which nothing more is said.
async fn next_error(stream: &mut TcpStream) -> ErrorKind {
    let read = timeout(PATIENCE, stream.read(&mut [0; 1])).await.expect("an end in time");
    read.expect_err("no end in good order").kind()
}

/// The value of a metric without labels.
fn metric(edge: &Edge, name: &str) -> u64 {
    let text = edge.telemetry.metrics.encode();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).expect("the metric is there");
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

// EDGE-76
#[tokio::test]
async fn a_websocket_opens_a_tunnel_with_one_record_at_its_end() {
    let origin = Origin::start(switching).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    let request = websocket();
    visitor.send(&request).await;
    let head = visitor.head().await.expect("an answer");
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    for line in ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
    }
    assert!(head.contains("\r\nCF-RAY: ") && head.contains("\r\nServer: bellwether\r\n"), "{head}");
    let asked = &origin.requests()[0];
    assert_eq!(
        (asked.header_values("connection"), asked.header_values("upgrade")),
        (vec!["Upgrade"], vec!["websocket"])
    );
    assert_eq!(asked.header("sec-websocket-version"), Some("13"));
    assert_eq!(metric(&edge, "bellwether_tunnels_open"), 1);
    let inside = "GET /inside HTTP/1.1\r\nHost: nobody\r\n\r\n";
    visitor.send(inside).await;
    let answer = visitor.response().await;
    assert_eq!((answer.text(), answer.header("cf-ray")), ("/inside", None), "nobody touches what is inside");
    assert_eq!(edge.records().len(), 0, "the record is written at the end");
    tokio::time::sleep(Duration::from_millis(60)).await;
    drop(visitor);
    let record = edge.record().await;
    assert_eq!((&record["EdgeResponseStatus"], &record["OriginResponseStatus"]), (&101.into(), &101.into()));
    assert!(record["FailureReason"].is_null(), "{record:#}");
    assert_eq!(record["ClientRequestBytes"], request.len() + inside.len());
    assert_eq!(record["EdgeResponseBodyBytes"], answer.head.len() + answer.body.len());
    let at = |name: &str| record[name].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
    assert!(at("EdgeEndTimestamp").duration_since(at("EdgeStartTimestamp")).as_millis() >= 60, "{record:#}");
    let told = ["bellwether_tunnels_open", "bellwether_tunnels_total"].map(|name| metric(&edge, name));
    assert_eq!(told, [0, 1]);
    assert_eq!(edge.get("/next").await.text(), "/next");
    assert_eq!(origin.connections(), 2, "a connection that was a tunnel is never used again");
}

#[tokio::test]
async fn a_tunnel_holds_its_route_and_not_the_table_that_it_was_found_in() {
    let origin = Origin::start(switching).await;
    let site = Site::new(&[origin.address()]);
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    visitor.send(websocket()).await;
    visitor.head().await.expect("a tunnel");
    let old = Arc::downgrade(&edge.table.load());
    edge.publish(&site);
    // Of the worker's own accord it holds the old table until it looks for one again.
    assert_eq!(edge.get("/next").await.text(), "/next");
    assert!(old.upgrade().is_none(), "somebody still holds the old table");
    assert_eq!(visitor.ask("GET /still HTTP/1.1\r\nHost: a\r\n\r\n").await.text(), "/still");
    drop(visitor);
    let record = edge.wait_for_records(2).await.remove(1);
    for (name, value) in [("LoadBalancerName", HOST), ("PoolName", "pool-0"), ("OriginName", "origin-0-0")] {
        assert_eq!(record[name], value, "{name}");
    }
    assert_eq!((&record["EdgeResponseStatus"], &record["TableGeneration"]), (&101.into(), &1.into()));
}

#[tokio::test]
async fn what_comes_behind_the_request_waits_for_the_101() {
    let answer = vec![
        Step::ReadUntil(b"\r\n\r\n".to_vec()),
        Step::Pause(Duration::from_millis(60)),
        Step::Send(format!("{GRANT}first").into_bytes()),
        Step::ReadUntil(b"early".to_vec()),
        Step::ReadToEnd,
    ];
    let origin = RawServer::start(answer).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = raw_visitor(&edge).await;
    visitor.write_all(format!("{}early", websocket()).as_bytes()).await.expect("the edge reads");
    origin.wait_for_connections(1).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(tunnelled(&origin).is_empty(), "held back until the origin has switched");
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\nfirst") {
        got.push(timeout(PATIENCE, visitor.read_u8()).await.expect("a byte in time").expect("a byte"));
    }
    assert!(got.starts_with(b"HTTP/1.1 101 "));
    drop(visitor);
    origin.wait_for_ends(1).await;
    assert_eq!(tunnelled(&origin), b"early");
}

// What a refused upgrade leaves behind are ordinary requests: each passes every rule of the edge.
#[tokio::test]
async fn any_other_answer_is_an_ordinary_one_and_what_follows_is_a_request() {
    for status in [200, 403, 426, 503] {
        let origin = Origin::start(move |request| match request.target() {
            "/chat" => Answer::with_headers(status, &[("Upgrade", "websocket")], "no"),
            other => Answer::ok(other),
        })
        .await;
        let edge = Edge::start(&Site::new(&[origin.address()])).await;
        let mut visitor = edge.visitor().await;
        visitor.send(websocket() + &get("/next", "") + "GET /x HTTP/1.1\r\nHost: internal\r\n\r\n").await;
        let answer = visitor.response().await;
        assert_eq!((answer.status, answer.text()), (status, "no"));
        assert_eq!(visitor.response().await.text(), "/next");
        assert_eq!(visitor.response().await.status, 409, "a host of nobody's");
        let seen = origin.requests();
        assert_eq!(seen.len(), 2);
        assert!(seen[1].header("cf-ray").is_some(), "the second went through the edge's hands");
        assert_eq!(origin.connections(), 1);
    }
}

#[tokio::test]
async fn an_upgrade_that_is_not_allowed_is_an_ordinary_request() {
    let nothing = |settings: &mut Settings| settings.upgrades = Upgrades::new([""; 0]).expect("no protocol");
    for (change, request) in [
        (&nothing as &dyn Fn(&mut Settings), websocket()),
        (&|_: &mut Settings| (), upgrade("x/1")),
        (&any_protocol, upgrade("h2c")),
        (&any_protocol, get("/", &format!("Upgrade: websocket\r\n{KEY}"))),
        (&any_protocol, get("/", "Connection: upgrade\r\nUpgrade: websocket\r\n")),
        (&any_protocol, format!("GET / HTTP/1.0\r\nHost: {HOST}\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")),
    ] {
        let origin = Origin::saying("plain").await;
        let edge = Edge::start_with(&Site::new(&[origin.address()]), |settings| change(settings)).await;
        let answer = edge.visitor().await.ask(&request).await;
        assert_eq!((answer.status, answer.text()), (200, "plain"), "{request}");
        let seen = origin.requests().remove(0);
        assert_eq!((seen.header("upgrade"), seen.header("connection")), (None, Some("Keep-Alive")), "{request}");
    }
}

#[tokio::test]
async fn a_zone_may_switch_websockets_off_and_nothing_else_with_them() {
    let origin = Origin::start(|request| match request.header("upgrade") {
        Some(protocol) => Answer::raw(grant(protocol)),
        None => Answer::ok(request.target()),
    })
    .await;
    let site = Site::new(&[origin.address()]).set(|zone| zone.websockets = false);
    let edge = Edge::start_with(&site, any_protocol).await;
    let mut visitor = edge.visitor().await;
    for request in [websocket(), upgrade("x, WebSocket"), upgrade("websocket/13")] {
        visitor.send(&request).await;
        assert_eq!(visitor.response().await.status, 403, "{request}");
    }
    assert_eq!(edge.wait_for_records(3).await[2]["FailureReason"], "websockets_off");
    assert_eq!((origin.connections(), visitor.get("/plain").await.text()), (0, "/plain"));
    assert_eq!(edge.visitor().await.ask(&get("/", "Upgrade: websocket\r\n")).await.text(), "/");
    visitor.send(&upgrade("x")).await;
    assert!(visitor.head().await.expect("an answer").starts_with("HTTP/1.1 101 "));
}

/// Asks, gets the edge's 520, and nothing that was sent behind the request reaches the origin.
async fn expect_refusal(origin: SocketAddr, request: String) {
    let edge = Edge::start_with(&Site::new(&[origin]), any_protocol).await;
    let mut visitor = edge.visitor().await;
    visitor.send(&request).await;
    assert_eq!(visitor.response().await.status, 520, "{request}");
    assert_eq!(edge.wait_for_records(1).await[0]["FailureReason"], "unexpected_upgrade", "{request}");
    assert_eq!(metric(&edge, "bellwether_tunnels_total"), 0);
}

#[tokio::test]
async fn a_101_that_nobody_asked_for_or_that_proves_nothing_opens_nothing() {
    let forged = GRANT.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let silent = GRANT.replace("Connection: Upgrade\r\n", "");
    for (answer, request) in [
        (GRANT.to_owned(), get("/", "")),
        (GRANT.to_owned(), upgrade("h2c")),
        (GRANT.to_owned(), upgrade("x")),
        (forged, websocket()),
        (silent, websocket()),
        (grant("x"), websocket()),
        (grant("websocket"), websocket()),
        (grant("y, x"), upgrade("x")),
        (grant("x").replace("HTTP/1.1", "HTTP/1.0"), upgrade("x")),
    ] {
        let origin = RawServer::start(vec![
            Step::ReadUntil(b"\r\n\r\n".to_vec()),
            Step::Send(answer.into_bytes()),
            Step::ReadToEnd,
        ])
        .await;
        expect_refusal(origin.address(), request + "smuggled").await;
        origin.wait_for_ends(1).await;
        assert!(tunnelled(&origin).is_empty(), "nothing slips through");
    }
}

// RFC 9110 section 7.8: a server must have the whole request before it may switch.
#[tokio::test]
async fn a_101_that_comes_before_the_whole_request_opens_nothing() {
    let origin = Origin::start_early(|_| Answer::raw(grant("x")).then(Act::Hang)).await;
    let lines = "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1000\r\n";
    expect_refusal(origin.address(), format!("POST / HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\nonly a part")).await;
}

#[tokio::test]
async fn any_protocol_can_be_tunnelled_where_that_is_allowed() {
    let origin = Origin::start(|request| match request.header("upgrade") {
        Some(protocol) => Answer::raw(grant(protocol)),
        None => Answer::ok(&request.body),
    })
    .await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), any_protocol).await;
    let mut visitor = edge.visitor().await;
    let lines = "Connection: upgrade\r\nUpgrade: gopher/2\r\nContent-Length: 4\r\n";
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\nbody")).await;
    let head = visitor.head().await.expect("an answer");
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("\r\nUpgrade: gopher/2\r\n"), "{head}");
    assert_eq!(origin.requests()[0].body, b"body");
    let inside = "POST /inside HTTP/1.1\r\nHost: nobody\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(visitor.ask(inside).await.text(), "hi");
}

#[tokio::test]
async fn the_end_of_one_side_leaves_the_other_direction_open() {
    let origin = RawServer::start(steps(&[
        Step::ReadToEnd,
        Step::Pause(Duration::from_millis(30)),
        Step::Send(b"the last word".to_vec()),
    ]))
    .await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = open(&edge).await;
    visitor.write_all(b"over").await.expect("an open tunnel");
    visitor.shutdown().await.expect("an open tunnel");
    let mut rest = String::new();
    timeout(PATIENCE, visitor.read_to_string(&mut rest)).await.expect("an end in time").expect("an end in order");
    assert_eq!((rest.as_str(), tunnelled(&origin).as_slice()), ("the last word", b"over".as_slice()));
    assert!(edge.record().await["FailureReason"].is_null());
}

#[tokio::test]
async fn a_side_that_takes_nothing_slows_the_other_down() {
    let origin = RawServer::start(steps(&[Step::Hang])).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = open(&edge).await;
    let piece = vec![b'x'; 1 << 20];
    let mut sent = 0;
    while let Ok(written) = timeout(Duration::from_millis(300), visitor.write(&piece)).await {
        sent += written.expect("an open tunnel");
        assert!(sent < 32 << 20, "the edge swallows without end");
    }
}

#[tokio::test]
async fn much_passes_in_both_directions_at_once() {
    let much = vec![b'd'; 8 << 20];
    let origin = RawServer::start(steps(&[Step::Send(much.clone()), Step::ReadToEnd])).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let (mut reader, mut writer) = open(&edge).await.into_split();
    let upload = async {
        writer.write_all(&vec![b'u'; 8 << 20]).await.expect("an open tunnel");
        writer.shutdown().await.expect("an open tunnel");
    };
    let mut got = Vec::new();
    let download = async { timeout(PATIENCE, reader.read_to_end(&mut got)).await.expect("an end in time") };
    let ((), read) = tokio::join!(upload, download);
    read.expect("an end in order");
    assert_eq!((got.len(), tunnelled(&origin).len()), (8 << 20, 8 << 20));
    let record = edge.record().await;
    assert_eq!(record["EdgeResponseBodyBytes"], 8 << 20);
}

// OCI-61: what one direction carries does not keep the other one alive.
#[tokio::test]
async fn a_direction_that_is_silent_for_too_long_ends_the_tunnel() {
    let hasty = |settings: &mut Settings| settings.timeouts.tunnel_idle = Duration::from_millis(150);
    let chatty = RawServer::start(steps(&[Step::Trickle(b"x".to_vec(), Duration::from_millis(10))])).await;
    let edge = Edge::start_with(&Site::new(&[chatty.address()]), hasty).await;
    let mut visitor = open(&edge).await;
    let mut heard = Vec::new();
    // A reset is an end as well: the origin was still talking.
    let _ = timeout(PATIENCE, visitor.read_to_end(&mut heard)).await.expect("an end in time");
    assert!(heard.len() > 3, "the origin was heard all the time");
    let record = edge.record().await;
    assert_eq!(
        (&record["FailureReason"], &record["EdgeResponseStatus"]),
        (&"tunnel_visitor_silent".into(), &101.into())
    );
    let story = edge.story(&record);
    let tunnel = story.tunnel.as_ref().expect("the story tells of the tunnel");
    assert_eq!((tunnel.protocol.as_str(), tunnel.ended_by.as_str()), ("websocket", "edge"));
    assert!(tunnel.from_origin as usize >= heard.len() && tunnel.from_visitor == 0);
    assert_eq!(story.attempts[0].evidence.limit, Some(Duration::from_millis(150)));
    assert!(telemetry::tell(&story).contains("the edge ended it"));

    let mute = RawServer::start(steps(&[Step::ReadToEnd])).await;
    let edge = Edge::start_with(&Site::new(&[mute.address()]), hasty).await;
    let mut visitor = open(&edge).await;
    while visitor.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(edge.record().await["FailureReason"], "tunnel_origin_silent");
}

fn a_second(settings: &mut Settings) {
    settings.timeouts.tunnel_idle = Duration::from_secs(1);
}

// Whoever goes on sending and takes nothing is named, not whoever cannot get rid of its bytes.
#[tokio::test]
async fn an_origin_that_stops_reading_is_to_blame_for_the_silence() {
    let deaf = RawServer::start(steps(&[Step::Trickle(b"x".to_vec(), Duration::from_millis(10))])).await;
    let edge = Edge::start_with(&Site::new(&[deaf.address()]), a_second).await;
    let mut visitor = open(&edge).await;
    let piece = vec![b'x'; 1 << 20];
    while visitor.write_all(&piece).await.is_ok() {}
    let record = edge.record().await;
    assert_eq!(
        (&record["FailureReason"], &record["FailureParty"]),
        (&"tunnel_origin_stalled".into(), &"origin".into())
    );
}

#[tokio::test]
async fn a_visitor_that_stops_reading_is_to_blame_for_the_silence() {
    let origin = RawServer::start(steps(&[Step::Send(vec![b'x'; 64 << 20]), Step::Hang])).await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), a_second).await;
    let mut visitor = open(&edge).await;
    while visitor.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let record = edge.record().await;
    assert_eq!(
        (&record["FailureReason"], &record["FailureParty"]),
        (&"tunnel_visitor_stalled".into(), &"visitor".into())
    );
}

// OCI-61
#[test]
fn a_tunnel_may_be_silent_for_five_minutes() {
    assert_eq!(Settings::default().timeouts.tunnel_idle, Duration::from_secs(300));
}

#[tokio::test]
async fn whoever_breaks_a_tunnel_off_is_named() {
    let origin = RawServer::start(steps(&[Step::ReadUntil(b"go".to_vec()), Step::Reset])).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = open(&edge).await;
    visitor.write_all(b"go").await.expect("an open tunnel");
    assert_eq!(next_error(&mut visitor).await, ErrorKind::ConnectionReset, "the visitor cannot take it for an end");
    let record = edge.record().await;
    assert_eq!(record["FailureReason"], "tunnel_broken");
    assert_eq!(edge.story(&record).tunnel.as_ref().map(|tunnel| tunnel.ended_by.as_str()), Some("origin"));

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let edge = Edge::start(&Site::new(&[listener.local_addr().expect("an address")])).await;
    let (visitor, mut origin) = tokio::join!(open(&edge), async {
        let (mut origin, _) = listener.accept().await.expect("the edge connects");
        read_head(&mut origin).await;
        origin.write_all(GRANT.as_bytes()).await.expect("the edge reads");
        origin
    });
    socket2::SockRef::from(&visitor).set_linger(Some(Duration::ZERO)).expect("a socket option");
    drop(visitor);
    assert_eq!(next_error(&mut origin).await, ErrorKind::ConnectionReset, "nor can the origin");
    let record = edge.record().await;
    assert_eq!(record["FailureReason"], "client_aborted_body");
    assert_eq!(edge.story(&record).tunnel.as_ref().map(|tunnel| tunnel.ended_by.as_str()), Some("visitor"));
}

#[tokio::test]
async fn what_an_origin_said_before_it_broke_off_arrives() {
    const SAID: usize = 8 << 20;
    let origin = RawServer::start(steps(&[Step::Send(vec![b'x'; SAID]), Step::ReadUntil(b"go".to_vec()), Step::Reset]));
    let origin = origin.await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = open(&edge).await;
    let mut first = vec![0; SAID - (64 << 10)];
    timeout(PATIENCE, visitor.read_exact(&mut first)).await.expect("in time").expect("an open tunnel");
    visitor.write_all(b"go").await.expect("an open tunnel");
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["EdgeResponseBodyBytes"]), (&"tunnel_broken".into(), &SAID.into()));
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, visitor.read_to_end(&mut rest)).await.expect("an end in time");
    assert_eq!((first.len() + rest.len(), ended.expect_err("no end").kind()), (SAID, ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_tunnel_goes_on_while_the_node_drains_and_ends_at_the_deadline() {
    let origin = Origin::start(switching).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(websocket()).await;
    visitor.head().await.expect("a tunnel");
    let begun = std::time::Instant::now();
    let Edge { proxy, telemetry, .. } = edge;
    let stop = proxy.shutdown(Duration::from_millis(300));
    let talk = async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(40)).await;
            assert_eq!(visitor.ask("GET /still HTTP/1.1\r\nHost: a\r\n\r\n").await.text(), "/still");
        }
        assert!(visitor.is_closed().await);
        assert!(begun.elapsed() >= Duration::from_millis(300), "closed at {:?}", begun.elapsed());
    };
    let (cut_off, ()) = tokio::join!(stop, talk);
    assert_eq!(cut_off, proxy::CutOff { tunnels: 1, ..Default::default() });
    let story = telemetry.stories.recent(1).pop().expect("the end is told");
    assert_eq!(story.reason, Some(verdict::Reason::EdgeShuttingDown));
    assert_eq!(story.tunnel.as_ref().map(|tunnel| tunnel.ended_by.as_str()), Some("edge"));
}

#[tokio::test]
async fn another_endpoint_switches_when_the_first_refuses() {
    let (refusing, origin) = (RefusingPort::start(), Origin::start(switching).await);
    let mut site = Site::new(&[refusing.address(), origin.address()]);
    site.pools[0].origins[1].weight = 1e-9;
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    visitor.send(websocket()).await;
    assert!(visitor.head().await.expect("a tunnel").starts_with("HTTP/1.1 101 "));
    drop(visitor);
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"tcp_refused".into()));
}

#[tokio::test]
async fn tunnels_work_over_tls_on_both_sides() {
    let tls = ServerTls::new(&Authority::new("origins").issue(&[HOST]));
    let origin = Origin::start_tls(tls, switching).await;
    let site = Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Full);
    let edge = Edge::start(&site).await;
    let visitor = Visitor::connect_tls(edge.https(), edge.authority.certificate_pem(), HOST).await;
    let mut visitor = visitor.expect("a TLS connection");
    visitor.send(websocket()).await;
    assert!(visitor.head().await.expect("a tunnel").starts_with("HTTP/1.1 101 "));
    assert_eq!(visitor.ask("GET /secret HTTP/1.1\r\nHost: a\r\n\r\n").await.text(), "/secret");
}

// EDGE-77: what an origin says before it switches reaches the visitor before the 101.
#[tokio::test]
async fn interim_answers_may_come_before_the_101() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    let origin = Origin::start(move |_| Answer::raw(format!("{hints}{GRANT}"))).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(websocket()).await;
    assert!(visitor.head().await.expect("a hint").starts_with("HTTP/1.1 103 "));
    assert!(visitor.head().await.expect("a tunnel").starts_with("HTTP/1.1 101 "));
}
