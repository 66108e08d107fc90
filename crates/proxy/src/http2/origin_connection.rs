//! A connection of HTTP/2 to an origin, shared by the requests of a worker.

use super::{
    OriginHttp2, OriginStream,
    greeting::{Greeted, Greeting},
    head_list::list_size,
};
use bytes::Bytes;
use h2::client::{self, SendRequest};
use std::{
    cell::Cell,
    io,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use verdict::Reason;
use wire::HeadLimits;

/// A connection of HTTP/2 to an origin. Clones are hands on the same one.
#[derive(Clone)]
pub(crate) struct OriginConnection {
    requests: SendRequest<Bytes>,
    state: Rc<State>,
}

/// What the streams of a connection know of it.
#[derive(Default)]
pub(super) struct State {
    greeting: Rc<Greeting>,
    /// It has ended.
    over: Cell<bool>,
    /// A request has failed on it, for whatever reason.
    troubled: Cell<bool>,
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

    /// An error of HTTP/2 as one of a socket. `leaving` tells that the origin had said goodbye.
    pub(super) fn error(&self, error: h2::Error, leaving: bool) -> io::Error {
        self.troubled.set(true);
        let first_bytes = self.greeting.first_bytes();
        let spoken = self.greeting.is_spoken();
        if let Some(io) = error.get_io()
            && !leaving
            && (spoken || first_bytes.is_empty())
        {
            return io.kind().into();
        }
        let code = error.reason();
        let told = match code {
            Some(h2::Reason::REFUSED_STREAM) if error.is_remote() => Told::Untouched,
            // A stream that a GOAWAY leaves alone goes on, so this one was above the last that was looked at.
            _ if error.is_go_away() && error.is_remote() => Told::Untouched,
            _ if leaving => Told::Leaving,
            _ => Told::Nothing,
        };
        let reason = match code {
            _ if !spoken => Reason::H2NotSpoken,
            Some(h2::Reason::CANCEL) if error.is_remote() => Reason::H2Cancel,
            _ => Reason::H2Error,
        };
        io::Error::other(OriginFault { reason, told, first_bytes })
    }
}

/// Whether the origin has said that it takes no more requests.
pub(super) fn is_leaving(requests: &mut SendRequest<Bytes>) -> bool {
    let ready = requests.poll_ready(&mut Context::from_waker(Waker::noop()));
    matches!(ready, Poll::Ready(Err(error)) if error.is_go_away() && error.is_remote())
}

impl OriginConnection {
    /// Begins to speak HTTP/2 over a connection on which it was agreed.
    ///
    /// # Errors
    /// When the connection is gone at once.
    pub(crate) async fn begin(stream: dial::Stream, settings: &OriginHttp2, head: &HeadLimits) -> io::Result<Self> {
        let mut builder = client::Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(settings.stream_window)
            .initial_connection_window_size(settings.connection_window)
            .max_header_list_size(list_size(head))
            .max_send_buffer_size(settings.send_buffer);
        let state = Rc::new(State::default());
        let stream = Greeted::new(stream, state.greeting.clone());
        let (requests, connection) = builder.handshake(stream).await.map_err(|error| state.error(error, false))?;
        let driven = state.clone();
        tokio::task::spawn_local(async move {
            // The streams that the end concerns learn of it themselves.
            let _ = connection.await;
            driven.over.set(true);
        });
        Ok(Self { requests, state })
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.state.over.get()
    }

    /// Whether it takes no more requests, or has ended.
    pub(crate) fn is_closed_to_more(&self) -> bool {
        self.is_over() || is_leaving(&mut self.requests.clone())
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
        let most = most.min(self.requests.current_max_send_streams());
        self.state.streams.get() < most && !self.is_closed_to_more()
    }

    /// A stream for one request, if there is room for it.
    pub(crate) fn stream(&self, most: usize) -> Option<OriginStream> {
        self.has_room(most).then(|| OriginStream::new(self.requests.clone(), self.state.clone()))
    }
}
