//! A TCP stream that remembers how the peer began to speak.
//!
//! When a handshake fails because the peer does not speak TLS at all, its first bytes are the best evidence there is.

use model::Evidence;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The TCP connection under a TLS stream.
#[derive(Debug)]
pub struct Socket {
    tcp: TcpStream,
    /// `None` once the handshake is over.
    heard: Option<Heard>,
}

/// What the peer said so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// At most [`Evidence::FIRST_BYTES`].
    pub first_bytes: Vec<u8>,
    pub bytes_read: u64,
}

impl Socket {
    pub(super) fn recording(tcp: TcpStream) -> Self {
        Self { tcp, heard: Some(Heard::default()) }
    }

    pub(super) fn stop_recording(&mut self) {
        self.heard = None;
    }

    pub(super) fn into_heard(self) -> Heard {
        self.heard.unwrap_or_default()
    }

    /// The TCP stream, for socket options.
    pub fn tcp(&self) -> &TcpStream {
        &self.tcp
    }
}

impl Heard {
    fn note(&mut self, bytes: &[u8]) {
        let room = Evidence::FIRST_BYTES - self.first_bytes.len();
        self.first_bytes.extend(bytes.iter().take(room));
        self.bytes_read += bytes.len() as u64;
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut socket.tcp).poll_read(cx, buf);
        if let Some(heard) = &mut socket.heard {
            heard.note(&buf.filled()[before..]);
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().tcp).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}
