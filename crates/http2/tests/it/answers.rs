//! Answers that promise another body than they bring.

use crate::machine::*;
use http2::{Connection, ErrorCode, Inbox, Key, Lost, Side};
use std::task::{Context, Poll, Waker};

/// What becomes of a request that is answered so: how its body ends.
fn outcome(asks_head: bool, answer: &[u8]) -> Result<Vec<u8>, Lost> {
    let mut connection = greeted(Side::Client);
    let key = connection.request(asks_head, true, |head| head.field(b":method", b"GET")).expect("a stream");
    hear(&mut connection, answer);
    whole(&mut connection, key)
}

fn whole(connection: &mut Connection, key: Key) -> Result<Vec<u8>, Lost> {
    let cx = &mut Context::from_waker(Waker::noop());
    let mut all = Vec::new();
    loop {
        let taken = match connection.poll_inbox(key, cx) {
            Poll::Pending => return Err(Lost::Gone),
            Poll::Ready(Err(lost)) => return Err(lost),
            Poll::Ready(Ok(Inbox::Ended { .. })) => return Ok(all),
            Poll::Ready(Ok(Inbox::Content(content))) => {
                all.extend_from_slice(content);
                content.len()
            }
        };
        connection.take(key, taken);
    }
}

/// RFC 9113 section 8.1.1: frames of content that do not add up to `content-length` make an answer malformed, but where
/// there is none (RFC 9110 section 8.6).
#[test]
fn content_is_as_long_as_was_declared() {
    let refused = Err(Lost::Refused(ErrorCode::PROTOCOL_ERROR));
    let said = |status, length| [(":status", status), ("content-length", length)];
    let data = |flags, content: &str| frame(DATA, flags, 1, content.as_bytes());
    let five = head(1, 0, &said("200", "5"));
    let trailers = head(1, END_STREAM, &[("x-sum", "7")]);
    for (name, asks_head, answer, expected) in [
        ("as long", false, [&five[..], &data(END_STREAM, "hello")].concat(), Ok(b"hello".to_vec())),
        ("its end alone", false, [&five[..], &data(0, "hello"), &data(END_STREAM, "")].concat(), Ok(b"hello".to_vec())),
        ("with trailers", false, [&five[..], &data(0, "hello"), &trailers].concat(), Ok(b"hello".to_vec())),
        ("short", false, [&five[..], &data(END_STREAM, "hell")].concat(), refused.clone()),
        ("short before trailers", false, [&five[..], &trailers].concat(), refused.clone()),
        ("long", false, [&five[..], &data(END_STREAM, "hello!")].concat(), refused.clone()),
        ("none at all", false, head(1, END_STREAM, &said("200", "5")), refused.clone()),
        ("none of none", false, head(1, END_STREAM, &said("200", "0")), Ok(Vec::new())),
        ("to a HEAD", true, head(1, END_STREAM, &said("200", "5")), Ok(Vec::new())),
        ("204", false, head(1, END_STREAM, &said("204", "5")), Ok(Vec::new())),
        ("304", false, head(1, END_STREAM, &said("304", "5")), Ok(Vec::new())),
        ("an interim head that ends", false, head(1, END_STREAM, &[(":status", "103")]), refused.clone()),
        ("no status", false, head(1, END_STREAM, &[("x-a", "b")]), refused.clone()),
        ("content first", false, data(END_STREAM, "hello"), refused.clone()),
    ] {
        let found = outcome(asks_head, &answer);
        assert_eq!(found, expected, "{name}");
    }
}
