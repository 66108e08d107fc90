//! A connection of HTTP/2 to an origin, shared by the requests of a worker.

use super::{
    OriginHttp2, OriginStream,
    greeting::{Greeted, Greeting},
    head_list::list_size,
    link::Link,
};
use ::http2::{Connection, ErrorCode, Lost, Settings, Side};
use std::{
    cell::Cell,
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use verdict::Reason;
use wire::HeadLimits;

/// Bytes that are read in one go, and held only while they are.
const INPUT: usize = 16 << 10;

/// A connection of HTTP/2 to an origin. Clones are hands on the same one; without any, it ends when its streams have.
#[derive(Clone)]
pub(crate) struct OriginConnection {
    link: Link,
    state: Rc<State>,
    _hand: Rc<Hand>,
}

/// Tells the driver when nobody can begin a stream any more.
struct Hand {
    link: Link,
    state: Rc<State>,
}

/// What the streams of a connection know of it.
#[derive(Default)]
pub(super) struct State {
    greeting: Rc<Greeting>,
    /// It has ended.
    over: Cell<bool>,
    /// How its socket has failed.
    failed: Cell<Option<io::ErrorKind>>,
    /// A request has failed on it, for whatever reason.
    troubled: Cell<bool>,
    /// Nobody can begin a stream any more.
    abandoned: Cell<bool>,
    streams: Cell<usize>,
}

/// Why a stream to an origin failed, where the error of a socket could not say it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct OriginFault {
    pub(crate) reason: Reason,
    /// What the origin has said that it did with the request.
    pub(crate) told: Told,
    /// What came instead of HTTP/2.
    pub(crate) first_bytes: Vec<u8>,
}

/// What an origin has said of a request that it does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Told {
    #[default]
    Nothing,
    /// It did not look at it: the stream was refused, or is above the last one that a GOAWAY names (RFC 9113 sections
    /// 6.8 and 8.7).
    Untouched,
    /// It was about to leave (GOAWAY), and has left without an answer.
    Leaving,
}

impl OriginFault {
    /// The fault that this error carries, if it carries one.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl State {
    pub(super) fn begin_stream(&self) {
        self.streams.set(self.streams.get() + 1);
    }

    pub(super) fn end_stream(&self) {
        self.streams.set(self.streams.get().saturating_sub(1));
    }

    /// The loss of a stream as an error of a socket. `leaving` tells that the origin had said goodbye.
    pub(super) fn error(&self, lost: Lost, leaving: bool) -> io::Error {
        self.troubled.set(true);
        let first_bytes = self.greeting.first_bytes();
        let spoken = self.greeting.is_spoken();
        if lost == Lost::Gone && !leaving && (spoken || first_bytes.is_empty()) {
            return self.failed.get().unwrap_or(io::ErrorKind::UnexpectedEof).into();
        }
        let told = match lost {
            Lost::Reset(ErrorCode::REFUSED_STREAM) | Lost::Untouched(_) => Told::Untouched,
            _ if leaving => Told::Leaving,
            _ => Told::Nothing,
        };
        let reason = match lost {
            _ if !spoken => Reason::H2NotSpoken,
            Lost::Reset(ErrorCode::CANCEL) => Reason::H2Cancel,
            _ => Reason::H2Error,
        };
        io::Error::other(OriginFault { reason, told, first_bytes })
    }

    /// The head of an answer that is longer than what is kept of one, as an error of a socket.
    pub(super) fn head_too_large(&self) -> io::Error {
        self.troubled.set(true);
        let (reason, told) = (Reason::ResponseHeadTooLarge, Told::Nothing);
        io::Error::other(OriginFault { reason, told, first_bytes: Vec::new() })
    }
}

impl OriginConnection {
    /// Begins to speak HTTP/2 over a connection on which it was agreed.
    pub(crate) fn begin(stream: dial::Stream, http2: &OriginHttp2, head: &HeadLimits) -> Self {
        let link = Link::new(Connection::new(settings(http2, head)));
        let state = Rc::new(State::default());
        let socket = Greeted::new(stream, state.greeting.clone());
        let mut driver =
            Driver { link: link.clone(), state: state.clone(), socket, partial: Vec::new(), is_unflushed: false };
        tokio::task::spawn_local(async move {
            // The streams that the end concerns learn of it themselves.
            let ended = poll_fn(|cx| driver.poll(cx)).await;
            driver.state.failed.set(ended.err().map(|error| error.kind()));
            driver.state.over.set(true);
            driver.link.change().end(Lost::Gone);
        });
        let hand = Rc::new(Hand { link: link.clone(), state: state.clone() });
        Self { link, state, _hand: hand }
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.state.over.get()
    }

    /// Whether it takes no more requests, or has ended.
    pub(crate) fn is_closed_to_more(&self) -> bool {
        self.is_over() || self.link.look().is_peer_leaving() || self.link.look().has_ended()
    }

    /// Whether a request has failed on it.
    pub(crate) fn is_troubled(&self) -> bool {
        self.state.troubled.get()
    }

    /// Whether it carries nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.streams.get() == 0
    }

    /// Whether it can carry one more stream: the origin and `most` allow only so many at a time.
    pub(crate) fn has_room(&self, most: usize) -> bool {
        let most = most.min(self.link.look().peer_streams() as usize);
        self.state.streams.get() < most && !self.is_closed_to_more()
    }

    /// A stream for one request, if there is room for it.
    pub(crate) fn stream(&self, most: usize) -> Option<OriginStream> {
        self.has_room(most).then(|| OriginStream::new(self.link.clone(), self.state.clone()))
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.state.abandoned.set(true);
        self.link.change().stir();
    }
}

fn settings(http2: &OriginHttp2, head: &HeadLimits) -> Settings {
    Settings {
        side: Side::Client,
        streams: 0,
        stream_window: http2.stream_window,
        connection_window: http2.connection_window,
        frame: 16 << 10,
        list_size: list_size(head),
        connect_protocol: false,
        send_room: http2.send_buffer,
        faults: http2.faults,
        control_frames: http2.control_frames,
        within: http2.control_frames_within,
    }
}

/// Moves bytes between the machine and the socket.
struct Driver {
    link: Link,
    state: Rc<State>,
    socket: Greeted<dial::Stream>,
    /// The beginning of a frame that has not come whole: some octets at most.
    partial: Vec<u8>,
    is_unflushed: bool,
}

impl Driver {
    /// Ready when the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let sent = self.poll_send(cx)?;
            if self.is_over() {
                ready!(sent);
                return Pin::new(&mut self.socket).poll_shutdown(cx);
            }
            // Who does not take what it is sent is not asked for more.
            let is_deaf = sent.is_pending() && self.link.look().is_full();
            if is_deaf || self.poll_receive(cx)?.is_pending() {
                // What has come may have asked for an answer.
                if sent.is_pending() || self.link.look().output().is_empty() {
                    self.link.change().set_driver(cx.waker());
                    return Poll::Pending;
                }
            }
        }
    }

    /// Whether the machine has ended, or nothing is under way and nothing more can be begun.
    fn is_over(&self) -> bool {
        let is_of_no_use = self.state.abandoned.get() || self.link.look().is_peer_leaving();
        self.link.look().has_ended() || (is_of_no_use && self.state.streams.get() == 0)
    }

    /// Ready when everything was sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let connection = self.link.look();
            if connection.output().is_empty() {
                break;
            }
            let count = ready!(Pin::new(&mut self.socket).poll_write(cx, connection.output()))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            drop(connection);
            self.is_unflushed = true;
            self.link.change().sent(count);
        }
        if self.is_unflushed {
            ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when something has come.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut input = [MaybeUninit::uninit(); INPUT];
        let mut room = ReadBuf::uninit(&mut input);
        room.put_slice(&self.partial);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut room))?;
        if room.filled().len() == self.partial.len() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        let (now, mut bytes) = (Instant::now().into_std(), room.filled());
        // An origin that breaks the rules has its connection ended; its streams know.
        while let Ok(received) = self.link.change().receive(bytes, now) {
            bytes = bytes.get(received.taken..).unwrap_or_default();
            if received.event.is_none() {
                break;
            }
        }
        self.partial.clear();
        self.partial.extend_from_slice(bytes);
        Poll::Ready(Ok(()))
    }
}
