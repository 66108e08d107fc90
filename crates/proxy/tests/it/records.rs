//! One record for every request, and a story for every failure.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use model::{EndpointKey, EndpointState, HealthSnapshot, MonitorId, PoolHealth, PoolState};
use testkit::{Answer, Origin, RefusingPort};

#[tokio::test]
async fn the_record_of_a_success_holds_what_was_decided() {
    let origin = Origin::start(|_| Answer::with_headers(200, &[("Content-Type", "text/plain")], "hello")).await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let request = get("/a?b=c", "User-Agent: test/1\r\nReferer: http://r.test/\r\n");
    edge.visitor().await.ask(&request).await;
    let record = edge.record().await;
    for (name, value) in [
        ("ZoneName", "example.com"),
        ("EdgeColoCode", "LCL"),
        ("ClientIP", "127.0.0.1"),
        ("ClientRequestMethod", "GET"),
        ("ClientRequestScheme", "http"),
        ("ClientRequestHost", HOST),
        ("ClientRequestPath", "/a"),
        ("ClientRequestURI", "/a?b=c"),
        ("ClientRequestProtocol", "HTTP/1.1"),
        ("ClientRequestReferer", "http://r.test/"),
        ("ClientRequestUserAgent", "test/1"),
        ("EdgeResponseContentType", "text/plain"),
        ("EdgeServerIP", "127.0.0.1"),
        ("OriginIP", "127.0.0.1"),
        ("LoadBalancerName", HOST),
        ("PoolName", "pool-0"),
        ("OriginName", "origin-0-0"),
        ("SteeredBy", "failover_order"),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    assert_eq!(record.get("FailureReason"), None);
    assert_eq!(record["ClientRequestBytes"], request.len());
    assert_eq!((&record["EdgeResponseStatus"], &record["EdgeResponseBodyBytes"]), (&200.into(), &5.into()));
    assert_eq!((&record["OriginPort"], &record["Attempts"]), (&origin.port().into(), &1.into()));
    assert!(record["ClientTCPRTTMs"].as_f64().is_some_and(|rtt| rtt > 0.0), "{record}");
}

#[tokio::test]
async fn requests_that_never_were_are_recorded_too() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    assert_eq!(edge.visitor().await.ask("nonsense\r\n\r\n").await.status, 400);
    let mut visitor = edge.visitor().await;
    visitor.send("GET / HTTP/1.1\r\nHo").await;
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    drop(visitor);
    let records = edge.wait_for_records(2).await;
    assert_eq!(
        (&records[0]["EdgeResponseStatus"], &records[0]["FailureReason"]),
        (&400.into(), &"bad_request_line".into())
    );
    assert_eq!((&records[1]["EdgeResponseStatus"], &records[1]["FailureReason"]), (&499.into(), &"client_gone".into()));
    assert!(edge.story(&records[0]).evidence.first_bytes.starts_with(b"nonsense"), "the story shows what came");
}

/// Requests with a few bytes changed at random, by a fixed seed: whatever becomes of each, it is answered or the
/// connection is closed, something is recorded, and the next visitor is served.
#[tokio::test]
async fn damaged_requests_are_recorded_and_harm_nobody() {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let hasty = |settings: &mut proxy::Settings| {
        settings.timeouts.request_head = std::time::Duration::from_millis(40);
        settings.timeouts.request_body = std::time::Duration::from_millis(40);
        settings.timeouts.visitor_idle = std::time::Duration::from_millis(40);
        settings.timeouts.linger = std::time::Duration::from_millis(10);
    };
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    let whole =
        format!("POST /a%20b?c HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    let mut state: u64 = 0x5eed;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 1..=150 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            bytes[at] = random(256) as u8;
        }
        let mut visitor = edge.visitor().await;
        visitor.send(&bytes).await;
        visitor.rest().await;
        edge.wait_for_records(round).await;
    }
    assert_eq!(edge.get("/").await.status, 200);
}

#[tokio::test]
async fn a_failure_has_a_story_with_every_candidate_and_attempt() {
    let (one, other) = (RefusingPort::start(), RefusingPort::start());
    let mut site = Site::new(&[one.address(), other.address()]);
    let ill = crate::site::endpoint("ill", std::net::SocketAddr::from(([127, 0, 0, 1], 9)));
    site.pools[0].origins.push(ill.clone());
    site.pools[0].monitor = Some(MonitorId::from_bytes([7; 16]));
    site.health = health_of(&site, |key| match key == &ill.key() {
        true => EndpointState::Unhealthy,
        false => EndpointState::Healthy,
    });
    let edge = Edge::start(&site).await;
    edge.get("/a").await;
    let record = edge.record().await;
    let story = edge.story(&record);
    assert_eq!((story.status, story.code, story.path.as_str()), (521, Some(521), "/a"));
    assert_eq!(story.attempts.len(), 2);
    assert!(story.attempts.iter().all(|attempt| attempt.evidence.errno == Some(libc::ECONNREFUSED)));
    assert!(story.attempts.iter().all(|attempt| attempt.timings.connect.is_some()));
    let ill = story.candidates.iter().find(|candidate| candidate.endpoint == "ill").expect("every endpoint is told");
    assert_eq!((ill.eligible, ill.why.as_str()), (false, "unhealthy"));
    let text = telemetry::tell(&story);
    assert!(text.contains("tcp_refused") || text.contains("refused"), "{text}");
}

/// The health of the site's first pool, by the state of each endpoint.
fn health_of(site: &Site, state: impl Fn(&EndpointKey) -> EndpointState) -> HealthSnapshot {
    let mut pool = PoolHealth { state: PoolState::Degraded, ..PoolHealth::default() };
    for origin in &site.pools[0].origins {
        let key = origin.key();
        let health = model::EndpointHealth { state: state(&key), ..Default::default() };
        pool.endpoints.insert(key, health);
    }
    let mut snapshot = HealthSnapshot::default();
    snapshot.pools.insert(site.pools[0].id, pool.into());
    snapshot
}
