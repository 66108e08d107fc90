//! One direction of a tunnel: bytes from one socket to the other through one buffer of fixed size.
//!
//! Nothing is read while the buffer holds anything, so a side that takes nothing slows the other one down. The end of
//! the source is passed on behind the last byte, as the end of this direction alone. While there is nothing to carry the
//! buffer has no memory but that of the head that is kept in it.

use super::side::Side;
use crate::buffer::Buffer;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Instant;

/// One direction.
pub(super) struct Pipe {
    state: State,
    /// Room of the buffer while there is something to carry.
    room: usize,
    /// Bytes read from the source.
    pub(super) read: u64,
    /// Bytes that the sink has taken.
    pub(super) written: u64,
    /// When a byte was last read or written.
    moved: Instant,
    /// The sink may hold bytes back that it has taken.
    unflushed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The source has ended; the sink does not know yet.
    Ending,
    Ended,
}

/// Which socket of a pipe failed.
#[derive(Debug)]
pub(super) enum Broken {
    Source(io::Error),
    Sink(io::Error),
}

impl Pipe {
    /// A pipe that opens now, and reads at most `room` bytes at once.
    pub(super) fn new(now: Instant, room: usize) -> Self {
        Self { state: State::Open, room, read: 0, written: 0, moved: now, unflushed: false }
    }

    /// Whether the source has ended in good order.
    pub(super) fn source_ended(&self) -> bool {
        self.state != State::Open
    }

    /// Whether bytes of this direction wait for the sink: here, or in what the system holds for it.
    pub(super) fn is_held_up(&self, buffer: &Buffer, sink: &impl Side) -> bool {
        !buffer.is_drained() || self.unflushed || sink.unread() > 0
    }

    /// When this direction has been silent for `limit`; `None` when it is over and may be silent.
    pub(super) fn due(&self, limit: Duration) -> Option<Instant> {
        (self.state != State::Ended).then(|| self.moved + limit)
    }

    /// Moves what there is. Ready when the direction is over.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Buffer,
        source: &mut impl Side,
        sink: &mut impl Side,
    ) -> Poll<Result<(), Broken>> {
        let before = (self.read, self.written);
        let polled = self.poll_move(cx, buffer, source, sink);
        if before != (self.read, self.written) {
            self.moved = Instant::now();
        }
        polled
    }

    fn poll_move(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Buffer,
        source: &mut impl Side,
        sink: &mut impl Side,
    ) -> Poll<Result<(), Broken>> {
        loop {
            while !buffer.is_drained() {
                match ready!(Pin::new(&mut *sink).poll_write(cx, buffer.unread())) {
                    Ok(0) => return Poll::Ready(Err(Broken::Sink(io::ErrorKind::WriteZero.into()))),
                    Ok(count) => {
                        buffer.consume(count);
                        self.written += count as u64;
                        self.unflushed = true;
                    }
                    Err(error) => return Poll::Ready(Err(Broken::Sink(error))),
                }
            }
            if self.unflushed {
                ready!(Pin::new(&mut *sink).poll_flush(cx)).map_err(Broken::Sink)?;
                self.unflushed = false;
            }
            match self.state {
                State::Open => match ready!(self.poll_read(cx, buffer, source)).map_err(Broken::Source)? {
                    0 => {
                        buffer.give_room_back();
                        self.state = State::Ending;
                    }
                    count => self.read += count as u64,
                },
                State::Ending => {
                    ready!(Pin::new(&mut *sink).poll_shutdown(cx)).map_err(Broken::Sink)?;
                    self.state = State::Ended;
                }
                State::Ended => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Reads once, into memory that is there only when there may be something to read.
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut Buffer, source: &mut impl Side) -> Poll<io::Result<usize>> {
        if !buffer.has_room() {
            ready!(source.poll_readable(cx))?;
            buffer.ensure_room(self.room);
        }
        let read = buffer.poll_fill(cx, source);
        if read.is_pending() {
            buffer.give_room_back();
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn everything_arrives_in_order_and_then_the_end() {
        let (mut source, mut from) = duplex(7);
        let (mut to, mut sink) = duplex(5);
        let sent: Vec<u8> = (0..1000_u32).map(|number| number as u8).collect();
        let (mut pipe, mut buffer) = (Pipe::new(Instant::now(), 16), Buffer::new(16));
        let send = async {
            source.write_all(&sent).await.expect("the pipe reads");
            source.shutdown().await.expect("the pipe reads");
        };
        let mut got = Vec::new();
        let receive = async { sink.read_to_end(&mut got).await.expect("the pipe writes") };
        let carry = poll_fn(|cx| pipe.poll(cx, &mut buffer, &mut from, &mut to));
        let ((), _, carried) = tokio::join!(send, receive, carry);
        carried.expect("both sides behave");
        assert_eq!(got, sent);
        assert_eq!((pipe.read, pipe.written), (1000, 1000));
        assert_eq!(pipe.due(Duration::from_secs(1)), None);
    }

    #[tokio::test]
    async fn no_more_is_read_than_the_sink_takes() {
        let (mut source, mut from) = duplex(1 << 20);
        let (mut to, _sink) = duplex(10);
        source.write_all(&[1; 1000]).await.expect("room");
        let (mut pipe, mut buffer) = (Pipe::new(Instant::now(), 16), Buffer::new(16));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(pipe.poll(&mut cx, &mut buffer, &mut from, &mut to).is_pending());
        assert_eq!((pipe.read, pipe.written), (16, 10));
        assert!(pipe.is_held_up(&buffer, &to));
    }

    #[tokio::test]
    async fn a_quiet_pipe_has_no_room() {
        let (mut source, mut from) = duplex(100);
        let (mut to, mut sink) = duplex(100);
        let (mut pipe, mut buffer) = (Pipe::new(Instant::now(), 16), Buffer::new(16));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        for word in [b"one", b"two"] {
            assert!(pipe.poll(&mut cx, &mut buffer, &mut from, &mut to).is_pending());
            assert!(!buffer.has_room() && !pipe.is_held_up(&buffer, &to));
            source.write_all(word).await.expect("room");
            assert!(pipe.poll(&mut cx, &mut buffer, &mut from, &mut to).is_pending());
            let mut got = [0; 3];
            sink.read_exact(&mut got).await.expect("what was sent");
            assert_eq!(&got, word);
        }
    }
}
