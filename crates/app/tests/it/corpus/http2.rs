//! The corpus of hostile HTTP/2, played through the whole edge over real sockets: what reaches the origin is judged as
//! for HTTP/1.1, and the connection must serve a plain request on another stream behind everything that is not an error
//! of the connection.

use super::{
    HOP_BY_HOP, RECORDED, check_origin, complaint, ensure, frames,
    origin::Recorder,
    start,
    streams::{Answer, Ended, Streams},
    table::{self, Outcome, Row},
};
use crate::server::eventually;
use std::{collections::BTreeSet, fs, net::SocketAddr};

/// The stream of the plain request: above every other.
const PROBE: u32 = 1001;

/// Names of error codes in the order of their numbers (RFC 9113 section 7).
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// Whatever a visitor of HTTP/2 sends, the origin gets exactly what the table says, in the canonical framing of
/// HTTP/1.1, or nothing.
// EDGE-10: names with a dot.
#[test]
fn every_http2_request_reaches_the_origin_as_promised_or_not_at_all() {
    let rows = table::http2_rows();
    assert!(rows.len() >= 60, "the corpus shrank to {}", rows.len());
    let recorder = Recorder::start();
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("bellwether.toml");
    fs::write(&config, "[edge]\nh2c = true\n").expect("a file");
    let args = ["--config", config.to_str().expect("UTF-8")];
    let server = start(&directory.path().join("data"), &args, &RECORDED.map(|host| (host, recorder.address)));
    let play = |(row, message): &(Row, String)| complaint(row, || play(server.http, &recorder, row, message));
    let complaints: Vec<_> = rows.iter().filter_map(play).collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn every_http2_message_has_a_row_and_every_row_is_read_once() {
    let rows: Vec<_> = table::http2_rows().into_iter().map(|(row, _)| row.name).collect();
    let named: BTreeSet<_> = rows.iter().cloned().collect();
    assert_eq!(named.len(), rows.len(), "two rows have the same name");
    assert_eq!(named, table::http2_messages().into_iter().collect());
}

fn play(edge: SocketAddr, recorder: &Recorder, row: &Row, message: &str) -> Result<(), String> {
    let mut visitor = Streams::connect_from(recorder.next_visitor(), edge);
    for (at, piece) in frames::pieces(message).iter().enumerate() {
        if at > 0 {
            eventually("the origin has the part", || recorder.has_part().then_some(()));
        }
        visitor.send(piece);
    }
    let mut goes_on = true;
    for (at, outcome) in row.outcomes.iter().enumerate() {
        let stream = 2 * u32::try_from(at).expect("few messages") + 1;
        goes_on = play_outcome(&mut visitor, recorder, outcome, stream)?;
    }
    if goes_on {
        probe(&mut visitor)?;
    }
    check_origin(recorder, row, goes_on)
}

/// Reads what a stream comes to. Gives whether the connection goes on.
fn play_outcome(visitor: &mut Streams, recorder: &Recorder, outcome: &Outcome, stream: u32) -> Result<bool, String> {
    if outcome.verb == "gone" {
        if super::is_begun(outcome) {
            eventually("the origin has the part", || recorder.has_part().then_some(()));
        }
        visitor.hang_up();
        visitor.read_to_end()?;
        let ended = visitor.outcome(stream)?;
        return ensure(!matches!(ended, Some(Ended::Answer(_))), || format!("an answer to half a request: {ended:?}"))
            .map(|()| false);
    }
    let ended = visitor.outcome(stream)?.ok_or_else(|| format!("the connection ended, expected {outcome:?}"))?;
    let wrong = || format!("expected {outcome:?}, got {ended:?}");
    match (&outcome.verb[..], &ended) {
        ("pass", Ended::Answer(answer)) => {
            let target = if outcome.word(0) == "HEAD" { "" } else { outcome.word(1) };
            ensure(answer.status() == 200 && answer.body == target.as_bytes(), wrong)?;
            check_fields(answer).map(|()| true)
        }
        ("refuse", Ended::Answer(answer)) => {
            let details = format!("details=\"{}\"", outcome.word(1));
            let said = answer.values("proxy-status");
            let is_told = answer.status() == outcome.status() && said.len() == 1 && said[0].ends_with(&details);
            ensure(is_told, wrong)?;
            check_fields(answer).map(|()| true)
        }
        ("reset", Ended::Reset(code)) => ensure(code_name(*code) == outcome.word(0), wrong).map(|()| true),
        ("goaway", Ended::Goaway(code)) => {
            ensure(code_name(*code) == outcome.word(0), wrong)?;
            visitor.read_to_end().map(|()| false)
        }
        _ => Err(wrong()),
    }
}

fn code_name(code: u32) -> &'static str {
    CODES.get(code as usize).copied().unwrap_or("a code that nobody has defined")
}

/// One `server`, no field of a single connection, and no name with a capital letter (RFC 9113 section 8.2).
fn check_fields(answer: &Answer) -> Result<(), String> {
    ensure(answer.values("server") == ["bellwether"], || format!("another server: {answer:?}"))?;
    let is_wrong = |name: &str| {
        let of_a_connection = HOP_BY_HOP.iter().chain(&["Connection", "Transfer-Encoding"]);
        name.bytes().any(|byte| byte.is_ascii_uppercase())
            || of_a_connection.into_iter().any(|other| other.eq_ignore_ascii_case(name))
    };
    match answer.fields.iter().find(|(name, _)| is_wrong(name)) {
        Some((name, _)) => Err(format!("{name} has travelled: {answer:?}")),
        None => Ok(()),
    }
}

/// A plain request on another stream gets its own answer.
fn probe(visitor: &mut Streams) -> Result<(), String> {
    let fields = format!(":method GET\n :scheme http\n :authority {}\n :path /probe", RECORDED[0]);
    let frames = frames::pieces(&format!("HEADERS END_STREAM on {PROBE}\n {fields}\n"));
    visitor.send(&frames.concat());
    match visitor.outcome(PROBE)? {
        Some(Ended::Answer(answer)) if answer.body == b"/probe" => Ok(()),
        other => Err(format!("the request behind it came to {other:?}")),
    }
}
