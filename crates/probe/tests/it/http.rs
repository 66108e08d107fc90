//! What an HTTP check sends and what it accepts.

use crate::support::{POOL, http};
use testkit::{Answer, Origin};
use verdict::{HealthReason, Reason};

#[tokio::test]
async fn an_observation_says_who_saw_what_of_which_revision() {
    let origin = Origin::saying("hello").await;
    let check = http(origin.address());
    let seen = check.passes().await;
    assert_eq!((seen.target, seen.revision, seen.attempts), (check.target().id(), 7, 1));
    assert_eq!((&*seen.data_center, seen.region), ("TST", model::Region::WesternEurope));
    assert_eq!((seen.evidence.status, seen.evidence.remote), (Some(200), Some(origin.address())));
    let timings = seen.timings;
    assert!(
        timings.connect.is_some() && timings.first_byte.is_some() && timings.dns.is_none() && timings.tls.is_none()
    );
    assert!(timings.total >= timings.first_byte);
}

// LB-64: the user agent is fixed, whatever the monitor says, and shows the first 16 characters of the pool's id.
#[tokio::test]
async fn the_user_agent_cannot_be_overridden() {
    let origin = Origin::saying("hello").await;
    let check = http(origin.address()).monitor(|monitor| {
        for name in ["User-Agent", "user-agent"] {
            monitor.header.insert(name.to_owned(), vec!["mine/1.0".to_owned()]);
        }
    });
    check.passes().await;
    let expected = format!(
        "Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/; pool-id: {})",
        &POOL[..16]
    );
    assert_eq!(origin.requests()[0].header_values("user-agent"), [expected]);
}

// LB-62: the host is the origin's, else the monitor's, else the address.
#[tokio::test]
async fn the_host_header_has_an_order_of_precedence() {
    let origin = Origin::saying("hello").await;
    let with_monitor_host = || {
        http(origin.address()).monitor(|monitor| {
            monitor.header.insert("host".to_owned(), vec!["b.test".to_owned()]);
        })
    };
    with_monitor_host().host("a.test").passes().await;
    with_monitor_host().passes().await;
    http(origin.address()).passes().await;
    let hosts: Vec<_> = origin.requests().iter().map(|request| request.header_values("host").join(",")).collect();
    assert_eq!(hosts, ["a.test", "b.test", "127.0.0.1"]);
}

#[tokio::test]
async fn method_path_and_headers_are_sent_as_the_monitor_says() {
    let origin = Origin::saying("hello").await;
    let check = http(origin.address()).monitor(|monitor| {
        monitor.method = "POST".to_owned();
        monitor.path = "/health?deep=1".to_owned();
        monitor.header.insert("X-Probe".to_owned(), vec!["one".to_owned(), "two".to_owned()]);
        monitor.header.insert("Content-Length".to_owned(), vec!["5".to_owned()]);
    });
    check.passes().await;
    let request = &origin.requests()[0];
    assert_eq!((request.method(), request.target()), ("POST", "/health?deep=1"));
    assert_eq!(request.header_values("x-probe"), ["one", "two"]);
    assert_eq!(request.header_values("content-length"), ["0"]);
    assert_eq!(request.header("connection"), Some("close"));
}

#[tokio::test]
async fn head_is_judged_by_its_status_alone() {
    let origin = Origin::start(|_| Answer::bare(200, &[("Content-Length", "100")])).await;
    http(origin.address()).monitor(|monitor| monitor.method = "HEAD".to_owned()).passes().await;
}

#[tokio::test]
async fn the_port_is_the_monitors_then_the_endpoints() {
    let (one, two) = (Origin::saying("one").await, Origin::saying("two").await);
    http(one.address()).passes().await;
    http(one.address()).monitor(|monitor| monitor.port = two.port()).passes().await;
    assert_eq!((one.connections(), two.connections()), (1, 1));
}

// LB-59, first half: a class accepts its codes, and a redirect that is not followed is judged by its own code.
#[tokio::test]
async fn expected_codes() {
    let origin = Origin::start(|request| match request.target() {
        "/moved" => Answer::redirect(301, "/"),
        _ => Answer::bare(204, &[]),
    })
    .await;
    let classes = || http(origin.address()).monitor(|monitor| monitor.expected_codes = "2xx".parse().unwrap());
    classes().passes().await;
    let moved = classes().monitor(|monitor| monitor.path = "/moved".to_owned());
    let seen = moved.fails(Reason::RedirectNotFollowed, HealthReason::ResponseCodeMismatch).await;
    assert_eq!((seen.evidence.status, seen.evidence.location.as_deref()), (Some(301), Some("/")));
    moved.monitor(|monitor| monitor.expected_codes = "301".parse().unwrap()).passes().await;
}

#[tokio::test]
async fn interim_answers_are_read_over() {
    let origin = Origin::start(|_| {
        Answer::interim(103, &[("Link", "</a>")])
            .followed_by(Answer::interim(100, &[]))
            .followed_by(Answer::ok("hello"))
    })
    .await;
    http(origin.address()).monitor(|monitor| monitor.expected_body = "hello".to_owned()).passes().await;
}

#[tokio::test]
async fn every_check_opens_a_connection_of_its_own() {
    let origin = Origin::saying("hello").await;
    let check = http(origin.address());
    check.passes().await;
    check.passes().await;
    assert_eq!(origin.connections(), 2);
}
