//! An open stream to an endpoint, plain or TLS.

use crate::{Socket, TlsFacts};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// An open stream to an endpoint. Belongs to the runtime that dialed it.
#[derive(Debug)]
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    /// The TCP connection underneath, for socket options. Reading or writing it directly would break TLS.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0.tcp(),
        }
    }

    /// The peer's address; `None` once the connection is gone.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.tcp().peer_addr().ok()
    }

    /// Whether it is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self, Stream::Tls(_))
    }

    /// What the TLS handshake agreed on; `None` on a plain stream.
    pub fn tls_facts(&self) -> Option<TlsFacts> {
        match self {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => Some(crate::tls::facts(tls.get_ref().1)),
        }
    }

    /// The version of TLS, such as `TLSv1.3`; `None` on a plain stream.
    pub fn tls_version(&self) -> Option<&'static str> {
        self.tls_facts().map(|facts| facts.version)
    }

    /// The protocol that ALPN chose.
    pub fn alpn(&self) -> Option<&[u8]> {
        match self {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => tls.get_ref().1.alpn_protocol(),
        }
    }

    /// Ready when there may be something to read, without reading it; what TLS has decrypted already counts. Errors are
    /// those of the socket, and reading tells them too. Cancel-safe; replaces the waker of a read.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tls(tls) if !tls.get_ref().1.wants_read() => Poll::Ready(Ok(())),
            Stream::Plain(_) | Stream::Tls(_) => self.tcp().poll_read_ready(cx),
        }
    }

    /// Whether an *idle* stream can no longer carry a request: the peer closed or reset it, or said something unasked.
    ///
    /// Costs no system call while nothing has happened. Takes no bytes from a plain stream; on a TLS stream, records
    /// that carry no application data (session tickets) are taken in. Nothing may be waiting on the stream meanwhile:
    /// its read waker is replaced. A peer may still close the instant after, so a request on a pooled stream can fail
    /// all the same.
    pub fn is_dead(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        match self {
            Stream::Plain(tcp) => match tcp.poll_read_ready(&mut context) {
                Poll::Pending => false,
                Poll::Ready(Ok(())) => {
                    // A cached readiness may be stale, so the socket itself is asked.
                    let mut byte = [0; 1];
                    !matches!(tcp.poll_peek(&mut context, &mut ReadBuf::new(&mut byte)), Poll::Pending)
                }
                Poll::Ready(Err(_)) => true,
            },
            Stream::Tls(tls) => {
                let mut byte = [0; 1];
                Pin::new(tls).poll_read(&mut context, &mut ReadBuf::new(&mut byte)).is_ready()
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Stream::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(tcp) => tcp.is_write_vectored(),
            Stream::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
