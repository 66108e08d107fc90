//! Cookies, by both versions and in both directions. The edge looks into none of them; what must hold is that they
//! arrive as they were: `Cookie` in one piece (RFC 9113 section 8.2.3), `Set-Cookie` never joined (RFC 6265 section 3).

use super::{
    cuts::Cuts,
    head::{self, Pair, joined_cookies, trimmed},
    peer::{Peer, machine},
    request_head::Asked,
    told::Told,
};
use ::http2::{Event, PREFACE, Side};
use wire::{
    Fields, Framing, HeadLimits, Known, Parsed, RequestHead, ResponseHead, parse_request, parse_response, write_field,
};

/// Values of cookie fields, one in each line.
pub fn lines(bytes: &[u8]) {
    let values: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    crumbs(&values);
    sent(&values);
    set(&values);
}

/// Crumbs of HTTP/2, among other fields.
fn crumbs(values: &[&[u8]]) {
    let asked = Asked {
        method: b"GET",
        scheme: Some(b"https"),
        authority: Some(b"www.example.com"),
        path: Some(b"/"),
        ends: true,
    };
    let mut fields: Vec<Pair<'_>> = vec![(b"accept", b"*/*")];
    fields.extend(values.iter().map(|value| (&b"cookie"[..], *value)));
    fields.insert(fields.len() / 2, (b"x-between", b"1"));
    let Ok((out, _)) = head::cross(&asked, &fields) else { return };
    let cookie = joined_cookies(&fields);
    let found = out.windows(8).filter(|window| window == b"\ncookie:").count();
    assert_eq!(found, usize::from(!cookie.is_empty()), "crumbs become one field");
}

/// Fields of a request of HTTP/1.1.
fn sent(values: &[&[u8]]) {
    let mut bytes = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n".to_vec();
    values.iter().for_each(|value| write_field(b"Cookie", value, &mut bytes));
    bytes.extend_from_slice(b"\r\n");
    let mut head = RequestHead::default();
    if parse_request(&mut head, &bytes, &HeadLimits::default()) == Ok(Parsed::Complete) {
        assert_eq!((head.len, head.framing, head.fields.len()), (bytes.len(), Framing::None, values.len() + 1));
        check(&head.fields, Known::Cookie, &bytes, values);
    }
}

/// Fields of an answer, and what HTTP/2 makes of them.
fn set(values: &[&[u8]]) {
    let mut bytes = b"HTTP/1.1 204 No Content\r\n".to_vec();
    values.iter().for_each(|value| write_field(b"Set-Cookie", value, &mut bytes));
    bytes.extend_from_slice(b"\r\n");
    let mut head = ResponseHead::default();
    if parse_response(&mut head, &bytes, &HeadLimits::default(), false) == Ok(Parsed::Complete) {
        assert_eq!((head.len, head.fields.len()), (bytes.len(), values.len()));
        check(&head.fields, Known::SetCookie, &bytes, values);
        let told = told(&head, &bytes);
        assert_eq!(told, values.iter().map(|value| trimmed(value)).collect::<Vec<_>>());
    }
}

/// The values of `set-cookie` that a visitor of HTTP/2 is told.
fn told(head: &ResponseHead, bytes: &[u8]) -> Vec<Vec<u8>> {
    // SETTINGS, and HEADERS with `:method: GET`, which end the stream.
    const GET: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 5, 0, 0, 0, 1, 0x82];
    let (link, says) = (machine(Side::Server), [PREFACE, GET].concat());
    let mut peer = Peer::saying(&says, Cuts::Whole);
    let mut asked = None;
    peer.talk(&link, |event| asked = Some(event));
    let Some(Event::Request { key, .. }) = asked else { panic!("a request of ours") };
    let write = |out: &mut ::http2::HeadWriter<'_>| {
        out.status(head.status);
        head.fields.iter().for_each(|field| out.secret(field.name.of(bytes), field.value.of(bytes)));
    };
    assert_eq!(link.change().head(key, true, write), Ok(()));
    peer.listen(&link);
    let fields = Told::read(&peer.told).streams.remove(&1).unwrap_or_default().heads.concat();
    let cookies = fields.into_iter().filter(|(name, _)| name == b"set-cookie");
    cookies.map(|(_, value)| value).collect()
}

fn check(fields: &Fields, known: Known, bytes: &[u8], values: &[&[u8]]) {
    let read: Vec<_> =
        fields.iter().filter(|field| field.known == known).map(|field| trimmed(field.value.of(bytes))).collect();
    assert_eq!(read, values.iter().map(|value| trimmed(value)).collect::<Vec<_>>());
}
