//! The memory that one busy connection works in. An idle connection has none, so it costs next to nothing.

use crate::{buffer::Buffer, outgoing::Outgoing};
use wire::{RequestHead, ResponseHead};

/// Buffers and parsed heads, reused from request to request and from connection to connection.
pub(crate) struct Scratch {
    /// What the visitor sent: the kept request head, then its body or the next request.
    pub(crate) inbound: Buffer,
    pub(crate) request: RequestHead,
    /// What the origin sent: the kept response head, then its body.
    pub(crate) answer: Buffer,
    pub(crate) response: ResponseHead,
    pub(crate) to_origin: Outgoing,
    pub(crate) to_visitor: Outgoing,
}

impl Scratch {
    /// Fresh buffers of this many bytes.
    pub(crate) fn new(room: usize) -> Self {
        Self {
            inbound: Buffer::new(room),
            request: RequestHead::default(),
            answer: Buffer::new(room),
            response: ResponseHead::default(),
            to_origin: Outgoing::default(),
            to_visitor: Outgoing::default(),
        }
    }

    /// Forgets everything and gives every read buffer `room` bytes again, whatever the last message needed.
    pub(crate) fn reset(&mut self, room: usize) {
        self.request.reset();
        self.response.reset();
        for buffer in [&mut self.inbound, &mut self.answer] {
            buffer.renew(room);
        }
        for outgoing in [&mut self.to_origin, &mut self.to_visitor] {
            outgoing.shrink(room);
        }
    }
}
