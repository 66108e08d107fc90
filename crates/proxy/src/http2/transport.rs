//! The socket under an HTTP/2 connection: what was read of it before it was known to be one comes first, and how long
//! the peer has taken nothing can be asked.

use crate::visitor::Socket;
use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// A socket with some bytes put back in front.
pub(crate) struct Transport {
    socket: Socket,
    early: Vec<u8>,
    taken: usize,
    stalled: Stalled,
}

/// Since when the peer has taken nothing of what it was sent; `None` while nothing waits.
#[derive(Clone, Default)]
pub(super) struct Stalled(Rc<Cell<Option<Instant>>>);

impl Stalled {
    pub(super) fn since(&self) -> Option<Instant> {
        self.0.get()
    }

    fn note<T>(&self, outcome: Poll<T>) -> Poll<T> {
        match outcome {
            Poll::Ready(_) => self.0.set(None),
            Poll::Pending => self.0.set(self.0.get().or_else(|| Some(Instant::now()))),
        }
        outcome
    }
}

impl Transport {
    /// A socket of which `early` was read already.
    pub(crate) fn new(socket: Socket, early: Vec<u8>) -> Self {
        Self { socket, early, taken: 0, stalled: Stalled::default() }
    }

    pub(super) fn stalled(&self) -> Stalled {
        self.stalled.clone()
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let early = this.early.get(this.taken..).unwrap_or_default();
        if early.is_empty() {
            return Pin::new(&mut this.socket).poll_read(cx, buf);
        }
        let piece = early.get(..early.len().min(buf.remaining())).unwrap_or_default();
        buf.put_slice(piece);
        this.taken += piece.len();
        if this.taken == this.early.len() {
            this.early = Vec::new();
            this.taken = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.stalled.note(Pin::new(&mut this.socket).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.stalled.note(Pin::new(&mut this.socket).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.stalled.note(Pin::new(&mut this.socket).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
