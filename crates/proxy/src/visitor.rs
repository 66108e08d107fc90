//! A visitor's connection: the socket, plain or TLS, and what is known of whoever is behind it.

use crate::{http2::VisitorStream, round_trip::round_trip, unread::unread};
use std::{
    fmt::Write as _,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;
use wire::Version;

/// The way a visitor came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// As URLs and `X-Forwarded-Proto` write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// What a visitor speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.0 or 1.1, as each request says.
    Http1,
    Http2,
}

impl Protocol {
    /// The version of one request, as records and rules write it.
    pub(crate) const fn version_of(self, version: Version) -> &'static str {
        match (self, version) {
            (Protocol::Http2, _) => "HTTP/2",
            (Protocol::Http1, Version::Http10) => "HTTP/1.0",
            (Protocol::Http1, Version::Http11) => "HTTP/1.1",
        }
    }
}

/// What is known of a visitor for as long as its connection lives.
#[derive(Clone)]
pub(crate) struct VisitorFacts {
    pub(crate) peer: SocketAddr,
    /// The peer's address as text, written once.
    pub(crate) ip: String,
    pub(crate) scheme: Scheme,
    pub(crate) protocol: Protocol,
    pub(crate) tls: Option<VisitorTls>,
    /// How long a packet to it and back took when it came in; `None` when nobody can say.
    pub(crate) round_trip: Option<Duration>,
    /// Its forwarding headers are believed.
    pub(crate) trusted: bool,
}

/// What the TLS handshake with a visitor settled.
#[derive(Clone)]
pub(crate) struct VisitorTls {
    /// The server name that it asked for, lower-case.
    pub(crate) sni: Option<String>,
    /// Such as `TLSv1.3`.
    pub(crate) version: &'static str,
    /// Such as `TLS13_AES_128_GCM_SHA256`.
    pub(crate) cipher: &'static str,
    /// The key exchange group, such as `X25519MLKEM768`.
    pub(crate) key_exchange: &'static str,
}

impl VisitorFacts {
    /// The facts of a connection from this peer.
    pub(crate) fn new(peer: SocketAddr, tls: Option<VisitorTls>, trusted: bool) -> Self {
        // A dual-stack listener sees IPv4 visitors at mapped addresses; they are IPv4 visitors all the same.
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let scheme = if tls.is_some() { Scheme::Https } else { Scheme::Http };
        let mut ip = String::with_capacity(15);
        let _ = write!(ip, "{}", peer.ip());
        Self { peer, ip, scheme, protocol: Protocol::Http1, tls, round_trip: None, trusted }
    }

    /// The version of TLS as traces and records write it.
    pub(crate) fn tls_version(&self) -> Option<&'static str> {
        self.tls.as_ref().map(|tls| tls.version)
    }
}

impl VisitorTls {
    /// What this finished handshake settled.
    pub(crate) fn of(stream: &TlsStream<TcpStream>) -> Self {
        let session = stream.get_ref().1;
        let version = match session.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "unknown",
        };
        let cipher = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unknown");
        let group = session.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
        let key_exchange = group.unwrap_or("unknown");
        Self { key_exchange, sni: session.server_name().map(str::to_ascii_lowercase), version, cipher }
    }
}

/// A visitor's socket.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// One stream of a connection of HTTP/2.
    Stream(Box<VisitorStream>),
}

impl Socket {
    /// Ready when there may be something to read, without reading it. What TLS has decrypted already counts: a visitor
    /// may send its first request together with the end of its handshake.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Socket::Plain(tcp) => tcp.poll_read_ready(cx),
            Socket::Tls(tls) if !tls.get_ref().1.wants_read() => Poll::Ready(Ok(())),
            Socket::Tls(tls) => tls.get_ref().0.poll_read_ready(cx),
            Socket::Stream(_) => Poll::Ready(Ok(())),
        }
    }

    /// The connection itself, where nothing stands between it and what is written.
    pub(crate) fn plain(&self) -> Option<&TcpStream> {
        match self {
            Socket::Plain(tcp) => Some(tcp),
            Socket::Tls(_) | Socket::Stream(_) => None,
        }
    }

    /// Whether HTTP/2 was agreed on in the TLS handshake.
    pub(crate) fn chose_http2(&self) -> bool {
        matches!(self, Socket::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(crate::http2::ALPN))
    }

    /// Bytes of what was written that the visitor has not taken yet; 0 when nobody can say.
    pub(crate) fn unread(&self) -> u64 {
        match self {
            Socket::Plain(tcp) => unread(tcp),
            Socket::Tls(tls) => unread(tls.get_ref().0),
            // It takes only what the visitor's window lets through.
            Socket::Stream(_) => 0,
        }
    }

    /// How long a packet to the other end and back takes; `None` when nobody can say.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        match self {
            Socket::Plain(tcp) => round_trip(tcp),
            Socket::Tls(tls) => round_trip(tls.get_ref().0),
            Socket::Stream(_) => None,
        }
    }

    /// Makes dropping it a reset, so that the visitor cannot take the end for the end of the answer. Failing to arm the
    /// reset leaves an ordinary close. A stream that is dropped too soon is reset anyway.
    pub(crate) fn reset_when_dropped(&self) {
        let tcp = match self {
            Socket::Plain(tcp) => tcp,
            Socket::Tls(tls) => tls.get_ref().0,
            Socket::Stream(_) => return,
        };
        let _ = socket2::SockRef::from(tcp).set_linger(Some(Duration::ZERO));
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Socket::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Socket::Stream(stream) => stream.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Socket::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
            Socket::Stream(stream) => stream.poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Socket::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Socket::Stream(stream) => {
                let first = bufs.iter().find(|piece| !piece.is_empty());
                stream.poll_write(cx, first.map_or(&[][..], |piece| piece))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Socket::Stream(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Socket::Stream(stream) => stream.poll_end(),
        }
    }
}
