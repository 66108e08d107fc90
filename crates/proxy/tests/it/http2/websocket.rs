//! WebSocket over one stream of HTTP/2 (RFC 8441).

use super::client::{Begun, Client, get, soon};
use crate::{
    edge::Edge,
    site::{HOST, Site},
};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use h2::ext::Protocol;
use http::{Method, Request};
use model::SslMode;
use proxy::Upgrades;
use testkit::{Answer, Origin};

/// An origin that grants any key, and then speaks HTTP through the tunnel.
async fn switching() -> Origin {
    Origin::start(|request| match request.header("sec-websocket-key") {
        Some(key) => {
            let accept = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
            let accept = BASE64.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, accept.as_bytes()));
            Answer::raw(format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: two\r\n\r\n"
            ))
        }
        None => Answer::ok(request.target()),
    })
    .await
}

async fn edge_for(origin: &Origin, change: impl FnOnce(&mut proxy::Settings)) -> Edge {
    let site = Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Flexible);
    Edge::start_with(&site, change).await
}

async fn ask(client: &mut Client) -> Begun {
    let request = Request::builder().method(Method::CONNECT).uri(format!("https://{HOST}/chat"));
    let request = request.header("sec-websocket-version", "13").extension(Protocol::from_static("websocket"));
    client.begin(request.body(()).expect("a request"), false).await
}

#[tokio::test]
async fn a_stream_becomes_a_websocket_to_an_origin_of_http_1() {
    let origin = switching().await;
    let edge = edge_for(&origin, |_| ()).await;
    let mut client = Client::connect(&edge).await;
    assert_eq!(client.get("/first").await.text(), "/first");
    assert!(client.requests.is_extended_connect_protocol_enabled());
    let Begun { answer, mut body } = ask(&mut client).await;
    let answer = soon(answer).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers()["sec-websocket-protocol"].as_bytes()), (200, &b"two"[..]));
    for name in ["sec-websocket-accept", "upgrade", "connection"] {
        assert!(!answer.headers().contains_key(name), "{name} is of HTTP/1.1");
    }
    let asked = &origin.requests()[1];
    assert_eq!((asked.method(), asked.target(), asked.header("upgrade")), ("GET", "/chat", Some("websocket")));
    assert_eq!(asked.header("sec-websocket-version"), Some("13"));
    let mut heard = answer.into_body();
    body.send_data(Bytes::from_static(b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n"), false).expect("an open stream");
    let mut got = Vec::new();
    while !got.ends_with(b"/inside") {
        let piece = soon(heard.data()).await.expect("an open stream").expect("data");
        heard.flow_control().release_capacity(piece.len()).expect("an open stream");
        got.extend_from_slice(&piece);
    }
    assert_eq!(client.get("/meanwhile").await.text(), "/meanwhile", "the connection serves other streams");
    body.send_data(Bytes::new(), true).expect("an open stream");
    while let Some(rest) = soon(heard.data()).await {
        assert!(rest.expect("the end comes back in order").is_empty());
    }
    let records = edge.wait_for_records(3).await;
    let tunnel = records.iter().find(|record| record["EdgeResponseStatus"] == 101).expect("the record of the tunnel");
    assert!(tunnel["FailureReason"].is_null(), "{tunnel:#}");
    assert_eq!(tunnel["EdgeResponseBodyBytes"], got.len());
}

#[tokio::test]
async fn an_ordinary_success_is_not_taken_for_an_open_websocket() {
    for (status, shown) in [(200, 502), (403, 403)] {
        let origin = Origin::start(move |_| Answer::status(status, "no")).await;
        let edge = edge_for(&origin, |_| ()).await;
        let mut client = Client::connect(&edge).await;
        client.get("/").await;
        let reply = ask(&mut client).await.reply().await.expect("an answer");
        assert_eq!((reply.status, reply.text()), (shown, "no"));
    }
}

#[tokio::test]
async fn where_it_is_not_allowed_it_is_not_offered() {
    let origin = switching().await;
    let edge = edge_for(&origin, |settings| settings.upgrades = Upgrades::new([""; 0]).expect("no protocol")).await;
    let mut client = Client::connect(&edge).await;
    assert_eq!(client.ask(get("/")).await.expect("an answer").status, 200);
    assert!(!client.requests.is_extended_connect_protocol_enabled());
}

#[tokio::test]
async fn a_zone_may_switch_it_off() {
    let origin = switching().await;
    let off = |zone: &mut model::ZoneSettings| (zone.ssl, zone.websockets) = (SslMode::Flexible, false);
    let edge = Edge::start(&Site::new(&[origin.address()]).set(off)).await;
    let mut client = Client::connect(&edge).await;
    let answer = soon(ask(&mut client).await.answer).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), origin.connections()), (403, 0));
    assert_eq!(edge.record().await["FailureReason"], "websockets_off");
    assert_eq!(client.get("/plain").await.text(), "/plain");
}
