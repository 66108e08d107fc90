//! Bytes both ways until both sides have ended.
//!
//! Each direction lives by itself: an end of one side is passed on while the other goes on (half-close), and what a slow
//! side does not take is not read from the other beyond one buffer. A direction in which everything is taken at once
//! holds no memory: bytes pass through the worker's own buffer, and only what was not taken is kept.

use super::{Session, plain};
use crate::{deadline::Deadline, presence::Stage};
use dial::{Stream, classify_io};
use model::{Evidence, Failure};
use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use verdict::{Phase, Reason};

/// Both directions of one connection.
#[derive(Default)]
pub(super) struct Relay {
    /// From the visitor to the endpoint.
    up: Flow,
    /// From the endpoint to the visitor.
    down: Flow,
    /// Bytes for the endpoint that are ours and not the visitor's.
    introduced: u64,
}

/// One direction.
#[derive(Default)]
struct Flow {
    /// Read and not taken yet.
    waiting: Vec<u8>,
    /// How much of it has been taken.
    taken: usize,
    /// Bytes that the receiving side took.
    passed: u64,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// The sending side has ended; what waits is still to be taken, and then the end.
    Ending,
    Ended,
}

/// Which side of a direction broke.
enum Broken {
    Sender(io::Error),
    Receiver(io::Error),
}

impl Relay {
    /// Puts these bytes first: ours, then what the visitor has said already.
    pub(super) fn begin(&mut self, introduction: Vec<u8>, greeting: Vec<u8>) {
        self.introduced = introduction.len() as u64;
        self.up.waiting = introduction;
        self.up.waiting.extend_from_slice(&greeting);
    }

    /// Bytes of the visitor that the endpoint took.
    pub(super) fn up(&self) -> u64 {
        self.up.passed.saturating_sub(self.introduced)
    }

    /// Bytes of the endpoint that the visitor took.
    pub(super) fn down(&self) -> u64 {
        self.down.passed
    }

    /// Relays until both sides have ended.
    ///
    /// # Errors
    /// [`Reason::TcpIdle`] when neither side sends for too long, [`Reason::ClientAbortedBody`] when the visitor breaks
    /// off, [`Reason::EdgeShuttingDown`], or what the endpoint's error means.
    pub(super) async fn run(&mut self, session: &mut Session, upstream: &mut Stream) -> Result<(), Failure> {
        let patience = session.listener.idle_timeout;
        let mut deadline = Deadline::after(patience);
        let Session { worker, visitor, place, .. } = session;
        poll_fn(|cx| {
            let mut shared = worker.relay_buffer.borrow_mut();
            let before = self.up.passed + self.down.passed;
            let up = self.up.poll(cx, visitor, upstream, &mut shared);
            let down = self.down.poll(cx, upstream, visitor, &mut shared);
            let up = match up {
                // Behind an end in good order that is how many endpoints take their leave.
                Poll::Ready(Err(Broken::Receiver(_))) if self.down.state != State::Open => self.up.give_up(),
                up => up.map_err(Broken::going_up),
            };
            match (up, down.map_err(Broken::going_down)) {
                (Poll::Ready(Err(failure)), _) | (_, Poll::Ready(Err(failure))) => return Poll::Ready(Err(failure)),
                (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => return Poll::Ready(Ok(())),
                _ => {}
            }
            if place.poll_stage(cx) == Stage::Stopping {
                return Poll::Ready(Err(plain(Reason::EdgeShuttingDown)));
            }
            if self.up.passed + self.down.passed > before {
                deadline.set(Instant::now() + patience);
            }
            ready!(deadline.poll(cx));
            let evidence = Evidence { limit: Some(patience), bytes_read: self.down.passed, ..Evidence::default() };
            Poll::Ready(Err(Failure::new(Reason::TcpIdle, evidence)))
        })
        .await
    }
}

impl Flow {
    /// Passes on what can be passed on; ready when the sender's end has been passed on too, and from then on.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        shared: &mut [u8],
    ) -> Poll<Result<(), Broken>> {
        loop {
            ready!(self.poll_waiting(cx, to)).map_err(Broken::Receiver)?;
            match self.state {
                State::Ended => return Poll::Ready(Ok(())),
                State::Ending => {
                    ready!(Pin::new(&mut *to).poll_shutdown(cx)).map_err(Broken::Receiver)?;
                    self.state = State::Ended;
                }
                State::Open => {
                    let mut read = ReadBuf::new(shared);
                    ready!(Pin::new(&mut *from).poll_read(cx, &mut read)).map_err(Broken::Sender)?;
                    match read.filled() {
                        [] => self.state = State::Ending,
                        bytes => self.pass(cx, to, bytes).map_err(Broken::Receiver)?,
                    }
                }
            }
        }
    }

    /// Hands fresh bytes over; what is not taken at once has to wait.
    fn pass(&mut self, cx: &mut Context<'_>, to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
        let taken = match Pin::new(to).poll_write(cx, bytes) {
            Poll::Ready(written) => written?,
            Poll::Pending => 0,
        };
        self.passed += taken as u64;
        self.waiting.extend_from_slice(bytes.get(taken..).unwrap_or_default());
        Ok(())
    }

    /// Nobody is left who could take more of this direction.
    fn give_up(&mut self) -> Poll<Result<(), Failure>> {
        *self = Self { passed: self.passed, state: State::Ended, ..Self::default() };
        Poll::Ready(Ok(()))
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>, to: &mut (impl AsyncWrite + Unpin)) -> Poll<io::Result<()>> {
        while let Some(rest) = self.waiting.get(self.taken..).filter(|rest| !rest.is_empty()) {
            let taken = ready!(Pin::new(&mut *to).poll_write(cx, rest))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += taken;
            self.passed += taken as u64;
        }
        if self.taken > 0 {
            (self.waiting, self.taken) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl Broken {
    fn going_up(self) -> Failure {
        match self {
            Broken::Sender(error) => visitor_broke(&error),
            Broken::Receiver(error) => endpoint_broke(&error, Phase::Send),
        }
    }

    fn going_down(self) -> Failure {
        match self {
            Broken::Sender(error) => endpoint_broke(&error, Phase::Body),
            Broken::Receiver(error) => visitor_broke(&error),
        }
    }
}

fn visitor_broke(error: &io::Error) -> Failure {
    Failure::new(Reason::ClientAbortedBody, Evidence { errno: error.raw_os_error(), ..Evidence::default() })
}

fn endpoint_broke(error: &io::Error, phase: Phase) -> Failure {
    Failure::new(classify_io(error, phase), Evidence { errno: error.raw_os_error(), ..Evidence::default() })
}
