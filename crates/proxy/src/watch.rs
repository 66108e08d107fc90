//! Watching a visitor that waits for its answer: has it left? Bytes of a pipelined request that come meanwhile stay in
//! the buffer, unread. When the buffer has no room for them the visitor cannot be watched, and waits like any other.

use crate::{buffer::Buffer, visitor::Socket};
use std::task::{Context, Poll};

/// Ready when the visitor has closed its side or is gone. A visitor that only ends its own side counts as gone: it
/// cannot be told apart from one that has left.
pub(crate) fn poll_gone(cx: &mut Context<'_>, inbound: &mut Buffer, socket: &mut Socket) -> Poll<()> {
    while inbound.has_room() {
        match inbound.poll_fill(cx, socket) {
            Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
            Poll::Ready(Ok(_)) => {}
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Pending
}
