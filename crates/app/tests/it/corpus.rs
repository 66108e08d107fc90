//! The corpus of hostile messages, played through the whole edge over real sockets.
//!
//! Every raw request is sent to a running server, and what reaches the origin is read by a second, strict reader. Every
//! raw answer is given by an origin, and what reaches the visitor is read the same way. Behind each message that leaves
//! the connection open comes a plain request: it must get its own answer, which no leftover byte on either side lets it.

mod frames;
mod hpack;
mod http2;
mod message;
mod origin;
mod streams;
mod table;
mod visitor;
mod words;

use crate::server::{Server, eventually};
use message::{Framing, Kind, Message};
use origin::Recorder;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use table::{Outcome, Row};
use visitor::Visitor;

/// The hosts whose origin records, and the one whose origin speaks raw bytes.
const RECORDED: [&str; 2] = ["www.example.com", "shop.example.com"];
const SPOKEN: &str = "speaker.example.com";

/// Fields that belong to one connection. None of them reaches the other side.
const HOP_BY_HOP: [&str; 7] = ["Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "HTTP2-Settings", "X-Hop"];

/// A server with these arguments whose load balancers lead to these origins.
fn start(directory: &std::path::Path, args: &[&str], hosts: &[(&str, SocketAddr)]) -> Server {
    let server = Server::start(directory, args);
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let account = id(&server.api("GET", "/accounts", None)[0]);
    let zone = json!({"name": "example.com", "account": {"id": account}});
    let zone = id(&server.api("POST", "/zones", Some(zone)));
    for (host, address) in hosts {
        let endpoint = json!({"name": "one", "address": address.ip().to_string(), "port": address.port()});
        let pool = json!({"name": host.replace('.', "-"), "origins": [endpoint]});
        let pool = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/pools"), Some(pool)));
        let balancer = json!({"name": host, "default_pools": [pool], "fallback_pool": pool, "proxied": true});
        server.api("POST", &format!("/zones/{zone}/load_balancers"), Some(balancer));
    }
    server
}

/// Runs one case and gives its complaint, with its name, if it has one.
fn complaint(row: &Row, case: impl FnOnce() -> Result<(), String>) -> Option<String> {
    case().err().map(|complaint| format!("{}: {complaint}", row.name))
}

fn ensure(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}

/// The final answer, and the statuses of the interim ones before it.
fn final_answer(visitor: &mut Visitor, kind: Kind) -> Result<(Vec<u16>, Option<Message>), String> {
    let mut interim = Vec::new();
    loop {
        match visitor.answer(kind)? {
            Some(answer) if (100..200).contains(&answer.status()) => {
                check_hop_by_hop(&answer)?;
                interim.push(answer.status());
            }
            answer => return Ok((interim, answer)),
        }
    }
}

/// Whether this is the edge's own request for a WebSocket, made anew where a visitor has asked for one in full.
fn asks_for_websocket(message: &Message) -> bool {
    message.values("Connection") == ["Upgrade"]
        && message.values("Upgrade") == ["websocket"]
        && message.values("Sec-WebSocket-Key").len() == 1
}

fn check_hop_by_hop(message: &Message) -> Result<(), String> {
    match HOP_BY_HOP.iter().find(|name| {
        let is_remade = **name == "Upgrade" && asks_for_websocket(message);
        !is_remade && !message.values(name).is_empty()
    }) {
        Some(name) => Err(format!("{name} has travelled: {message:?}")),
        None => Ok(()),
    }
}

/// The edge's own answer names the status and the reason.
fn check_refusal(outcome: &Outcome, answer: &Message) -> Result<(), String> {
    let details = format!("details=\"{}\"", outcome.word(1));
    let said = answer.values("Proxy-Status");
    let is_told = answer.status() == outcome.status() && said.len() == 1 && said[0].ends_with(&details);
    ensure(is_told, || format!("expected {outcome:?}, got {} and {said:?}", answer.status()))
}

/// Whether the connection ends behind this answer.
fn closes(answer: &Message, http10: bool) -> bool {
    let said = answer.values("Connection");
    said == ["close"] || (http10 && said != ["keep-alive"])
}

/// Ends a case: the connection ends if the answer said so; else a plain request must get its own answer.
fn finish(visitor: &mut Visitor, host: &str, answer: &Message, http10: bool) -> Result<bool, String> {
    let probed = !closes(answer, http10);
    if probed {
        visitor.send(format!("GET /probe HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        let (_, answer) = final_answer(visitor, Kind::Answer)?;
        let answer = answer.ok_or("the request behind it got no answer")?;
        ensure(answer.body == b"/probe", || format!("the request behind it got another answer: {answer:?}"))?;
    }
    let rest = visitor.read_to_end()?;
    ensure(rest.is_empty(), || format!("bytes behind the last answer: {}", rest.escape_ascii()))?;
    Ok(probed)
}

// === Requests ===

fn play_request(edge: SocketAddr, recorder: &Recorder, row: &Row) -> Result<(), String> {
    let mut visitor = Visitor::connect_from(recorder.next_visitor(), edge);
    visitor.send(&row.bytes);
    let mut last = None;
    for outcome in &row.outcomes {
        last = play_outcome(&mut visitor, recorder, outcome)?;
    }
    let http10 = row.bytes.windows(9).any(|window| window == b" HTTP/1.0");
    let probed = match last {
        Some(answer) => finish(&mut visitor, RECORDED[0], &answer, http10)?,
        None => false,
    };
    check_origin(recorder, row, probed)
}

/// Reads what a request gets. Gives the answer if the connection may go on behind it.
fn play_outcome(visitor: &mut Visitor, recorder: &Recorder, outcome: &Outcome) -> Result<Option<Message>, String> {
    if outcome.verb == "gone" {
        if is_begun(outcome) {
            eventually("the origin has the part", || recorder.has_part().then_some(()));
        }
        visitor.hang_up();
        let rest = visitor.read_to_end()?;
        return ensure(rest.is_empty(), || format!("an answer to half a request: {}", rest.escape_ascii()))
            .map(|()| None);
    }
    let kind = if outcome.verb == "pass" && outcome.word(0) == "HEAD" { Kind::AnswerToHead } else { Kind::Answer };
    let answer = final_answer(visitor, kind)?.1.ok_or_else(|| format!("no answer for {outcome:?}"))?;
    match &outcome.verb[..] {
        "pass" => {
            let target = if kind == Kind::AnswerToHead { "" } else { outcome.word(1) };
            let is_its_own = answer.status() == 200 && answer.body == target.as_bytes();
            ensure(is_its_own, || format!("expected {outcome:?}, got {answer:?}")).map(|()| Some(answer))
        }
        "deny" => check_refusal(outcome, &answer).map(|()| Some(answer)),
        "refuse" => {
            check_refusal(outcome, &answer)?;
            let rest = visitor.read_to_end()?;
            ensure(rest.is_empty(), || format!("bytes behind a refusal: {}", rest.escape_ascii())).map(|()| None)
        }
        verb => panic!("no such outcome: {verb}"),
    }
}

/// `gone begun`, `reset CODE begun`: the request flows while it is still being sent, and breaks off before its end. The
/// origin has a part of it, and never the whole.
fn is_begun(outcome: &Outcome) -> bool {
    outcome.words.iter().any(|word| word == b"begun")
}

/// Exactly what the row says has reached the origin: no byte more, no request more.
fn check_origin(recorder: &Recorder, row: &Row, probed: bool) -> Result<(), String> {
    let (requests, rest, complaints) = recorder.take();
    ensure(complaints.is_empty(), || format!("the origin got {complaints:?}"))?;
    ensure(row.outcomes.iter().any(is_begun) || rest.is_empty(), || {
        format!("the origin got a part: {}", rest.escape_ascii())
    })?;
    let mut expected = row.outcomes.iter().filter(|outcome| outcome.verb == "pass");
    let mut requests = requests.into_iter();
    for outcome in expected.by_ref() {
        let request = requests.next().ok_or_else(|| format!("the origin did not get {outcome:?}"))?;
        check_passed(outcome, &request, recorder.visitor())?;
    }
    if probed {
        let probe = requests.next().ok_or("the origin did not get the request behind it")?;
        ensure(probe.first[1] == "/probe", || format!("the origin got {probe:?}"))?;
    }
    match requests.next() {
        Some(request) => Err(format!("the origin got one request more: {request:?}")),
        None => Ok(()),
    }
}

/// `pass METHOD TARGET HOST none|length|chunked ["BODY"] [trailers "FIELDS"] [with "FIELD"]`. In a field, the address of
/// loopback stands for that of the visitor.
fn check_passed(outcome: &Outcome, request: &Message, visitor: Ipv4Addr) -> Result<(), String> {
    let wrong = |what: &str| format!("{what} differs: expected {outcome:?}, the origin got {request:?}");
    let framing = match outcome.word(3) {
        "none" => Framing::None,
        "length" => Framing::Length,
        "chunked" => Framing::Chunked,
        other => panic!("no such framing: {other}"),
    };
    ensure(request.first[0] == outcome.word(0), || wrong("the method"))?;
    ensure(request.first[1] == outcome.word(1), || wrong("the target"))?;
    ensure(request.values("Host") == [outcome.word(2)], || wrong("the host"))?;
    ensure(asks_for_websocket(request) || request.values("Connection") == ["Keep-Alive"], || wrong("Connection"))?;
    ensure(request.framing == framing, || wrong("the framing"))?;
    ensure(Some(&request.body) == outcome.words.get(4).or(Some(&Vec::new())), || wrong("the body"))?;
    ensure(request.trailers == outcome.extra("trailers").unwrap_or_default(), || wrong("the trailer section"))?;
    if let Some(field) = outcome.extra("with") {
        let (name, value) = std::str::from_utf8(field).expect("text").split_once(": ").expect("a field");
        let value = value.replace(&Ipv4Addr::LOCALHOST.to_string(), &visitor.to_string());
        ensure(request.values(name) == [value], || wrong(name))?;
    }
    let is_plain = |name: &str| !name.contains(['.', '_']);
    ensure(request.fields.iter().all(|(name, _)| is_plain(name)), || wrong("what names may hold"))?;
    check_hop_by_hop(request)
}

/// Whatever a visitor sends, the origin gets exactly what the table says, in canonical framing, or nothing.
// EDGE-1: two framings. EDGE-2: two lengths. EDGE-3: a folded line. EDGE-10: names with a dot.
#[test]
fn every_request_reaches_the_origin_as_promised_or_not_at_all() {
    let rows = table::rows("requests");
    assert!(rows.len() >= 250, "the corpus shrank to {}", rows.len());
    let recorder = Recorder::start();
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(directory.path(), &[], &RECORDED.map(|host| (host, recorder.address)));
    let play = |row: &Row| complaint(row, || play_request(server.http, &recorder, row));
    let complaints: Vec<_> = rows.iter().filter_map(play).collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

// === Answers ===

/// How the origin goes on behind its raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    End,
    Stay,
}

/// Whether the bytes alone lead to the outcome, so that the connection may as well stay open behind them.
fn may_stay(row: &Row) -> bool {
    let ends = ["closed_inside_head", "empty_reply", "body_truncated"].map(|reason| reason.as_bytes().to_vec());
    !row.reading.contains("until-close") && !ends.iter().any(|reason| row.outcomes[0].words.contains(reason))
}

fn play_answer(edge: SocketAddr, row: &Row, behind: Behind) -> Result<(), String> {
    let outcome = &row.outcomes[0];
    let query = if behind == Behind::Stay { "?stay" } else { "" };
    let is_head = row.name.starts_with("head-of-");
    let (method, more) = match () {
        () if is_head => ("HEAD", "\r\n"),
        () if row.name.starts_with("during-upload-") => ("POST", "Content-Length: 10\r\n\r\nhello"),
        () => ("GET", "\r\n"),
    };
    let mut visitor = Visitor::connect(edge);
    visitor.send(format!("{method} /{}{query} HTTP/1.1\r\nHost: {SPOKEN}\r\n{more}", row.name).as_bytes());
    let (interim, answer) = final_answer(&mut visitor, if is_head { Kind::AnswerToHead } else { Kind::Answer })?;
    check_interim(outcome, &interim)?;
    if outcome.verb == "cut" {
        return ensure(answer.is_none(), || format!("a whole answer was made of a broken one: {answer:?}"));
    }
    let answer = answer.ok_or_else(|| format!("no answer, expected {outcome:?}"))?;
    match &outcome.verb[..] {
        "pass" => check_given(outcome, &answer)?,
        "refuse" => check_refusal(outcome, &answer)?,
        verb => panic!("no such outcome: {verb}"),
    }
    finish(&mut visitor, SPOKEN, &answer, false).map(drop)
}

fn check_interim(outcome: &Outcome, interim: &[u16]) -> Result<(), String> {
    let expected = String::from_utf8_lossy(outcome.extra("interim").unwrap_or_default()).into_owned();
    let got: Vec<_> = interim.iter().map(u16::to_string).collect();
    ensure(got.join(",") == expected, || format!("expected interim answers {expected:?}, got {got:?}"))
}

/// `pass STATUS "BODY" [trailers "FIELDS"] [interim STATUS,..]`.
fn check_given(outcome: &Outcome, answer: &Message) -> Result<(), String> {
    let wrong = |what: &str| format!("{what} differs: expected {outcome:?}, the visitor got {answer:?}");
    ensure(answer.status() == outcome.status(), || wrong("the status"))?;
    ensure(Some(&answer.body) == outcome.words.get(1), || wrong("the body"))?;
    ensure(answer.trailers == outcome.extra("trailers").unwrap_or_default(), || wrong("the trailer section"))?;
    ensure(answer.values("Server") == ["bellwether"], || wrong("the server"))?;
    check_hop_by_hop(answer)
}

/// Whatever an origin says, the visitor gets exactly one well-formed answer, or notices that it was cut; and the request
/// behind it gets its own.
// EDGE-40: what is no status line. EDGE-41: a head that is too large. EDGE-42: two framings.
#[test]
fn every_answer_reaches_the_visitor_as_promised_or_not_at_all() {
    let rows = table::rows("responses");
    assert!(rows.len() >= 100, "the corpus shrank to {}", rows.len());
    let answers = rows.iter().map(|row| (row.name.clone(), row.bytes.clone())).collect();
    let directory = tempfile::tempdir().expect("a directory");
    let server = start(directory.path(), &[], &[(SPOKEN, origin::start_speaker(answers))]);
    let mut complaints = Vec::new();
    for row in &rows {
        complaints.extend(complaint(row, || play_answer(server.http, row, Behind::End)));
        if may_stay(row) {
            let stays = complaint(row, || play_answer(server.http, row, Behind::Stay));
            complaints.extend(stays.map(|complaint| format!("{complaint} (the origin stays)")));
        }
    }
    complaints
        .extend(rows.iter().filter(|row| row.outcomes[0].verb == "cut").filter_map(|row| check_cut(&server, row)));
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// The access record says why an answer was cut.
fn check_cut(server: &Server, row: &Row) -> Option<String> {
    let path = format!("\"/{}\"", row.name);
    let line =
        eventually("the access record is written", || server.stdout().into_iter().find(|line| line.contains(&path)));
    let record: Value = serde_json::from_str(&line).expect("a record");
    let expected = row.outcomes[0].word(1);
    (record["FailureReason"] != expected).then(|| format!("{}: expected {expected}, got {record}", row.name))
}
