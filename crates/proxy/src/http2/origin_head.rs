//! The heads that cross the bridge to an origin and back: a request of HTTP/1.1 as one of HTTP/2, and an answer of
//! HTTP/2 as the head of one of HTTP/1.1. Pure: what is sent, and what becomes of the body, is the stream's affair.

use super::{outflow::append, request_head::Body};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use wire::{Known, RequestHead, write_field, write_status_line};

/// A request of ours as HTTP/2 tells it, without what belongs to a connection of HTTP/1.1. `bytes` are those that the
/// head points into.
///
/// # Errors
/// When host, target or method are none of HTTP/2.
pub(super) fn request(head: &RequestHead, bytes: &[u8]) -> Result<Request<()>, http::Error> {
    let host = head.host.map_or(&[][..], |host| host.of(bytes));
    let uri = Uri::builder().scheme("https").authority(host).path_and_query(head.target.of(bytes)).build()?;
    let mut request = Request::builder().method(head.method.of(bytes)).uri(uri).body(())?;
    let fields = request.headers_mut();
    for field in head.fields.iter().filter(|field| !field.is_hop_by_hop() && field.known != Known::Host) {
        append(fields, field.name.of(bytes), field.value.of(bytes));
    }
    // Trailers are passed on, and servers of gRPC insist on being told so.
    fields.insert(header::TE, HeaderValue::from_static("trailers"));
    Ok(request)
}

/// Appends the head of an interim answer.
pub(super) fn write_interim_head(status: StatusCode, fields: &HeaderMap, out: &mut Vec<u8>) {
    write_lines(status, fields, out);
    out.extend_from_slice(b"\r\n");
}

/// Appends the head of a final answer, and says how its body has to be framed. `ends`: the head ends the stream.
/// `head_only`: a head alone was asked for.
pub(super) fn write_answer_head(
    status: StatusCode,
    fields: &HeaderMap,
    ends: bool,
    head_only: bool,
    out: &mut Vec<u8>,
) -> Body {
    write_lines(status, fields, out);
    let bodyless = head_only || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let declared = fields.contains_key(header::CONTENT_LENGTH);
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
    body
}

fn write_lines(status: StatusCode, fields: &HeaderMap, out: &mut Vec<u8>) {
    write_status_line(status.as_u16(), out);
    for (name, value) in fields {
        write_field(name.as_str().as_bytes(), value.as_bytes(), out);
    }
}
