//! What is refused before anything is done for it, and in which words.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
    visitor::{Response, Visitor},
};
use model::SslMode;
use proxy::Settings;
use testkit::Origin;

struct Asked {
    answer: Response,
    reason: String,
    code: u64,
    reached: usize,
}

/// Asks once and says what became of it: the answer, the record's reason and code, and whether the origin saw it.
async fn ask(request: &str) -> Asked {
    ask_with(request, |_| {}).await
}

async fn ask_with(request: &str, change: impl FnOnce(&mut Settings)) -> Asked {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start_with(&Site::new(&[origin.address()]), change).await;
    let answer = edge.visitor().await.ask(request).await;
    let record = edge.record().await;
    Asked {
        answer,
        reason: record["FailureReason"].as_str().unwrap_or_default().to_owned(),
        code: record["EdgeErrorCode"].as_u64().expect("a number"),
        reached: origin.requests().len(),
    }
}

async fn expect_refusal(request: &str, status: u16, code: u64, reason: &str) {
    let asked = ask(request).await;
    let got = (asked.answer.status, asked.code, asked.reason.as_str(), asked.reached);
    assert_eq!(got, (status, code, reason, 0), "{request}");
}

// EDGE-11
#[tokio::test]
async fn a_forwarded_for_of_101_characters_is_refused_and_100_are_appended_to() {
    let long = format!("X-Forwarded-For: {}\r\n", "1".repeat(101));
    expect_refusal(&get("/", &long), 403, 1000, "forwarded_for_too_long").await;
    let fits = "1".repeat(100);
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let answer = edge.visitor().await.ask(get("/", &format!("X-Forwarded-For: {fits}\r\n"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(origin.requests()[0].header("x-forwarded-for"), Some(format!("{fits}, 127.0.0.1").as_str()));
}

// EDGE-12
#[tokio::test]
async fn two_forwarded_for_lines_are_refused() {
    let lines = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n";
    expect_refusal(&get("/", lines), 403, 1000, "forwarded_for_repeated").await;
}

// EDGE-13
#[tokio::test]
async fn a_forged_connecting_ip_is_refused() {
    expect_refusal(&get("/", "CF-Connecting-IP: 192.0.2.1\r\n"), 403, 1000, "connecting_ip_forged").await;
}

#[tokio::test]
async fn a_trusted_proxy_may_say_who_it_forwards_for() {
    let lines = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nCF-Connecting-IP: 192.0.2.1\r\n";
    let trusting = |settings: &mut Settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    let asked = ask_with(&get("/", lines), trusting).await;
    assert_eq!((asked.answer.status, asked.reached), (200, 1));
}

// EDGE-17
#[tokio::test]
async fn an_address_is_no_site() {
    expect_refusal("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n", 403, 1003, "host_is_address").await;
    expect_refusal("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", 403, 1003, "host_is_address").await;
}

// EDGE-18
#[tokio::test]
async fn a_host_of_no_zone_is_refused() {
    expect_refusal("GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n", 409, 1001, "host_unknown").await;
}

#[tokio::test]
async fn a_host_without_a_load_balancer_has_no_origin() {
    let request = "GET / HTTP/1.1\r\nHost: other.example.com\r\n\r\n";
    expect_refusal(request, 530, 1016, "host_without_load_balancer").await;
}

#[tokio::test]
async fn the_host_may_be_written_in_any_case_with_a_port_or_a_dot() {
    for host in ["WWW.Example.COM", "www.example.com:8080", "www.example.com."] {
        let asked = ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(asked.answer.status, 200, "{host}");
    }
}

#[tokio::test]
async fn the_authority_of_an_absolute_target_wins() {
    let asked = ask(&format!("GET http://{HOST}/a HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n")).await;
    assert_eq!((asked.answer.status, asked.reached), (200, 1));
}

// EDGE-22
#[tokio::test]
async fn a_request_that_goes_round_in_circles_is_stopped() {
    expect_refusal(&get("/", "CDN-Loop: bellwether, other, Bellwether;v=2\r\n"), 403, 1000, "loop_detected").await;
    let once = ask(&get("/", "CDN-Loop: bellwether\r\n")).await;
    assert_eq!((once.answer.status, once.reached), (200, 1));
}

#[tokio::test]
async fn a_refused_get_leaves_the_connection_usable() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()])).await;
    let mut visitor = edge.visitor().await;
    assert_eq!(visitor.ask("GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n").await.status, 409);
    assert_eq!(visitor.get("/").await.text(), "hello");
}

#[tokio::test]
async fn enforced_https_redirects_to_the_same_address() {
    let origin = Origin::saying("hello").await;
    let site = Site::new(&[origin.address()]).set(|zone| zone.always_use_https = true);
    let edge = Edge::start(&site).await;
    let answer = edge.get("/a?b=c").await;
    let location = format!("https://{HOST}:{}/a?b=c", edge.https().port());
    assert_eq!((answer.status, answer.header("location")), (301, Some(location.as_str())));
    assert_eq!(origin.connections(), 0);
}

/// Where something in front maps ports, visitors know others than ours; those that belong to the scheme go without
/// saying.
#[tokio::test]
async fn a_redirect_names_the_port_that_visitors_know() {
    let origin = Origin::saying("hello").await;
    let enforced = Site::new(&[origin.address()]).set(|zone| zone.always_use_https = true);
    for (public, port) in [(443, ""), (4443, ":4443")] {
        let edge = Edge::start_with(&enforced, |settings| settings.public_ports.https = Some(public)).await;
        let location = format!("https://{HOST}{port}/a");
        assert_eq!(edge.get("/a").await.header("location"), Some(location.as_str()));
    }
    let plain = Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Off);
    for (public, port) in [(80, ""), (8000, ":8000")] {
        let edge = Edge::start_with(&plain, |settings| settings.public_ports.http = Some(public)).await;
        let pem = edge.authority.certificate_pem();
        let mut visitor = Visitor::connect_tls(edge.https(), pem, HOST).await.expect("a TLS connection");
        let (answer, location) = (visitor.get("/a").await, format!("http://{HOST}{port}/a"));
        assert_eq!((answer.status, answer.header("location")), (302, Some(location.as_str())));
    }
}
