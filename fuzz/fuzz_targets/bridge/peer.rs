//! A peer in memory: all that it says is there from the beginning, and what it is told is thrown away.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One end of a connection whose other end has said everything already.
pub struct Peer {
    says: Vec<u8>,
    said: usize,
    gone: Rc<Cell<bool>>,
}

impl Peer {
    /// Says these pieces one behind the other, and then nothing until `gone` is set; then it has hung up.
    pub fn saying(pieces: &[&[u8]], gone: Rc<Cell<bool>>) -> Self {
        Self { says: pieces.concat(), said: 0, gone }
    }
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let rest = &this.says[this.said..];
        if rest.is_empty() && !this.gone.get() {
            return Poll::Pending;
        }
        let piece = &rest[..rest.len().min(buf.remaining())];
        buf.put_slice(piece);
        this.said += piece.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
