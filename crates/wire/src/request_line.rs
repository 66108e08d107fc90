//! The request line: `method SP request-target SP HTTP-version CRLF` (RFC 9112 section 3), with exactly one space in
//! each place and a version that is spelled in full.

use crate::field::end_of_line;
use crate::framing::Version;
use crate::limits::HeadLimits;
use crate::octet;
use crate::request::RequestProblem;
use crate::span::Span;
use crate::target;

/// The three parts of a request line, and where the next line starts.
pub(crate) struct RequestLine {
    pub(crate) method: Span,
    pub(crate) target: Span,
    pub(crate) version: Version,
    pub(crate) next: usize,
}

/// Reads the request line that starts at `start`; `None` when it is not complete. Refuses as soon as what is there can
/// no longer become a request line, so that a client that speaks another protocol need not send a line end first.
pub(crate) fn read(buf: &[u8], start: usize, limits: &HeadLimits) -> Result<Option<RequestLine>, RequestProblem> {
    let Some(method) = read_method(buf, start, limits)? else { return Ok(None) };
    let target_start = method.end as usize + 1;
    let Some(target) = read_target(buf, target_start, limits)? else { return Ok(None) };
    let Some((version, next)) = read_version(buf, target.end as usize + 1)? else { return Ok(None) };
    if method.of(buf) == b"CONNECT" {
        return Err(RequestProblem::ConnectMethod);
    }
    Ok(Some(RequestLine { method, target, version, next }))
}

/// A token and the space behind it.
fn read_method(buf: &[u8], start: usize, limits: &HeadLimits) -> Result<Option<Span>, RequestProblem> {
    let rest = buf.get(start..).unwrap_or_default();
    for (length, byte) in rest.iter().enumerate() {
        if *byte == b' ' && length > 0 {
            return Ok(Some(Span::new(start, start + length)));
        }
        if octet::class(*byte) & octet::TOKEN == 0 || length >= limits.method_bytes {
            return Err(RequestProblem::BadRequestLine);
        }
    }
    Ok(None)
}

/// Everything up to the next space, which must be all visible ASCII with valid percent-encoding.
fn read_target(buf: &[u8], start: usize, limits: &HeadLimits) -> Result<Option<Span>, RequestProblem> {
    let rest = buf.get(start..).unwrap_or_default();
    match target::end(rest) {
        target::End::Space(0) => Err(RequestProblem::BadRequestLine),
        target::End::Space(length) if length > limits.target_bytes => Err(RequestProblem::TargetTooLong),
        target::End::Space(length) => Ok(Some(Span::new(start, start + length))),
        target::End::Open if rest.len() > limits.target_bytes => Err(RequestProblem::TargetTooLong),
        target::End::Open => Ok(None),
        target::End::Bad(at) if at > limits.target_bytes => Err(RequestProblem::TargetTooLong),
        // A line end behind the target: HTTP/0.9, which has no version.
        target::End::Bad(at) if matches!(rest.get(at), Some(b'\r' | b'\n')) => Err(RequestProblem::BadRequestLine),
        target::End::Bad(_) => Err(RequestProblem::BadTarget),
    }
}

const VERSION_LENGTH: usize = "HTTP/1.1".len();

/// The version and the line end.
fn read_version(buf: &[u8], start: usize) -> Result<Option<(Version, usize)>, RequestProblem> {
    let rest = buf.get(start..).unwrap_or_default();
    let (version, tail) = rest.split_at_checked(VERSION_LENGTH).unwrap_or((rest, &[]));
    let version = match version {
        b"HTTP/1.1" => Version::Http11,
        b"HTTP/1.0" => Version::Http10,
        _ => return wrong_version(rest),
    };
    match tail.first() {
        None => Ok(None),
        Some(b'\r') => match end_of_line(buf, start + VERSION_LENGTH) {
            Ok(next) => Ok(next.map(|next| (version, next))),
            Err(_) => Err(RequestProblem::BadRequestLine),
        },
        Some(byte) if byte.is_ascii_control() => Err(RequestProblem::BadRequestLine),
        Some(_) => wrong_version(rest),
    }
}

/// How far behind the target a line end is looked for before the line is given up.
const JUNK_BYTES: usize = 256;

/// Tells three mistakes apart once the line is complete, so that the answer does not depend on how the bytes arrived:
/// a version that is not ours, a raw space inside the target, and a line that is no request line.
#[cold]
fn wrong_version(rest: &[u8]) -> Result<Option<(Version, usize)>, RequestProblem> {
    let seen = rest.get(..JUNK_BYTES).unwrap_or(rest);
    let Some(end) = seen.iter().position(|byte| byte.is_ascii_control()) else {
        return if seen.len() < JUNK_BYTES { Ok(None) } else { Err(RequestProblem::BadRequestLine) };
    };
    Err(match seen.get(..end).unwrap_or_default() {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
            RequestProblem::UnsupportedVersion
        }
        line if line.contains(&b' ') => RequestProblem::BadTarget,
        _ => RequestProblem::BadRequestLine,
    })
}
