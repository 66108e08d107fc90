//! What is written is exactly what RFC 9112 spells.

use wire::{
    BodyReader, Framing, HeadLimits, Parsed, RequestHead, ResponseHead, Version, chunk_header, parse_request,
    parse_response, write_fields, write_last_chunk, write_status_line, write_status_line_as,
};

#[test]
fn chunk_headers_are_plain_hexadecimal() {
    for length in [1, 9, 10, 15, 16, 255, 256, 4096, 65_535, usize::MAX - 1, usize::MAX] {
        assert_eq!(chunk_header(length, &mut [0; 18]), format!("{length:x}\r\n").as_bytes());
    }
}

/// Lines are passed on as they came, whichever are left out; only blanks behind a value are lost.
#[test]
fn fields_are_written_as_they_came() {
    let bytes = b"GET / HTTP/1.1\r\nHost:a\r\nB: 1\r\nC:\r\nD:\t2 \r\nE: 3\r\nF: 4\r\n\r\n";
    let mut head = RequestHead::default();
    assert_eq!(parse_request(&mut head, bytes, &HeadLimits::default()), Ok(Parsed::Complete));
    for kept in 0..1u32 << head.fields.len() {
        let is_kept = |at: usize| kept & (1 << at) != 0;
        let lines = ["Host:a\r\n", "B: 1\r\n", "C:\r\n", "D:\t2\r\n", "E: 3\r\n", "F: 4\r\n"];
        let expected: String = (0..lines.len()).filter(|at| is_kept(*at)).map(|at| lines[at]).collect();
        let mut out = Vec::new();
        let fields = head.fields.iter().enumerate().filter(|(at, _)| is_kept(*at)).map(|(_, field)| field);
        write_fields(bytes, fields, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
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
