//! Bytes that come in: cut into frames, each of which is obeyed, refused or passed over (RFC 9113 section 6).
//!
//! Nothing is kept but what is told to be: a frame of content goes to its stream as it comes, and only the fragments of
//! a head are gathered.

use crate::{
    Connection, ErrorCode, Event, Key, Lost, Side,
    connection::{PARTING, Parting},
    frame::{self, Frame, LARGEST_FRAME, LEAST_FRAME, PREFACE, flag, kind, number},
    settings::{LARGEST_WINDOW, id},
};
use std::time::Instant;

/// Where in the bytes of the peer's this side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Before the preface of a client.
    Preface,
    /// Before a frame.
    Frame,
    /// In content. `key` is none where nobody wants it.
    Content { key: Option<Key>, left: u32, padding: u32, ends: bool },
    /// In the fragment of a head. `last`: the head ends with it.
    Fragment { left: u32, padding: u32, last: bool },
    /// In settings. `window`: what they say of the window of streams.
    Settings { left: u32, window: Option<u32> },
    /// In what means nothing to us.
    Passing { left: u32 },
}

/// A head whose fragments are being gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) stream: u32,
    pub(crate) ends: bool,
}

/// What has come of a call of [`Connection::receive`].
#[derive(Debug)]
pub struct Received {
    /// Bytes that were taken in. The others have to be there again, with more behind them.
    pub taken: usize,
    /// What has happened. While there is something, there may be more to be taken in at once.
    pub event: Option<Event>,
}

/// The peer broke the rules of the connection, or went too far. It is told why, and nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken(pub ErrorCode);

/// What became of the bytes in front.
pub(crate) enum Step {
    /// They are not enough.
    Wait,
    Took(usize),
    Told(usize, Event),
}

impl Connection {
    /// Takes in bytes of the peer's, until something has happened or more bytes are needed.
    ///
    /// # Errors
    /// When the peer broke the rules, or sent more frames of no use than it may. The connection has ended then, and
    /// what tells the peer so waits to be sent.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) -> Result<Received, Broken> {
        let mut taken = 0;
        while self.end.is_none() {
            match self.step(bytes.get(taken..).unwrap_or_default(), now) {
                Ok(Step::Took(count)) => taken += count,
                Ok(Step::Told(count, event)) => return Ok(Received { taken: taken + count, event: Some(event) }),
                Ok(Step::Wait) => return Ok(Received { taken, event: None }),
                Err(code) => {
                    self.dismiss(code);
                    return Err(Broken(code));
                }
            }
        }
        // What comes behind the end is nobody's.
        Ok(Received { taken: bytes.len(), event: None })
    }

    fn step(&mut self, bytes: &[u8], now: Instant) -> Result<Step, ErrorCode> {
        match self.reading {
            Reading::Preface => self.read_preface(bytes),
            Reading::Frame => self.begin_frame(bytes, now),
            Reading::Content { key, left, padding, ends } => Ok(self.read_content(bytes, key, left, padding, ends)?),
            Reading::Fragment { left, padding, last } => self.read_fragment(bytes, left, padding, last, now),
            Reading::Settings { left, window } => self.read_settings(bytes, left, window),
            Reading::Passing { left } => Ok(self.pass(bytes, left)),
        }
    }

    fn read_preface(&mut self, bytes: &[u8]) -> Result<Step, ErrorCode> {
        match bytes.get(..PREFACE.len()) {
            Some(preface) if preface == PREFACE => {
                self.reading = Reading::Frame;
                Ok(Step::Took(PREFACE.len()))
            }
            None if PREFACE.starts_with(bytes) => Ok(Step::Wait),
            _ => Err(ErrorCode::PROTOCOL_ERROR),
        }
    }

    fn begin_frame(&mut self, bytes: &[u8], now: Instant) -> Result<Step, ErrorCode> {
        let Some(frame) = Frame::read(bytes) else { return Ok(Step::Wait) };
        let rest = bytes.get(frame::HEAD..).unwrap_or_default();
        if frame.length > self.settings.frame {
            return Err(ErrorCode::FRAME_SIZE_ERROR);
        }
        let is_greeting = frame.kind == kind::SETTINGS && !frame.has(flag::ACK);
        let is_continued =
            self.heading.is_some_and(|head| frame.kind != kind::CONTINUATION || frame.stream != head.stream);
        if (!self.is_settled && !is_greeting) || is_continued {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        match frame.kind {
            kind::DATA => self.begin_content(frame, rest, now),
            kind::HEADERS => self.begin_head(frame, rest, now),
            kind::CONTINUATION => self.continue_head(frame, now),
            kind::SETTINGS => self.begin_settings(frame, now),
            kind::PRIORITY => self.read_fixed(frame, rest, 5, now),
            kind::RST_STREAM | kind::WINDOW_UPDATE => self.read_fixed(frame, rest, 4, now),
            kind::PING => self.read_fixed(frame, rest, 8, now),
            kind::GOAWAY => self.read_goaway(frame, rest, now),
            kind::PUSH_PROMISE => Err(ErrorCode::PROTOCOL_ERROR),
            _ => {
                self.spend(now)?;
                self.reading = Reading::Passing { left: frame.length };
                Ok(Step::Took(frame::HEAD))
            }
        }
    }

    /// Counts a frame of no use.
    pub(crate) fn spend(&mut self, now: Instant) -> Result<(), ErrorCode> {
        self.budget.spend(self.sent, now).map_err(|_| ErrorCode::ENHANCE_YOUR_CALM)
    }

    fn pass(&mut self, bytes: &[u8], left: u32) -> Step {
        let count = bytes.len().min(left as usize);
        let left = left - count as u32;
        self.reading = if left == 0 { Reading::Frame } else { Reading::Passing { left } };
        if left > 0 && count == 0 { Step::Wait } else { Step::Took(count) }
    }

    /// Whether a stream of this number was ever begun, by either side.
    pub(crate) fn is_begun(&self, stream: u32) -> bool {
        if self.is_of_peer(stream) { stream <= self.highest } else { stream < self.next }
    }

    pub(crate) fn is_of_peer(&self, stream: u32) -> bool {
        (stream % 2 == 1) == (self.settings.side == Side::Server)
    }

    fn begin_content(&mut self, frame: Frame, rest: &[u8], now: Instant) -> Result<Step, ErrorCode> {
        let (padding, prefix) = match (frame.has(flag::PADDED), rest.first()) {
            (false, _) => (0, 0),
            (true, _) if frame.length == 0 => return Err(ErrorCode::FRAME_SIZE_ERROR),
            (true, None) => return Ok(Step::Wait),
            (true, Some(padding)) => (u32::from(*padding), 1),
        };
        let Some(content) = frame.length.checked_sub(padding + prefix) else { return Err(ErrorCode::PROTOCOL_ERROR) };
        let ends = frame.has(flag::END_STREAM);
        if content == 0 && !ends {
            self.spend(now)?;
        }
        if frame.stream == 0 || !self.is_begun(frame.stream) {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        if i64::from(frame.length) > self.credit {
            return Err(ErrorCode::FLOW_CONTROL_ERROR);
        }
        self.credit -= i64::from(frame.length);
        let key = self.admit_content(frame.stream, frame.length, content, ends)?;
        self.give_back(key, padding + prefix);
        self.reading = Reading::Content { key, left: content, padding, ends };
        Ok(Step::Took(frame::HEAD + prefix as usize))
    }

    /// The stream that content is for, if it may come.
    fn admit_content(&mut self, id: u32, length: u32, content: u32, ends: bool) -> Result<Option<Key>, ErrorCode> {
        let Some(key) = self.streams.find(id) else {
            return if self.forgiven.contains(&id) { Ok(None) } else { Err(ErrorCode::STREAM_CLOSED) };
        };
        let is_client = self.settings.side == Side::Client;
        let Some(stream) = self.streams.get_mut(key) else { return Ok(None) };
        if stream.is_received {
            return Err(ErrorCode::STREAM_CLOSED);
        }
        if i64::from(length) > stream.credit {
            self.refuse(key, ErrorCode::FLOW_CONTROL_ERROR)?;
            return Ok(None);
        }
        stream.credit -= i64::from(length);
        let left = stream.declared.map(|left| left.checked_sub(u64::from(content)));
        let is_short = ends && matches!(left, Some(Some(1..)));
        if left == Some(None) || is_short || (is_client && stream.heard == crate::streams::Heard::Nothing) {
            self.refuse(key, ErrorCode::PROTOCOL_ERROR)?;
            return Ok(None);
        }
        stream.declared = left.flatten();
        Ok(Some(key))
    }

    fn read_content(
        &mut self,
        bytes: &[u8],
        key: Option<Key>,
        left: u32,
        padding: u32,
        ends: bool,
    ) -> Result<Step, ErrorCode> {
        let count = bytes.len().min(left as usize);
        let content = bytes.get(..count).unwrap_or_default();
        let skipped = (bytes.len() - count).min(padding as usize);
        let (left, padding) = (left - count as u32, padding - skipped as u32);
        match key.and_then(|key| self.streams.get_mut(key)).filter(|stream| stream.lost.is_none()) {
            Some(stream) => {
                stream.inbox.extend_from_slice(content);
                if count > 0 {
                    stream.wake_reader();
                }
            }
            None => self.give_back(None, count as u32),
        }
        if left > 0 || padding > 0 {
            self.reading = Reading::Content { key, left, padding, ends };
            return Ok(if count + skipped == 0 { Step::Wait } else { Step::Took(count + skipped) });
        }
        self.reading = Reading::Frame;
        if let Some(key) = key.filter(|_| ends) {
            self.end_of_stream(key);
        }
        Ok(Step::Took(count + skipped))
    }

    /// Bytes of a body that nobody has to read any more.
    pub(crate) fn give_back(&mut self, key: Option<Key>, count: u32) {
        if count == 0 {
            return;
        }
        self.owed += i64::from(count);
        if let Some(key) = key {
            self.allow_more_on(key, count);
        }
        self.allow_more();
    }

    /// Allows the peer as much on a stream as was taken of it, once it is worth a frame.
    pub(crate) fn allow_more_on(&mut self, key: Key, count: u32) {
        let worth = (self.settings.stream_window / 2).max(1);
        let Some(stream) = self.streams.get_mut(key) else { return };
        stream.owed += count;
        if stream.owed >= worth && !stream.is_received && stream.lost.is_none() {
            let more = std::mem::take(&mut stream.owed);
            stream.credit += i64::from(more);
            Frame::write(kind::WINDOW_UPDATE, 0, key.id(), &more.to_be_bytes(), &mut self.out);
            self.stir();
        }
    }

    /// The peer has sent all that it wanted to on this stream.
    pub(crate) fn end_of_stream(&mut self, key: Key) {
        if let Some(stream) = self.streams.get_mut(key) {
            stream.is_received = true;
            stream.wake_reader();
            if stream.is_closed() {
                self.streams.close(key.id());
            }
        }
    }

    fn begin_settings(&mut self, frame: Frame, now: Instant) -> Result<Step, ErrorCode> {
        if frame.stream != 0 {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        self.spend(now)?;
        if frame.has(flag::ACK) {
            self.is_acknowledged = true;
            return if frame.length == 0 { Ok(Step::Took(frame::HEAD)) } else { Err(ErrorCode::FRAME_SIZE_ERROR) };
        }
        if !frame.length.is_multiple_of(6) {
            return Err(ErrorCode::FRAME_SIZE_ERROR);
        }
        self.reading = Reading::Settings { left: frame.length, window: None };
        Ok(Step::Took(frame::HEAD))
    }

    fn read_settings(&mut self, bytes: &[u8], left: u32, mut window: Option<u32>) -> Result<Step, ErrorCode> {
        if left == 0 {
            self.reading = Reading::Frame;
            self.is_settled = true;
            if let Some(window) = window {
                self.resize_windows(window)?;
            }
            Frame::write(kind::SETTINGS, flag::ACK, 0, &[], &mut self.out);
            return Ok(Step::Took(0));
        }
        let Some([i0, i1, value @ ..]) = bytes.first_chunk::<6>() else { return Ok(Step::Wait) };
        let value = u32::from_be_bytes(*value);
        match u16::from_be_bytes([*i0, *i1]) {
            id::HEADER_TABLE_SIZE => self.encoder.set_table_size(value),
            // A server has nothing to say of it but that it does not push.
            id::ENABLE_PUSH if value > u32::from(self.settings.side == Side::Server) => {
                return Err(ErrorCode::PROTOCOL_ERROR);
            }
            id::MAX_CONCURRENT_STREAMS => self.peer.streams = value,
            id::INITIAL_WINDOW_SIZE if i64::from(value) > LARGEST_WINDOW => return Err(ErrorCode::FLOW_CONTROL_ERROR),
            id::INITIAL_WINDOW_SIZE => window = Some(value),
            id::MAX_FRAME_SIZE if !(LEAST_FRAME..=LARGEST_FRAME).contains(&value) => {
                return Err(ErrorCode::PROTOCOL_ERROR);
            }
            id::MAX_FRAME_SIZE => self.peer.frame = value,
            id::ENABLE_CONNECT_PROTOCOL if value > 1 => return Err(ErrorCode::PROTOCOL_ERROR),
            _ => {}
        }
        self.reading = Reading::Settings { left: left - 6, window };
        Ok(Step::Took(6))
    }

    /// The windows of all streams change by what the first one changes (RFC 9113 section 6.9.2).
    fn resize_windows(&mut self, window: u32) -> Result<(), ErrorCode> {
        let more = i64::from(window) - i64::from(self.peer.stream_window);
        self.peer.stream_window = window;
        for stream in self.streams.iter_mut() {
            stream.window += more;
            if stream.window > LARGEST_WINDOW {
                return Err(ErrorCode::FLOW_CONTROL_ERROR);
            }
            if more > 0 {
                stream.wake_writer();
            }
        }
        Ok(())
    }

    /// Frames whose length is fixed, and which are read whole.
    fn read_fixed(&mut self, frame: Frame, rest: &[u8], length: u32, now: Instant) -> Result<Step, ErrorCode> {
        if frame.length != length {
            return Err(ErrorCode::FRAME_SIZE_ERROR);
        }
        let Some(payload) = rest.get(..length as usize) else { return Ok(Step::Wait) };
        self.spend(now)?;
        let took = frame::HEAD + payload.len();
        match frame.kind {
            kind::PING => self.read_ping(frame, payload)?,
            kind::PRIORITY if frame.stream == 0 => return Err(ErrorCode::PROTOCOL_ERROR),
            // What the peer would like first is not asked: all streams are served as their origins answer.
            kind::PRIORITY => {}
            kind::RST_STREAM => {
                if let Some(event) = self.read_reset(frame, number(payload).unwrap_or_default())? {
                    return Ok(Step::Told(took, event));
                }
            }
            _ => self.read_window(frame, number(payload).unwrap_or_default() & 0x7fff_ffff)?,
        }
        Ok(Step::Took(took))
    }

    fn read_ping(&mut self, frame: Frame, payload: &[u8]) -> Result<(), ErrorCode> {
        if frame.stream != 0 {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        if !frame.has(flag::ACK) {
            Frame::write(kind::PING, flag::ACK, 0, payload, &mut self.out);
        } else if payload == PARTING && self.parting == Parting::Announced {
            self.parting = Parting::Final(self.highest);
            self.say_goodbye(self.highest, ErrorCode::NO_ERROR);
        }
        Ok(())
    }

    fn read_reset(&mut self, frame: Frame, code: u32) -> Result<Option<Event>, ErrorCode> {
        if frame.stream == 0 || !self.is_begun(frame.stream) {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        let Some(key) = self.streams.find(frame.stream) else { return Ok(None) };
        self.lose(key, Lost::Reset(ErrorCode::from_number(code)));
        Ok(Some(Event::Reset(key)))
    }

    fn read_window(&mut self, frame: Frame, more: u32) -> Result<(), ErrorCode> {
        if more == 0 || (frame.stream != 0 && !self.is_begun(frame.stream)) {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        if frame.stream == 0 {
            self.window += i64::from(more);
            if self.window > LARGEST_WINDOW {
                return Err(ErrorCode::FLOW_CONTROL_ERROR);
            }
            self.serve_queue();
            return Ok(());
        }
        let Some(key) = self.streams.find(frame.stream) else { return Ok(()) };
        let Some(stream) = self.streams.get_mut(key) else { return Ok(()) };
        stream.window += i64::from(more);
        if stream.window > LARGEST_WINDOW {
            return self.refuse(key, ErrorCode::FLOW_CONTROL_ERROR);
        }
        stream.wake_writer();
        Ok(())
    }

    fn read_goaway(&mut self, frame: Frame, rest: &[u8], now: Instant) -> Result<Step, ErrorCode> {
        if frame.stream != 0 {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        let Some(words) = frame.length.checked_sub(8) else { return Err(ErrorCode::FRAME_SIZE_ERROR) };
        let (Some(last), Some(code)) = (number(rest), rest.get(4..).and_then(number)) else { return Ok(Step::Wait) };
        self.spend(now)?;
        let (last, code) = (last & 0x7fff_ffff, ErrorCode::from_number(code));
        self.peer_last = Some((last, code));
        if self.settings.side == Side::Client {
            self.lose_beyond(last, code);
        }
        self.reading = Reading::Passing { left: words };
        Ok(Step::Took(frame::HEAD + 8))
    }

    /// Streams of ours beyond the last that the peer has looked at.
    fn lose_beyond(&mut self, last: u32, code: ErrorCode) {
        for key in self.streams.open_beyond(last) {
            self.lose(key, Lost::Untouched(code));
        }
    }

    /// A stream has ended before it was complete.
    pub(crate) fn lose(&mut self, key: Key, lost: Lost) {
        if let Some(stream) = self.streams.get_mut(key) {
            stream.lost.get_or_insert(lost);
            stream.wake_reader();
            stream.wake_writer();
            self.streams.close(key.id());
        }
    }

    /// Breaks a stream off that breaks the rules.
    ///
    /// # Errors
    /// With one fault more than a connection may have.
    pub(crate) fn refuse(&mut self, key: Key, code: ErrorCode) -> Result<(), ErrorCode> {
        self.lose(key, Lost::Refused(code));
        self.refuse_number(key.id(), code);
        self.faults += 1;
        if self.faults > self.settings.faults { Err(ErrorCode::ENHANCE_YOUR_CALM) } else { Ok(()) }
    }

    pub(crate) fn refuse_number(&mut self, id: u32, code: ErrorCode) {
        self.forgive(id);
        Frame::write(kind::RST_STREAM, 0, id, &code.number().to_be_bytes(), &mut self.out);
    }
}
