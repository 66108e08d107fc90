//! Closing so that the visitor can still read the answer.
//!
//! When a socket with unread bytes is closed, the system resets the connection, and the reset can overtake the answer.
//! So our side is ended first, and what the visitor still sends is read and dropped for a bounded time and amount.

use crate::{connection::Connection, scratch::Scratch};
use std::{future::poll_fn, pin::Pin, task::Poll};
use tokio::{io::AsyncWrite, time::Instant};

/// Ends our side and waits for the visitor to end its own. Must be called with every answer sent.
pub(crate) async fn close(connection: &mut Connection, scratch: &mut Scratch) {
    let Connection { worker, socket, deadline, .. } = connection;
    deadline.set(Instant::now() + worker.settings.timeouts.linger);
    let ended = deadline.or(|cx| Pin::new(&mut *socket).poll_shutdown(cx)).await;
    if !matches!(ended, Some(Ok(()))) {
        return;
    }
    let mut left = worker.settings.limits.linger;
    let inbound = &mut scratch.inbound;
    let mut drop_leftovers = poll_fn(|cx| {
        loop {
            if deadline.poll(cx).is_ready() {
                return Poll::Ready(());
            }
            inbound.clear();
            match inbound.poll_fill(cx, socket) {
                Poll::Ready(Ok(count)) if count > 0 && count < left => left -= count,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    });
    (&mut drop_leftovers).await;
}
