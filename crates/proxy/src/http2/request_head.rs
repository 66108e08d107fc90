//! A request of HTTP/2 written as the canonical head of HTTP/1.1. Pure, and total: whatever bytes come in, what goes
//! out is one head that says exactly the same, or nothing.
//!
//! What only HTTP/2 knows (pseudo-fields, fields that must not be there) is judged here; everything that both versions
//! share (target, host, lengths, limits) is left to `wire`, which reads the result like any other head.

use ::http2::{is_name, is_of_connection, is_value};
use wire::write_field;

/// A request as HTTP/2 tells it, without its ordinary fields.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a [u8],
    /// `:scheme`, where it is known.
    pub scheme: Option<&'a [u8]>,
    /// `:authority`.
    pub authority: Option<&'a [u8]>,
    /// `:path`; only CONNECT has none.
    pub path: Option<&'a [u8]>,
    /// The head ends the stream: there is no body.
    pub ends: bool,
}

/// A request as its fields tell it.
#[derive(Clone, Debug)]
pub struct Request<'a, I> {
    /// What its pseudo-fields say.
    pub asked: Asked<'a>,
    /// `:protocol` (RFC 8441).
    pub protocol: Option<&'a [u8]>,
    /// The other fields.
    pub fields: I,
}

impl<'a, I: Iterator<Item = (&'a [u8], &'a [u8])> + Clone> Request<'a, I> {
    /// Reads the pseudo-fields, which come first (RFC 9113 section 8.3). `ends`: the head ends the stream.
    ///
    /// # Errors
    /// When one is missing, repeated or unknown.
    pub fn read(mut fields: I, ends: bool) -> Result<Self, Malformed> {
        let (mut method, mut scheme, mut authority, mut path, mut protocol) = (None, None, None, None, None);
        let fields = loop {
            let before = fields.clone();
            let Some((name, value)) = fields.next() else { break before };
            let place = match name {
                b":method" => &mut method,
                b":scheme" => &mut scheme,
                b":authority" => &mut authority,
                b":path" => &mut path,
                b":protocol" => &mut protocol,
                [b':', ..] => return Err(Malformed::Pseudo),
                _ => break before,
            };
            if place.replace(value).is_some() {
                return Err(Malformed::Pseudo);
            }
        };
        let method = method.ok_or(Malformed::Pseudo)?;
        let is_plain_connect = method == b"CONNECT" && protocol.is_none();
        let is_whole = scheme.is_some() && path.is_some();
        let is_bare = scheme.is_none() && path.is_none();
        if !(if is_plain_connect { is_bare } else { is_whole }) || (protocol.is_some() && method != b"CONNECT") {
            return Err(Malformed::Pseudo);
        }
        Ok(Self { asked: Asked { method, scheme, authority, path, ends }, protocol, fields })
    }

    /// Whether it asks for a WebSocket (RFC 8441 section 5).
    pub fn is_websocket(&self) -> bool {
        self.protocol == Some(b"websocket")
    }
}

/// How the bytes behind the head are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// As long as `Content-Length` says; frames that do not add up to it are an error of the stream.
    Declared,
    /// In chunks, because nobody has said how long it is.
    Chunked,
}

/// Why a request is malformed (RFC 9113 section 8.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A pseudo-field is missing, repeated, unknown or in the wrong place.
    Pseudo,
    /// The head ends the stream, and `content-length` promises a body.
    Length,
    /// The method is not a token.
    Method,
    /// `:path` is missing, does not begin with `/`, or holds what no target may hold; `*` is only for OPTIONS.
    Path,
    /// `:scheme` is empty or holds what no scheme may hold.
    Scheme,
    /// `:authority` holds what no host may hold.
    Authority,
    /// A field name is empty, has a capital letter or is not a token.
    Name,
    /// A field value holds a line end or NUL, or begins or ends with a blank (section 8.2.1).
    Value,
    /// A field that belongs to a connection of HTTP/1.1 (section 8.2.2).
    ConnectionSpecific,
}

/// Appends the head, blank line included, and says how the body has to be framed.
///
/// `Host` is `:authority`; a `host` field that says the same is dropped, and one that says something else is left in
/// for `wire` to refuse; so is a scheme that is not ours, by the absolute form of the target. Crumbs of `cookie` become one field (section 8.2.3).
///
/// # Errors
/// When the request is malformed; `out` then holds a part of a head and must not be used.
pub fn write_request_head<'a>(
    asked: &Asked<'_>,
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    out: &mut Vec<u8>,
) -> Result<Body, Malformed> {
    write_request_line(asked, out)?;
    let mut cookies = Vec::new();
    let mut body = if asked.ends { Body::None } else { Body::Chunked };
    let mut declared = false;
    for (name, value) in fields {
        check_field(name, value)?;
        match name {
            b"host" if asked.authority.is_some_and(|authority| authority.eq_ignore_ascii_case(value)) => {}
            // An empty crumb says nothing, and would leave a lone separator.
            b"cookie" if value.is_empty() => {}
            b"cookie" => {
                if !cookies.is_empty() {
                    cookies.extend_from_slice(b"; ");
                }
                cookies.extend_from_slice(value);
            }
            b"content-length" => {
                if asked.ends && value.iter().any(|digit| *digit != b'0') {
                    return Err(Malformed::Length);
                }
                declared = true;
                write_field(name, value, out);
            }
            _ => write_field(name, value, out),
        }
    }
    if !cookies.is_empty() {
        write_field(b"cookie", &cookies, out);
    }
    match (declared, asked.ends) {
        (true, false) => body = Body::Declared,
        (false, false) => write_field(b"transfer-encoding", b"chunked", out),
        // These are expected to have a body, and servers ask for its length (RFC 9110 section 8.6).
        (false, true) if matches!(asked.method, b"POST" | b"PUT" | b"PATCH") => {
            write_field(b"content-length", b"0", out);
        }
        _ => {}
    }
    out.extend_from_slice(b"\r\n");
    Ok(body)
}

fn write_request_line(asked: &Asked<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    if !is_token(asked.method) {
        return Err(Malformed::Method);
    }
    if asked.authority.is_some_and(|authority| !authority.iter().all(u8::is_ascii_graphic)) {
        return Err(Malformed::Authority);
    }
    let target = match (asked.path, asked.authority) {
        (Some(path @ [b'/', ..]), _) => path,
        (Some(b"*"), _) if asked.method == b"OPTIONS" => b"*",
        (None, Some(authority)) if asked.method == b"CONNECT" => authority,
        _ => return Err(Malformed::Path),
    };
    if target.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(Malformed::Path);
    }
    out.extend_from_slice(asked.method);
    out.push(b' ');
    if let Some(scheme) = asked.scheme {
        write_foreign_origin(scheme, asked.authority.unwrap_or_default(), out)?;
    }
    out.extend_from_slice(target);
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if let Some(authority) = asked.authority {
        write_field(b"host", authority, out);
    }
    Ok(())
}

/// The beginning of an absolute target, where the scheme is none of HTTP.
fn write_foreign_origin(scheme: &[u8], authority: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let is_in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    if scheme.is_empty() || !scheme.iter().all(is_in_scheme) {
        return Err(Malformed::Scheme);
    }
    if !scheme.eq_ignore_ascii_case(b"https") && !scheme.eq_ignore_ascii_case(b"http") {
        out.extend_from_slice(scheme);
        out.extend_from_slice(b"://");
        out.extend_from_slice(authority);
    }
    Ok(())
}

fn check_field(name: &[u8], value: &[u8]) -> Result<(), Malformed> {
    if !is_name(name) {
        return Err(if name.first() == Some(&b':') { Malformed::Pseudo } else { Malformed::Name });
    }
    if !is_value(value) {
        return Err(Malformed::Value);
    }
    if is_of_connection(name, value) { Err(Malformed::ConnectionSpecific) } else { Ok(()) }
}

/// RFC 9110 section 5.6.2.
fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wire::{HeadLimits, Parsed, RequestHead, parse_request};

    const GET: Asked<'_> = Asked {
        method: b"GET",
        scheme: Some(b"https"),
        authority: Some(b"www.example.com"),
        path: Some(b"/a?b"),
        ends: true,
    };

    fn written(asked: &Asked<'_>, fields: &[(&str, &str)]) -> Result<(String, Body), Malformed> {
        let mut out = Vec::new();
        let fields = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let body = write_request_head(asked, fields, &mut out)?;
        Ok((String::from_utf8_lossy(&out).into_owned(), body))
    }

    #[test]
    fn a_request_is_written_canonically() {
        let fields =
            [("cookie", "a=1"), ("accept", "*/*"), ("cookie", ""), ("cookie", "b=2"), ("host", "WWW.example.com")];
        let expected = "GET /a?b HTTP/1.1\r\nhost: www.example.com\r\naccept: */*\r\ncookie: a=1; b=2\r\n\r\n";
        assert_eq!(written(&GET, &fields), Ok((expected.to_owned(), Body::None)));
    }

    #[test]
    fn a_body_has_a_length_or_chunks() {
        let post = Asked { method: b"POST", ends: false, ..GET };
        let (head, body) = written(&post, &[]).expect("a good request");
        assert!(head.ends_with("\r\ntransfer-encoding: chunked\r\n\r\n") && body == Body::Chunked);
        let (head, body) = written(&post, &[("content-length", "7")]).expect("a good request");
        assert!(head.ends_with("\r\ncontent-length: 7\r\n\r\n") && body == Body::Declared);
        let (head, body) = written(&Asked { ends: true, ..post }, &[]).expect("a good request");
        assert!(head.ends_with("\r\ncontent-length: 0\r\n\r\n") && body == Body::None);
    }

    #[test]
    fn what_http2_forbids_is_malformed() {
        for (name, value, problem) in [
            ("connection", "close", Malformed::ConnectionSpecific),
            ("transfer-encoding", "chunked", Malformed::ConnectionSpecific),
            ("upgrade", "h2c", Malformed::ConnectionSpecific),
            ("keep-alive", "5", Malformed::ConnectionSpecific),
            ("te", "gzip", Malformed::ConnectionSpecific),
            ("X-Upper", "1", Malformed::Name),
            ("a b", "1", Malformed::Name),
            ("a:", "1", Malformed::Name),
            (":path", "/", Malformed::Pseudo),
            ("", "1", Malformed::Name),
            ("x", "1\r\nhost: evil", Malformed::Value),
            ("x", "1\n", Malformed::Value),
            ("x", "1\0", Malformed::Value),
            ("x", " 1", Malformed::Value),
            ("x", "1\t", Malformed::Value),
        ] {
            assert_eq!(written(&GET, &[(name, value)]), Err(problem), "{name:?}: {value:?}");
        }
        assert!(written(&GET, &[("te", "trailers")]).is_ok());
    }

    #[test]
    fn a_path_cannot_be_more_than_a_path() {
        for path in ["http://evil.test/", "a", "", "*", "/ HTTP/1.1\r\nx: y", "/a b", "/\0"] {
            let asked = Asked { path: Some(path.as_bytes()), ..GET };
            assert_eq!(written(&asked, &[]), Err(Malformed::Path), "{path:?}");
        }
        assert!(written(&Asked { method: b"OPTIONS", path: Some(b"*"), ..GET }, &[]).is_ok());
    }

    #[test]
    fn a_scheme_that_is_not_ours_is_left_for_the_parser_to_refuse() {
        let (head, _) = written(&Asked { scheme: Some(b"ftp"), ..GET }, &[]).expect("well formed");
        let problem = parse_request(&mut RequestHead::default(), head.as_bytes(), &HeadLimits::default());
        assert_eq!(problem, Err(wire::RequestProblem::BadTarget));
        for scheme in [&b""[..], b"http://evil.test/?", b"http\r\nx: y", b"http "] {
            assert_eq!(written(&Asked { scheme: Some(scheme), ..GET }, &[]), Err(Malformed::Scheme), "{scheme:?}");
        }
        for scheme in [None, Some(&b"http"[..]), Some(b"HTTPS")] {
            assert_eq!(written(&Asked { scheme, ..GET }, &[]), written(&GET, &[]), "{scheme:?}");
        }
    }

    #[test]
    fn two_hosts_are_left_for_the_parser_to_refuse() {
        let (head, _) = written(&GET, &[("host", "other.example.com")]).expect("well formed");
        let problem = parse_request(&mut RequestHead::default(), head.as_bytes(), &HeadLimits::default());
        assert_eq!(problem, Err(wire::RequestProblem::HostRepeated));
    }

    /// Bytes that like to cause trouble, and others.
    fn troublesome() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            4 => prop::sample::select(b"\r\n\0\t :/*?#,;=%aZ0\x7f\x80".to_vec()),
            2 => b'a'..=b'z',
            1 => any::<u8>(),
        ];
        prop::collection::vec(byte, 0..12)
    }

    fn name() -> impl Strategy<Value = Vec<u8>> {
        const KNOWN: [&str; 7] = ["host", "content-length", "transfer-encoding", "cookie", "te", "x-a", "expect"];
        prop_oneof![prop::sample::select(&KNOWN[..]).prop_map(|name| name.as_bytes().to_vec()), troublesome()]
    }

    proptest! {
        /// Nothing that is put in can become another line, another field or another request.
        #[test]
        fn nothing_breaks_out_of_its_place(
            method in prop_oneof![Just(b"GET".to_vec()), Just(b"POST".to_vec()), Just(b"CONNECT".to_vec()), troublesome()],
            scheme in prop::option::of(prop_oneof![3 => Just(b"http".to_vec()), 1 => troublesome()]),
            authority in prop::option::of(prop_oneof![Just(b"a.example".to_vec()), troublesome()]),
            path in prop::option::of(troublesome().prop_map(|tail| [b"/", &tail[..]].concat())),
            fields in prop::collection::vec((name(), troublesome()), 0..5),
            ends in any::<bool>(),
        ) {
            let asked = Asked {
                method: &method,
                scheme: scheme.as_deref(),
                authority: authority.as_deref(),
                path: path.as_deref(),
                ends,
            };
            let mut out = Vec::new();
            let pairs = fields.iter().map(|(name, value)| (&name[..], &value[..]));
            let Ok(body) = write_request_head(&asked, pairs, &mut out) else { return Ok(()) };
            let mut head = RequestHead::default();
            let Ok(parsed) = parse_request(&mut head, &out, &HeadLimits::default()) else { return Ok(()) };
            prop_assert_eq!(parsed, Parsed::Complete);
            prop_assert_eq!(head.len, out.len());
            prop_assert_eq!(head.method.of(&out), &method[..]);
            prop_assert!(head.fields.len() <= fields.len() + 2);
            prop_assert_eq!(body == Body::Chunked, head.framing == wire::Framing::Chunked);
            if let Some(authority) = &authority {
                prop_assert_eq!(head.host.map(|host| host.of(&out)), Some(&authority[..]));
            }
        }
    }
}
