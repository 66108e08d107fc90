//! What is written is exactly what RFC 9112 spells.

use wire::{
    BodyReader, Framing, HeadLimits, Parsed, ResponseHead, Version, chunk_header, parse_response, write_last_chunk,
    write_status_line, write_status_line_as,
};

#[test]
fn chunk_headers_are_plain_hexadecimal() {
    for length in [1, 9, 10, 15, 16, 255, 256, 4096, 65_535, usize::MAX - 1, usize::MAX] {
        assert_eq!(chunk_header(length, &mut [0; 18]), format!("{length:x}\r\n").as_bytes());
    }
}

/// Every status gives a line that reads back as that status.
#[test]
fn every_status_has_a_line() {
    for status in 100..1000 {
        let mut line = Vec::new();
        write_status_line(status, &mut line);
        line.extend_from_slice(b"\r\n");
        let mut head = ResponseHead::default();
        assert_eq!(parse_response(&mut head, &line, &HeadLimits::default(), true), Ok(Parsed::Complete));
        assert_eq!(head.status, status);
    }
}

#[test]
fn status_lines_have_their_registered_phrase() {
    let line = |status| {
        let mut out = Vec::new();
        write_status_line(status, &mut out);
        String::from_utf8(out).expect("status lines are ASCII")
    };
    assert_eq!(line(200), "HTTP/1.1 200 OK\r\n");
    assert_eq!(line(504), "HTTP/1.1 504 Gateway Timeout\r\n");
    assert_eq!(line(599), "HTTP/1.1 599 \r\n");
}

#[test]
fn status_lines_can_be_of_another_version_and_phrase() {
    let mut out = Vec::new();
    write_status_line_as(Version::Http10, 418, b"Teapot", &mut out);
    assert_eq!(out, b"HTTP/1.0 418 Teapot\r\n");
}

/// Trailers of one message become those of the next, without the fields that belong to one connection.
#[test]
fn trailers_are_written_behind_the_last_chunk() {
    let mut reader = BodyReader::new(Framing::Chunked);
    let mut rest = &b"0\r\nX-Sum:7\r\nConnection: close\r\n\r\n"[..];
    while !reader.is_done() {
        rest = &rest[reader.step(rest).expect("the trailers are good").consumed..];
    }
    let mut out = Vec::new();
    write_last_chunk(reader.trailers(), &mut out);
    assert_eq!(out, b"0\r\nX-Sum: 7\r\n\r\n");
}
