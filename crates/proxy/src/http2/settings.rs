//! Every figure of HTTP/2, each with its default: what one connection may cost, on either side.

use std::time::Duration;

/// How HTTP/2 is spoken with visitors, and what one connection of it may cost.
#[derive(Clone, Debug)]
pub struct Http2 {
    /// It is offered where TLS is spoken. Default true.
    pub offered: bool,
    /// It is understood on the plain listener too, from visitors that begin with it. Default false.
    pub cleartext: bool,
    /// Requests of one connection at a time. Default 128.
    pub streams: u32,
    /// Bytes of one request's body that a visitor may send ahead of the origin. Default 256 KiB.
    pub stream_window: u32,
    /// As `stream_window`, for all requests of a connection together. Default 1 MiB.
    pub connection_window: u32,
    /// The longest frame that is accepted, 16 KiB to 16 MiB - 1. Default 16 KiB.
    pub frame: u32,
    /// Bytes of answers that may wait to be written to one connection. Default 64 KiB.
    pub send_buffer: usize,
    /// Requests that a visitor may give up within `resets_within`; with one more its connection ends (CVE-2023-44487).
    /// Default 200.
    pub resets: usize,
    /// What `resets` and `control_frames` are counted in. Default 10 s.
    pub resets_within: Duration,
    /// Faults of single streams that a connection may have before it ends (CVE-2025-8671). Default 64.
    pub faults: usize,
    /// Frames that carry neither a request nor a body (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, RST_STREAM, empty and
    /// unknown ones) that a visitor may send within `resets_within`, beyond what it takes to read its answers; with one
    /// more its connection ends. Default 2,000.
    pub control_frames: usize,
}

impl Default for Http2 {
    fn default() -> Self {
        Self {
            offered: true,
            cleartext: false,
            streams: 128,
            stream_window: 256 << 10,
            connection_window: 1 << 20,
            frame: 16 << 10,
            send_buffer: 64 << 10,
            resets: 200,
            resets_within: Duration::from_secs(10),
            faults: 64,
            control_frames: 2_000,
        }
    }
}

/// What one connection of HTTP/2 to an origin may carry and cost.
#[derive(Clone, Debug)]
pub struct OriginHttp2 {
    /// Requests that share a connection at a time, where the origin does not allow fewer. Default 100.
    pub streams: usize,
    /// Bytes of one answer's body that an origin may send ahead of the visitor. Default 256 KiB.
    pub stream_window: u32,
    /// As `stream_window`, for all answers of a connection together. Default 4 MiB.
    pub connection_window: u32,
    /// Bytes of requests that may wait to be written to one connection. Default 64 KiB.
    pub send_buffer: usize,
    /// Streams of one connection that an origin may break the rules of; with one more it ends. Default 1,000.
    pub faults: usize,
    /// Frames that carry neither an answer nor a body that an origin may send within `control_frames_within`, beyond
    /// what it takes to read its requests; with one more its connection ends. Default 20,000.
    pub control_frames: usize,
    /// What `control_frames` are counted in. Default 10 s.
    pub control_frames_within: Duration,
}

impl Default for OriginHttp2 {
    fn default() -> Self {
        Self {
            streams: 100,
            stream_window: 256 << 10,
            connection_window: 4 << 20,
            send_buffer: 64 << 10,
            faults: 1_000,
            control_frames: 20_000,
            control_frames_within: Duration::from_secs(10),
        }
    }
}
