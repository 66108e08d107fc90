//! The heads that cross the bridge to an origin and back: a request of HTTP/1.1 as one of HTTP/2, and an answer of
//! HTTP/2 as the head of one of HTTP/1.1. Pure: what is sent, and what becomes of the body, is the stream's affair.

use super::request_head::Body;
use ::http2::{HeadWriter, hpack::FieldList, is_field};
use wire::{Known, RequestHead, write_field, write_status_line};

/// Writes a request of ours as HTTP/2 tells it, without what belongs to a connection of HTTP/1.1. `bytes` are those that
/// the head points into.
pub(super) fn write_request(head: &RequestHead, bytes: &[u8], out: &mut HeadWriter<'_>) {
    out.field(b":method", head.method.of(bytes));
    out.field(b":scheme", b"https");
    out.field(b":authority", head.host.map_or(&[][..], |host| host.of(bytes)));
    out.field(b":path", head.target.of(bytes));
    for field in head.fields.iter().filter(|field| !field.is_hop_by_hop() && field.known != Known::Host) {
        let (name, value) = (field.name.of(bytes), field.value.of(bytes));
        match field.known {
            Known::Cookie | Known::Authorization => out.secret(name, value),
            _ => out.field(name, value),
        }
    }
    // Trailers are passed on, and servers of gRPC insist on being told so.
    out.field(b"te", b"trailers");
}

/// The head of an answer breaks the rules of HTTP/2 (RFC 9113 section 8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadAnswer;

/// Appends the head of an answer as one of HTTP/1.1, and says how its body has to be framed; `None` for an interim
/// answer, which has none and another head behind it. `ends`: the head ends the stream. `head_only`: a head alone was
/// asked for.
pub(super) fn write_answer(
    fields: &FieldList,
    ends: bool,
    head_only: bool,
    out: &mut Vec<u8>,
) -> Result<Option<Body>, BadAnswer> {
    let mut lines = fields.iter();
    let status = match lines.next() {
        Some((b":status", value)) => read_status(value).ok_or(BadAnswer)?,
        _ => return Err(BadAnswer),
    };
    let start = out.len();
    write_status_line(status, out);
    let mut declared = false;
    for (name, value) in lines {
        if !is_field(name, value) {
            out.truncate(start);
            return Err(BadAnswer);
        }
        declared |= name == b"content-length";
        write_field(name, value, out);
    }
    let bodyless = head_only || matches!(status, 100..200 | 204 | 304);
    let body = match (bodyless || ends, declared) {
        (true, _) => {
            if !bodyless && !declared {
                write_field(b"content-length", b"0", out);
            }
            Body::None
        }
        (false, true) => Body::Declared,
        (false, false) => {
            write_field(b"transfer-encoding", b"chunked", out);
            Body::Chunked
        }
    };
    out.extend_from_slice(b"\r\n");
    Ok(if status < 200 { None } else { Some(body) })
}

/// Three digits, the first of which is none of 0.
fn read_status(value: &[u8]) -> Option<u16> {
    match value {
        [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => std::str::from_utf8(value).ok()?.parse().ok(),
        _ => None,
    }
}
