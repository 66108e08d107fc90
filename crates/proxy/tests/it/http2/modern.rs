//! Origins that agree to HTTP/2: by the library, or by frames that are written by hand.

use super::frames::*;
use crate::{edge::Edge, site::Site};
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::Request;
use model::{HttpVersion, SslMode};
use proxy::Settings;
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
use testkit::tls::Authority;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

pub type Served = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An origin that agrees to HTTP/2 by ALPN.
pub struct Modern {
    pub address: SocketAddr,
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
    pub async fn over(serve: impl Fn(TlsStream<TcpStream>) -> Served + Send + 'static) -> Self {
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
    pub async fn start(
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

    /// What is done with every connection, frame by frame; connections are counted from 0.
    pub async fn by_hand(script: impl Fn(usize, Frames) -> Served + Send + 'static) -> Self {
        let begun = AtomicUsize::new(0);
        Self::over(move |tls| script(begun.fetch_add(1, Ordering::SeqCst), Frames { tls })).await
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A connection of HTTP/2 to an origin, as the origin sees it.
pub struct Frames {
    pub tls: TlsStream<TcpStream>,
}

impl Frames {
    /// Takes the preface, and begins as an origin has to.
    pub async fn greet(&mut self) {
        self.tls.read_exact(&mut [0; 24]).await.expect("a preface");
        self.send(&frame(SETTINGS, 0, 0, &[])).await;
    }

    /// The next request: its stream, once its head is there.
    pub async fn request(&mut self) -> u32 {
        self.next_request().await.expect("a request")
    }

    /// The next request, unless the connection ends.
    pub async fn next_request(&mut self) -> Option<u32> {
        loop {
            let mut head = [0; 9];
            self.tls.read_exact(&mut head).await.ok()?;
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            self.tls.read_exact(&mut payload).await.ok()?;
            if head[3] == HEADERS {
                return Some(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
            }
        }
    }

    /// Sends frames; that nobody takes them any more is no matter.
    pub async fn send(&mut self, frames: &[u8]) {
        let _ = self.tls.write_all(frames).await;
        let _ = self.tls.flush().await;
    }

    /// A whole answer.
    pub async fn answer(&mut self, stream: u32, body: &str) {
        let head = frame(HEADERS, END_HEADERS, stream, OK);
        self.send(&[head, frame(DATA, END_STREAM, stream, body.as_bytes())].concat()).await;
    }

    /// Answers everything that is asked, alike.
    pub async fn answer_all(&mut self, body: &str) {
        while let Some(stream) = self.next_request().await {
            self.answer(stream, body).await;
        }
    }

    /// Reads until the edge has hung up.
    pub async fn drain(&mut self) {
        let _ = self.tls.read_to_end(&mut Vec::new()).await;
    }
}

/// A GOAWAY frame.
pub fn goaway_frame(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// An edge in front of this origin, to which it speaks HTTP/2 where it can.
pub async fn edge_before(address: SocketAddr, change: impl FnOnce(&mut Settings)) -> Edge {
    let site = Site::new(&[address]).set(|zone| {
        zone.ssl = SslMode::Full;
        zone.origin_max_http_version = HttpVersion::Two;
    });
    Edge::start_with(&site, change).await
}
