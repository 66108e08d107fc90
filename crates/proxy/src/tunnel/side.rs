//! What a tunnel asks of the socket at either end, besides carrying bytes.

use crate::{unread::unread, upstream::Stream, visitor::Socket};
use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// One end of a tunnel.
pub(super) trait Side: AsyncRead + AsyncWrite + Unpin {
    /// Ready when there may be something to read, without reading it.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Bytes of what was written that this end has not taken yet; 0 when nobody can say.
    fn unread(&self) -> u64;

    /// Makes dropping it a reset, so that this end cannot take what broke off for an end in good order.
    fn reset_when_dropped(&self);
}

impl Side for Socket {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Socket::poll_readable(self, cx)
    }

    fn unread(&self) -> u64 {
        Socket::unread(self)
    }

    fn reset_when_dropped(&self) {
        Socket::reset_when_dropped(self);
    }
}

/// Upgrades belong to HTTP/1.1, so a stream of a shared connection never gets here; it would be treated with patience.
impl Side for Stream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Own(stream) => stream.poll_readable(cx),
            Stream::Shared(_) => Poll::Ready(Ok(())),
        }
    }

    fn unread(&self) -> u64 {
        match self {
            Stream::Own(stream) => unread(stream.tcp()),
            Stream::Shared(_) => 0,
        }
    }

    fn reset_when_dropped(&self) {
        if let Stream::Own(stream) = self {
            // It only decides how the end looks; failing to set it leaves an ordinary close.
            let _ = socket2::SockRef::from(stream.tcp()).set_linger(Some(Duration::ZERO));
        }
    }
}

/// A pipe in memory, for tests: always worth a read, and nothing waits in it that anybody could count.
#[cfg(test)]
impl Side for tokio::io::DuplexStream {
    fn poll_readable(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn unread(&self) -> u64 {
        0
    }

    fn reset_when_dropped(&self) {}
}
