//! How an origin begins once HTTP/2 was agreed on. Its first frame must be SETTINGS (RFC 9113 section 3.4); whoever
//! begins with anything else does not speak HTTP/2, whatever it chose in the handshake.

use model::Evidence;
use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What came first.
#[derive(Default)]
pub(super) struct Greeting {
    spoken: Cell<bool>,
    /// Kept until it is known to be HTTP/2.
    first: RefCell<Vec<u8>>,
}

const FRAME_HEAD: usize = 9;
const SETTINGS: u8 = 4;
const ACK: u8 = 1;

impl Greeting {
    /// Whether it began as HTTP/2 begins.
    pub(super) fn is_spoken(&self) -> bool {
        self.spoken.get()
    }

    /// The first bytes of what is not HTTP/2.
    pub(super) fn first_bytes(&self) -> Vec<u8> {
        self.first.borrow().clone()
    }

    fn note(&self, bytes: &[u8]) {
        let mut first = self.first.borrow_mut();
        let room = Evidence::FIRST_BYTES.saturating_sub(first.len());
        first.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        if let Some([_, _, _, kind, flags, stream @ ..]) = first.first_chunk::<FRAME_HEAD>()
            && *kind == SETTINGS
            && flags & ACK == 0
            && *stream == [0; 4]
        {
            self.spoken.set(true);
            *first = Vec::new();
        }
    }
}

/// A connection whose beginning is looked at.
pub(super) struct Greeted<S> {
    socket: S,
    greeting: Rc<Greeting>,
}

impl<S> Greeted<S> {
    /// A connection of which nothing was read yet.
    pub(super) fn new(socket: S, greeting: Rc<Greeting>) -> Self {
        Self { socket, greeting }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeted<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { socket, greeting } = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(socket).poll_read(cx, buf))?;
        if !greeting.is_spoken() {
            greeting.note(buf.filled().get(before..).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeted<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pieces: &[&[u8]]) -> Greeting {
        let greeting = Greeting::default();
        pieces.iter().for_each(|piece| greeting.note(piece));
        greeting
    }

    #[test]
    fn settings_are_a_greeting_in_whatever_pieces_they_come() {
        let settings = [0, 0, 6, SETTINGS, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1];
        assert!(after(&[&settings]).is_spoken());
        let (one, other) = settings.split_at(4);
        assert!(after(&[one, other]).is_spoken());
        assert!(after(&[&settings]).first_bytes().is_empty());
    }

    #[test]
    fn anything_else_is_none_and_is_kept_as_evidence() {
        let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0];
        let acknowledgement = [0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0];
        let of_a_stream = [0, 0, 0, SETTINGS, 0, 0, 0, 0, 1];
        for bytes in [&b"HTTP/1.1 200 OK\r\n"[..], b"HTTP", &ping, &acknowledgement, &of_a_stream] {
            let greeting = after(&[bytes]);
            assert!(!greeting.is_spoken() && greeting.first_bytes() == bytes, "{bytes:?}");
        }
        assert_eq!(after(&[&[b'x'; 4096]]).first_bytes().len(), Evidence::FIRST_BYTES);
    }
}
