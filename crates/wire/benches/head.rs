//! Nanoseconds to parse one typical head: this crate with everything it decides, and `httparse` with nothing decided.
//!
//! `cargo bench -p wire` prints the medians of rounds taken in turn. Not run by the tests.

use std::hint::black_box;
use std::time::Instant;

use wire::{
    Field, HeadLimits, HostName, Known, RequestHead, ResponseHead, parse_request, parse_response, write_field,
    write_fields,
};

const ROUNDS: usize = 41;
const PARSES_PER_ROUND: u32 = 20_000;

const REQUEST: &[u8] = b"GET /articles/2024/why-is-it-slow?ref=front&page=2 HTTP/1.1\r\n\
Host: www.example.com\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
Accept-Language: en-US,en;q=0.5\r\n\
Accept-Encoding: gzip, deflate, br\r\n\
Referer: https://www.example.com/articles\r\n\
Connection: keep-alive\r\n\
Cookie: session=0123456789abcdef0123456789abcdef\r\n\
Upgrade-Insecure-Requests: 1\r\n\
X-Client-Build: 8431\r\n\r\n";

const SMALL_REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n";

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\
Date: Tue, 05 Nov 2024 10:11:12 GMT\r\n\
Server: origin\r\n\
Content-Type: text/html; charset=utf-8\r\n\
Content-Length: 10107\r\n\
Connection: keep-alive\r\n\
Vary: Accept-Encoding\r\n\
Cache-Control: max-age=60, public\r\n\
ETag: \"5f1c-61e2a4d6b7c80\"\r\n\
Last-Modified: Mon, 04 Nov 2024 09:00:00 GMT\r\n\
X-Content-Type-Options: nosniff\r\n\r\n";

/// Something to time: its name, the bytes it reads, and how to do it once.
type Case = (&'static str, usize, Box<dyn FnMut()>);

fn main() {
    let mut cases = [
        request_case("request, wire", REQUEST),
        httparse_request_case("request, httparse", REQUEST),
        httparse_and_names_case("request, httparse + names", REQUEST),
        request_case("small request, wire", SMALL_REQUEST),
        httparse_request_case("small request, httparse", SMALL_REQUEST),
        response_case("answer, wire", RESPONSE),
        httparse_response_case("answer, httparse", RESPONSE),
        host_case("host, wire", b"www.Example.com"),
        write_case("write fields one by one", |head, out| {
            head.fields.iter().filter(|field| travels(field)).for_each(|field| {
                write_field(field.name.of(REQUEST), field.value.of(REQUEST), out);
            });
        }),
        write_case("write fields together", |head, out| {
            write_fields(REQUEST, head.fields.iter().filter(|field| travels(field)), out);
        }),
    ];
    let mut timings = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, _, parse), timings) in cases.iter_mut().zip(&mut timings) {
            let start = Instant::now();
            for _ in 0..PARSES_PER_ROUND {
                parse();
            }
            timings.push(start.elapsed().as_nanos() as f64 / f64::from(PARSES_PER_ROUND));
        }
    }
    println!("{:26} {:>6} {:>10} {:>10}", "what", "bytes", "median ns", "best ns");
    for ((name, length, _), timings) in cases.iter().zip(&mut timings) {
        timings.sort_by(f64::total_cmp);
        println!("{name:26} {length:>6} {:>10.0} {:>10.0}", timings[timings.len() / 2], timings[0]);
    }
}

fn request_case(name: &'static str, bytes: &'static [u8]) -> Case {
    let (mut head, limits) = (RequestHead::default(), HeadLimits::default());
    let parse = move || {
        let _ = black_box(parse_request(&mut head, black_box(bytes), &limits));
    };
    (name, bytes.len(), Box::new(parse))
}

fn response_case(name: &'static str, bytes: &'static [u8]) -> Case {
    let (mut head, limits) = (ResponseHead::default(), HeadLimits::default());
    let parse = move || {
        let _ = black_box(parse_response(&mut head, black_box(bytes), &limits, false));
    };
    (name, bytes.len(), Box::new(parse))
}

/// Passes on the fields of the typical request, as a proxy does.
fn write_case(name: &'static str, write: fn(&RequestHead, &mut Vec<u8>)) -> Case {
    let mut head = RequestHead::default();
    let _ = parse_request(&mut head, REQUEST, &HeadLimits::default());
    let mut out = Vec::new();
    let pass_on = move || {
        out.clear();
        write(black_box(&head), &mut out);
        black_box(&out);
    };
    (name, REQUEST.len(), Box::new(pass_on))
}

fn travels(field: &Field) -> bool {
    !field.is_hop_by_hop() && !field.is_droppable() && field.known != Known::Host
}

fn httparse_request_case(name: &'static str, bytes: &'static [u8]) -> Case {
    let parse = move || {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let _ = black_box(request.parse(black_box(bytes)));
    };
    (name, bytes.len(), Box::new(parse))
}

/// What building on `httparse` would cost at least: its parse, then every name told apart and every field kept.
fn httparse_and_names_case(name: &'static str, bytes: &'static [u8]) -> Case {
    let mut fields = Vec::new();
    let parse = move || {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let _ = black_box(request.parse(black_box(bytes)));
        fields.clear();
        fields
            .extend(request.headers.iter().map(|field| (Known::of(field.name.as_bytes()), field.value.as_ptr_range())));
        black_box(&fields);
    };
    (name, bytes.len(), Box::new(parse))
}

fn httparse_response_case(name: &'static str, bytes: &'static [u8]) -> Case {
    let parse = move || {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let _ = black_box(response.parse(black_box(bytes)));
    };
    (name, bytes.len(), Box::new(parse))
}

fn host_case(name: &'static str, bytes: &'static [u8]) -> Case {
    let mut host = HostName::default();
    let parse = move || {
        let _ = black_box(host.set(black_box(bytes)));
    };
    (name, bytes.len(), Box::new(parse))
}
