//! `bellwether probe URL`.

use crate::command::{Ran, run};
use testkit::{Answer, Origin, RefusingPort};
use tokio::runtime::Runtime;

/// An origin that lives as long as the runtime.
fn origin(body: &'static str) -> (Runtime, Origin) {
    let runtime = Runtime::new().expect("a runtime");
    let origin = runtime.block_on(Origin::saying(body));
    (runtime, origin)
}

fn assert_fails_with(ran: &Ran, reason: &str, health: &str) {
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    for word in [format!("[{reason}]"), format!("FAIL ({health})"), "cause:".to_owned(), "remedy:".to_owned()] {
        assert!(ran.stdout.contains(&word), "{word} is missing in:\n{}", ran.stdout);
    }
}

#[test]
fn a_good_answer_passes_with_its_timings() {
    let (_runtime, origin) = origin("hello");
    let ran = run(&["probe", &format!("http://{}/", origin.address()), "--expect-body", "HELLO"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    for word in ["PASS", "connect ", "first byte ", "total ", "status was 200"] {
        assert!(ran.stdout.contains(word), "{word} is missing in:\n{}", ran.stdout);
    }
}

#[test]
fn a_refused_connection_fails_with_its_errno() {
    let port = RefusingPort::start();
    let ran = run(&["probe", &format!("tcp://{}", port.address())]);
    assert_fails_with(&ran, "tcp_refused", "TCP connection failed");
    assert!(ran.stdout.contains("ECONNREFUSED (111)"), "{}", ran.stdout);
}

#[test]
fn the_wrong_status_and_the_wrong_body_fail() {
    let (_runtime, origin) = origin("hello");
    let url = format!("http://{}/", origin.address());
    assert_fails_with(&run(&["probe", &url, "--expect-body", "bye"]), "body_mismatch", "Response body mismatch error");
    origin.set(|_| Answer::status(503, "busy"));
    assert_fails_with(&run(&["probe", &url]), "status_mismatch", "Response code mismatch error");
    let ran = run(&["probe", &url, "--expect", "5xx"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
}

#[test]
fn the_host_header_is_sent_and_redirects_are_followed_on_demand() {
    let (_runtime, origin) = origin("hello");
    let url = format!("http://{}/", origin.address());
    origin.set(|request| match (request.target(), request.header("host")) {
        ("/", _) => Answer::redirect(302, "/there"),
        (_, Some("www.example.test")) => Answer::ok("found"),
        _ => Answer::status(404, ""),
    });
    assert_eq!(run(&["probe", &url, "--host", "www.example.test"]).code, Some(1));
    let followed = run(&["probe", &url, "--host", "www.example.test", "--follow"]);
    assert_eq!(followed.code, Some(0), "{}", followed.stdout);
}

#[test]
fn what_is_no_url_is_told_how_to_write_one() {
    let ran = run(&["probe", "example.test"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("http://HOST/PATH"), "{}", ran.stderr);
}
