//! The status line: `HTTP-version SP status-code SP [ reason-phrase ] CRLF` (RFC 9112 section 4). A server that leaves
//! out the phrase together with the space before it is understood; no reader disagrees about that.

use crate::field::end_of_line;
use crate::framing::Version;
use crate::octet;
use crate::response::ResponseProblem;
use crate::span::Span;

pub(crate) struct StatusLine {
    pub(crate) version: Version,
    pub(crate) status: u16,
    pub(crate) reason: Span,
    pub(crate) next: usize,
}

const PREFIX: &[u8] = b"HTTP/1.";
/// Where the status code begins: behind `HTTP/1.1 `.
const STATUS: usize = 9;

/// Reads the status line at the start of `buf`; `None` when it is not complete. Refuses at the first byte that cannot
/// belong to one.
pub(crate) fn read(buf: &[u8]) -> Result<Option<StatusLine>, ResponseProblem> {
    let Some(version) = read_version(buf)? else { return Ok(None) };
    let Some(status) = read_status(buf)? else { return Ok(None) };
    let Some(reason_start) = start_of_reason(buf)? else { return Ok(None) };
    let Some((end, byte)) = octet::find_control(buf, reason_start) else { return Ok(None) };
    if byte != b'\r' {
        return Err(ResponseProblem::BadStatusLine);
    }
    let next = end_of_line(buf, end).map_err(|_| ResponseProblem::BadStatusLine)?;
    Ok(next.map(|next| StatusLine { version, status, reason: Span::new(reason_start, end), next }))
}

/// `HTTP/1.` and a digit; minor versions above 1 are read as 1.1 (RFC 9110 section 2.5).
fn read_version(buf: &[u8]) -> Result<Option<Version>, ResponseProblem> {
    let start = buf.get(..PREFIX.len()).unwrap_or(buf);
    if !PREFIX.starts_with(start) {
        return Err(ResponseProblem::BadStatusLine);
    }
    let version = match buf.get(PREFIX.len()) {
        None => return Ok(None),
        Some(b'0') => Version::Http10,
        Some(b'1'..=b'9') => Version::Http11,
        Some(_) => return Err(ResponseProblem::BadStatusLine),
    };
    match buf.get(STATUS - 1) {
        None => Ok(None),
        Some(b' ') => Ok(Some(version)),
        Some(_) => Err(ResponseProblem::BadStatusLine),
    }
}

/// Three digits that make 100 to 999, and no fourth.
fn read_status(buf: &[u8]) -> Result<Option<u16>, ResponseProblem> {
    let rest = buf.get(STATUS..).unwrap_or_default();
    let digits = rest.get(..3).unwrap_or(rest);
    if !digits.iter().all(u8::is_ascii_digit) || digits.first() == Some(&b'0') {
        return Err(ResponseProblem::BadStatus);
    }
    match digits {
        [hundreds, tens, ones] => {
            Ok(Some([hundreds, tens, ones].into_iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'))))
        }
        _ => Ok(None),
    }
}

/// The place behind the status code and its space; the place of the line end when there is no phrase.
fn start_of_reason(buf: &[u8]) -> Result<Option<usize>, ResponseProblem> {
    let end = STATUS + 3;
    match buf.get(end) {
        None => Ok(None),
        Some(b' ') => Ok(Some(end + 1)),
        Some(b'\r') => Ok(Some(end)),
        Some(byte) if byte.is_ascii_digit() => Err(ResponseProblem::BadStatus),
        Some(_) => Err(ResponseProblem::BadStatusLine),
    }
}
