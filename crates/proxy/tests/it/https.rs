//! TLS with visitors.

use crate::{
    edge::{Edge, get},
    site::{HOST, Site},
    visitor::{Visitor, client_config},
};
use model::{Certificate, CertificateId, Secret, SslMode, Timestamp, ZoneId};
use routing::Table;
use rustls_pki_types::ServerName;
use std::{
    io::{Read, Write},
    sync::Arc,
};
use testkit::{Answer, Origin, tls::Authority};

async fn secure(edge: &Edge, name: &str) -> Visitor {
    Visitor::connect_tls(edge.https(), edge.authority.certificate_pem(), name).await.expect("a TLS connection")
}

/// A site that speaks plain HTTP to its origin, whatever the visitor speaks.
fn flexible(origin: &Origin) -> Site {
    Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Flexible)
}

// EDGE-14, EDGE-57
#[tokio::test]
async fn the_origin_is_told_that_the_visitor_came_by_tls() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&flexible(&origin)).await;
    let mut visitor = secure(&edge, HOST).await;
    assert_eq!(visitor.ask(get("/", "X-Forwarded-Proto: http\r\n")).await.text(), "hello");
    let request = origin.requests().remove(0);
    assert_eq!(request.header_values("x-forwarded-proto"), ["https"]);
    assert_eq!(request.header_values("cf-visitor"), [r#"{"scheme":"https"}"#]);
    let record = edge.record().await;
    assert_eq!((&record["ClientRequestScheme"], &record["ClientSSLProtocol"]), (&"https".into(), &"TLSv1.3".into()));
    assert_eq!(record.get("OriginSSLProtocol"), None);
}

#[tokio::test]
async fn large_bodies_pass_tls_in_both_directions() {
    let origin = Origin::start(|request| Answer::ok(&request.body)).await;
    let edge = Edge::start(&flexible(&origin)).await;
    let body = "z".repeat(700_000);
    let mut visitor = secure(&edge, HOST).await;
    for _ in 0..2 {
        let head = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {}\r\n\r\n", body.len());
        visitor.send(head).await;
        visitor.send(&body).await;
        assert!(visitor.response().await.text() == body);
    }
}

/// The last flight of the handshake and the first request, in one write.
#[tokio::test]
async fn a_request_that_comes_with_the_end_of_the_handshake_is_not_overlooked() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&flexible(&origin)).await;
    let (address, root) = (edge.https(), edge.authority.certificate_pem().to_owned());
    let answer = tokio::task::spawn_blocking(move || in_one_write(address, &root)).await.expect("no panic");
    assert!(answer.expect("an answer in time").starts_with("HTTP/1.1 200 "));
}

/// Speaks TLS by hand: shakes hands, and sends the request only together with what ends the handshake.
fn in_one_write(address: std::net::SocketAddr, root: &str) -> std::io::Result<String> {
    let name = ServerName::try_from(HOST).map_err(std::io::Error::other)?;
    let mut session = rustls::ClientConnection::new(client_config(root), name).map_err(std::io::Error::other)?;
    let mut tcp = std::net::TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(crate::edge::PATIENCE / 2))?;
    session.write_tls(&mut tcp)?;
    while session.is_handshaking() {
        session.read_tls(&mut tcp)?;
        session.process_new_packets().map_err(std::io::Error::other)?;
    }
    session.writer().write_all(get("/", "").as_bytes())?;
    let mut flight = Vec::new();
    while session.wants_write() {
        session.write_tls(&mut flight)?;
    }
    tcp.write_all(&flight)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") {
        session.read_tls(&mut tcp)?;
        session.process_new_packets().map_err(std::io::Error::other)?;
        // Nothing decrypted yet is no end.
        let _ = session.reader().read_to_end(&mut answer);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

// EDGE-20
#[tokio::test]
async fn a_host_that_differs_from_the_server_name_is_refused() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&flexible(&origin)).await;
    let mut visitor = secure(&edge, "other.example.com").await;
    assert_eq!(visitor.ask(get("/", "")).await.status, 403);
    assert_eq!(edge.record().await["EdgeErrorCode"], 1013);
}

// EDGE-21
#[tokio::test]
async fn a_server_name_of_no_zone_gets_a_bare_403_and_no_record() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&flexible(&origin)).await;
    let mut visitor = secure(&edge, "elsewhere.test").await;
    let answer = visitor.ask(get("/", "")).await;
    assert_eq!((answer.status, answer.header("proxy-status")), (403, None));
    // The next request of another visitor is the first in the log.
    secure(&edge, HOST).await.ask(get("/after", "")).await;
    assert_eq!(edge.record().await["ClientRequestPath"], "/after");
}

#[tokio::test]
async fn with_tls_off_visitors_are_sent_to_plain_http() {
    let origin = Origin::saying("hello").await;
    let edge = Edge::start(&Site::new(&[origin.address()]).set(|zone| zone.ssl = SslMode::Off)).await;
    let answer = secure(&edge, HOST).await.ask(get("/a", "")).await;
    let location = format!("http://{HOST}:{}/a", edge.http().port());
    assert_eq!((answer.status, answer.header("location")), (302, Some(location.as_str())));
}

#[tokio::test]
async fn an_uploaded_certificate_is_shown_for_its_names() {
    let origin = Origin::saying("hello").await;
    let site = flexible(&origin);
    let edge = Edge::start(&site).await;
    let authority = Authority::new("uploaded");
    let identity = authority.issue(&["*.example.com"]);
    let mut intent = site.intent();
    let certificate = Certificate {
        id: CertificateId::from_bytes([9; 16]),
        zone: *intent.zones.keys().next().unwrap_or(&ZoneId::from_bytes([2; 16])),
        hosts: vec!["*.example.com".into()],
        issuer: String::new(),
        signature: String::new(),
        expires_on: Timestamp::MAX,
        uploaded_on: Timestamp::UNIX_EPOCH,
        modified_on: Timestamp::UNIX_EPOCH,
        bundle_method: "force".into(),
        priority: 0,
        chain_pem: identity.chain_pem.clone(),
        private_key_pem: Secret::new(identity.key_pem.clone()),
    };
    intent.certificates.insert(certificate.id, Arc::new(certificate));
    let table: Table = routing::compile(&intent, &site.health, 2);
    edge.table.publish(table);
    let mut visitor = Visitor::connect_tls(edge.https(), &authority.root_pem(), HOST).await.expect("the uploaded one");
    assert_eq!(visitor.ask(get("/", "")).await.text(), "hello");
    assert!(Visitor::connect_tls(edge.https(), &authority.root_pem(), "a.b.example.com").await.is_err());
    secure(&edge, "a.b.example.com").await;
}
