//! Pipes of the kernel that bodies pass through from socket to socket, without being copied to us and back.
//!
//! What is in a pipe are references to the memory that the bytes came in. A pipe is filled only when it is empty: what a
//! failure leaves behind has been passed on then, and `EAGAIN` can only mean that the source has nothing.

use rustix::{
    io::Errno,
    pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice},
};
use std::{
    cell::RefCell,
    io,
    os::fd::{AsFd, OwnedFd},
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::{io::Interest, net::TcpStream};

/// The largest pipe that whoever has no privileges may have, by the default of `fs.pipe-max-size`.
const LARGEST: usize = 1 << 20;

/// A pipe, and how much is in it.
pub(crate) struct Conduit {
    exit: OwnedFd,
    entrance: OwnedFd,
    room: usize,
    held: usize,
    /// How the source has failed behind what is held.
    failed: Option<io::Error>,
    _open: Rc<()>,
}

impl Conduit {
    /// A pipe with about this much room.
    ///
    /// # Errors
    /// When the process or the user has too many descriptors or too much memory in pipes.
    fn open(room: usize, open: Rc<()>) -> io::Result<Self> {
        let (exit, entrance) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let room = fcntl_setpipe_size(&entrance, room)?;
        Ok(Self { exit, entrance, room, held: 0, failed: None, _open: open })
    }

    /// Takes at most `limit` of the bytes that have come from `source`; the pipe must be empty. Yields their number; 0
    /// means that the source has ended.
    pub(crate) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        source: &TcpStream,
        limit: u64,
    ) -> Poll<io::Result<usize>> {
        debug_assert_eq!(self.held, 0, "a pipe that is not empty may be full");
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        let count = usize::try_from(limit).map_or(self.room, |limit| limit.min(self.room));
        loop {
            ready!(source.poll_read_ready(cx))?;
            match source.try_io(Interest::READABLE, || moved(source, &self.entrance, count)) {
                Ok(first) => {
                    self.held = first;
                    self.fill_up(source, count);
                    return Poll::Ready(Ok(self.held));
                }
                Err(error) if may_repeat(&error) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Takes more without waiting, up to `most` in all. The kernel gives about one packet's worth each time, and every
    /// time that bytes leave here the visitor is woken. That the pipe is full is no news of the source, and its end is
    /// found again; a failure is told once only, so it is kept for the next time.
    fn fill_up(&mut self, source: &TcpStream, most: usize) {
        while 0 < self.held && self.held < most {
            match moved(source, &self.entrance, most - self.held) {
                Ok(0) => return,
                Ok(count) => self.held += count,
                Err(error) => {
                    self.failed = Some(error).filter(|error| !may_repeat(error));
                    return;
                }
            }
        }
    }

    /// Passes on all that is in the pipe; ready when `sink` has taken it. After each piece `progressed` is told its
    /// length.
    pub(crate) fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        sink: &TcpStream,
        progressed: &mut impl FnMut(usize),
    ) -> Poll<io::Result<()>> {
        while self.held > 0 {
            ready!(sink.poll_write_ready(cx))?;
            match sink.try_io(Interest::WRITABLE, || moved(&self.exit, sink, self.held)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    self.held -= count;
                    progressed(count);
                }
                Err(error) if may_repeat(&error) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn moved(from: impl AsFd, to: impl AsFd, count: usize) -> io::Result<usize> {
    Ok(splice(from, None, to, None, count, SpliceFlags::MOVE | SpliceFlags::NONBLOCK)?)
}

fn may_repeat(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Whether this is the kernel's way to say that nothing passes through pipes here. No byte has moved then.
pub(crate) fn is_impossible(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP))
}

/// The pipes of a worker.
pub(crate) struct Conduits {
    room: usize,
    /// How many there may be.
    most: usize,
    /// Each pipe has a clone, so the count of clones tells how many are open, whoever has them.
    open: Rc<()>,
    spare: RefCell<Vec<Conduit>>,
}

impl Conduits {
    /// None at first, and never more than `most`. Each has room for about `room` bytes, or as much as a pipe can.
    pub(crate) fn new(most: usize, room: usize) -> Self {
        Self { room: room.min(LARGEST), most, open: Rc::default(), spare: RefCell::default() }
    }

    /// An empty pipe. `None` when as many are in use as there may be, or the system has no more.
    pub(crate) fn take(&self) -> Option<Conduit> {
        let spare = self.spare.borrow_mut().pop();
        spare.or_else(|| {
            let may_open = Rc::strong_count(&self.open) <= self.most;
            may_open.then(|| Conduit::open(self.room, self.open.clone()).ok()).flatten()
        })
    }

    /// Takes a pipe back. Whoever drops one instead has it closed, with what is in it.
    pub(crate) fn give(&self, conduit: Conduit) {
        if conduit.held == 0 && conduit.failed.is_none() {
            self.spare.borrow_mut().push(conduit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    async fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let near = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        (near, listener.accept().await.expect("its other end").0)
    }

    #[tokio::test]
    async fn bytes_pass_from_socket_to_socket_up_to_the_limit() {
        let ((mut origin, from), (to, mut visitor)) = (connection().await, connection().await);
        let conduits = Conduits::new(1, 64 << 10);
        let mut conduit = conduits.take().expect("a pipe");
        origin.write_all(b"content and the next answer").await.expect("sent");
        let mut passed = 0;
        while passed < 7 {
            let left = 7 - passed as u64;
            passed += poll_fn(|cx| conduit.poll_fill(cx, &from, left)).await.expect("bytes come");
            let mut told = 0;
            poll_fn(|cx| conduit.poll_drain(cx, &to, &mut |count| told += count)).await.expect("they leave");
            assert!(told > 0);
        }
        let mut got = [0; 7];
        visitor.read_exact(&mut got).await.expect("all of them come");
        assert_eq!(&got, b"content");
    }

    #[tokio::test]
    async fn the_end_of_the_source_is_seen() {
        let (origin, from) = connection().await;
        let mut conduit = Conduits::new(1, 4096).take().expect("a pipe");
        drop(origin);
        assert_eq!(poll_fn(|cx| conduit.poll_fill(cx, &from, 10)).await.expect("an end"), 0);
    }

    #[tokio::test]
    async fn there_are_only_so_many_pipes_and_an_unclean_one_is_closed() {
        let conduits = Conduits::new(2, 4096);
        let (first, mut second) = (conduits.take().expect("a pipe"), conduits.take().expect("another"));
        assert!(conduits.take().is_none());
        conduits.give(first);
        let again = conduits.take().expect("it came back");
        let (mut origin, from) = connection().await;
        origin.write_all(b"left behind").await.expect("sent");
        poll_fn(|cx| second.poll_fill(cx, &from, 100)).await.expect("bytes come");
        conduits.give(second);
        let fresh = conduits.take().expect("there is room for another");
        assert_eq!(fresh.held, 0);
        assert!(conduits.take().is_none());
        drop((again, fresh));
    }

    #[test]
    fn none_are_lent_where_none_are_wanted() {
        assert!(Conduits::new(0, 4096).take().is_none());
    }
}
