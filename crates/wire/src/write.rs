//! Writing what this room reads: status lines, fields, chunks and trailers.

use bytes::BufMut;

use crate::field::Field;
use crate::framing::Version;
use crate::span::Span;
use crate::trailer::Trailers;

/// The last chunk and an empty trailer section: the end of a chunked body without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The line before a chunk of `length` bytes: at most 16 hexadecimal digits and CRLF. `length` must not be 0, which
/// would end the body: write [`LAST_CHUNK`] for that.
#[inline]
pub fn chunk_header(length: usize, out: &mut [u8; 18]) -> &[u8] {
    debug_assert!(length > 0, "a chunk of no bytes ends the body");
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let significant = (usize::BITS - length.leading_zeros()).div_ceil(4).max(1) as usize;
    let (digits, end) = out.split_at_mut(16);
    let mut left = length;
    for digit in digits.iter_mut().take(significant).rev() {
        *digit = DIGITS[left & 15];
        left >>= 4;
    }
    end.copy_from_slice(b"\r\n");
    out.copy_within(16..18, significant);
    &out[..significant + 2]
}

/// Writes the last chunk and the trailer fields that may be passed on.
pub fn write_last_chunk(trailers: &Trailers, out: &mut impl BufMut) {
    out.put_slice(b"0\r\n");
    for (name, value) in trailers.iter() {
        write_field(name, value, out);
    }
    out.put_slice(b"\r\n");
}

/// Writes one field line. Name and value must be legal already; nothing is checked here.
#[inline]
pub fn write_field(name: &[u8], value: &[u8], out: &mut impl BufMut) {
    out.put_slice(name);
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_slice(b"\r\n");
}

/// Writes the lines of these parsed fields, in their order, as they stand in `buf`. Blanks behind a value are left out;
/// those before it stay. Neighbouring lines are copied together, so passing a head on costs a few copies instead of
/// four for every field.
#[inline]
pub fn write_fields<'a>(buf: &[u8], fields: impl IntoIterator<Item = &'a Field>, out: &mut impl BufMut) {
    const LINE_END: &[u8] = b"\r\n";
    let mut run = Span::default();
    for field in fields {
        if run.end.saturating_add(LINE_END.len() as u32) != field.name.start || run.is_empty() {
            write_run(run, buf, out);
            run.start = field.name.start;
        }
        run.end = field.value.end;
    }
    write_run(run, buf, out);

    fn write_run(run: Span, buf: &[u8], out: &mut impl BufMut) {
        if !run.is_empty() {
            out.put_slice(run.of(buf));
            out.put_slice(LINE_END);
        }
    }
}

/// Writes an HTTP/1.1 status line with the registered reason phrase, or an empty one.
#[inline]
pub fn write_status_line(status: u16, out: &mut impl BufMut) {
    match STATUS_LINES.binary_search_by_key(&status, |(code, _)| *code) {
        Ok(at) => out.put_slice(STATUS_LINES[at].1.as_bytes()),
        Err(_) => write_status_line_as(Version::Http11, status, b"", out),
    }
}

/// Writes a status line with a version and phrase of the caller's. `status` must be 100 to 999.
pub fn write_status_line_as(version: Version, status: u16, reason: &[u8], out: &mut impl BufMut) {
    debug_assert!((100..1000).contains(&status));
    out.put_slice(match version {
        Version::Http10 => b"HTTP/1.0 ",
        Version::Http11 => b"HTTP/1.1 ",
    });
    out.put_slice(itoa::Buffer::new().format(status).as_bytes());
    out.put_u8(b' ');
    out.put_slice(reason);
    out.put_slice(b"\r\n");
}

macro_rules! status_lines {
    ($($code:literal $reason:literal,)*) => {
        /// Ready-made status lines, by status.
        static STATUS_LINES: &[(u16, &str)] =
            &[$(($code, concat!("HTTP/1.1 ", stringify!($code), " ", $reason, "\r\n")),)*];
    };
}

status_lines! {
    100 "Continue",
    101 "Switching Protocols",
    102 "Processing",
    103 "Early Hints",
    200 "OK",
    201 "Created",
    202 "Accepted",
    203 "Non-Authoritative Information",
    204 "No Content",
    205 "Reset Content",
    206 "Partial Content",
    207 "Multi-Status",
    208 "Already Reported",
    226 "IM Used",
    300 "Multiple Choices",
    301 "Moved Permanently",
    302 "Found",
    303 "See Other",
    304 "Not Modified",
    305 "Use Proxy",
    307 "Temporary Redirect",
    308 "Permanent Redirect",
    400 "Bad Request",
    401 "Unauthorized",
    402 "Payment Required",
    403 "Forbidden",
    404 "Not Found",
    405 "Method Not Allowed",
    406 "Not Acceptable",
    407 "Proxy Authentication Required",
    408 "Request Timeout",
    409 "Conflict",
    410 "Gone",
    411 "Length Required",
    412 "Precondition Failed",
    413 "Content Too Large",
    414 "URI Too Long",
    415 "Unsupported Media Type",
    416 "Range Not Satisfiable",
    417 "Expectation Failed",
    421 "Misdirected Request",
    422 "Unprocessable Content",
    423 "Locked",
    424 "Failed Dependency",
    425 "Too Early",
    426 "Upgrade Required",
    428 "Precondition Required",
    429 "Too Many Requests",
    431 "Request Header Fields Too Large",
    451 "Unavailable For Legal Reasons",
    500 "Internal Server Error",
    501 "Not Implemented",
    502 "Bad Gateway",
    503 "Service Unavailable",
    504 "Gateway Timeout",
    505 "HTTP Version Not Supported",
    506 "Variant Also Negotiates",
    507 "Insufficient Storage",
    508 "Loop Detected",
    511 "Network Authentication Required",
    520 "Unknown Error",
    521 "Web Server Is Down",
    522 "Connection Timed Out",
    523 "Origin Is Unreachable",
    524 "A Timeout Occurred",
    525 "SSL Handshake Failed",
    526 "Invalid SSL Certificate",
    530 "Origin Error",
}
