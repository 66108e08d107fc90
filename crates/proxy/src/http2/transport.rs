//! The socket under an HTTP/2 connection: what was read of it before it was known to be one comes first, what comes is
//! measured before it is read, and a connection that is ended can still be told why.

use super::frame_meter::FrameMeter;
use crate::{deadline::Deadline, settings::Settings, visitor::Socket};
use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// A socket with some bytes put back in front.
pub(crate) struct Transport {
    socket: Socket,
    early: Vec<u8>,
    taken: usize,
    traffic: Rc<Traffic>,
    leftovers: Leftovers,
}

/// What passes through a transport, as its connection sees it.
pub(super) struct Traffic {
    meter: RefCell<FrameMeter>,
    excess: Cell<bool>,
    drained: Cell<bool>,
    blocked: Cell<bool>,
    shut: Cell<bool>,
    received: Cell<u64>,
    sent: Cell<u64>,
    /// Bytes of what was sent that the visitor had not taken when the socket was last found full.
    unread: Cell<u64>,
}

impl Traffic {
    fn new(meter: FrameMeter) -> Rc<Self> {
        Rc::new(Self {
            meter: RefCell::new(meter),
            excess: Cell::new(false),
            drained: Cell::new(false),
            blocked: Cell::new(false),
            shut: Cell::new(false),
            received: Cell::new(0),
            sent: Cell::new(0),
            unread: Cell::new(0),
        })
    }

    /// Whether the visitor has sent more frames of no use than it may. Nothing more is read from it then.
    pub(super) fn is_excessive(&self) -> bool {
        self.excess.get()
    }

    /// Whether the connection is over, and only waits for the visitor to have read why.
    pub(super) fn is_shut(&self) -> bool {
        self.shut.get()
    }

    /// How many requests have been begun, if all of them have been looked at by whoever reads.
    pub(super) fn begun(&self) -> Option<u64> {
        self.drained.get().then(|| self.meter.borrow().begun())
    }

    /// Since when the head of a request is under way that has not come whole.
    pub(super) fn head_since(&self) -> Option<Instant> {
        self.meter.borrow().head_since()
    }

    /// Bytes that the visitor has taken, if it is being waited for.
    pub(super) fn taken_while_blocked(&self) -> Option<u64> {
        self.blocked.get().then(|| self.sent.get().saturating_sub(self.unread.get()))
    }

    /// Bytes that came, and bytes that were sent.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.received.get(), self.sent.get())
    }

    fn came(&self, bytes: &[u8]) {
        self.drained.set(false);
        self.received.set(self.received.get() + bytes.len() as u64);
        let noted = self.meter.borrow_mut().note(bytes, self.sent.get(), Instant::now());
        self.excess.set(noted.is_err());
    }

    fn wrote(&self, socket: &Socket, outcome: &Poll<io::Result<usize>>) {
        match outcome {
            Poll::Ready(Ok(count)) => self.sent.set(self.sent.get() + *count as u64),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.unread.set(socket.unread()),
        }
        self.blocked.set(outcome.is_pending());
    }
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
        let traffic = Traffic::new(FrameMeter::new(&settings.http2));
        let leftovers = Leftovers { most: settings.limits.linger, within: settings.timeouts.linger, deadline: None };
        Self { socket, early, taken: 0, traffic, leftovers }
    }

    pub(super) fn traffic(&self) -> Rc<Traffic> {
        self.traffic.clone()
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let early = self.early.get(self.taken..).unwrap_or_default();
        if early.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let piece = early.get(..early.len().min(buf.remaining())).unwrap_or_default();
        buf.put_slice(piece);
        self.taken += piece.len();
        if self.taken == self.early.len() {
            self.early = Vec::new();
            self.taken = 0;
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when the visitor has ended its side as well, or has been waited for.
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

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.traffic.excess.get() {
            // Whoever polls the connection asks for this next, and ends it.
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let outcome = this.poll_bytes(cx, buf);
        match &outcome {
            Poll::Ready(Ok(())) => this.traffic.came(buf.filled().get(before..).unwrap_or_default()),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => this.traffic.drained.set(true),
        }
        outcome
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.socket).poll_write(cx, buf);
        this.traffic.wrote(&this.socket, &outcome);
        outcome
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        this.traffic.wrote(&this.socket, &outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.socket).poll_flush(cx);
        if outcome.is_pending() {
            this.traffic.wrote(&this.socket, &Poll::Pending);
        }
        outcome
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.traffic.shut.set(true);
        if this.leftovers.deadline.is_none() {
            ready!(Pin::new(&mut this.socket).poll_shutdown(cx))?;
        }
        this.poll_leftovers(cx).map(Ok)
    }
}
