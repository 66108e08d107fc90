//! What is said of a condition that cannot be used: where, what, and the way out.

use expr::{compile, limits};

/// Each complaint: the character, and problem and remedy in one text.
fn complaints(condition: &str) -> Vec<(usize, String)> {
    let complaints = compile(condition).expect_err(condition);
    complaints.into_iter().map(|found| (found.character, format!("{}; {}", found.problem, found.remedy))).collect()
}

/// The condition has exactly one complaint, which begins at this character and holds these words.
#[track_caller]
fn one(condition: &str, character: usize, words: &[&str]) {
    let found = complaints(condition);
    assert!(found.len() == 1 && found[0].0 == character, "{condition}: {found:?}");
    assert!(words.iter().all(|word| found[0].1.contains(word)), "{condition}: {found:?}");
}

#[test]
fn unknown_names_are_met_with_known_ones() {
    one("http.hots eq \"a\"", 1, &["there is no field `http.hots`", "did you mean `http.host`?"]);
    one("http.host ne \"\" and dns.qry.name eq \"a.\"", 21, &["`dns.qry.name`", "answers of DNS", "http.host"]);
    one("ip.src.asnum eq 64496", 1, &["no field `ip.src.asnum`", "in { 192.0.2.0/24 }"]);
    one("http.user_agent contains \"x\"", 1, &["http.request.headers[\"user-agent\"][0]"]);
    one("true", 1, &["leave the condition empty"]);
    one("upper(http.host) eq \"A\"", 1, &["no function `upper`", "`lower`"]);
    one("lower eq \"A\"", 1, &["is a function", "lower(http.referer)"]);
}

#[test]
fn types_must_fit() {
    one("http.host eq 7", 14, &["`7` is no text", "write `\"7\"`"]);
    one("http.request.timestamp.sec eq \"7\"", 31, &["no whole number", "without quotation marks"]);
    one("http.request.timestamp.sec contains 7", 28, &["`contains` cannot be asked of a number"]);
    one("ip.src lt 192.0.2.1", 8, &["`lt` cannot be asked of an address", "`in`"]);
    one("ip.src eq 192.0.2.0/24", 11, &["is a network", "ip.src in { 192.0.2.0/24 }"]);
    one("ip.src in { \"192.0.2.1\" }", 13, &["neither an address nor a network"]);
    one("http.host", 1, &["neither true nor false", "compare it"]);
    one("starts_with(http.host, \"a\") eq \"b\"", 29, &["true or false by itself"]);
    one("starts_with(ip.src, \"a\")", 13, &["`ip.src` is no text"]);
    one("starts_with(http.host)", 1, &["`starts_with` takes something else", "starts_with(http.request.uri.path"]);
}

#[test]
fn lists_are_gone_through_or_asked_for_one_item() {
    one("http.request.headers eq \"a\"", 1, &["a list for each name", "[\"name\"][0]"]);
    one("http.request.headers[\"a\"] eq \"a\"", 1, &["no item of it is named"]);
    one("http.request.headers[\"A\"][0] eq \"a\"", 22, &["lower case", "http.request.headers[\"a\"]"]);
    one("http.request.headers[\"a\"][*] eq \"a\"", 27, &["every item", "any( … )"]);
    one("any(http.request.headers[\"a\"][0] eq \"a\")", 31, &["inside `any( … )`", "[*]"]);
    one("any(http.host eq \"a\")", 5, &["nothing in `any( … )` goes through a list"]);
    one("http.host[0] eq \"a\"", 11, &["is no list"]);
    one("http.request.uri.args.names[first] eq \"a\"", 29, &["no number of an item"]);
}

#[test]
fn signs_of_other_languages_are_named() {
    one("http.host = \"a\"", 11, &["`=`", "write `==`"]);
    one("http.host eq \"a\" AND http.host eq \"b\"", 18, &["lower case", "write `and`"]);
    one("http.host eq 'a'", 14, &["straight double quotation marks"]);
    one("http.host in { \"a\", \"b\" }", 19, &["separated by blanks", "comma"]);
    one("ip.src in $office", 11, &["no lists", "between braces"]);
    one("\"a\" eq http.host", 1, &["begin with the field"]);
    one("http.host # eq \"a\"", 11, &["`#` means nothing here"]);
}

#[test]
fn what_is_left_open_is_named_where_it_began() {
    one("http.host eq \"a", 14, &["does not end"]);
    one("http.host eq r#\"a\"", 14, &["does not end", "`\"#`"]);
    one("(http.host eq \"a\"", 18, &["expected `)`, found the end"]);
    one("http.host eq \"a\")", 17, &["nothing is open"]);
    one("http.host in { \"a\"", 19, &["found the end", "close the set"]);
    one("http.host eq", 13, &["found the end"]);
    one("http.host eq \"a\" and", 21, &["expected a test, found the end"]);
    one("http.host in {}", 11, &["no members"]);
    one("http.host eq \"a\\nb\"", 16, &["backslash", "\\xHH"]);
    one("http.host strict eq \"a\"", 18, &["`strict wildcard`"]);
}

#[test]
fn patterns_and_wildcards_are_read_at_once() {
    one("http.host matches \"a(\"", 19, &["the pattern cannot be used", "unclosed group"]);
    one("http.host matches \"\\w{999}{999}\"", 19, &["takes more than"]);
    one("http.host wildcard \"a**\"", 20, &["two stars in a row"]);
    one("http.host wildcard r\"a\\b\"", 20, &["backslash"]);
    let many = vec!["http.host matches \"a\""; limits::PATTERNS + 1].join(" or ");
    assert!(complaints(&many)[0].1.contains("more than 16 `matches`"));
}

#[test]
fn everything_that_can_be_found_is_told_in_order() {
    let text = "http.hots eq \"a\" and (ip.src lt 7 or lower(http.host \"x\") eq \"a\") or http.host eq 5 http.host";
    let characters: Vec<usize> = complaints(text).iter().map(|(character, _)| *character).collect();
    assert_eq!(characters, [1, 30, 54, 83, 85], "{:?}", complaints(text));
}

#[test]
fn positions_count_characters_and_not_bytes() {
    one("http.host eq \"äöü\" and x eq 1", 24, &["there is no field `x`"]);
}

#[test]
fn size_and_depth_are_bounded() {
    let long = format!("http.host eq \"{}\"", "a".repeat(limits::LENGTH));
    one(&long, limits::LENGTH + 1, &["bytes long", "write at most 4096"]);
    let nested = |levels: usize| format!("{}http.host eq \"a\"{}", "(".repeat(levels), ")".repeat(levels));
    assert!(compile(&nested(limits::DEPTH)).is_ok());
    one(&nested(limits::DEPTH + 1), limits::DEPTH + 2, &["more than 32 levels"]);
    assert!(compile(&format!("{} http.host eq \"a\"", "!".repeat(limits::DEPTH))).is_ok());
    assert!(compile(&format!("{} http.host eq \"a\"", "not ".repeat(900))).is_err());
    assert_eq!(compile(&"x eq 1 or ".repeat(100)).expect_err("unknown fields").len(), limits::COMPLAINTS);
}
