//! Bytes on their way out: written in one piece where the socket takes them, remembered where it does not.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::AsyncWrite;

/// A buffer of bytes to send, reused from message to message.
#[derive(Default)]
pub(crate) struct Outgoing {
    /// What is to be sent. Append to it freely.
    pub(crate) bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// Whether everything has been sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// How many bytes are still to be sent.
    pub(crate) fn pending(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Makes what has been sent give way to what is appended next: where some is always left to be sent, all that has
    /// ever been would stay otherwise.
    pub(crate) fn forget_sent(&mut self) {
        self.bytes.drain(..self.sent);
        self.sent = 0;
    }

    /// Forgets what has not been sent.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
    }

    /// Gives memory back that an unusually large message needed.
    pub(crate) fn shrink(&mut self, room: usize) {
        self.clear();
        self.bytes.shrink_to(room);
    }

    /// Sends all there is; ready when `sink` has taken everything. After each piece `progressed` is told its length.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut (impl AsyncWrite + Unpin),
        progressed: &mut impl FnMut(usize),
    ) -> Poll<io::Result<()>> {
        self.poll_send_with(cx, sink, &mut &[][..], progressed)
    }

    /// As [`Outgoing::poll_send`], with bytes from elsewhere right behind; `tail` is shortened by what has been sent.
    pub(crate) fn poll_send_with(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut (impl AsyncWrite + Unpin),
        tail: &mut &[u8],
        progressed: &mut impl FnMut(usize),
    ) -> Poll<io::Result<()>> {
        loop {
            let own = &self.bytes[self.sent..];
            let count = match (own, *tail) {
                ([], []) => break,
                (_, []) => ready!(Pin::new(&mut *sink).poll_write(cx, own))?,
                ([], _) => ready!(Pin::new(&mut *sink).poll_write(cx, tail))?,
                _ => {
                    let both = [IoSlice::new(own), IoSlice::new(tail)];
                    ready!(Pin::new(&mut *sink).poll_write_vectored(cx, &both))?
                }
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_own = count.min(own.len());
            self.sent += of_own;
            *tail = tail.get(count - of_own..).unwrap_or_default();
            progressed(count);
        }
        self.clear();
        Pin::new(sink).poll_flush(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_sink_gets_everything_in_order() {
        let (mut near, mut far) = tokio::io::duplex(3);
        let mut outgoing = Outgoing::default();
        outgoing.bytes.extend_from_slice(b"hello world");
        let mut counted = 0;
        let send = std::future::poll_fn(|cx| outgoing.poll_send(cx, &mut near, &mut |count| counted += count));
        let receive = async {
            let mut got = [0; 11];
            tokio::io::AsyncReadExt::read_exact(&mut far, &mut got).await.map(|_| got)
        };
        let (sent, got) = tokio::join!(send, receive);
        sent.expect("the far side reads");
        assert_eq!(&got.expect("all bytes come"), b"hello world");
        assert_eq!(counted, 11);
        assert!(outgoing.is_empty());
    }

    #[tokio::test]
    async fn bytes_from_elsewhere_follow_at_once() {
        let (mut near, mut far) = tokio::io::duplex(4);
        let mut outgoing = Outgoing::default();
        outgoing.bytes.extend_from_slice(b"head ");
        let mut tail = &b"and body"[..];
        let send = std::future::poll_fn(|cx| outgoing.poll_send_with(cx, &mut near, &mut tail, &mut |_| ()));
        let receive = async {
            let mut got = [0; 13];
            tokio::io::AsyncReadExt::read_exact(&mut far, &mut got).await.map(|_| got)
        };
        let (sent, got) = tokio::join!(send, receive);
        sent.expect("the far side reads");
        assert_eq!(&got.expect("all bytes come"), b"head and body");
        assert!(tail.is_empty());
    }
}
