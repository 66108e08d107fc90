//! Bodies by HTTP/2: both directions, trailers, slow peers, and bodies that break off.

use super::{
    client::{Client, get, post, soon},
    requests::edge_for,
};
use bytes::Bytes;
use std::time::Duration;
use testkit::{Answer, Origin};

#[tokio::test]
async fn large_bodies_pass_in_both_directions() {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let body = "z".repeat(1_500_000);
    for _ in 0..2 {
        let reply = client.send(post("/"), body.as_bytes()).await.expect("an answer");
        assert!(reply.status == 200 && reply.text() == body);
    }
    assert_eq!(origin.requests()[0].header("transfer-encoding"), Some("chunked"));
}

#[tokio::test]
async fn a_declared_length_stays_one() {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let edge = edge_for(&origin).await;
    let mut request = post("/");
    request.headers_mut().insert("content-length", "5".parse().expect("a value"));
    let reply = Client::connect(&edge).await.send(request, b"hello").await.expect("an answer");
    assert_eq!((reply.text(), origin.requests()[0].header("content-length")), ("hello", Some("5")));
}

#[tokio::test]
async fn trailers_pass_in_both_directions() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nGrpc-Status: 0\r\nX-B: c\r\n\r\n";
    let origin = Origin::start(move |_| Answer::raw(chunked)).await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    begun.body.send_data(Bytes::from_static(b"hello"), false).expect("it is sent");
    let mut fields = http::HeaderMap::new();
    fields.insert("x-checksum", "7".parse().expect("a value"));
    begun.body.send_trailers(fields).expect("they are sent");
    let reply = begun.reply().await.expect("an answer");
    let trailers = reply.trailers.as_ref().expect("trailers");
    assert_eq!((reply.text(), reply.field("transfer-encoding")), ("hi", None));
    assert_eq!(trailers.get("grpc-status").map(|value| value.as_bytes()), Some(&b"0"[..]));
    assert_eq!(trailers.get("x-b").map(|value| value.as_bytes()), Some(&b"c"[..]));
    assert_eq!(origin.requests()[0].body, b"hello");
}

// EDGE-6
#[tokio::test]
async fn a_body_over_the_cap_is_refused_while_it_comes() {
    let origin = Origin::saying("hello").await;
    let site = crate::site::Site::new(&[origin.address()]).set(|zone| {
        zone.ssl = model::SslMode::Flexible;
        zone.max_upload = 1;
    });
    let edge = crate::edge::Edge::start(&site).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    let pump = async {
        while begun.body.send_data(Bytes::from_static(&[0; 16 << 10]), false).is_ok() {
            begun.body.reserve_capacity(16 << 10);
            let room = std::future::poll_fn(|cx| begun.body.poll_capacity(cx)).await;
            if !matches!(room, Some(Ok(_))) {
                return;
            }
        }
    };
    let (answer, ()) = soon(async { tokio::join!(begun.answer, pump) }).await;
    assert_eq!(answer.expect("an answer").status().as_u16(), 413);
    assert_eq!(client.get("/after").await.text(), "hello");
}

/// A reader that takes nothing stalls the origin: what is under way is bounded by windows and buffers.
#[tokio::test]
async fn a_slow_reader_slows_the_origin_down() {
    const TOTAL: usize = 64 << 20;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sent, mut progress) = tokio::sync::watch::channel(0_usize);
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("the edge connects");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {TOTAL}\r\n\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes()).await.expect("it is taken");
        let piece = vec![b'x'; 64 << 10];
        while *sent.borrow() < TOTAL {
            if tokio::io::AsyncWriteExt::write_all(&mut socket, &piece).await.is_err() {
                return;
            }
            sent.send_modify(|count| *count += piece.len());
        }
        // What was never read would turn the end into a reset.
        let _ = tokio::io::AsyncReadExt::read(&mut socket, &mut [0; 4096]).await;
    });
    let site = crate::site::Site::new(&[address]).set(|zone| zone.ssl = model::SslMode::Flexible);
    let edge = crate::edge::Edge::start_with(&site, |settings| settings.http2.cleartext = true).await;
    // What stalls is the stream, not its connection.
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(64 << 10).initial_connection_window_size(1 << 20);
    let mut client = Client::connect_plain(&edge, builder).await;
    let answer = soon(client.begin(get("/"), true).await.answer).await.expect("an answer");
    // Until the origin has not got rid of anything for a while.
    while tokio::time::timeout(Duration::from_millis(300), progress.changed()).await.is_ok() {}
    assert!(*progress.borrow() < TOTAL / 4, "{} bytes are under way to nobody", *progress.borrow());
    // Others are served meanwhile, over the same connection.
    assert_eq!(client.get("/cdn-cgi/trace").await.status, 200);
    let reply = super::client::read(answer).await;
    let reply = reply.expect("the whole answer");
    assert_eq!(reply.body.len(), TOTAL);
}

/// A sender is slowed down by an origin that does not read.
#[tokio::test]
async fn a_slow_origin_slows_the_sender_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let site = crate::site::Site::new(&[listener.local_addr().expect("an address")])
        .set(|zone| zone.ssl = model::SslMode::Flexible);
    let edge = crate::edge::Edge::start(&site).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    let deaf = soon(listener.accept()).await.expect("the edge connects");
    let mut sent = 0;
    loop {
        begun.body.reserve_capacity(64 << 10);
        let room = std::future::poll_fn(|cx| begun.body.poll_capacity(cx));
        let Ok(room) = tokio::time::timeout(Duration::from_millis(300), room).await else { break };
        let room = room.expect("an open stream").expect("an open stream");
        begun.body.send_data(Bytes::from(vec![0; room]), false).expect("it is sent");
        sent += room;
        assert!(sent < 64 << 20, "nobody has taken this");
    }
    drop(deaf);
}

// EDGE-45
#[tokio::test]
async fn an_answer_that_breaks_off_resets_the_stream_and_nothing_else() {
    let origin = Origin::start(|request| match request.target() {
        "/cut" => Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").then_close(),
        "/chunks" => {
            Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n").then_close()
        }
        _ => Answer::ok("hello"),
    })
    .await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    for path in ["/cut", "/chunks"] {
        let ended = client.ask(get(path)).await.expect_err("a part is no answer");
        assert_eq!((ended.is_reset(), ended.reason()), (true, Some(h2::Reason::INTERNAL_ERROR)), "{path}");
    }
    assert_eq!(client.get("/").await.text(), "hello");
    let records = edge.wait_for_records(3).await;
    assert_eq!(records[0]["FailureReason"], "body_truncated");
}

#[tokio::test]
async fn a_visitor_that_gives_up_ends_the_exchange() {
    let origin = Origin::start(|_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
            .then(testkit::Act::Pause(Duration::from_secs(60)))
    })
    .await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(get("/"), true).await;
    soon(&mut begun.answer).await.expect("a head");
    begun.body.send_reset(h2::Reason::CANCEL);
    assert_eq!(edge.record().await["FailureReason"], "client_aborted_body");
}

/// An upload that breaks off never looks complete to the origin.
#[tokio::test]
async fn an_upload_that_breaks_off_is_not_completed() {
    let origin = Origin::saying("hello").await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    begun.body.send_data(Bytes::from_static(b"half"), false).expect("it is sent");
    origin.wait_for_connections(1).await;
    begun.body.send_reset(h2::Reason::CANCEL);
    assert_eq!(edge.record().await["EdgeResponseStatus"], 499);
    origin.wait_for_closed(1).await;
    assert!(origin.requests().is_empty());
}

#[tokio::test]
async fn an_early_answer_stops_the_upload() {
    let origin = Origin::start_early(|_| Answer::status(403, "no").then_close()).await;
    let edge = edge_for(&origin).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    begun.body.send_data(Bytes::from_static(b"half"), false).expect("it is sent");
    let reply = begun.reply().await.expect("an answer");
    assert_eq!((reply.status, reply.text()), (403, "no"));
}
