//! A connection as a whole: what both directions share.

use crate::{
    ErrorCode, Key, Settings, Side,
    budget::Budget,
    frame::{Frame, kind},
    hpack::{Decoder, Encoder, FieldList},
    receive::{Heading, Reading},
    settings::{FIRST_WINDOW, PeerSettings},
    streams::{Stream, Streams},
};
use std::{collections::VecDeque, task::Waker, time::Instant};

/// How many streams that this side has broken off are remembered: what the peer sends for them before it has heard is
/// no fault of its.
const FORGIVEN: usize = 256;
/// What a PING carries whose answer tells that the peer has heard this side part.
pub(crate) const PARTING: [u8; 8] = *b"parting.";
/// The table of the decoder, which is that of the protocol: it is not negotiated.
const TABLE: usize = 4096;

/// Why a stream has ended before it was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The peer has reset it.
    Reset(ErrorCode),
    /// This side has reset it, for the peer broke the rules of a stream.
    Refused(ErrorCode),
    /// The peer has left (GOAWAY), and said that it did not look at this stream.
    Untouched(ErrorCode),
    /// The peer broke the rules of a connection, which this side has ended.
    Broken(ErrorCode),
    /// The connection is gone.
    Gone,
}

/// How far this side is from leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    No,
    /// The peer was told that this side leaves, and may begin more until it has heard.
    Announced,
    /// Streams beyond this one are not looked at.
    Final(u32),
}

/// One end of a connection of HTTP/2.
///
/// Bytes of the peer's go in by [`receive`](Self::receive); bytes for it come out by [`output`](Self::output). Nothing
/// here waits: whoever has to is woken by the waker that it left.
#[derive(Debug)]
pub struct Connection {
    pub(crate) settings: Settings,
    pub(crate) peer: PeerSettings,
    /// The peer's first settings have come.
    pub(crate) is_settled: bool,
    /// The peer knows our settings.
    pub(crate) is_acknowledged: bool,
    pub(crate) reading: Reading,
    pub(crate) heading: Option<Heading>,
    /// Fragments of a head that has not come whole.
    pub(crate) block: Vec<u8>,
    pub(crate) fields: FieldList,
    pub(crate) decoder: Decoder,
    pub(crate) encoder: Encoder,
    pub(crate) streams: Streams,
    /// The highest stream that the peer has begun.
    pub(crate) highest: u32,
    /// The number of the next stream of our own.
    pub(crate) next: u32,
    /// What the peer may still send on all streams together.
    pub(crate) credit: i64,
    /// What was taken of that, and not yet allowed again.
    pub(crate) owed: i64,
    /// What may still be sent on all streams together.
    pub(crate) window: i64,
    pub(crate) out: Vec<u8>,
    /// How much of `out` was sent.
    pub(crate) gone: usize,
    /// All bytes that were ever sent.
    pub(crate) sent: u64,
    pub(crate) budget: Budget,
    pub(crate) faults: usize,
    /// Since when a head is under way that has not come whole.
    pub(crate) head_since: Option<Instant>,
    pub(crate) parting: Parting,
    /// The last stream that the peer looks at, once it has said so, and why.
    pub(crate) peer_last: Option<(u32, ErrorCode)>,
    pub(crate) end: Option<Lost>,
    pub(crate) driver: Option<Waker>,
    /// Pieces of content that were sent.
    pub(crate) turn: u64,
    /// Streams that wait for the connection's window, or for room.
    pub(crate) queue: Vec<Key>,
    pub(crate) forgiven: VecDeque<u32>,
}

impl Connection {
    /// A connection of which nothing was read or sent. What is to be said first is there to be sent.
    pub fn new(settings: Settings) -> Self {
        let mut out = Vec::with_capacity(128);
        settings.greet(&mut out);
        let reading = match settings.side {
            Side::Server => Reading::Preface,
            Side::Client => Reading::Frame,
        };
        let mut connection = Self {
            peer: PeerSettings::default(),
            is_settled: false,
            is_acknowledged: false,
            reading,
            heading: None,
            block: Vec::new(),
            fields: FieldList::default(),
            decoder: Decoder::new(TABLE),
            encoder: Encoder::new(),
            streams: Streams::default(),
            highest: 0,
            next: 1,
            credit: i64::from(FIRST_WINDOW),
            owed: i64::from(settings.connection_window) - i64::from(FIRST_WINDOW),
            window: i64::from(FIRST_WINDOW),
            out,
            gone: 0,
            sent: 0,
            budget: Budget::new(settings.control_frames, settings.within),
            faults: 0,
            head_since: None,
            parting: Parting::No,
            peer_last: None,
            end: None,
            driver: None,
            turn: 0,
            queue: Vec::new(),
            forgiven: VecDeque::new(),
            settings,
        };
        if connection.owed > 0 {
            connection.allow_more();
        }
        connection
    }

    /// The fields of the head that the last event told of.
    pub fn fields(&self) -> &FieldList {
        &self.fields
    }

    /// Whether a CONNECT may name a protocol (RFC 8441).
    pub fn allows_protocols(&self) -> bool {
        self.settings.connect_protocol
    }

    /// Whether the peer has begun as it must.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Since when a head is under way that has not come whole.
    pub fn head_since(&self) -> Option<Instant> {
        self.head_since
    }

    /// Streams on which either side may still send.
    pub fn open_streams(&self) -> usize {
        self.streams.open()
    }

    /// Whether this side has told the peer that it leaves, the peer has heard it, and nothing is left to be done or
    /// sent.
    pub fn is_done(&self) -> bool {
        matches!(self.parting, Parting::Final(_)) && self.streams.held() == 0 && self.output().is_empty()
    }

    /// Whether it has ended, for whatever reason. What waits to be sent says why.
    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether so much waits to be sent that nothing more should be taken in.
    pub fn is_full(&self) -> bool {
        self.unsent() >= self.settings.send_room
    }

    /// What is to be sent next.
    pub fn output(&self) -> &[u8] {
        &self.out[self.gone..]
    }

    pub(crate) fn unsent(&self) -> usize {
        self.out.len() - self.gone
    }

    /// Notes that the first `count` bytes of [`output`](Self::output) were sent.
    pub fn sent(&mut self, count: usize) {
        self.gone = (self.gone + count).min(self.out.len());
        self.sent += count as u64;
        if self.gone == self.out.len() && self.streams.held() == 0 {
            (self.out, self.gone) = (Vec::new(), 0);
        } else if self.gone == self.out.len() || self.gone >= self.settings.send_room {
            // What was sent must not pile up in front of what never comes to its end.
            self.out.drain(..self.gone);
            self.gone = 0;
            self.out.shrink_to(2 * self.settings.send_room);
        }
        self.serve_queue();
    }

    /// Who is to be woken when there is something to be sent. Woken once; to be called anew after that.
    pub fn set_driver(&mut self, waker: &Waker) {
        match &mut self.driver {
            Some(driver) => driver.clone_from(waker),
            None => self.driver = Some(waker.clone()),
        }
    }

    /// Wakes whoever sends, whether or not there is something to be sent.
    pub fn stir(&mut self) {
        if let Some(waker) = self.driver.take() {
            waker.wake();
        }
    }

    /// Wakes the streams that wait for the connection, if they need not any more: whoever was served longest ago first,
    /// for the first may leave nothing to the others, who wait again.
    pub(crate) fn serve_queue(&mut self) {
        if self.queue.is_empty() || self.window <= 0 || self.is_full() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.queue);
        waiting.sort_by_key(|key| self.streams.get(*key).map(|stream| stream.served));
        for key in waiting {
            if let Some(stream) = self.streams.get_mut(key) {
                stream.is_queued = false;
                stream.wake_writer();
            }
        }
    }

    /// Tells the peer to begin nothing more. What is under way is finished, and so is what the peer begins before it
    /// has heard.
    pub fn part(&mut self) {
        if self.parting == Parting::No {
            self.parting = Parting::Announced;
            self.say_goodbye(0x7fff_ffff, ErrorCode::NO_ERROR);
            Frame::write(kind::PING, 0, 0, &PARTING, &mut self.out);
            self.stir();
        }
    }

    /// Ends everything at once, and tells the peer why.
    pub fn dismiss(&mut self, code: ErrorCode) {
        if self.end.is_none() {
            self.parting = Parting::Final(self.highest);
            self.say_goodbye(self.highest, code);
            self.end(Lost::Broken(code));
            self.stir();
        }
    }

    /// Notes that the connection is gone, or that nothing is to be expected of it.
    pub fn end(&mut self, lost: Lost) {
        let lost = *self.end.get_or_insert(lost);
        for stream in self.streams.iter_mut() {
            if !stream.is_closed() {
                stream.lost = Some(lost);
            }
            stream.wake_reader();
            stream.wake_writer();
        }
    }

    pub(crate) fn say_goodbye(&mut self, last: u32, code: ErrorCode) {
        let [l0, l1, l2, l3] = last.to_be_bytes();
        let [c0, c1, c2, c3] = code.number().to_be_bytes();
        Frame::write(kind::GOAWAY, 0, 0, &[l0, l1, l2, l3, c0, c1, c2, c3], &mut self.out);
    }

    /// A stream that nobody knew before. Its number is higher than those of all others.
    pub(crate) fn open(&mut self, id: u32) -> Key {
        let window = self.settings.stream_window;
        // Before it has heard of our settings the peer goes by those of the protocol.
        let credit = if self.is_acknowledged { window } else { window.max(FIRST_WINDOW) };
        self.streams.insert(Stream::new(id, i64::from(credit), i64::from(self.peer.stream_window)))
    }

    /// Remembers a stream that this side has broken off.
    pub(crate) fn forgive(&mut self, id: u32) {
        if self.forgiven.len() == FORGIVEN {
            self.forgiven.pop_front();
        }
        self.forgiven.push_back(id);
    }

    /// Allows the peer as much as was taken, once it is worth a frame.
    pub(crate) fn allow_more(&mut self) {
        let worth = (i64::from(self.settings.connection_window) / 2).max(1);
        let is_first = !self.is_settled && self.owed > 0;
        if self.end.is_none() && (self.owed >= worth || is_first) {
            let more = self.owed.min(i64::from(u32::MAX >> 1));
            self.credit += more;
            self.owed -= more;
            Frame::write(kind::WINDOW_UPDATE, 0, 0, &(more as u32).to_be_bytes(), &mut self.out);
            self.stir();
        }
    }
}
