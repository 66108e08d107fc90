//! HTTP/2 with origins.

use super::client::{Client, Reply, post, soon};
use crate::{edge::Edge, site::Site};
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Request, Response};
use model::{HttpVersion, SslMode};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use testkit::{
    Answer, Origin,
    tls::{Authority, ServerTls},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

type Served = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An origin that agrees to HTTP/2 by ALPN.
struct Modern {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

fn acceptor() -> TlsAcceptor {
    let identity = Authority::new("origins").issue(&["www.example.com"]);
    let chain = CertificateDer::pem_slice_iter(identity.chain_pem.as_bytes()).map(|one| one.expect("a certificate"));
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(chain.collect(), key)
        .expect("a certificate");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

impl Modern {
    /// What is done with every connection.
    async fn over(serve: impl Fn(TlsStream<tokio::net::TcpStream>) -> Served + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let acceptor = acceptor();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                if let Ok(tls) = acceptor.accept(tcp).await {
                    tokio::spawn(serve(tls));
                }
            }
        });
        Self { address, connections }
    }

    /// What is done with every request; requests are counted from 0.
    async fn start(
        script: impl Fn(usize, Request<RecvStream>, SendResponse<Bytes>) -> Served + Send + Sync + 'static,
    ) -> Self {
        let (script, asked) = (Arc::new(script), Arc::new(AtomicUsize::new(0)));
        Self::over(move |tls| {
            let (script, asked) = (script.clone(), asked.clone());
            Box::pin(async move {
                let Ok(mut connection) = h2::server::handshake(tls).await else { return };
                while let Some(Ok((request, respond))) = connection.accept().await {
                    tokio::spawn(script(asked.fetch_add(1, Ordering::SeqCst), request, respond));
                }
            })
        })
        .await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Sends what comes back, piece by piece, beginning before the request has ended; then trailers.
async fn echo(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let mut head = Response::new(());
    let te = request.headers().get("te").cloned();
    head.headers_mut().extend(te.map(|te| (http::HeaderName::from_static("x-te"), te)));
    let mut body = request.into_body();
    let mut answer = respond.send_response(head, false).expect("an open stream");
    while let Some(Ok(piece)) = body.data().await {
        let _ = body.flow_control().release_capacity(piece.len());
        answer.send_data(piece, false).expect("an open stream");
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().expect("a value"));
    answer.send_trailers(trailers).expect("an open stream");
}

async fn edge_for(address: SocketAddr) -> Edge {
    let site = Site::new(&[address]).set(|zone| {
        zone.ssl = SslMode::Full;
        zone.origin_max_http_version = HttpVersion::Two;
    });
    Edge::start(&site).await
}

async fn send(edge: &Edge) -> Reply {
    Client::connect(edge).await.send(post("/"), b"hello").await.expect("an answer")
}

#[tokio::test]
async fn requests_share_one_connection_to_the_origin() {
    let origin = Modern::start(|_, request, respond| Box::pin(echo(request, respond))).await;
    let edge = edge_for(origin.address).await;
    for _ in 0..5 {
        let reply = send(&edge).await;
        assert_eq!((reply.status, reply.text(), reply.field("x-te")), (200, "hello", Some("trailers")));
        let trailers = reply.trailers.expect("trailers");
        assert_eq!(trailers.get("grpc-status").map(|value| value.as_bytes()), Some(&b"0"[..]));
    }
    assert_eq!(origin.connections(), 1);
    let records = edge.wait_for_records(5).await;
    assert_eq!(records.iter().filter(|record| record["OriginConnectionReused"] == true).count(), 4);
}

#[tokio::test]
async fn both_sides_may_speak_at_once() {
    let origin = Modern::start(|_, request, respond| Box::pin(echo(request, respond))).await;
    let edge = edge_for(origin.address).await;
    let mut client = Client::connect(&edge).await;
    let mut begun = client.begin(post("/"), false).await;
    let mut answer = soon(begun.answer).await.expect("a head before the request has ended").into_body();
    for round in 0..20 {
        let said = format!("piece {round}");
        begun.body.send_data(Bytes::from(said.clone()), false).expect("it is sent");
        let heard = soon(answer.data()).await.expect("a piece").expect("a piece");
        assert_eq!(heard, said.as_bytes());
        answer.flow_control().release_capacity(heard.len()).expect("an open stream");
    }
    begun.body.send_data(Bytes::new(), true).expect("it is sent");
    assert!(soon(answer.data()).await.is_none());
    assert!(soon(answer.trailers()).await.expect("an open stream").is_some());
    assert_eq!(edge.record().await["EdgeResponseStatus"], 200);
}

#[tokio::test]
async fn visitors_of_http1_reach_origins_of_http2() {
    let origin = Modern::start(|_, request, respond| Box::pin(echo(request, respond))).await;
    let edge = edge_for(origin.address).await;
    let root = edge.authority.certificate_pem();
    let visitor = crate::visitor::Visitor::connect_tls(edge.https(), root, crate::site::HOST).await;
    let mut visitor = visitor.expect("a TLS connection");
    for body in ["one", "two"] {
        let head = format!("POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 3\r\n\r\n{body}");
        let answer = visitor.ask(head).await;
        assert_eq!((answer.status, answer.text()), (200, body));
        assert!(answer.trailers.contains("grpc-status: 0"), "{:?}", answer.trailers);
    }
}

#[tokio::test]
async fn an_origin_that_chooses_http1_gets_it() {
    let identity = Authority::new("origins").issue(&["www.example.com"]);
    let origin = Origin::start_tls(ServerTls::new(&identity), |request| Answer::ok(&request.body)).await;
    let edge = edge_for(origin.address()).await;
    assert_eq!(send(&edge).await.text(), "hello");
    assert_eq!(origin.requests()[0].header_values("te"), Vec::<&str>::new());
}

#[tokio::test]
async fn an_origin_that_agreed_to_http2_and_speaks_something_else() {
    let origin = Modern::over(|mut tls| {
        Box::pin(async move {
            let _ = tls.read(&mut [0; 1024]).await;
            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
            let _ = tls.read(&mut [0; 1024]).await;
        })
    })
    .await;
    let edge = edge_for(origin.address).await;
    assert_eq!(send(&edge).await.status, 520);
    assert_eq!(edge.record().await["FailureReason"], "h2_not_spoken");
}

async fn refusing(times: usize) -> Modern {
    Modern::start(move |number, request, mut respond| {
        Box::pin(async move {
            if number < times {
                return respond.send_reset(h2::Reason::REFUSED_STREAM);
            }
            echo(request, respond).await;
        })
    })
    .await
}

/// A request that was not looked at may be sent again, whatever its method, and once.
#[tokio::test]
async fn a_refused_stream_is_tried_once_more() {
    async fn ask(edge: &Edge) -> u16 {
        Client::connect(edge).await.ask(post("/")).await.expect("an answer").status
    }
    let once = refusing(1).await;
    let edge = edge_for(once.address).await;
    assert_eq!(ask(&edge).await, 200);
    let record = edge.record().await;
    assert_eq!((&record["Attempts"], &record["RetriedBecause"]), (&2.into(), &"h2_error".into()));
    let twice = refusing(2).await;
    let edge = edge_for(twice.address).await;
    assert_eq!(ask(&edge).await, 520);
    assert_eq!(edge.record().await["Attempts"], 2);
}

#[tokio::test]
async fn a_cancelled_stream_is_not_tried_again() {
    let origin =
        Modern::start(|_, _, mut respond| Box::pin(async move { respond.send_reset(h2::Reason::CANCEL) })).await;
    let edge = edge_for(origin.address).await;
    assert_eq!(send(&edge).await.status, 520);
    let record = edge.record().await;
    assert_eq!((&record["FailureReason"], &record["Attempts"]), (&"h2_cancel".into(), &1.into()));
}

// EDGE-45
#[tokio::test]
async fn a_stream_that_is_reset_in_its_body_resets_the_visitors() {
    let origin = Modern::start(|_, _, mut respond| {
        Box::pin(async move {
            let mut body = respond.send_response(Response::new(()), false).expect("an open stream");
            body.send_data(Bytes::from_static(b"some"), false).expect("an open stream");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            body.send_reset(h2::Reason::INTERNAL_ERROR);
        })
    })
    .await;
    let edge = edge_for(origin.address).await;
    let ended = Client::connect(&edge).await.send(post("/"), b"hello").await.expect_err("a part is no answer");
    assert_eq!((ended.is_reset(), ended.reason()), (true, Some(h2::Reason::INTERNAL_ERROR)));
}
