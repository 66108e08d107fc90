//! A connection of HTTP/2 to an origin, shared by the requests of a worker.

use super::OriginStream;
use bytes::Bytes;
use h2::client::{self, SendRequest};
use std::{cell::Cell, io, rc::Rc};
use verdict::Reason;

/// A connection of HTTP/2 to an origin. Clones are hands on the same one.
#[derive(Clone)]
pub(crate) struct OriginConnection {
    requests: SendRequest<Bytes>,
    state: Rc<State>,
}

/// What the streams of a connection know of it.
#[derive(Default)]
pub(super) struct State {
    /// It has answered in HTTP/2.
    spoke: Cell<bool>,
    /// It takes no more requests.
    over: Cell<bool>,
    streams: Cell<usize>,
}

/// Why a stream to an origin failed, where the error of a socket could not say it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct OriginFault {
    pub(crate) reason: Reason,
    /// The origin has said that it did not look at the request.
    pub(crate) untouched: bool,
}

impl OriginFault {
    /// The fault that this error carries, if it carries one.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl State {
    pub(super) fn begin_stream(&self) {
        self.streams.set(self.streams.get() + 1);
    }

    pub(super) fn end_stream(&self) {
        self.streams.set(self.streams.get().saturating_sub(1));
    }

    pub(super) fn note_answer(&self) {
        self.spoke.set(true);
    }

    /// An error of HTTP/2 as one of a socket.
    pub(super) fn error(&self, error: h2::Error) -> io::Error {
        if let Some(io) = error.get_io() {
            return io.kind().into();
        }
        let code = error.reason();
        let untouched = match code {
            Some(h2::Reason::REFUSED_STREAM) => true,
            // A stream that is named by no GOAWAY goes on, so this one was above the last that was looked at.
            Some(h2::Reason::NO_ERROR) => error.is_go_away() && error.is_remote(),
            _ => false,
        };
        let reason = match code {
            Some(h2::Reason::CANCEL) if error.is_remote() => Reason::H2Cancel,
            _ if !error.is_remote() && !self.spoke.get() => Reason::H2NotSpoken,
            _ => Reason::H2Error,
        };
        io::Error::other(OriginFault { reason, untouched })
    }
}

impl OriginConnection {
    /// Begins to speak HTTP/2 over a connection on which it was agreed. `window` bytes of one answer may come ahead of
    /// the visitor.
    ///
    /// # Errors
    /// When the connection is gone at once.
    pub(crate) async fn begin(stream: dial::Stream, window: u32, most_head: usize) -> io::Result<Self> {
        let mut builder = client::Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(window)
            .initial_connection_window_size(window.saturating_mul(16).min((1 << 31) - 1))
            .max_header_list_size(u32::try_from(most_head).unwrap_or(u32::MAX))
            .max_send_buffer_size(64 << 10);
        let state = Rc::new(State::default());
        let (requests, connection) = builder.handshake(stream).await.map_err(|error| state.error(error))?;
        let driven = state.clone();
        tokio::task::spawn_local(async move {
            // The streams that the end concerns learn of it themselves.
            let _ = connection.await;
            driven.over.set(true);
        });
        Ok(Self { requests, state })
    }

    /// Whether no request can be sent over it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.state.over.get()
    }

    /// Whether it carries nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.streams.get() == 0
    }

    /// A stream for one request, unless the origin or `most` allow no more of them at a time.
    pub(crate) fn stream(&self, most: usize) -> Option<OriginStream> {
        let most = most.min(self.requests.current_max_send_streams());
        let has_room = !self.is_over() && self.state.streams.get() < most;
        has_room.then(|| OriginStream::new(self.requests.clone(), self.state.clone()))
    }
}
