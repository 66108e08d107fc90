//! Requests by HTTP/2, and what becomes of them.

use super::{
    client::{Client, get, post, soon},
    frames::*,
};
use crate::{
    edge::Edge,
    site::{HOST, Site},
};
use http::{Method, Request};
use model::SslMode;
use std::time::Duration;
use testkit::{Answer, Origin, RefusingPort};
use tokio::io::AsyncWriteExt;

pub async fn edge_for(origin: &Origin) -> Edge {
    Edge::start(&Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Flexible)).await
}

#[tokio::test]
async fn a_request_reaches_the_origin_like_any_other() {
    let origin =
        Origin::start(|_| Answer::with_headers(200, &[("Keep-Alive", "timeout=5"), ("X-A", "b")], "hello")).await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let mut request = get("/a?b=c");
    for (name, value) in [("cookie", "a=1"), ("user-agent", "test/2"), ("cookie", "b=2"), ("te", "trailers")] {
        request.headers_mut().append(name, value.parse().expect("a value"));
    }
    let reply = client.ask(request).await.expect("an answer");
    assert_eq!((reply.status, reply.text()), (200, "hello"));
    assert_eq!((reply.field("x-a"), reply.field("content-length")), (Some("b"), Some("5")));
    assert_eq!((reply.field("keep-alive"), reply.field("connection")), (None, None));
    let request = origin.requests().remove(0);
    assert_eq!((request.method(), request.target()), ("GET", "/a?b=c"));
    assert_eq!(request.header_values("host"), [HOST]);
    assert_eq!(request.header_values("cookie"), ["a=1; b=2"]);
    assert_eq!(request.header_values("x-forwarded-proto"), ["https"]);
    assert_eq!(request.header_values("te"), Vec::<&str>::new());
    let record = edge.record().await;
    assert_eq!(record["ClientRequestProtocol"], "HTTP/2");
    assert_eq!((&record["ClientRequestURI"], &record["ClientRequestUserAgent"]), (&"/a?b=c".into(), &"test/2".into()));
}

#[tokio::test]
async fn many_requests_share_a_connection_at_the_same_time() {
    let origin = Origin::start(|request| match request.target() {
        "/slow" => Answer::silence(),
        target => Answer::ok(target),
    })
    .await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let slow = client.begin(get("/slow"), true).await;
    for round in 0..50 {
        let path = format!("/{round}");
        assert_eq!(client.get(&path).await.text(), path);
    }
    drop(slow);
    let records = edge.wait_for_records(51).await;
    let given_up = records.iter().find(|record| record["ClientRequestPath"] == "/slow").expect("its record");
    assert_eq!((&given_up["EdgeResponseStatus"], &given_up["FailureReason"]), (&499.into(), &"client_gone".into()));
}

#[tokio::test]
async fn the_trace_names_the_version() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let trace = Client::connect(&edge).await.get("/cdn-cgi/trace").await;
    assert!(trace.text().contains("\nhttp=http/2\n"), "{}", trace.text());
    assert!(edge.get("/cdn-cgi/trace").await.text().contains("\nhttp=http/1.1\n"));
}

#[tokio::test]
async fn error_pages_come_by_http2_too() {
    let refusing = RefusingPort::start();
    let edge = Edge::start(&Site::new(&[refusing.address()]).set(|zone| zone.ssl = SslMode::Flexible)).await;
    let mut client = Client::connect(&edge).await;
    let mut request = get("/");
    request.headers_mut().insert("accept", "application/json".parse().expect("a value"));
    let reply = client.ask(request).await.expect("an answer");
    assert_eq!((reply.status, reply.field("content-type")), (521, Some("application/json; charset=utf-8")));
    let head = client.ask(Request::head(format!("https://{HOST}/")).body(()).expect("a request")).await;
    assert_eq!(head.map(|head| (head.status, head.body.len())).expect("an answer"), (521, 0));
    assert_eq!(edge.wait_for_records(2).await[0]["FailureReason"], "tcp_refused");
}

#[tokio::test]
async fn answers_without_a_body_end_with_their_head() {
    let origin = Origin::start(|request| match (request.method(), request.target()) {
        ("HEAD", _) => Answer::bare(200, &[("Content-Length", "1234")]),
        (_, "/204") => Answer::bare(204, &[]),
        _ => Answer::bare(304, &[("ETag", "\"a\"")]),
    })
    .await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let head = Request::head(format!("https://{HOST}/")).body(()).expect("a request");
    let head = client.ask(head).await.expect("an answer");
    assert_eq!((head.status, head.field("content-length"), head.body.len()), (200, Some("1234"), 0));
    assert_eq!((client.get("/204").await.status, client.get("/304").await.status), (204, 304));
}

#[tokio::test]
async fn interim_answers_are_passed_on() {
    let origin = Origin::start(|_| {
        Answer::interim(103, &[("Link", "</a.css>")]).and("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    })
    .await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(get("/"), true).await;
    let hint = soon(std::future::poll_fn(|cx| begun.answer.poll_informational(cx))).await;
    let hint = hint.expect("an interim answer").expect("an interim answer");
    assert_eq!(
        (hint.status().as_u16(), hint.headers().get("link").map(|link| link.as_bytes())),
        (103, Some(&b"</a.css>"[..]))
    );
    assert_eq!(begun.reply().await.expect("an answer").text(), "hello");
}

#[tokio::test]
async fn without_the_setting_only_http1_is_offered_and_understood() {
    let origin = Origin::saying("hello").await;
    let site = Site::new(&[origin.address()]);
    let edge = Edge::start_with(&site, |settings| settings.http2.offered = false).await;
    let mut config = std::sync::Arc::unwrap_or_clone(crate::visitor::client_config(edge.authority.certificate_pem()));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tcp = tokio::net::TcpStream::connect(edge.https()).await.expect("the edge accepts");
    let name = rustls_pki_types::ServerName::try_from(HOST).expect("a name");
    let tls = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)).connect(name, tcp).await.expect("TLS");
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    assert_eq!(edge.visitor().await.ask(preface).await.status, 505);
}

#[tokio::test]
async fn prior_knowledge_is_understood_where_it_is_allowed() {
    let origin = Origin::saying("hello").await;
    let site = Site::new(&[origin.address()]);
    let edge = Edge::start_with(&site, |settings| settings.http2.cleartext = true).await;
    let mut client = Client::connect_plain(&edge, h2::client::Builder::new()).await;
    assert_eq!(client.get("/").await.text(), "hello");
    assert_eq!(edge.get("/").await.text(), "hello");
    let records = edge.wait_for_records(2).await;
    let told: Vec<_> = records.iter().map(|record| &record["ClientRequestProtocol"]).collect();
    assert_eq!(told, ["HTTP/2", "HTTP/1.1"]);
}

/// Nothing that HTTP/1.1 reads differently gets through: RFC 9113 sections 8.2, 8.3 and 10.3.
#[tokio::test]
async fn requests_that_two_versions_read_differently_are_refused() {
    let origin = Origin::saying("hello").await;
    let site = Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Flexible);
    let edge = Edge::start_with(&site, |settings| settings.http2.cleartext = true).await;
    let mut client = Client::connect(&edge).await;
    let malformed = [
        field("transfer-encoding", "chunked"),
        field("connection", "x-a"),
        field("upgrade", "websocket"),
        field("keep-alive", "5"),
        field("proxy-connection", "keep-alive"),
        field("te", "gzip"),
        field("X-Upper", "1"),
        field("x-a", "1\r\nhost: evil.test"),
        field("x-a\r\nhost", "evil.test"),
        field("x-a", "\0"),
        field(":path", "/twice"),
        field(":status", "200"),
    ];
    for field in malformed {
        let mut hand = Hand::connect(&edge).await;
        let ask = frame(HEADERS, END_STREAM | END_HEADERS, 1, &[GET, &field].concat());
        hand.socket.write_all(&ask).await.expect("it is taken");
        assert_eq!(hand.status().await, BAD_REQUEST, "{:?}", String::from_utf8_lossy(&field));
    }
    let with = |name: &'static str, value: &'static str| {
        let mut request = get("/");
        request.headers_mut().append(name, http::HeaderValue::from_static(value));
        request
    };
    let answered = [
        (with("host", "other.example.com"), 400),
        (with("x-forwarded-for", "1.2.3.4"), 200),
        (Request::builder().method(Method::CONNECT).uri("www.example.com:443").body(()).expect("a request"), 400),
    ];
    for (request, status) in answered {
        let told = format!("{request:?}");
        assert_eq!(client.ask(request).await.expect(&told).status, status, "{told}");
    }
    assert_eq!(origin.requests().len(), 1, "only the good one reaches the origin");
}

/// A path that HTTP/2 does not allow is answered and recorded like one that HTTP/1.1 does not.
#[tokio::test]
async fn a_malformed_request_that_can_be_answered_is() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let asterisk = Request::builder().method(Method::GET).uri("*").body(()).expect("a request");
    let reply = client.ask(asterisk).await.expect("an answer");
    assert_eq!(reply.status, 400);
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["EdgeResponseStatus"]), (&"bad_target".into(), &400.into()));
    assert_eq!(client.get("/").await.text(), "hello");
}

/// A request that is refused as a stream, before anybody looks at what it says, has a record all the same.
#[tokio::test]
async fn a_request_too_many_has_a_record() {
    let origin = Origin::start(|_| Answer::silence()).await;
    let site = Site::new(&[origin.address()]);
    let few = |settings: &mut proxy::Settings| {
        settings.http2.cleartext = true;
        settings.http2.streams = 2;
    };
    let edge = Edge::start_with(&site, few).await;
    let mut hand = Hand::connect(&edge).await;
    // Two wait for their answers, and there is no room for a third.
    for stream in [1, 3, 5] {
        hand.send(&frame(HEADERS, END_STREAM | END_HEADERS, stream, GET)).await;
    }
    const REFUSED_STREAM: u32 = 7;
    assert_eq!(hand.refusal().await, REFUSED_STREAM);
    let record = edge.wait_for_record_of("http2_request_refused").await;
    assert_eq!((&record["ClientRequestProtocol"], &record["FailureParty"]), (&"HTTP/2".into(), &"visitor".into()));
    let told = "bellwether_request_failures_total{reason=\"http2_request_refused\",";
    let counted = edge.telemetry.scrape().lines().find_map(|line| line.strip_prefix(told).map(str::to_owned));
    assert!(counted.as_ref().is_some_and(|line| line.ends_with(" 1")), "{counted:?}");
}

// EDGE-8
#[tokio::test]
async fn a_head_that_is_too_large_is_refused_as_in_http1() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let with = |count: usize, length: usize| {
        let mut request = get("/");
        for number in 0..count {
            let name = http::HeaderName::from_bytes(format!("x-{number}").as_bytes()).expect("a name");
            request.headers_mut().append(name, "x".repeat(length).parse().expect("a value"));
        }
        request
    };
    assert_eq!(client.ask(with(1, 127 << 10)).await.expect("an answer").status, 200);
    for (count, length) in [(1, 129 << 10), (201, 1)] {
        let reply = client.ask(with(count, length)).await.expect("an answer");
        assert!(reply.status == 400 && reply.text().contains("1038"), "{}", reply.text());
    }
    // So large that not even its fields are kept.
    let reply = client.ask(with(60, 6_000)).await.expect("an answer");
    assert!(reply.status == 400 && reply.text().contains("1038"), "{}", reply.text());
    let records = edge.wait_for_records(4).await;
    let told: Vec<_> = records.iter().map(|record| record["FailureReason"].as_str().unwrap_or_default()).collect();
    assert_eq!(told, ["", "request_head_too_large", "request_head_too_large", "request_head_too_large"]);
    // And so large that it looks like an attack.
    let ended = client.ask(with(250, 6_000)).await.expect_err("no answer");
    assert_eq!(ended.reason(), Some(h2::Reason::ENHANCE_YOUR_CALM));
    edge.wait_for_record_of("http2_abuse").await;
}

#[tokio::test]
async fn a_length_that_does_not_hold_ends_the_stream() {
    let origin = Origin::start_early(|_| Answer::silence()).await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    for body in ["too long for it", "x"] {
        let mut request = post("/");
        request.headers_mut().insert("content-length", "7".parse().expect("a value"));
        let ended = client.send(request, body.as_bytes()).await;
        assert_eq!(ended.expect_err("no answer").reason(), Some(h2::Reason::PROTOCOL_ERROR), "{body}");
    }
    assert_eq!(client.get("/cdn-cgi/trace").await.status, 200);
}

/// A shutdown lets requests under way finish, and says so at once.
#[tokio::test]
async fn a_shutdown_finishes_what_is_under_way() {
    let origin = Origin::start(|_| {
        Answer::default().pause(Duration::from_millis(150)).and("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
    })
    .await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let begun = client.begin(get("/"), true).await;
    origin.wait_for_requests(1).await;
    let shutdown = tokio::spawn(edge.proxy.shutdown(Duration::from_secs(5)));
    assert_eq!(begun.reply().await.expect("an answer").text(), "late");
    soon(client.connection).await.expect("no panic").expect("a graceful end");
    soon(shutdown).await.expect("no panic");
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go() {
    let origin = Origin::saying("hello").await;
    let hasty = |settings: &mut proxy::Settings| {
        settings.http2.cleartext = true;
        settings.timeouts.visitor_idle = Duration::from_millis(60);
    };
    let edge = Edge::start_with(&Site::new(&[origin.address()]), hasty).await;
    const NO_ERROR: u32 = 0;
    assert_eq!(Hand::connect(&edge).await.refusal().await, NO_ERROR);
}
