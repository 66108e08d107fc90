//! What either side says of itself at the beginning (RFC 9113 section 6.5), and what a connection may cost.

use crate::frame::{self, LEAST_FRAME};
use std::time::Duration;

/// The window of every stream and connection until somebody says otherwise.
pub(crate) const FIRST_WINDOW: u32 = 65_535;
/// No window may be larger.
pub(crate) const LARGEST_WINDOW: i64 = (1 << 31) - 1;

pub(crate) mod id {
    pub(crate) const HEADER_TABLE_SIZE: u16 = 0x1;
    pub(crate) const ENABLE_PUSH: u16 = 0x2;
    pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 0x3;
    pub(crate) const INITIAL_WINDOW_SIZE: u16 = 0x4;
    pub(crate) const MAX_FRAME_SIZE: u16 = 0x5;
    pub(crate) const MAX_HEADER_LIST_SIZE: u16 = 0x6;
    pub(crate) const ENABLE_CONNECT_PROTOCOL: u16 = 0x8;
}

/// Which end of a connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is asked.
    Server,
    /// It asks.
    Client,
}

/// What this side allows, and what the other may cost it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which end this is.
    pub side: Side,
    /// Streams that the peer may have open at a time.
    pub streams: u32,
    /// Bytes of one stream that may have come and not been taken; at most 2^31 - 1.
    pub stream_window: u32,
    /// As `stream_window`, for all streams together; never less than 65,535.
    pub connection_window: u32,
    /// The longest frame that is accepted, 16 KiB to 16 MiB - 1.
    pub frame: u32,
    /// The longest list of fields that is kept, as RFC 9113 section 6.5.2 counts it. A head whose compressed form is
    /// four times as long ends the connection.
    pub list_size: usize,
    /// Requests may be a CONNECT with a `:protocol` (RFC 8441).
    pub connect_protocol: bool,
    /// Bytes of bodies that may wait to be sent; streams wait beyond it.
    pub send_room: usize,
    /// Faults of single streams that a connection may have before it ends (CVE-2025-8671).
    pub faults: usize,
    /// Frames of no use (they carry neither a head nor a body) that the peer may send within `within`, beyond those
    /// that it earns by reading.
    pub control_frames: usize,
    /// What `control_frames` are counted in.
    pub within: Duration,
}

impl Settings {
    /// Appends what this side says first: the preface, if it is the client, and its settings.
    pub(crate) fn greet(&self, out: &mut Vec<u8>) {
        let mut payload = Vec::with_capacity(36);
        let mut say = |id: u16, value: u32| {
            payload.extend_from_slice(&id.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        };
        match self.side {
            Side::Client => {
                out.extend_from_slice(frame::PREFACE);
                say(id::ENABLE_PUSH, 0);
            }
            Side::Server => say(id::MAX_CONCURRENT_STREAMS, self.streams),
        }
        say(id::INITIAL_WINDOW_SIZE, self.stream_window);
        say(id::MAX_FRAME_SIZE, self.frame.clamp(LEAST_FRAME, frame::LARGEST_FRAME));
        say(id::MAX_HEADER_LIST_SIZE, u32::try_from(self.list_size).unwrap_or(u32::MAX));
        if self.connect_protocol && self.side == Side::Server {
            say(id::ENABLE_CONNECT_PROTOCOL, 1);
        }
        frame::Frame::write(frame::kind::SETTINGS, 0, 0, &payload, out);
    }
}

/// What the peer has said of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerSettings {
    /// What a new stream may be sent.
    pub(crate) stream_window: u32,
    /// The longest frame that it accepts.
    pub(crate) frame: u32,
    /// Streams that it allows at a time.
    pub(crate) streams: u32,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self { stream_window: FIRST_WINDOW, frame: LEAST_FRAME, streams: u32::MAX }
    }
}
