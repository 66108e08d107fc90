//! A visitor that speaks HTTP/2.

use crate::{
    edge::{Edge, PATIENCE},
    site::HOST,
    visitor::client_config,
};
use bytes::Bytes;
use h2::{RecvStream, SendStream, client::SendRequest};
use http::{HeaderMap, Request, Response};
use rustls_pki_types::ServerName;
use std::{future::Future, sync::Arc};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

pub struct Client {
    pub requests: SendRequest<Bytes>,
    /// Ends with the connection.
    pub connection: JoinHandle<Result<(), h2::Error>>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub fields: HeaderMap,
    pub body: Vec<u8>,
    pub trailers: Option<HeaderMap>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text body")
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A request of the site without a body.
pub fn get(path: &str) -> Request<()> {
    Request::get(format!("https://{HOST}{path}")).body(()).expect("a request")
}

pub fn post(path: &str) -> Request<()> {
    Request::post(format!("https://{HOST}{path}")).body(()).expect("a request")
}

/// What must happen soon.
pub async fn soon<F: Future>(what: F) -> F::Output {
    timeout(PATIENCE, what).await.expect("it happens in time")
}

impl Client {
    /// By TLS and ALPN.
    pub async fn connect(edge: &Edge) -> Self {
        let mut config = Arc::unwrap_or_clone(client_config(edge.authority.certificate_pem()));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let tcp = TcpStream::connect(edge.https()).await.expect("the edge accepts");
        let name = ServerName::try_from(HOST).expect("a name");
        let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.expect("TLS");
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        Self::over(h2::client::Builder::new(), tls).await
    }

    /// By prior knowledge, over plain TCP, with settings of its own.
    pub async fn connect_plain(edge: &Edge, builder: h2::client::Builder) -> Self {
        Self::over(builder, TcpStream::connect(edge.http()).await.expect("the edge accepts")).await
    }

    async fn over<S>(builder: h2::client::Builder, socket: S) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (requests, connection) = soon(builder.handshake(socket)).await.expect("HTTP/2");
        Self { requests, connection: tokio::spawn(connection) }
    }

    /// Sends the head of a request.
    pub async fn begin(&mut self, request: Request<()>, ends: bool) -> Begun {
        let mut ready = soon(self.requests.clone().ready()).await.expect("room for a request");
        let (answer, body) = ready.send_request(request, ends).expect("a request is sent");
        Begun { answer, body }
    }

    pub async fn ask(&mut self, request: Request<()>) -> Result<Reply, h2::Error> {
        self.begin(request, true).await.reply().await
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.ask(get(path)).await.expect("an answer")
    }

    pub async fn send(&mut self, request: Request<()>, body: &[u8]) -> Result<Reply, h2::Error> {
        let mut begun = self.begin(request, false).await;
        begun.body.send_data(Bytes::copy_from_slice(body), true)?;
        begun.reply().await
    }
}

/// A request whose head is sent.
pub struct Begun {
    pub answer: h2::client::ResponseFuture,
    pub body: SendStream<Bytes>,
}

impl Begun {
    pub async fn reply(self) -> Result<Reply, h2::Error> {
        read(soon(self.answer).await?).await
    }
}

/// Reads an answer to its end.
pub async fn read(response: Response<RecvStream>) -> Result<Reply, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = soon(stream.data()).await {
        let piece = piece?;
        stream.flow_control().release_capacity(piece.len())?;
        body.extend_from_slice(&piece);
    }
    let trailers = soon(stream.trailers()).await?;
    Ok(Reply { status: parts.status.as_u16(), fields: parts.headers, body, trailers })
}
