//! A peer in memory: what it says comes in pieces, and what it is told is kept.

use super::{cuts::Cuts, link::Link};
use ::http2::{Broken, Connection, ErrorCode, Event, Lost, Settings, Side};
use std::time::{Duration, Instant};

/// Bytes of one stream that a peer may send ahead.
pub const STREAM_WINDOW: u32 = 1024;
/// Requests at a time.
pub const STREAMS: u32 = 16;
/// The longest beginning of a frame that has to be there again: a PING whose last byte is missing, and before all
/// frames the preface without its last one.
const LONGEST_WAIT: usize = 23;

/// A machine on this side, with small bounds so that few bytes reach them.
pub fn machine(side: Side) -> Link {
    Link::new(Connection::new(Settings {
        side,
        streams: STREAMS,
        stream_window: STREAM_WINDOW,
        connection_window: 65_535,
        frame: 16 << 10,
        list_size: 512,
        connect_protocol: true,
        send_room: 4 << 10,
        faults: 8,
        control_frames: 64,
        within: Duration::from_secs(10),
    }))
}

/// The other end of a connection.
pub struct Peer<'a> {
    says: &'a [u8],
    cuts: Cuts,
    /// What was said and not taken in.
    kept: Vec<u8>,
    now: Instant,
    is_gone: bool,
    /// All that it was told.
    pub told: Vec<u8>,
    /// Why it was dismissed, if it was.
    pub broken: Option<ErrorCode>,
}

impl<'a> Peer<'a> {
    /// One that says this, in such pieces, and then hangs up.
    pub fn saying(says: &'a [u8], cuts: Cuts) -> Self {
        let (kept, told) = Default::default();
        Self { says, cuts, kept, now: Instant::now(), is_gone: false, told, broken: None }
    }

    /// Says one piece more, and hears what the machine says. False when it has nothing more to say.
    pub fn talk(&mut self, link: &Link, mut happened: impl FnMut(Event)) -> bool {
        self.listen(link);
        if self.says.is_empty() || self.broken.is_some() {
            return false;
        }
        let (piece, rest) = self.says.split_at(self.cuts.next(self.says.len()));
        self.says = rest;
        self.kept.extend_from_slice(piece);
        let mut at = 0;
        loop {
            // Not in the condition: whoever is told must be free to change the machine.
            let received = link.change().receive(&self.kept[at..], self.now);
            match received {
                Ok(received) => {
                    at += received.taken;
                    assert!(at <= self.kept.len(), "more was taken than there was");
                    match received.event {
                        Some(event) => happened(event),
                        None => break,
                    }
                }
                Err(Broken(code)) => {
                    self.broken = Some(code);
                    break;
                }
            }
        }
        self.kept.drain(..at);
        assert!(self.broken.is_some() || self.kept.len() <= LONGEST_WAIT, "{} bytes wait", self.kept.len());
        self.listen(link);
        true
    }

    /// Hears all that waits to be said.
    pub fn listen(&mut self, link: &Link) {
        let mut connection = link.change();
        // In two pieces, so that what is sent ends anywhere.
        for count in [connection.output().len() / 2, usize::MAX] {
            let count = count.min(connection.output().len());
            self.told.extend_from_slice(&connection.output()[..count]);
            connection.sent(count);
        }
    }

    /// Hangs up. False when it had done so before.
    pub fn hang_up(&mut self, link: &Link) -> bool {
        link.change().end(Lost::Gone);
        !std::mem::replace(&mut self.is_gone, true)
    }
}
