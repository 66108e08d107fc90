//! What is written as a legal head is read back field by field.

use proptest::prelude::*;
use wire::{Framing, HeadLimits, Known, Method, Parsed, RequestHead, ResponseHead, parse_request, parse_response};
use wire::{write_field, write_status_line_as};

/// Fields that decide nothing about the message as a whole.
fn field() -> impl Strategy<Value = (String, Vec<u8>)> {
    let own = "[xX]-[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,24}";
    let known =
        prop::sample::select(vec!["Accept", "USER-AGENT", "cookie", "x-forwarded-for", "ETag", "Cache-Control"]);
    let byte = prop_oneof![9 => 0x21..=0x7eu8, 1 => 0x80..=0xffu8, 1 => Just(b' '), 1 => Just(b'\t')];
    let value = prop::collection::vec(byte, 0..60).prop_map(|bytes| {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = bytes.iter().position(|byte| !is_blank(byte)).unwrap_or(bytes.len());
        let end = bytes.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
        bytes[start..end].to_vec()
    });
    (prop_oneof![own.prop_map(|name| name), known.prop_map(str::to_owned)], value)
}

fn fields() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    prop::collection::vec(field(), 0..40)
}

proptest! {
    #[test]
    fn a_request_head_is_read_back(
        method in "[A-Z]{1,20}",
        target in "/[a-zA-Z0-9/._~!$&'()*+,;=:@?-]{0,80}(%[0-9a-fA-F]{2}){0,3}",
        fields in fields(),
        blank_lines in 0..3usize,
        body in "[ -~]{0,20}",
    ) {
        prop_assume!(method != "CONNECT");
        let mut bytes = b"\r\n".repeat(blank_lines);
        bytes.extend_from_slice(format!("{method} {target} HTTP/1.1\r\nHost: a.example\r\n").as_bytes());
        for (name, value) in &fields {
            write_field(name.as_bytes(), value, &mut bytes);
        }
        bytes.extend_from_slice(b"\r\n");
        let length = bytes.len();
        bytes.extend_from_slice(body.as_bytes());

        let mut head = RequestHead::default();
        prop_assert_eq!(parse_request(&mut head, &bytes, &HeadLimits::default()), Ok(Parsed::Complete));
        prop_assert_eq!(head.len, length);
        prop_assert_eq!(head.method.of(&bytes), method.as_bytes());
        prop_assert_eq!(head.verb, Method::of(method.as_bytes()));
        prop_assert_eq!(head.target.of(&bytes), target.as_bytes());
        prop_assert_eq!(head.framing, Framing::None);
        prop_assert_eq!(head.fields.len(), fields.len() + 1);
        for (field, (name, value)) in head.fields.iter().skip(1).zip(&fields) {
            prop_assert_eq!(field.name.of(&bytes), name.as_bytes());
            prop_assert_eq!(field.value.of(&bytes), &value[..]);
            prop_assert_eq!(field.known, Known::of(name.as_bytes()));
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            prop_assert_eq!(field.is_droppable(), !name.bytes().all(is_plain));
            prop_assert_eq!(field.has_underscore(), name.contains('_'));
        }
    }

    #[test]
    fn an_answer_head_is_read_back(
        status in 200..1000u16,
        reason in "[ -~]{0,30}",
        fields in fields(),
        length in any::<u64>(),
    ) {
        prop_assume!(status != 204 && status != 304);
        let mut bytes = Vec::new();
        write_status_line_as(wire::Version::Http11, status, reason.as_bytes(), &mut bytes);
        for (name, value) in &fields {
            write_field(name.as_bytes(), value, &mut bytes);
        }
        write_field(b"content-length", length.to_string().as_bytes(), &mut bytes);
        bytes.extend_from_slice(b"\r\n");

        let mut head = ResponseHead::default();
        prop_assert_eq!(parse_response(&mut head, &bytes, &HeadLimits::default(), false), Ok(Parsed::Complete));
        prop_assert_eq!((head.len, head.status), (bytes.len(), status));
        prop_assert_eq!(head.reason.of(&bytes), reason.as_bytes());
        prop_assert_eq!(head.framing, Framing::Length(length));
        prop_assert_eq!(head.fields.len(), fields.len() + 1);
        for (field, (name, value)) in head.fields.iter().zip(&fields) {
            prop_assert_eq!((field.name.of(&bytes), field.value.of(&bytes)), (name.as_bytes(), &value[..]));
        }
    }
}
