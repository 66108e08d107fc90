//! One head: what HTTP/2 says in fields, and what `wire` reads of the bytes that it is turned into.

use super::request_head::{Asked, Body, Malformed, write_request_head};
use wire::{Framing, HeadLimits, Known, Parsed, RequestHead, parse_request};

/// A name and a value, as they came.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Writes a head, and holds what is read of it against what was said. Gives the head and its body's framing, unless it
/// is refused by either.
pub fn cross(asked: &Asked<'_>, fields: &[Pair<'_>]) -> Result<(Vec<u8>, Body), Malformed> {
    let mut out = Vec::new();
    let body = write_request_head(asked, fields.iter().copied(), &mut out)?;
    let mut head = RequestHead::default();
    match parse_request(&mut head, &out, &HeadLimits::default()) {
        Ok(parsed) => assert_eq!(parsed, Parsed::Complete, "a head without its end"),
        // Refused by the rules of both versions, with an answer that says why.
        Err(_) => return Ok((out, body)),
    }
    assert_eq!(head.len, out.len(), "bytes are left over");
    assert_eq!(head.method.of(&out), asked.method);
    assert_eq!(Some(head.target.of(&out)), asked.path, "CONNECT, the only one without a path, is always refused");
    let is_ours = |scheme: &[u8]| scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    assert!(asked.scheme.is_none_or(is_ours), "a scheme that is not ours");
    if let Some(authority) = asked.authority {
        assert_eq!(head.host.map(|host| host.of(&out)), Some(authority));
    }
    match body {
        Body::Chunked => assert_eq!(head.framing, Framing::Chunked),
        Body::Declared => assert!(matches!(head.framing, Framing::Length(_))),
        Body::None => assert!(matches!(head.framing, Framing::None | Framing::Length(_))),
    }
    assert!(head.keep_alive && !head.upgrade, "a stream is no connection");
    let read: Vec<Pair<'_>> =
        head.fields.iter().map(|field| (field.name.of(&out), trimmed(field.value.of(&out)))).collect();
    let cookie = joined_cookies(fields);
    assert_eq!(read, expected(asked, fields, &cookie, body));
    assert_eq!(head.value(Known::Cookie, &out).map(trimmed), (!cookie.is_empty()).then_some(&cookie[..]));
    Ok((out, body))
}

/// The fields that must be read: what was said, and what the bridge adds; nothing else, and nothing in another order.
fn expected<'a>(asked: &Asked<'a>, fields: &[Pair<'a>], cookie: &'a [u8], body: Body) -> Vec<Pair<'a>> {
    let mut all = Vec::new();
    all.extend(asked.authority.map(|authority| (&b"host"[..], authority)));
    let is_told_already = |pair: &Pair<'_>| pair.0 == b"host" && asked.authority.is_some();
    let others = fields.iter().filter(|pair| pair.0 != b"cookie" && !is_told_already(pair));
    all.extend(others);
    if !cookie.is_empty() {
        all.push((b"cookie", cookie));
    }
    let declared = fields.iter().any(|(name, _)| *name == b"content-length");
    if body == Body::Chunked {
        all.push((b"transfer-encoding", b"chunked"));
    } else if asked.ends && !declared && matches!(asked.method, b"POST" | b"PUT" | b"PATCH") {
        all.push((b"content-length", b"0"));
    }
    all
}

/// RFC 9113 section 8.2.3: crumbs of `cookie` become one value, in their order, with `; ` between two.
pub fn joined_cookies(fields: &[Pair<'_>]) -> Vec<u8> {
    let crumbs = fields.iter().filter(|(name, value)| *name == b"cookie" && !value.is_empty());
    crumbs.map(|(_, value)| *value).collect::<Vec<_>>().join(&b"; "[..])
}

/// Without the blanks around it, which no version counts in.
pub fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
