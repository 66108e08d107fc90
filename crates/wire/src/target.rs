//! The request target (RFC 9112 section 3.2): its bytes, its form, and which part of it travels on.

use crate::method::Method;
use crate::octet;
use crate::span::Span;

/// Which of the forms of RFC 9112 section 3.2 a target has. The authority form belongs to CONNECT, which is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// `/path?query`.
    #[default]
    Origin,
    /// `http://authority/path?query`. The authority takes the place of `Host` (RFC 9112 section 3.2.2).
    Absolute { authority: Span },
    /// `*`, for OPTIONS only.
    Asterisk,
}

/// Where a target ends in the bytes behind the method.
pub(crate) enum End {
    /// At a space, this many bytes on.
    Space(usize),
    /// Not within the bytes that are there.
    Open,
    /// A byte at this place that may not stand there: in a target at all, or behind a percent sign. Everything before
    /// it is good, so that a limit on the length is met at the same byte however the bytes arrive.
    Bad(usize),
}

/// Looks for the space behind a target, checking every byte before it.
#[inline]
pub(crate) fn end(bytes: &[u8]) -> End {
    let mut at = 0;
    loop {
        at = octet::skip_target(bytes, at);
        match bytes.get(at) {
            None => return End::Open,
            Some(b' ') => return End::Space(at),
            Some(b'%') => match (bytes.get(at + 1), bytes.get(at + 2)) {
                (Some(high), Some(low)) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => at += 3,
                (None, _) => return End::Open,
                (Some(high), None) if high.is_ascii_hexdigit() => return End::Open,
                (Some(high), _) if high.is_ascii_hexdigit() => return End::Bad(at + 2),
                _ => return End::Bad(at + 1),
            },
            _ => return End::Bad(at),
        }
    }
}

/// Whether every `%` is followed by two hexadecimal digits (RFC 3986 section 2.1).
pub fn is_percent_encoding_valid(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'%', rest) {
        match rest.get(at..).unwrap_or_default() {
            [_, high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest = after,
            _ => return false,
        }
    }
    true
}

/// A target that has none of the accepted forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadForm;

/// The form of a target, and the part of it that is path and query. That part is empty, or begins with `?`, only in
/// absolute form.
#[inline]
pub(crate) fn form(buf: &[u8], target: Span, method: Method) -> Result<(TargetForm, Span), BadForm> {
    match target.of(buf) {
        [b'/', ..] => Ok((TargetForm::Origin, target)),
        b"*" if method == Method::Options => Ok((TargetForm::Asterisk, target)),
        bytes => absolute(bytes, target).ok_or(BadForm),
    }
}

/// `scheme "://" authority path-abempty [ "?" query ]` with a scheme that this proxy speaks and no user information.
#[cold]
fn absolute(bytes: &[u8], target: Span) -> Option<(TargetForm, Span)> {
    let scheme = ["http://".len(), "https://".len()].into_iter().find(|length| {
        bytes
            .get(..*length)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"http://") || scheme.eq_ignore_ascii_case(b"https://"))
    })?;
    let rest = bytes.get(scheme..)?;
    let authority_length = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let authority = rest.get(..authority_length)?;
    if authority.is_empty() || authority.contains(&b'@') {
        return None;
    }
    let start = target.start as usize + scheme;
    let resource = Span::new(start + authority_length, target.end as usize);
    Some((TargetForm::Absolute { authority: Span::new(start, start + authority_length) }, resource))
}
