//! One more try where it can do no harm, and only there.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
};
use model::SslMode;
use proxy::Settings;
use std::time::Duration;
use testkit::{
    Act, Answer, FullBacklog, Origin, RefusingPort, rude,
    tls::{Authority, ServerTls, Validity},
};

/// A site whose visitors are sent to the first endpoint until it fails: the second has hardly any weight.
fn preferring_first(endpoints: &[std::net::SocketAddr]) -> Site {
    let mut site = Site::new(endpoints);
    for spare in site.pools[0].origins.iter_mut().skip(1) {
        spare.weight = 1e-9;
    }
    site
}

// LB-97
#[tokio::test]
async fn another_endpoint_answers_when_the_first_refuses() {
    let (refusing, origin) = (RefusingPort::start(), Origin::saying("hello").await);
    let edge = Edge::start(&preferring_first(&[refusing.address(), origin.address()])).await;
    assert_eq!(edge.get("/").await.text(), "hello");
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"tcp_refused".into()));
    assert_eq!((record.get("FailureReason"), &record["OriginName"]), (None, &"origin-0-1".into()));
}

#[tokio::test]
async fn a_body_that_was_not_touched_goes_to_the_other_endpoint() {
    let refusing = RefusingPort::start();
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let edge = Edge::start(&preferring_first(&[refusing.address(), origin.address()])).await;
    let request = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(edge.visitor().await.ask(request).await.text(), "hello");
}

#[tokio::test]
async fn an_endpoint_that_drops_every_syn_is_replaced() {
    let origin = Origin::saying("hello").await;
    let dropping = FullBacklog::start();
    let hasty = |settings: &mut Settings| settings.timeouts.connect = Duration::from_millis(150);
    let edge = Edge::start_with(&preferring_first(&[dropping.address(), origin.address()]), hasty).await;
    assert_eq!(edge.get("/").await.text(), "hello");
    assert_eq!(edge.record().await["RetriedBecause"], "tcp_connect_timeout");
}

#[tokio::test]
async fn an_endpoint_whose_handshake_or_certificate_fails_is_replaced() {
    let authority = Authority::new("zone");
    let good = Origin::start_tls(ServerTls::new(&authority.issue(&[HOST])), |_| Answer::ok("hello")).await;
    let expired = authority.issue_valid(&[HOST], Validity::Expired);
    let expired = Origin::start_tls(ServerTls::new(&expired), |_| Answer::ok("expired")).await;
    let refusing = rude::tls_alert(40).await;
    for (bad, reason) in [(refusing.address(), "tls_no_cipher"), (expired.address(), "cert_expired")] {
        let mut site = preferring_first(&[bad, good.address()]).set(|zone| zone.ssl = SslMode::OriginPull);
        site.trust_anchors = vec![authority.root_pem()];
        let edge = Edge::start(&site).await;
        assert_eq!(edge.get("/").await.text(), "hello");
        assert_eq!(edge.record().await["RetriedBecause"], reason);
    }
}

// LB-98
#[tokio::test]
async fn two_endpoints_that_refuse_are_tried_once_each() {
    let ports = [RefusingPort::start(), RefusingPort::start(), RefusingPort::start()];
    let edge = Edge::start(&Site::new(&ports.each_ref().map(RefusingPort::address))).await;
    assert_eq!(edge.get("/").await.status, 521);
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["EdgeErrorCode"]), (&2.into(), &521.into()));
    let story = edge.story(&record);
    assert_eq!(story.attempts.len(), 2);
    assert_ne!(story.attempts[0].origin, story.attempts[1].origin);
}

// LB-99
#[tokio::test]
async fn what_an_origin_says_itself_is_final() {
    let busy = Origin::start(|_| Answer::status(503, "busy")).await;
    let idle = Origin::saying("hello").await;
    let edge = Edge::start(&preferring_first(&[busy.address(), idle.address()])).await;
    assert_eq!(edge.get("/").await.text(), "busy");
    assert_eq!((edge.record().await["Attempts"].as_u64(), idle.connections()), (Some(1), 0));
}

#[tokio::test]
async fn an_endpoint_that_breaks_off_is_not_replaced() {
    let rude = rude::empty_reply().await;
    let idle = Origin::saying("hello").await;
    let edge = Edge::start(&preferring_first(&[rude.address(), idle.address()])).await;
    assert_eq!(edge.get("/").await.status, 520);
    assert_eq!(idle.connections(), 0);
}

// LB-101
#[tokio::test]
async fn the_next_pool_answers_only_where_that_is_wanted() {
    let (refusing, origin) = (RefusingPort::start(), Origin::saying("hello").await);
    let mut site = Site::with_pools(&[&[refusing.address()], &[origin.address()]]);
    let edge = Edge::start(&site).await;
    assert_eq!(edge.get("/").await.status, 521);
    site.failover_across_pools = true;
    edge.publish(&site);
    assert_eq!(edge.get("/").await.text(), "hello");
}

/// A connection that the origin closes as soon as the second request comes over it.
async fn closing_on_reuse() -> Origin {
    Origin::start(|request| match request.header("x-turn") {
        Some("second") if request.connection == 0 => Answer::default().then(Act::Close),
        _ => Answer::ok("hello"),
    })
    .await
}

// EDGE-39
#[tokio::test]
async fn a_lost_idle_connection_is_replaced_for_get() {
    let origin = closing_on_reuse().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    assert_eq!(visitor.ask(get("/", "X-Turn: second\r\n")).await.text(), "hello");
    assert_eq!(origin.connections(), 2);
    let record = edge.wait_for_records(2).await.remove(1);
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"idle_closed".into()));
}

// EDGE-39
#[tokio::test]
async fn a_lost_idle_connection_is_not_replaced_for_post() {
    let origin = closing_on_reuse().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    let post = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nX-Turn: second\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(visitor.ask(post).await.status, 520);
    assert_eq!(edge.wait_for_records(2).await[1]["FailureReason"], "idle_closed");
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn a_small_body_that_is_still_at_hand_can_be_sent_again() {
    let origin = closing_on_reuse().await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    let put = format!("PUT / HTTP/1.1\r\nHost: {HOST}\r\nX-Turn: second\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(visitor.ask(put).await.status, 200);
    assert_eq!(origin.requests().last().map(|request| request.body.clone()), Some(b"hello".to_vec()));
}

// EDGE-63
#[tokio::test]
async fn a_connection_that_the_origin_closed_while_idle_is_not_used() {
    let origin = Origin::saying("hello").await;
    origin.close_idle_after(Some(Duration::from_millis(20)));
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    visitor.get("/").await;
    origin.wait_for_closed(1).await;
    assert_eq!(visitor.get("/").await.text(), "hello");
    assert_eq!(origin.connections(), 2);
}
