//! What a visitor is told when an origin fails, and that the record says the same.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use dial::DialerSettings;
use proxy::Settings;
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use testkit::{
    Act, Answer, DeafPort, DnsServer, FullBacklog, Origin, RawServer, Records, RefusingPort, Route, RouteKind, Step,
    rude,
};

/// Asks a site with this one endpoint, and gives the status and the record.
async fn ask(endpoint: SocketAddr) -> (u16, Value) {
    ask_with(endpoint, |_| {}).await
}

async fn ask_with(endpoint: SocketAddr, change: impl FnOnce(&mut Settings)) -> (u16, Value) {
    let edge = Edge::start_with(&Site::new(&[endpoint]), change).await;
    let answer = edge.get("/").await;
    let record = edge.record().await;
    assert_eq!(record["EdgeResponseStatus"], answer.status);
    if record["EdgeErrorCode"] != 0 {
        let token = answer.header("proxy-status").expect("every answer of the edge says why");
        assert!(token.starts_with("bellwether;"), "{token}");
    }
    (answer.status, record)
}

async fn expect(endpoint: SocketAddr, status: u16, reason: &str) {
    let (got, record) = ask(endpoint).await;
    assert_eq!((got, record["FailureReason"].as_str()), (status, Some(reason)));
    assert_eq!((&record["OriginResponseStatus"], &record["EdgeErrorCode"]), (&0.into(), &status.into()));
}

/// Asks a site whose endpoint has a name that this DNS server is asked for.
async fn ask_by_name(dns: &DnsServer, dialing: DialerSettings) -> (u16, Value) {
    let dialing = DialerSettings { resolvers: vec![dns.address()], ..dialing };
    let edge = Edge::start_dialing(&Site::named("origin.test", 80), dialing, |_| {}).await;
    let answer = edge.get("/").await;
    (answer.status, edge.record().await)
}

// EDGE-23
#[tokio::test]
async fn a_name_that_does_not_exist() {
    let dns = DnsServer::start().await;
    let (status, record) = ask_by_name(&dns, DialerSettings::default()).await;
    assert_eq!((status, &record["EdgeErrorCode"]), (530, &1016.into()));
    assert_eq!((&record["FailureReason"], record.get("OriginIP")), (&"dns_nxdomain".into(), None));
}

// EDGE-24
#[tokio::test]
async fn a_resolver_that_fails_or_is_silent() {
    let dns = DnsServer::start().await;
    dns.set("origin.test", Records::ServFail);
    let (status, record) = ask_by_name(&dns, DialerSettings::default()).await;
    assert_eq!((status, record["FailureReason"].as_str()), (530, Some("dns_servfail")));
    dns.set("origin.test", Records::Silence);
    let hasty = DialerSettings { dns_timeout: Duration::from_millis(100), ..DialerSettings::default() };
    let (status, record) = ask_by_name(&dns, hasty).await;
    assert_eq!((status, record["FailureReason"].as_str()), (530, Some("dns_timeout")));
    assert_eq!(record["EdgeErrorCode"], 1016);
}

// EDGE-25
#[tokio::test]
async fn an_endpoint_that_is_this_edge() {
    let mut site = Site::new(&[SocketAddr::from(([127, 0, 0, 1], 9))]);
    let edge = Edge::start(&site).await;
    site.pools[0].origins[0].port = edge.http().port();
    edge.publish(&site);
    let answer = edge.get("/").await;
    let record = edge.record().await;
    assert_eq!((answer.status, &record["EdgeErrorCode"]), (403, &1000.into()));
    assert_eq!(record["FailureReason"], "dns_edge_ip");
}

// EDGE-26
#[tokio::test]
async fn a_private_address_where_none_is_allowed() {
    let strict = DialerSettings { allow_private: false, ..DialerSettings::default() };
    let edge = Edge::start_dialing(&Site::new(&[SocketAddr::from(([127, 0, 0, 1], 9))]), strict, |_| {}).await;
    let answer = edge.get("/").await;
    let record = edge.record().await;
    assert_eq!((answer.status, &record["EdgeErrorCode"]), (403, &1002.into()));
}

// EDGE-27
#[tokio::test]
async fn a_reserved_address() {
    let (status, record) = ask(SocketAddr::from(([1, 1, 1, 1], 80))).await;
    assert_eq!((status, &record["EdgeErrorCode"]), (403, &1034.into()));
}

// EDGE-28
#[tokio::test]
async fn a_placeholder_address() {
    expect(SocketAddr::from(([192, 0, 2, 0], 80)), 522, "origin_placeholder").await;
}

// EDGE-29
#[tokio::test]
async fn a_closed_port() {
    let port = RefusingPort::start();
    let begun = std::time::Instant::now();
    expect(port.address(), 521, "tcp_refused").await;
    assert!(begun.elapsed() < Duration::from_secs(5));
}

// EDGE-30
#[tokio::test]
async fn a_network_without_a_route() {
    for (kind, reason) in
        [(RouteKind::HostUnreachable, "no_route_host"), (RouteKind::NetworkUnreachable, "no_route_net")]
    {
        let route = Route::add(kind);
        expect(SocketAddr::from((route.address(), 80)), 523, reason).await;
    }
}

// EDGE-31
#[tokio::test]
async fn a_port_that_drops_every_syn() {
    let dropping = FullBacklog::start();
    let hasty = |settings: &mut Settings| settings.timeouts.connect = Duration::from_millis(200);
    let (status, record) = ask_with(dropping.address(), hasty).await;
    assert_eq!((status, record["FailureReason"].as_str()), (522, Some("tcp_connect_timeout")));
    let took = record["OriginTCPHandshakeDurationMs"].as_f64().expect("a duration");
    assert!((200.0..2000.0).contains(&took), "{took} ms");
}

// EDGE-32
#[tokio::test]
async fn a_visitor_that_leaves_while_the_connection_is_opened() {
    let dropping = FullBacklog::start();
    let edge = Edge::start(&Site::new(&[dropping.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    // Only a request that has been read can be abandoned.
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(visitor);
    let record = edge.record().await;
    assert_eq!((&record["EdgeResponseStatus"], &record["FailureReason"]), (&499.into(), &"client_gone".into()));
}

#[tokio::test]
async fn a_visitor_that_leaves_while_the_origin_thinks() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    origin.wait_for_requests(1).await;
    drop(visitor);
    let record = edge.record().await;
    assert_eq!((&record["EdgeResponseStatus"], &record["FailureReason"]), (&499.into(), &"client_gone".into()));
}

#[tokio::test]
async fn a_visitor_that_leaves_in_the_middle_of_its_body() {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\nhalf")).await;
    origin.wait_for_connections(1).await;
    drop(visitor);
    assert_eq!(edge.record().await["EdgeResponseStatus"], 499);
}

// EDGE-34
#[tokio::test]
async fn an_origin_that_never_answers() {
    let origin = rude::mute().await;
    let hasty = |settings: &mut Settings| settings.timeouts.read = Duration::from_millis(150);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let answer = edge.get("/").await;
    assert_eq!((answer.status, answer.header("retry-after")), (524, Some("120")));
    let record = edge.record().await;
    assert_eq!(record["FailureReason"], "read_timeout");
    let evidence = &edge.story(&record).attempts[0].evidence;
    assert_eq!(evidence.limit, Some(Duration::from_millis(150)));
}

// EDGE-35
#[tokio::test]
async fn the_zone_says_how_long_an_origin_may_think() {
    let origin = rude::mute().await;
    let site = Site::new(&[origin.address()]).set(|zone| zone.proxy_read_timeout = Some(1));
    let edge = Edge::start(&site).await;
    let begun = std::time::Instant::now();
    assert_eq!(edge.get("/").await.status, 524);
    assert!((Duration::from_secs(1)..Duration::from_secs(2)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

// EDGE-36
#[tokio::test]
async fn an_origin_that_says_it_is_working_and_then_nothing() {
    let hasty = |settings: &mut Settings| settings.timeouts.read = Duration::from_millis(200);
    let stuck = Origin::start(|_| Answer::interim(102, &[]).then(Act::Hang)).await;
    let edge = Edge::start_with(&Site::new(&[stuck.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    assert!(visitor.head().await.expect("an interim answer").starts_with("HTTP/1.1 102 "));
    assert_eq!(visitor.response().await.status, 522);
    assert_eq!(edge.record().await["FailureReason"], "interim_then_timeout");

    let pause = Duration::from_millis(120);
    let diligent = Origin::start(move |_| {
        let working = || Answer::interim(102, &[]).pause(pause);
        working().followed_by(working()).followed_by(working()).followed_by(Answer::ok("done"))
    })
    .await;
    let edge = Edge::start_with(&Site::new(&[diligent.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.send(get("/", "")).await;
    for _ in 0..3 {
        assert!(visitor.head().await.expect("an interim answer").starts_with("HTTP/1.1 102 "));
    }
    assert_eq!(visitor.response().await.text(), "done");
}

#[tokio::test]
async fn an_origin_that_only_says_it_is_working() {
    let flood = Answer::raw("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5));
    let origin = Origin::start(move |_| flood.clone()).await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), |settings| settings.limits.interim_answers = 3).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n")).await;
    assert_eq!(visitor.response().await.status, 520);
    assert_eq!(edge.record().await["FailureReason"], "interim_flood");
}

// EDGE-37
#[tokio::test]
async fn an_origin_that_stops_reading() {
    let origin = RawServer::start(vec![Step::Hang]).await;
    let hasty = |settings: &mut Settings| settings.timeouts.write = Duration::from_millis(200);
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let mut visitor = edge.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50000000\r\n\r\n")).await;
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..50 {
        let sent = tokio::time::timeout(Duration::from_millis(500), visitor.try_send(&chunk)).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    assert_eq!(visitor.response().await.status, 524);
    assert_eq!(edge.record().await["FailureReason"], "write_timeout");
}

// EDGE-38
#[tokio::test]
async fn an_origin_that_closes_at_once() {
    let origin = rude::empty_reply().await;
    expect(origin.address(), 520, "empty_reply").await;
}

// EDGE-39
#[tokio::test]
async fn an_origin_that_resets() {
    let origin = rude::resetting_before_head().await;
    expect(origin.address(), 520, "reset_before_headers").await;
}

// EDGE-40
#[tokio::test]
async fn an_origin_that_talks_nonsense() {
    let origin = rude::garbage().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    assert_eq!(edge.get("/").await.status, 520);
    let record = edge.record().await;
    assert_eq!(record["FailureReason"], "bad_status_line");
    let story = edge.story(&record);
    assert!(!story.attempts[0].evidence.first_bytes.is_empty(), "the story shows what came instead");
}

// EDGE-41
#[tokio::test]
async fn a_head_of_an_answer_that_is_too_large() {
    let large = rude::oversized_head(129 << 10).await;
    expect(large.address(), 520, "header_too_large").await;
    let fill = "f".repeat(1024 - 10);
    let head = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", format!("X-Fill: {fill}\r\n").repeat(126));
    let origin = Origin::start(move |_| Answer::raw(head.clone())).await;
    assert_eq!(ask(origin.address()).await.0, 200);
}

// EDGE-42
#[tokio::test]
async fn an_answer_that_could_be_cut_in_two_ways() {
    let origin = rude::length_and_chunked().await;
    expect(origin.address(), 520, "bad_framing").await;
    let origin = rude::two_lengths().await;
    expect(origin.address(), 520, "bad_framing").await;
}

#[tokio::test]
async fn a_head_that_breaks_off() {
    let origin = rude::closing_inside_head().await;
    expect(origin.address(), 520, "closed_inside_head").await;
    let origin = rude::resetting_inside_head().await;
    expect(origin.address(), 520, "reset_before_headers").await;
}

#[tokio::test]
async fn a_protocol_switch_that_nobody_asked_for() {
    let origin = Origin::start(|_| Answer::raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")).await;
    expect(origin.address(), 520, "unexpected_upgrade").await;
}

// EDGE-47
#[tokio::test]
async fn an_origins_own_500_passes_untouched() {
    let origin = Origin::start(|_| Answer::status(500, "my own trouble")).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.get("/").await;
    assert_eq!((answer.status, answer.text()), (500, "my own trouble"));
    let record = edge.record().await;
    assert_eq!((&record["EdgeErrorCode"], &record["OriginResponseStatus"]), (&0.into(), &500.into()));
    assert_eq!(record["FailureReason"], "origin_status");
}

// EDGE-48
#[tokio::test]
async fn an_origins_502_gets_our_page_unless_the_owner_wants_its_own() {
    for status in [502, 504] {
        let origin = Origin::start(move |_| Answer::status(status, "bare")).await;
        let edge = Edge::start(&Site::new(&[origin.address()])).await;
        let answer = edge.get("/").await;
        assert_eq!(answer.status, status);
        assert_ne!(answer.text(), "bare");
        assert_eq!(edge.record().await["OriginResponseStatus"], status);
        let passing = Site::new(&[origin.address()]).set(|zone| zone.origin_error_page_pass_thru = true);
        let edge = Edge::start(&passing).await;
        assert_eq!(edge.get("/").await.text(), "bare");
    }
}

// EDGE-49
#[tokio::test]
async fn an_origins_own_520_is_told_from_ours() {
    let origin = Origin::start(|_| Answer::status(520, "mine")).await;
    let (status, record) = ask(origin.address()).await;
    assert_eq!(status, 520);
    assert_eq!((&record["OriginResponseStatus"], &record["EdgeErrorCode"]), (&520.into(), &0.into()));
}

// EDGE-33
#[tokio::test]
async fn an_origin_that_never_acknowledges_the_request() {
    let origin = Origin::saying("never heard").await;
    let _deaf = DeafPort::at(origin.address());
    let limit = Duration::from_secs(1);
    let (status, record) = ask_with(origin.address(), |settings| settings.timeouts.ack = limit).await;
    assert_eq!((status, record["FailureReason"].as_str()), (522, Some("ack_timeout")));
    assert_eq!(record["OriginResponseStatus"], 0);
    assert_eq!(origin.requests().len(), 0, "nothing of the request arrived");
}
