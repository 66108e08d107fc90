//! The socket under an HTTP/2 connection: what was read of it before it was known to be one comes first, and a visitor
//! whose connection is ended can still be told why.

use crate::{deadline::Deadline, settings::Settings, visitor::Socket};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket with some bytes put back in front.
pub(crate) struct Transport {
    socket: Socket,
    early: Vec<u8>,
    leftovers: Leftovers,
    blocked: bool,
    received: u64,
    sent: u64,
    /// Bytes of what was sent that the visitor had not taken when the socket was last found full.
    unread: u64,
    /// Bytes were written that the socket may still hold back.
    is_unflushed: bool,
}

/// What a visitor still sends once its connection is over is read and dropped, for a bounded time and amount: a socket
/// that is closed with unread bytes is reset, and the reset can overtake what the visitor was told last.
struct Leftovers {
    most: usize,
    within: Duration,
    deadline: Option<Deadline>,
}

impl Transport {
    /// A socket of which `early` was read already.
    pub(crate) fn new(socket: Socket, early: Vec<u8>, settings: &Settings) -> Self {
        let leftovers = Leftovers { most: settings.limits.linger, within: settings.timeouts.linger, deadline: None };
        let (blocked, is_unflushed) = (false, false);
        Self { socket, early, leftovers, blocked, received: 0, sent: 0, unread: 0, is_unflushed }
    }

    /// Bytes that the visitor has taken, if it is being waited for.
    pub(super) fn taken_while_blocked(&self) -> Option<u64> {
        self.blocked.then(|| self.sent.saturating_sub(self.unread))
    }

    /// Bytes that came, and bytes that were sent.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.received, self.sent)
    }

    /// Reads what there is. Ready without any byte: the visitor has ended its side.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if self.early.is_empty() {
            ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        } else {
            let count = self.early.len().min(buf.remaining());
            buf.put_slice(&self.early[..count]);
            self.early.drain(..count);
        }
        self.received += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }

    /// Sends some of these bytes.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.is_unflushed = true;
        self.note(outcome.is_pending());
        if let Poll::Ready(Ok(count)) = &outcome {
            self.sent += *count as u64;
        }
        outcome
    }

    /// Ready when what was sent is not held back any more.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_unflushed {
            return Poll::Ready(Ok(()));
        }
        let outcome = Pin::new(&mut self.socket).poll_flush(cx);
        self.is_unflushed = outcome.is_pending();
        self.note(outcome.is_pending());
        outcome
    }

    fn note(&mut self, blocked: bool) {
        if blocked {
            self.unread = self.socket.unread();
        }
        self.blocked = blocked;
    }

    /// Ends this side, and waits until the visitor has ended its own, or has been waited for.
    ///
    /// # Errors
    /// When the visitor is gone.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.leftovers.deadline.is_none() {
            ready!(Pin::new(&mut self.socket).poll_shutdown(cx))?;
        }
        self.poll_leftovers(cx).map(Ok)
    }

    fn poll_leftovers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Leftovers { most, within, deadline } = &mut self.leftovers;
        let deadline = deadline.get_or_insert_with(|| Deadline::after(*within));
        while deadline.poll(cx).is_pending() {
            let mut room = [0; 4 << 10];
            let mut piece = ReadBuf::new(&mut room);
            let read = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut piece));
            let count = piece.filled().len();
            if read.is_err() || count == 0 || count > *most {
                break;
            }
            *most -= count;
        }
        Poll::Ready(())
    }
}
