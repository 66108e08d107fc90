//! What the driver of a connection and its streams share: the machine that speaks HTTP/2.

use ::http2::{Answer, Connection, ErrorCode, Inbox, Key, Lost};
use std::{
    cell::{Ref, RefCell, RefMut},
    rc::Rc,
    task::{Context, Poll},
};
use tokio::io::ReadBuf;

/// A connection's machine. Never borrowed across a poll, nor while somebody else's code runs.
#[derive(Clone)]
pub(super) struct Link(Rc<RefCell<Connection>>);

impl Link {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Rc::new(RefCell::new(connection)))
    }

    pub(super) fn look(&self) -> Ref<'_, Connection> {
        self.0.borrow()
    }

    pub(super) fn change(&self) -> RefMut<'_, Connection> {
        self.0.borrow_mut()
    }
}

/// A stream that is held. Dropping it before it is complete breaks it off.
pub(super) struct Stream {
    link: Link,
    key: Key,
    /// What a peer is told whose stream is broken off.
    code: ErrorCode,
}

impl Stream {
    pub(super) fn new(link: Link, key: Key, code: ErrorCode) -> Self {
        Self { link, key, code }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) fn key(&self) -> Key {
        self.key
    }

    pub(super) fn change(&self) -> RefMut<'_, Connection> {
        self.link.change()
    }

    /// Moves up to `most` bytes of content into `out`; how many. Ready with none when all has come, and `end` was
    /// called with the trailers.
    pub(super) fn poll_content(
        &self,
        cx: &mut Context<'_>,
        most: impl FnOnce(usize) -> usize,
        out: &mut ReadBuf<'_>,
        end: impl FnOnce(Option<&[u8]>),
    ) -> Poll<Result<usize, Lost>> {
        let mut connection = self.link.change();
        let taken = match connection.poll_inbox(self.key, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(lost)) => return Poll::Ready(Err(lost)),
            Poll::Ready(Ok(Inbox::Ended { trailers })) => {
                end(trailers);
                return Poll::Ready(Ok(0));
            }
            Poll::Ready(Ok(Inbox::Content(content))) => {
                let count = most(content.len()).min(content.len()).min(out.remaining());
                out.put_slice(&content[..count]);
                count
            }
        };
        connection.take(self.key, taken);
        Poll::Ready(Ok(taken))
    }

    pub(super) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Result<Answer, Lost>> {
        self.link.change().poll_answer(self.key, cx)
    }

    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<usize, Lost>> {
        self.link.change().poll_room(self.key, cx)
    }

    pub(super) fn poll_lost(&self, cx: &mut Context<'_>) -> Poll<Lost> {
        self.link.change().poll_lost(self.key, cx)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.link.change().release(self.key, self.code);
    }
}
