//! Pouring: the rest of a large body flows from one plain connection to the other without being copied.
//!
//! It is waited for and given up by the same rules as a body that is copied.

use super::{Delimiter, Relay};
use crate::conduit::{Conduit, is_impossible};
use model::Failure;
use std::{
    future::poll_fn,
    task::{Context, Poll},
};

/// As much of a body is to come at least where the rest passes through a pipe. Moving it page by page has to pay for four
/// calls instead of two: 256 KiB are copied sooner, 1 MiB is not (decision 0009).
const WORTH_A_PIPE: u64 = 512 << 10;

impl Relay<'_, '_> {
    /// A pipe for the rest of the body, where both connections are plain, nothing has to be written between its bytes,
    /// and so much is to come that a pipe is cheaper than copying.
    pub(super) fn conduit(&self) -> Option<Conduit> {
        let unread = self.scratch.answer.unread().len() as u64;
        let rest = self.reader.remaining()?.saturating_sub(unread);
        let measured = matches!(self.delimiter, Delimiter::Length(_));
        let plain = || self.connection.socket.plain().is_some() && self.upstream.stream.plain().is_some();
        let worth_it = rest >= WORTH_A_PIPE && measured && plain();
        worth_it.then(|| self.connection.worker.conduits.take()).flatten()
    }

    /// Passes on what has come, and lets the rest of the body flow through the pipe. Where the kernel does not let it,
    /// the rest is left.
    pub(super) async fn pour(&mut self, mut conduit: Conduit) -> Result<(), Failure> {
        self.pass().await?;
        let sent = self.connection.send(&mut self.scratch.to_visitor).await;
        sent.map_err(|reason| self.failure(reason, None))?;
        while let Some(left @ 1..) = self.reader.remaining() {
            let mut waiting = false;
            match poll_fn(|cx| self.poll_pour(cx, &mut conduit, left, &mut waiting)).await? {
                None => return Ok(()),
                Some(0) => return self.close_body(),
                Some(count) => {
                    self.count(count);
                    let sent = self.connection.send_from(&mut conduit).await;
                    sent.map_err(|reason| self.failure(reason, None))?;
                    self.reader.skip(count as u64);
                    self.ledger.given.body_bytes += count as u64;
                    self.ledger.given.bytes += count as u64;
                }
            }
        }
        self.connection.worker.conduits.give(conduit);
        Ok(())
    }

    /// Waits for more of the body, as [`Relay::poll_more`], and has it in the pipe. `None` when that is impossible.
    fn poll_pour(
        &mut self,
        cx: &mut Context<'_>,
        conduit: &mut Conduit,
        left: u64,
        waiting: &mut bool,
    ) -> Poll<Result<Option<usize>, Failure>> {
        let Some(origin) = self.upstream.stream.plain() else { return Poll::Ready(Ok(None)) };
        match conduit.poll_fill(cx, origin, left) {
            Poll::Ready(Ok(count)) => Poll::Ready(Ok(Some(count))),
            Poll::Ready(Err(error)) if is_impossible(&error) => Poll::Ready(Ok(None)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.lost(&error))),
            Poll::Pending => self.poll_meanwhile(cx, waiting).map(Err),
        }
    }
}
