//! What a request head says beyond being accepted or refused, and where its limits lie.

use wire::{
    Framing, HeadLimits, Known, Method, Parsed, RequestHead, RequestProblem, TargetForm, Version, parse_request,
};

/// Parses a whole head that must be accepted.
fn accept(bytes: &[u8]) -> RequestHead {
    let mut head = RequestHead::default();
    assert_eq!(parse_request(&mut head, bytes, &HeadLimits::default()), Ok(Parsed::Complete));
    head
}

fn outcome(bytes: &[u8], limits: &HeadLimits) -> Result<Parsed, RequestProblem> {
    parse_request(&mut RequestHead::default(), bytes, limits)
}

/// A request whose parts are in the order of RFC 9112 section 2.1.
#[test]
fn the_parts_of_a_head_are_found() {
    let bytes = b"POST /a?b=c HTTP/1.1\r\nHost: Www.Example.com:8080\r\nContent-Length: 3\r\nX-Own: \tv w \r\n\r\nabc";
    let head = accept(bytes);
    assert_eq!(head.len, bytes.len() - 3);
    assert_eq!((head.method.of(bytes), head.verb), (&b"POST"[..], Method::Post));
    assert_eq!((head.target.of(bytes), head.resource.of(bytes)), (&b"/a?b=c"[..], &b"/a?b=c"[..]));
    assert_eq!((head.version, head.target_form), (Version::Http11, TargetForm::Origin));
    assert_eq!(head.framing, Framing::Length(3));
    assert_eq!(head.host.map(|host| host.of(bytes)), Some(&b"Www.Example.com:8080"[..]));
    let host = head.host_name().expect("there is a host");
    assert_eq!((host.as_str(), host.port()), ("www.example.com", Some(8080)));
    let names: Vec<_> = head.fields.iter().map(|field| (field.known, field.value.of(bytes))).collect();
    let expected: [(Known, &[u8]); 3] =
        [(Known::Host, b"Www.Example.com:8080"), (Known::ContentLength, b"3"), (Known::Other, b"v w")];
    assert_eq!(names, expected);
}

/// A head is reused for the next request on the connection and keeps nothing of the last.
#[test]
fn a_reused_head_forgets_the_last_request() {
    let limits = HeadLimits::default();
    let mut head = RequestHead::default();
    let first = b"POST http://b.example/x HTTP/1.1\r\nHost: a\r\nHost-Not: 1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(parse_request(&mut head, first, &limits), Ok(Parsed::Complete));
    assert!(head.expects_continue && head.framing == Framing::Chunked);
    let second = b"GET / HTTP/1.0\r\n\r\n";
    assert_eq!(parse_request(&mut head, second, &limits), Ok(Parsed::Complete));
    assert!(head.fields.is_empty() && head.host.is_none() && head.host_name().is_none());
    assert!(!head.expects_continue && !head.keep_alive && head.framing == Framing::None);
    assert_eq!(head.target_form, TargetForm::Origin);
    assert!(!head.has(Known::TransferEncoding));
}

/// A refusal leaves no trace either.
#[test]
fn a_refused_head_does_not_spoil_the_next() {
    let limits = HeadLimits::default();
    let mut head = RequestHead::default();
    let bad = b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nbad line\r\n\r\n and some more bytes that follow it";
    assert_eq!(parse_request(&mut head, bad, &limits), Err(RequestProblem::BadHeader));
    assert_eq!(&bad[head.stopped_at()..head.stopped_at() + 8], b"bad line");
    let good = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(parse_request(&mut head, good, &limits), Ok(Parsed::Complete));
    assert_eq!(head.fields.len(), 1);
}

/// What a refused head still says belongs to it, not to the request before.
#[test]
fn a_refused_head_shows_only_what_it_read_itself() {
    let limits = HeadLimits::default();
    let mut head = RequestHead::default();
    let good = b"POST /good HTTP/1.1\r\nHost: good.example\r\nConnection: upgrade\r\nUpgrade: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
    assert_eq!(parse_request(&mut head, good, &limits), Ok(Parsed::Complete));
    assert!(head.keep_alive && head.upgrade && head.expects_continue);
    let bad_field = b"PUT /bad HTTP/1.1\r\nHost: bad.example\r\nBad Name: 1\r\n\r\n";
    assert_eq!(parse_request(&mut head, bad_field, &limits), Err(RequestProblem::BadHeader));
    assert_eq!((head.verb, head.target.of(bad_field), head.fields.len()), (Method::Put, &b"/bad"[..], 1));
    assert!(head.host.is_none() && head.host_name().is_none() && head.framing == Framing::None && head.len == 0);
    assert!(!head.keep_alive && !head.upgrade && !head.expects_continue);
    let bad_line = b"\x16\x03\x01 and so on, for longer than the heads before it, which this is now, to be sure of it";
    assert_eq!(parse_request(&mut head, bad_line, &limits), Err(RequestProblem::BadRequestLine));
    assert!(head.method.is_empty() && head.target.is_empty() && head.resource.is_empty() && head.fields.is_empty());
    assert!(!head.has(Known::Host));
    let bad_host = b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n";
    assert_eq!(parse_request(&mut head, bad_host, &limits), Err(RequestProblem::BadHost));
    assert!(head.host_name().is_none());
}

/// RFC 9112 section 3.2.2: the authority of the target takes the place of `Host`.
#[test]
fn an_absolute_target_outranks_the_host_field() {
    let bytes = b"GET HTTP://Shop.Example.com:81/cart?x=1 HTTP/1.1\r\nHost: other.example\r\n\r\n";
    let head = accept(bytes);
    assert_eq!(head.host_name().map(|host| (host.as_str(), host.port())), Some(("shop.example.com", Some(81))));
    assert_eq!(head.resource.of(bytes), b"/cart?x=1");
    let TargetForm::Absolute { authority } = head.target_form else { panic!("not absolute: {:?}", head.target_form) };
    assert_eq!(authority.of(bytes), b"Shop.Example.com:81");
}

/// RFC 9112 sections 3.2.1 and 3.2.4: what an absolute target becomes in origin form.
#[test]
fn the_resource_is_written_in_origin_form() {
    let cases: [(&str, &str); 6] = [
        ("GET /a?b", "/a?b"),
        ("GET http://a.example", "/"),
        ("GET http://a.example?q", "/?q"),
        ("GET https://a.example/x/y?q", "/x/y?q"),
        ("OPTIONS http://a.example", "*"),
        ("OPTIONS *", "*"),
    ];
    for (line, expected) in cases {
        let bytes = format!("{line} HTTP/1.1\r\nHost: a.example\r\n\r\n");
        let mut out = Vec::new();
        accept(bytes.as_bytes()).write_resource(bytes.as_bytes(), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected, "{line}");
    }
}

/// RFC 9110 section 7.6.1: what `Connection` lists does not travel on, except where that would change the message.
#[test]
fn fields_listed_in_connection_are_hop_by_hop() {
    let bytes =
        b"POST / HTTP/1.1\r\nHost: a\r\nx-OWN: 1\r\nX-Other: 2\r\nCookie: c\r\nContent-Length: 0\r\nTE: trailers\r\n\
        Connection: X-Own,, cookie ,host\r\nConnection: content-length, (junk), x-other\r\n\r\n";
    let head = accept(bytes);
    let hop_by_hop: Vec<_> =
        head.fields.iter().filter(|field| field.is_hop_by_hop()).map(|field| field.name.of(bytes)).collect();
    let expected: [&[u8]; 6] = [b"x-OWN", b"X-Other", b"Cookie", b"TE", b"Connection", b"Connection"];
    assert_eq!(hop_by_hop, expected);
    assert!(head.keep_alive && head.repeats(Known::Connection) && !head.repeats(Known::Host));
}

/// Names that some servers read differently are told apart, not refused.
#[test]
fn names_beyond_letters_digits_and_hyphens_are_marked() {
    let bytes = b"GET / HTTP/1.1\r\nHost: a\r\nX-Plain-1: 1\r\nX.Dot: 1\r\nX_Under: 1\r\nX!_Both: 1\r\n\r\n";
    let marks: Vec<_> =
        accept(bytes).fields.iter().map(|field| (field.is_droppable(), field.has_underscore())).collect();
    assert_eq!(marks, [(false, false), (false, false), (true, false), (false, true), (true, true)]);
}

fn with_target(length: usize) -> Vec<u8> {
    let target = "a".repeat(length - 1);
    format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

/// `EDGE-4`, the parsing half: 32768 bytes of target are accepted, one more is a problem of its own.
#[test]
fn the_target_may_have_32768_bytes() {
    let limits = HeadLimits::default();
    assert_eq!(outcome(&with_target(32_768), &limits), Ok(Parsed::Complete));
    assert_eq!(outcome(&with_target(32_769), &limits), Err(RequestProblem::TargetTooLong));
}

/// An endless target is refused without waiting for its end, however it arrives.
#[test]
fn an_endless_target_is_refused_at_the_limit() {
    let limits = HeadLimits { target_bytes: 100, ..HeadLimits::default() };
    let bytes = with_target(10_000);
    let mut head = RequestHead::default();
    let end = (0..).find(|end| parse_request(&mut head, &bytes[..*end], &limits) == Err(RequestProblem::TargetTooLong));
    let most = "GET ".len() + 100 + limits.method_bytes;
    assert!(end.is_some_and(|end| end <= most), "{end:?}");
}

/// Bytes beyond the limit are not judged, so it makes no difference how many of them arrive at once.
#[test]
fn a_mistake_beyond_the_target_limit_is_not_looked_at() {
    let limits = HeadLimits { target_bytes: 100, ..HeadLimits::default() };
    let head = |good: usize| format!("GET /{}\"x HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(good - 1)).into_bytes();
    assert_eq!(outcome(&head(100), &limits), Err(RequestProblem::BadTarget));
    assert_eq!(outcome(&head(101), &limits), Err(RequestProblem::TargetTooLong));
}

/// Percent-encoding that breaks just behind the limit is too long, wherever the bytes are cut: found by fuzzing.
#[test]
fn broken_percent_encoding_at_the_limit_is_refused_alike_in_pieces() {
    let limits = HeadLimits { target_bytes: 100, ..HeadLimits::default() };
    for percent in 95..=101 {
        for broken in ["%zz", "%4z"] {
            let head = format!("GET {}{broken} HTTP/1.1\r\nHost: a\r\n\r\n", "/".repeat(percent)).into_bytes();
            let whole = outcome(&head, &limits);
            for cut in 1..head.len() {
                let mut pieces = RequestHead::default();
                let first = parse_request(&mut pieces, &head[..cut], &limits);
                let pieced =
                    if first == Ok(Parsed::Partial) { parse_request(&mut pieces, &head, &limits) } else { first };
                assert_eq!(pieced, whole, "{broken} at {percent}, cut at {cut}");
            }
        }
    }
}

/// The limit counts every byte of the head, and none of the body.
#[test]
fn a_head_may_have_exactly_its_limit() {
    let limits = HeadLimits { head_bytes: 1000, ..HeadLimits::default() };
    let head = |length: usize| {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nX-Fill: ";
        format!("{start}{}\r\n\r\n012345678", "x".repeat(length - start.len() - 4)).into_bytes()
    };
    assert_eq!(outcome(&head(1000), &limits), Ok(Parsed::Complete));
    assert_eq!(outcome(&head(1001), &limits), Err(RequestProblem::HeadTooLarge));
    assert_eq!(outcome(&head(1001)[..999], &limits), Ok(Parsed::Partial));
    assert_eq!(outcome(&head(1001)[..1000], &limits), Err(RequestProblem::HeadTooLarge));
}

/// The default limit of the head: 127 KiB pass, 129 KiB do not (`EDGE-8`, the parsing half).
#[test]
fn a_head_may_have_128_kib() {
    let head = |kib: usize| {
        let line = format!("X-Fill: {}\r\n", "x".repeat(1014));
        format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", line.repeat(kib)).into_bytes()
    };
    assert_eq!(outcome(&head(127), &HeadLimits::default()), Ok(Parsed::Complete));
    assert_eq!(outcome(&head(129), &HeadLimits::default()), Err(RequestProblem::HeadTooLarge));
}

#[test]
fn a_head_may_have_as_many_fields_as_its_limit() {
    let head = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(count - 1)).into_bytes();
    assert_eq!(outcome(&head(200), &HeadLimits::default()), Ok(Parsed::Complete));
    assert_eq!(outcome(&head(201), &HeadLimits::default()), Err(RequestProblem::HeadTooLarge));
}

#[test]
fn connection_may_list_as_many_options_as_its_limit() {
    let head = |count: usize| {
        format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close{}\r\n\r\n", ",x-a".repeat(count - 1)).into_bytes()
    };
    assert_eq!(outcome(&head(64), &HeadLimits::default()), Ok(Parsed::Complete));
    assert_eq!(outcome(&head(65), &HeadLimits::default()), Err(RequestProblem::BadHeader));
}

#[test]
fn a_method_may_have_as_many_bytes_as_its_limit() {
    let head = |length: usize| format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(length)).into_bytes();
    assert_eq!(outcome(&head(64), &HeadLimits::default()), Ok(Parsed::Complete));
    assert_eq!(outcome(&head(65), &HeadLimits::default()), Err(RequestProblem::BadRequestLine));
}

/// RFC 9110 section 9.2: which methods change nothing, and which may be repeated.
#[test]
fn methods_know_whether_they_may_be_repeated() {
    let idempotent: Vec<_> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "PURGE"]
        .into_iter()
        .filter(|name| Method::of(name.as_bytes()).is_idempotent())
        .collect();
    assert_eq!(idempotent, ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);
    assert!(Method::Get.is_safe() && !Method::Put.is_safe());
}

/// Every byte value in every interesting place: nothing but the legal ones gets through.
#[test]
fn every_byte_is_judged_in_every_place() {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let target = |byte: u8| byte.is_ascii_graphic() && !b"\"#%<>".contains(&byte);
    let value = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    type Place = (&'static str, &'static str, fn(u8) -> bool);
    let places: [Place; 4] = [
        ("GE", "T / HTTP/1.1\r\nHost: a\r\n\r\n", token),
        ("GET /a", "b HTTP/1.1\r\nHost: a\r\n\r\n", target),
        ("GET / HTTP/1.1\r\nHost: a\r\nX-Long-Na", "me: 1\r\n\r\n", |_| false),
        ("GET / HTTP/1.1\r\nHost: a\r\nX-A: some long val", "ue\r\n\r\n", value),
    ];
    for (before, after, is_legal) in places {
        let is_name = before.contains("X-Long");
        for byte in 0..=u8::MAX {
            let bytes = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            let accepted = outcome(&bytes, &HeadLimits::default()) == Ok(Parsed::Complete);
            let expected = if is_name { token(byte) || byte == b':' } else { is_legal(byte) };
            assert_eq!(accepted, expected, "byte {byte:#04x} behind {before:?}");
        }
    }
}
