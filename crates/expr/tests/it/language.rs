//! What each part of the language means.

use super::request::{Request, blog};
use expr::compile;

/// Whether a condition that must compile holds of a request.
fn holds_of(request: &Request, condition: &str) -> bool {
    compile(condition).unwrap_or_else(|complaints| panic!("{condition}: {complaints:?}")).holds(request)
}

#[track_caller]
fn all(conditions: &[(&str, bool)]) {
    for (condition, expected) in conditions {
        assert_eq!(holds_of(&blog(), condition), *expected, "{condition}");
    }
}

#[test]
fn every_field_says_what_it_holds() {
    all(&[
        ("cf.load_balancer.name eq \"*.example.com\"", true),
        ("cf.load_balancer.region eq \"WEU\"", true),
        ("http.cookie contains \"theme=dark\"", true),
        ("http.host eq \"www.example.com\"", true),
        ("http.referer eq \"\"", true),
        ("http.request.method eq \"GET\"", true),
        ("http.request.timestamp.sec ge 1700000000", true),
        ("http.request.uri eq \"/blog/Post-1.html?page=2&tag=b&tag=A&empty\"", true),
        ("http.request.uri.path eq \"/blog/Post-1.html\"", true),
        ("http.request.uri.query eq \"page=2&tag=b&tag=A&empty\"", true),
        ("http.request.version eq \"HTTP/1.1\"", true),
        ("ip.src eq 198.51.100.7", true),
        ("http.request.headers[\"accept\"][1] eq \"image/PNG\"", true),
        ("http.request.uri.args[\"tag\"][0] eq \"b\"", true),
        ("http.request.uri.args.names[3] eq \"empty\"", true),
        ("http.request.uri.args.values[0] eq \"2\"", true),
    ]);
}

#[test]
fn comparisons_go_by_bytes() {
    all(&[
        ("http.request.method == \"get\"", false),
        ("http.request.method != \"get\"", true),
        ("http.request.method lt \"GETS\" and http.request.method < \"H\"", true),
        ("http.request.method le \"GET\" and http.request.method >= \"GET\"", true),
        ("http.request.method gt \"GET\" or http.request.method ge \"GEU\"", false),
        ("http.request.timestamp.sec < 1700000000 or http.request.timestamp.sec <= -1", false),
        ("http.request.headers[\"x-bytes\"][0] eq \"a\\xffb\"", true),
        ("http.cookie contains \"\"", true),
        ("http.cookie contains \"Theme\"", false),
    ]);
}

#[test]
fn sets_hold_texts_numbers_and_networks() {
    all(&[
        ("http.request.method in {\"HEAD\" \"GET\"}", true),
        ("http.request.method in { \"HEAD\" r\"POST\" }", false),
        ("http.request.timestamp.sec in { 1 1700000000 }", true),
        ("ip.src in { 10.0.0.0/8 198.51.100.0/24 2001:db8::/32 }", true),
        ("ip.src in { 198.51.100.7 }", true),
        ("ip.src in { 198.51.100.8/29 0.0.0.0/9 }", false),
        ("ip.src ne 198.51.100.7", false),
        ("not ip.src in { 198.51.100.0/25 }", false),
    ]);
    let six = Request { address: "2001:db8::9".parse().expect("an address"), ..blog() };
    assert!(holds_of(&six, "ip.src in { 0.0.0.0/0 2001:db8::/32 }"));
    assert!(!holds_of(&six, "ip.src in { 0.0.0.0/0 }"));
    assert!(holds_of(&six, "ip.src == 2001:DB8::9"));
}

#[test]
fn patterns_fit_a_part_and_wildcards_the_whole() {
    all(&[
        (r#"http.request.uri.path matches "^/blog/.*\.html$""#, true),
        (r#"http.request.uri.path ~ r"post""#, false),
        (r#"http.request.uri.path ~ "(?i)post""#, true),
        (r##"http.cookie matches r#"theme="?dark"#"##, true),
        (r#"http.request.uri.path wildcard "/BLOG/*.html""#, true),
        (r#"http.request.uri.path strict wildcard "/BLOG/*.html""#, false),
        (r#"http.request.uri.path strict wildcard "/blog/*""#, true),
        (r#"http.request.uri.path wildcard "/blog""#, false),
        (r#"http.host wildcard r"\*.example.com" or cf.load_balancer.name wildcard "\*.example.com""#, true),
    ]);
}

#[test]
fn functions_fold_anchor_and_go_through_lists() {
    all(&[
        ("starts_with(http.request.uri.path, \"/blog\")", true),
        ("starts_with(http.request.uri.path, \"/BLOG\")", false),
        ("ends_with(lower(http.request.uri.path), \"post-1.html\")", true),
        ("lower(http.request.uri.path) contains \"post\"", true),
        ("any(http.request.headers[\"accept\"][*] contains \"html\")", true),
        ("any(http.request.headers[\"accept\"][*] eq \"image/png\")", false),
        ("any(lower(http.request.headers[\"accept\"][*])[*] eq \"image/png\")", true),
        ("any(lower(http.request.uri.args.values[*]) in { \"a\" })", true),
        ("any(starts_with(http.request.uri.args.names[*], \"em\"))", true),
        ("not any(http.request.headers[\"accept\"][*] == \"*/*\")", true),
    ]);
}

#[test]
fn what_is_not_there_differs_from_everything() {
    all(&[
        ("http.request.headers[\"x-none\"][0] eq \"\"", false),
        ("http.request.headers[\"x-none\"][0] ne \"\"", true),
        ("http.request.headers[\"accept\"][2] contains \"\"", false),
        ("any(http.request.headers[\"x-none\"][*] ne \"a\")", false),
        ("http.referer ne \"\"", false),
    ]);
}

#[test]
fn not_binds_most_then_and_then_xor_then_or() {
    let (yes, no) = ("http.host ne \"\"", "http.host eq \"\"");
    all(&[
        (&format!("not {no} and {no}"), false),
        (&format!("not ({no} and {no})"), true),
        (&format!("{yes} or {yes} and {no}"), true),
        (&format!("({yes} or {yes}) && {no}"), false),
        (&format!("{yes} xor {yes} and {no}"), true),
        (&format!("{yes} or {yes} ^^ {yes}"), true),
        (&format!("{yes} ^^ {yes} ^^ {yes}"), true),
        (&format!("! ! {yes} || {no}"), true),
    ]);
}

#[test]
fn an_empty_condition_is_always_true() {
    for blank in ["", " \t\r\n"] {
        let always = compile(blank).expect("the empty condition");
        assert!(always.is_always() && always.holds(&blog()));
        assert_eq!(always.to_string(), "");
    }
    assert!(!compile("http.host ne \"\"").expect("a condition").is_always());
}

#[test]
fn printing_uses_one_spelling() {
    let printed = |text: &str| compile(text).expect("a condition").to_string();
    assert_eq!(
        printed(
            "((http.host == \"a\" && ip.src != 192.0.2.1)) && !(http.host in {\"c\" \"b\" \"c\"} || http.cookie ~ \"x\")"
        ),
        "http.host eq \"a\" and ip.src ne 192.0.2.1 and not (http.host in { \"b\" \"c\" } or http.cookie matches r\"x\")"
    );
    assert_eq!(printed("ip.src in {10.1.2.3/9 10.128.0.0/9 ::1}"), "ip.src in { 10.0.0.0/8 ::1 }");
    assert_eq!(
        printed("any(lower(http.request.headers[\"a\"][*])[*] wildcard \"X*\")"),
        "any(lower(http.request.headers[\"a\"][*]) wildcard \"x*\")"
    );
    assert_eq!(printed("http.cookie matches r##\"a\"#b\"##"), "http.cookie matches r##\"a\"#b\"##");
}
