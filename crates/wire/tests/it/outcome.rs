//! One line of text for what becomes of a message: the language of the tables in `tests/corpus`.

use std::fmt::Write;

use wire::{BodyReader, Framing, HeadLimits, Parsed, RequestHead, ResponseHead, parse_request, parse_response};

/// What becomes of a request and its body.
pub fn of_request(bytes: &[u8]) -> String {
    let mut head = RequestHead::default();
    match parse_request(&mut head, bytes, &HeadLimits::default()) {
        Err(problem) => format!("refuse {problem:?}"),
        Ok(Parsed::Partial) => "partial".to_owned(),
        Ok(Parsed::Complete) => {
            let flags = [(head.expects_continue, "expects-continue"), (head.upgrade, "upgrade")];
            let start = format!("accept {} {}", framing(head.framing), persistence(head.keep_alive));
            rest_of_message(start, &flags, head.framing, bytes.get(head.len..).expect("the head lies within the bytes"))
        }
    }
}

/// What becomes of an answer and its body.
pub fn of_response(bytes: &[u8], for_head_request: bool) -> String {
    let mut head = ResponseHead::default();
    match parse_response(&mut head, bytes, &HeadLimits::default(), for_head_request) {
        Err(problem) => format!("refuse {problem:?}"),
        Ok(Parsed::Partial) => "partial".to_owned(),
        Ok(Parsed::Complete) => {
            let flags = [(head.is_interim(), "interim"), (head.switches_protocol(), "switches")];
            let start = format!("accept {} {} {}", head.status, framing(head.framing), persistence(head.keep_alive));
            rest_of_message(start, &flags, head.framing, bytes.get(head.len..).expect("the head lies within the bytes"))
        }
    }
}

fn framing(framing: Framing) -> String {
    match framing {
        Framing::None => "none".to_owned(),
        Framing::Length(length) => format!("length:{length}"),
        Framing::Chunked => "chunked".to_owned(),
        Framing::UntilClose => "until-close".to_owned(),
    }
}

fn persistence(keep_alive: bool) -> &'static str {
    if keep_alive { "keep" } else { "close" }
}

fn rest_of_message(start: String, flags: &[(bool, &str)], framing: Framing, body: &[u8]) -> String {
    let mut text = start;
    for (_, flag) in flags.iter().filter(|(is_set, _)| *is_set) {
        write!(text, " {flag}").expect("text can grow");
    }
    let rest = if framing == Framing::None { body.len() } else { read_body(&mut text, framing, body) };
    if rest > 0 {
        write!(text, " rest:{rest}").expect("text can grow");
    }
    text
}

/// Appends what becomes of the body; gives the number of bytes behind it.
fn read_body(text: &mut String, framing: Framing, body: &[u8]) -> usize {
    let mut reader = BodyReader::new(framing);
    let (mut at, mut content) = (0, 0);
    while at < body.len() && !reader.is_done() {
        match reader.step(&body[at..]) {
            Ok(step) => {
                at += step.consumed;
                content += step.data.len();
            }
            Err(problem) => {
                write!(text, " bad-body:{problem:?} after:{content}").expect("text can grow");
                return 0;
            }
        }
    }
    match reader.close() {
        Ok(()) => write!(text, " body:{content}"),
        Err(_) => write!(text, " partial-body:{content}"),
    }
    .expect("text can grow");
    if !reader.trailers().is_empty() {
        write!(text, " trailers:{}", reader.trailers().fields().len()).expect("text can grow");
    }
    body.len() - at
}
