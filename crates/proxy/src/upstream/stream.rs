//! What carries a request to an origin: a connection of its own, or a stream of one that is shared.

use crate::http2::OriginStream;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// What carries a request to an origin and its answer back.
pub(crate) enum Stream {
    Own(dial::Stream),
    /// Of a connection of HTTP/2.
    Shared(Box<OriginStream>),
}

impl Stream {
    /// Whether it is a part of a shared connection. The answer may then begin before the request has ended, and both
    /// go on.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Stream::Shared(_))
    }

    /// The connection itself, where what it carries is the answer and nothing else.
    pub(crate) fn plain(&self) -> Option<&TcpStream> {
        match self {
            Stream::Own(dial::Stream::Plain(tcp)) => Some(tcp),
            Stream::Own(dial::Stream::Tls(_)) | Stream::Shared(_) => None,
        }
    }

    /// Whether an idle one can no longer carry a request. A stream carries one only.
    pub(crate) fn is_dead(&mut self) -> bool {
        match self {
            Stream::Own(stream) => stream.is_dead(),
            Stream::Shared(_) => true,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Own(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Shared(stream) => Pin::new(&mut **stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Own(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Shared(stream) => Pin::new(&mut **stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Own(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Shared(stream) => Pin::new(&mut **stream).poll_write_vectored(cx, bufs),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Own(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Shared(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Own(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Shared(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }
}
