//! Following redirects.

use crate::support::{Check, http};
use testkit::{
    Answer, Origin,
    tls::{Authority, ServerTls},
};
use verdict::{HealthReason, Reason};

fn following(check: Check) -> Check {
    check.monitor(|monitor| monitor.follow_redirects = true)
}

// LB-59, second half: with `follow_redirects` the final answer is judged.
#[tokio::test]
async fn a_redirect_is_followed_to_its_end() {
    for status in [301, 302, 303, 307, 308] {
        let origin = Origin::start(move |request| match request.target() {
            "/" => Answer::redirect(status, "/end"),
            _ => Answer::ok("the end"),
        })
        .await;
        let check = following(http(origin.address())).monitor(|monitor| monitor.expected_body = "the end".to_owned());
        check.passes().await;
        assert_eq!(origin.requests()[1].target(), "/end");
        assert_eq!(origin.connections(), 2);
    }
}

#[tokio::test]
async fn a_redirect_to_https_that_is_not_followed() {
    let origin = Origin::start(|_| Answer::redirect(301, "https://www.test/")).await;
    let seen = http(origin.address()).fails(Reason::RedirectNotFollowed, HealthReason::ResponseCodeMismatch).await;
    assert_eq!(seen.evidence.location.as_deref(), Some("https://www.test/"));
}

#[tokio::test]
async fn a_redirect_to_https_on_the_same_host_stays_with_the_endpoint() {
    let authority = Authority::new("Test");
    let secure = Origin::start_tls(ServerTls::new(&authority.issue(&["www.test"])), |_| Answer::ok("secure")).await;
    let port = secure.port();
    let plain = Origin::start(move |_| Answer::redirect(301, &format!("https://www.test:{port}/"))).await;
    // `www.test` is known to no DNS server: only the endpoint's own address can answer for it.
    let check = following(http(plain.address())).host("www.test").trusting(authority.root_pem());
    let seen = check.passes().await;
    assert_eq!(seen.evidence.remote, Some(secure.address()));
    assert_eq!(secure.server_names(), [Some("www.test".to_owned())]);
    assert_eq!(secure.requests()[0].header("host"), Some(&*format!("www.test:{port}")));
}

#[tokio::test]
async fn another_host_is_looked_up_and_not_shown_the_secrets_of_the_first() {
    let other = Origin::saying("other").await;
    let port = other.port();
    let origin = Origin::start(move |_| Answer::redirect(302, &format!("http://elsewhere.localhost:{port}/x"))).await;
    let check = following(http(origin.address())).host("www.test").monitor(|monitor| {
        for name in ["Authorization", "Cookie", "X-Probe"] {
            monitor.header.insert(name.to_owned(), vec!["value".to_owned()]);
        }
    });
    check.passes().await;
    assert_eq!(origin.requests()[0].header("authorization"), Some("value"));
    let request = &other.requests()[0];
    assert_eq!(request.header("host"), Some(&*format!("elsewhere.localhost:{port}")));
    assert_eq!((request.header("authorization"), request.header("cookie")), (None, None));
    assert_eq!(request.header("x-probe"), Some("value"));
}

#[tokio::test]
async fn a_circle_ends_at_the_hop_limit() {
    let origin = Origin::start(|_| Answer::redirect(302, "/again")).await;
    let check = following(http(origin.address()));
    let seen = check.fails(Reason::TooManyRedirects, HealthReason::ResponseCodeMismatch).await;
    assert_eq!(seen.evidence.location.as_deref(), Some("/again"));
    assert_eq!(origin.connections(), check.settings.redirect_hops + 1);
}

#[tokio::test]
async fn all_hops_together_have_the_time_of_one_attempt() {
    let origin = Origin::start(|_| {
        Answer::default().pause(std::time::Duration::from_millis(400)).followed_by(Answer::redirect(302, "/again"))
    })
    .await;
    let seen = following(http(origin.address())).fails(Reason::ReadTimeout, HealthReason::HttpTimeout).await;
    assert!(seen.timings.total.unwrap() < crate::support::SECOND * 2);
}

#[tokio::test]
async fn a_post_turns_into_a_get_where_http_says_so() {
    let origin = Origin::start(|request| match request.target() {
        "/" => Answer::redirect(303, "/end"),
        _ => Answer::ok("the end"),
    })
    .await;
    following(http(origin.address())).monitor(|monitor| monitor.method = "POST".to_owned()).passes().await;
    let methods: Vec<_> = origin.requests().iter().map(|request| request.method().to_owned()).collect();
    assert_eq!(methods, ["POST", "GET"]);
}

#[tokio::test]
async fn a_location_that_leads_nowhere_fails() {
    let origin = Origin::start(|_| Answer::redirect(302, "ftp://www.test/")).await;
    let check = following(http(origin.address()));
    let seen = check.fails(Reason::BadHeader, HealthReason::HttpInvalidResponse).await;
    assert_eq!(seen.evidence.location.as_deref(), Some("ftp://www.test/"));
}
