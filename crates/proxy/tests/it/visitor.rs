//! A visitor that speaks HTTP/1.1 byte by byte, so that a test can say exactly what it sends.

use crate::edge::{self, PATIENCE};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

pub struct Visitor {
    socket: Box<dyn Socket>,
    inbox: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    /// The body without chunk framing.
    pub body: Vec<u8>,
    /// The lines behind the last chunk.
    pub trailers: String,
}

impl Response {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text body")
    }

    /// The first value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).into_iter().next()
    }

    pub fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

impl Visitor {
    pub async fn connect(to: SocketAddr) -> Self {
        let tcp = TcpStream::connect(to).await.expect("the edge accepts");
        tcp.set_nodelay(true).expect("a socket option");
        Self { socket: Box::new(tcp), inbox: Vec::new() }
    }

    /// A visitor on TLS that trusts this authority and asks for `name`.
    pub async fn connect_tls(to: SocketAddr, root_pem: &str, name: &str) -> std::io::Result<Self> {
        Self::connect_tls_behind(to, root_pem, name, b"").await
    }

    /// As `connect_tls`, with these bytes before the handshake.
    pub async fn connect_tls_behind(to: SocketAddr, root_pem: &str, name: &str, first: &[u8]) -> std::io::Result<Self> {
        let mut tcp = TcpStream::connect(to).await?;
        tcp.write_all(first).await?;
        let name = ServerName::try_from(name.to_owned()).expect("a server name");
        let tls = tokio_rustls::TlsConnector::from(client_config(root_pem)).connect(name, tcp).await?;
        Ok(Self { socket: Box::new(tls), inbox: Vec::new() })
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).await.expect("the edge takes bytes");
        self.socket.flush().await.expect("the edge takes bytes");
    }

    /// As `send`, where the edge may have closed already.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.socket.write_all(bytes.as_ref()).await?;
        self.socket.flush().await
    }

    pub async fn get(&mut self, path: &str) -> Response {
        self.send(edge::get(path, "")).await;
        self.response().await
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, request: impl AsRef<[u8]>) -> Response {
        self.send(request).await;
        self.response().await
    }

    /// Reads one answer to a request that was not HEAD.
    pub async fn response(&mut self) -> Response {
        timeout(PATIENCE, self.read_response(false)).await.expect("an answer in time").expect("a whole answer")
    }

    /// Reads one answer to a HEAD request.
    pub async fn response_to_head(&mut self) -> Response {
        timeout(PATIENCE, self.read_response(true)).await.expect("an answer in time").expect("a whole answer")
    }

    /// Reads one answer; `None` when it broke off.
    pub async fn try_response(&mut self) -> Option<Response> {
        timeout(PATIENCE, self.read_response(false)).await.expect("an end in time")
    }

    /// Whether the edge has closed the connection without another byte.
    pub async fn is_closed(&mut self) -> bool {
        assert!(self.inbox.is_empty(), "unread: {:?}", String::from_utf8_lossy(&self.inbox));
        let mut byte = [0];
        let read = timeout(PATIENCE, self.socket.read(&mut byte)).await.expect("a close in time");
        !matches!(read, Ok(1..))
    }

    /// Everything until the edge closes; true when it ended in good order.
    pub async fn rest(&mut self) -> (Vec<u8>, bool) {
        let mut bytes = std::mem::take(&mut self.inbox);
        let read = timeout(PATIENCE, self.socket.read_to_end(&mut bytes)).await.expect("an end in time");
        (bytes, read.is_ok())
    }

    /// Reads a head, up to and with its blank line.
    pub async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.inbox, b"\r\n\r\n") {
                let head: Vec<u8> = self.inbox.drain(..end + 4).collect();
                return Some(String::from_utf8(head).expect("a head is text"));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Option<()> {
        let read = self.socket.read_buf(&mut self.inbox).await;
        matches!(read, Ok(1..)).then_some(())
    }

    async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.inbox.len() < count {
            self.more().await?;
        }
        Some(self.inbox.drain(..count).collect())
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.inbox, b"\r\n") {
                let line: Vec<u8> = self.inbox.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.more().await?;
        }
    }

    async fn read_response(&mut self, to_head: bool) -> Option<Response> {
        let head = self.head().await?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut response = Response { status, head, body: Vec::new(), trailers: String::new() };
        if to_head || status < 200 || matches!(status, 204 | 304) {
            return Some(response);
        }
        if response.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&self.line().await?, 16).expect("a chunk size");
                if size == 0 {
                    break;
                }
                response.body.extend(self.take(size).await?);
                assert_eq!(self.line().await?, "", "a chunk ends with its line end");
            }
            loop {
                match self.line().await?.as_str() {
                    "" => return Some(response),
                    line => response.trailers.push_str(&format!("{line}\n")),
                }
            }
        }
        match response.header("content-length") {
            Some(length) => response.body = self.take(length.parse().expect("a length")).await?,
            None => while self.more().await.is_some() {},
        }
        if response.header("content-length").is_none() {
            response.body = std::mem::take(&mut self.inbox);
        }
        Some(response)
    }
}

/// A client that trusts this authority and nobody else.
pub fn client_config(root_pem: &str) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(root_pem.as_bytes()) {
        roots.add(root.expect("a certificate")).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
