use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

fn answer(code: u16, accept: Option<&'static str>) -> EdgeAnswer<'static> {
    EdgeAnswer {
        code: Code::new(code),
        reason: None,
        status: None,
        ray_id: "230b030023ae2822",
        host: "shop.example",
        at: Timestamp::from_second(1_700_000_000).expect("a valid moment"),
        client: Some([192, 0, 2, 7].into()),
        data_center: "LCL",
        server_name: "bellwether",
        next_hop: None,
        retry_after: None,
        accept: accept.map(str::as_bytes),
    }
}

fn body(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).expect("a body is text")
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("the body is JSON")
}

// EDGE-72: 17 members, and the wait is the same in the body and in the header.
#[test]
fn json_has_all_its_members() {
    let answer = answer(522, Some("application/json")).compose();
    assert_eq!((answer.status, answer.content_type), (522, "application/json; charset=utf-8"));
    let body = json(&answer);
    let names: BTreeSet<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = BTreeSet::from([
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "ray_id",
        "error_code",
        "error_name",
        "error_category",
        "timestamp",
        "zone",
        "edge_error",
        "retryable",
        "retry_after",
        "owner_action_required",
        "what_you_should_do",
        "footer",
    ]);
    assert_eq!((names.len(), &names), (17, &expected));
    assert_eq!(body["title"], "Error 522: Connection timed out");
    assert_eq!((&body["error_name"], &body["error_category"]), (&"connection_timeout".into(), &"origin".into()));
    assert_eq!((&body["ray_id"], &body["instance"]), (&"230b030023ae2822".into(), &"230b030023ae2822".into()));
    assert_eq!((&body["timestamp"], &body["zone"]), (&"2023-11-14T22:13:20Z".into(), &"shop.example".into()));
    assert_eq!((&body["edge_error"], &body["retryable"]), (&true.into(), &true.into()));
    assert_eq!((&body["retry_after"], answer.retry_after), (&120.into(), Some(120)));
}

#[test]
fn json_without_a_wait_says_null() {
    let answer = answer(525, Some("application/json")).compose();
    let body = json(&answer);
    assert_eq!((&body["retryable"], &body["retry_after"], answer.retry_after), (&false.into(), &Value::Null, None));
}

// EDGE-73: front matter without title; `text/*` is Markdown, `*/*` a page, and among equals the first wins.
#[test]
fn markdown_has_front_matter_and_three_headings() {
    let answer = answer(522, Some("text/markdown")).compose();
    assert_eq!(answer.content_type, "text/markdown; charset=utf-8");
    let text = body(&answer);
    let (front, rest) = text.strip_prefix("---\n").and_then(|text| text.split_once("---\n")).expect("front matter");
    let names: Vec<&str> = front.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert_eq!(
        names,
        [
            "error_code",
            "error_name",
            "error_category",
            "status",
            "ray_id",
            "timestamp",
            "zone",
            "edge_error",
            "retryable",
            "retry_after",
            "owner_action_required",
        ]
    );
    let headings: Vec<&str> = rest.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(headings, ["# Error 522: Connection timed out", "## What happened", "## What to do"]);
    for (accept, content_type) in [
        ("text/*", "text/markdown; charset=utf-8"),
        ("*/*", "text/html; charset=UTF-8"),
        ("application/json, text/markdown", "application/json; charset=utf-8"),
        ("text/markdown, application/json", "text/markdown; charset=utf-8"),
    ] {
        assert_eq!(super::tests::answer(522, Some(accept)).compose().content_type, content_type, "{accept}");
    }
}

// EDGE-74: the media type that was asked for is kept.
#[test]
fn problem_json_keeps_its_media_type() {
    let problem = answer(521, Some("application/problem+json")).compose();
    assert_eq!(problem.content_type, "application/problem+json; charset=utf-8");
    assert_eq!(problem.body, answer(521, Some("application/json")).compose().body);
}

// EDGE-75: Ray ID, time, host and code are on the page.
#[test]
fn the_page_of_every_server_error_names_the_request() {
    for code in pages().filter(|code| (500..600).contains(&code.number())) {
        let answer = answer(code.number(), None).compose();
        let page = body(&answer);
        for shown in ["230b030023ae2822", "2023-11-14 22:13:20 UTC", "shop.example", &format!("<b>{code}</b>")] {
            assert!(page.contains(shown), "{shown} is not on the page of {code}");
        }
    }
}

#[test]
fn a_reason_makes_the_answer_specific() {
    let known = EdgeAnswer { reason: Some(Reason::TcpRefused), ..answer(521, None) }.compose();
    assert!(body(&known).contains(Reason::TcpRefused.title()));
    assert!(body(&known).contains("bellwether explain 230b030023ae2822"));
    assert_eq!(known.proxy_status.as_deref(), Some(r#"bellwether; error=connection_refused; details="tcp_refused""#));
}

#[test]
fn every_page_is_whole_and_needs_nothing_from_elsewhere() {
    for code in pages() {
        let answer = answer(code.number(), None).compose();
        let page = body(&answer);
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{code}");
        for foreign in ["http://", "https://", "src=", "@import", "url(", "<script"] {
            let style_and_chrome = page.split("<h2").next().unwrap_or_default();
            assert!(!style_and_chrome.contains(foreign), "{code} loads something: {foreign}");
        }
        for opened in ["section", "div", "ol", "li", "dl", "svg", "span", "p", "h2", "pre", "code"] {
            let opens = page.matches(&format!("<{opened}>")).count() + page.matches(&format!("<{opened} ")).count();
            assert_eq!(opens, page.matches(&format!("</{opened}>")).count(), "{code}: <{opened}> is not closed");
        }
    }
}

#[test]
fn the_status_on_the_wire_is_that_of_the_code_unless_said_otherwise() {
    assert_eq!(answer(1016, None).compose().status, 530);
    assert_eq!(EdgeAnswer { status: Some(503), ..answer(1016, None) }.compose().status, 503);
    assert_eq!(json(&answer(1016, Some("application/json")).compose())["error_code"], 1016);
}

#[test]
fn a_wait_that_a_rule_set_wins_over_that_of_the_code() {
    let answer = EdgeAnswer { retry_after: Some(7), ..answer(1015, Some("application/json")) }.compose();
    assert_eq!((answer.retry_after, &json(&answer)["retry_after"]), (Some(7), &7.into()));
}

#[test]
fn a_number_that_is_no_code_is_answered_as_an_internal_error() {
    assert_eq!(answer(9, None).compose().status, 500);
}

#[test]
fn only_codes_with_a_page_are_shown_under_the_path_of_errors() {
    assert_eq!(page_asked_for("/cdn-cgi/error/522"), Some(Code::new(522)));
    assert_eq!(page_asked_for("/cdn-cgi/error/1016"), Some(Code::new(1016)));
    for path in [
        "/cdn-cgi/error/",
        "/cdn-cgi/error/499",
        "/cdn-cgi/error/10043",
        "/cdn-cgi/error/+522",
        "/cdn-cgi/error/99999999",
        "/522",
    ] {
        assert_eq!(page_asked_for(path), None, "{path}");
    }
    assert!(pages().all(|code| page_asked_for(&format!("{ERROR_PAGES}{code}")) == Some(code)));
}

#[test]
fn the_bare_answer_says_nothing() {
    let bare = bare_forbidden();
    assert_eq!((bare.status, bare.retry_after, &bare.proxy_status), (403, None, &None));
    assert!(!body(&bare).contains("<style") && !body(&bare).contains("Ray"));
}

proptest! {
    #[test]
    fn a_strangers_host_is_shown_and_never_obeyed(host: String, reason: proptest::sample::Index) {
        let reason = Some(*reason.get(Reason::ALL));
        let stranger = |accept| EdgeAnswer { host: &host, reason, ..answer(521, accept) }.compose();
        let clean = |accept| EdgeAnswer { reason, ..answer(521, accept) }.compose();
        let tags = |answer: &Answer| body(answer).matches('<').count();
        prop_assert_eq!(tags(&stranger(None)), tags(&clean(None)));
        prop_assert_eq!(&json(&stranger(Some("application/json")))["zone"], &Value::from(host.clone()));
        let lines = |answer: &Answer| body(answer).matches('\n').count();
        prop_assert_eq!(lines(&stranger(Some("text/markdown"))), lines(&clean(Some("text/markdown"))));
    }
}
