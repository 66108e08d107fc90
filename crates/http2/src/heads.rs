//! Heads that come in: requests, answers and trailers, in one frame or in many (RFC 9113 sections 6.2, 6.10 and 8.1).

use crate::{
    Connection, ErrorCode, Event, Key, Side,
    connection::Parting,
    frame::{self, Frame, flag},
    receive::{Heading, Reading, Step},
    streams::{Answer, Heard},
};
use std::time::Instant;

/// How many times the list that is kept the compressed form of a head may be: it is read whole, or not at all.
const LONGEST_BLOCK: usize = 4;
/// Heads of answers to one request that may have come and not been read: one final head, and interim ones before it.
const UNREAD_ANSWERS: usize = 8;
/// What a HEADERS frame may have before its fragment, if it says how the stream depends on others.
const DEPENDENCY: u32 = 5;

impl Connection {
    pub(crate) fn begin_head(&mut self, frame: Frame, rest: &[u8], now: Instant) -> Result<Step, ErrorCode> {
        let is_possible = match self.settings.side {
            Side::Server => self.is_of_peer(frame.stream),
            Side::Client => self.is_begun(frame.stream),
        };
        if frame.stream == 0 || !is_possible {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        let is_padded = frame.has(flag::PADDED);
        let dependency = if frame.has(flag::PRIORITY) { DEPENDENCY } else { 0 };
        let prefix = u32::from(is_padded) + dependency;
        if frame.length < prefix {
            return Err(ErrorCode::FRAME_SIZE_ERROR);
        }
        if rest.len() < prefix as usize {
            return Ok(Step::Wait);
        }
        let padding = rest.first().map_or(0, |padding| if is_padded { u32::from(*padding) } else { 0 });
        let Some(left) = (frame.length - prefix).checked_sub(padding) else { return Err(ErrorCode::PROTOCOL_ERROR) };
        self.check_block(left)?;
        let heading = Heading { stream: frame.stream, ends: frame.has(flag::END_STREAM) };
        let last = frame.has(flag::END_HEADERS);
        let (begin, end) = (prefix as usize, (prefix + left) as usize);
        if last && rest.len() >= frame.length as usize {
            let took = frame::HEAD + frame.length as usize;
            let event = self.end_head(heading, rest.get(begin..end).unwrap_or_default(), now)?;
            return Ok(event.map_or(Step::Took(took), |event| Step::Told(took, event)));
        }
        self.heading = Some(heading);
        self.head_since = Some(now);
        self.reading = Reading::Fragment { left, padding, last };
        Ok(Step::Took(frame::HEAD + begin))
    }

    pub(crate) fn continue_head(&mut self, frame: Frame, now: Instant) -> Result<Step, ErrorCode> {
        self.spend(now)?;
        if self.heading.is_none() {
            return Err(ErrorCode::PROTOCOL_ERROR);
        }
        self.check_block(frame.length)?;
        self.reading = Reading::Fragment { left: frame.length, padding: 0, last: frame.has(flag::END_HEADERS) };
        Ok(Step::Took(frame::HEAD))
    }

    /// Whether a head may have so many bytes more.
    fn check_block(&self, more: u32) -> Result<(), ErrorCode> {
        let length = self.block.len().saturating_add(more as usize);
        let most = self.settings.list_size.saturating_mul(LONGEST_BLOCK);
        if length > most { Err(ErrorCode::ENHANCE_YOUR_CALM) } else { Ok(()) }
    }

    pub(crate) fn read_fragment(
        &mut self,
        bytes: &[u8],
        left: u32,
        padding: u32,
        last: bool,
        now: Instant,
    ) -> Result<Step, ErrorCode> {
        let count = bytes.len().min(left as usize);
        let skipped = (bytes.len() - count).min(padding as usize);
        let (left, padding) = (left - count as u32, padding - skipped as u32);
        self.block.extend_from_slice(bytes.get(..count).unwrap_or_default());
        if left > 0 || padding > 0 {
            self.reading = Reading::Fragment { left, padding, last };
            return Ok(if count + skipped == 0 { Step::Wait } else { Step::Took(count + skipped) });
        }
        self.reading = Reading::Frame;
        let Some(heading) = self.heading.take_if(|_| last) else { return Ok(Step::Took(count + skipped)) };
        self.head_since = None;
        let block = std::mem::take(&mut self.block);
        let event = self.end_head(heading, &block, now)?;
        Ok(event.map_or(Step::Took(count + skipped), |event| Step::Told(count + skipped, event)))
    }

    /// A head has come whole. It is decoded whatever becomes of it, for those that come later.
    fn end_head(&mut self, heading: Heading, block: &[u8], now: Instant) -> Result<Option<Event>, ErrorCode> {
        let Heading { stream, ends } = heading;
        self.decoder
            .decode(block, self.settings.list_size, &mut self.fields)
            .map_err(|_| ErrorCode::COMPRESSION_ERROR)?;
        if self.settings.side == Side::Server && stream > self.highest {
            return self.begin_request(stream, ends, now);
        }
        let Some(key) = self.streams.find(stream) else {
            if !self.forgiven.contains(&stream) {
                return Err(ErrorCode::STREAM_CLOSED);
            }
            return self.spend(now).map(|()| None);
        };
        let Some(known) = self.streams.get_mut(key) else { return Ok(None) };
        if known.is_received {
            return Err(ErrorCode::STREAM_CLOSED);
        }
        if self.settings.side == Side::Client && known.heard == Heard::Nothing {
            return self.begin_answer(key, ends);
        }
        if !ends || self.take_trailers(key).is_none() {
            self.refuse(key, ErrorCode::PROTOCOL_ERROR)?;
        }
        Ok(None)
    }

    fn begin_request(&mut self, id: u32, ends: bool, now: Instant) -> Result<Option<Event>, ErrorCode> {
        self.highest = id;
        if let Parting::Final(last) = self.parting
            && id > last
        {
            self.spend(now)?;
            self.forgive(id);
            return Ok(None);
        }
        if self.streams.open() >= self.settings.streams as usize {
            self.spend(now)?;
            self.refuse_number(id, ErrorCode::REFUSED_STREAM);
            return Ok(Some(Event::TooMany));
        }
        let declared = if ends { None } else { self.declared_length() };
        let key = self.open(id);
        if let Some(stream) = self.streams.get_mut(key) {
            (stream.declared, stream.is_received) = (declared, ends);
        }
        Ok(Some(Event::Request { key, ends }))
    }

    fn begin_answer(&mut self, key: Key, ends: bool) -> Result<Option<Event>, ErrorCode> {
        let status = self.fields.iter().next().filter(|(name, _)| *name == b":status").map(|(_, status)| status);
        let is_interim = match status {
            // HTTP/2 has no other protocol to switch to (RFC 9113 section 8.6).
            Some([b'1', ..]) if status != Some(b"101") => true,
            Some([b'2'..=b'9', _, _]) => false,
            _ => {
                self.refuse(key, ErrorCode::PROTOCOL_ERROR)?;
                return Ok(None);
            }
        };
        if is_interim && ends {
            self.refuse(key, ErrorCode::PROTOCOL_ERROR)?;
            return Ok(None);
        }
        let Some(stream) = self.streams.get(key) else { return Ok(None) };
        // These say how long a body would be that does not come (RFC 9110 section 8.6).
        let is_bodyless = is_interim || stream.asks_head || matches!(status, Some(b"204" | b"304"));
        let declared = if is_bodyless { None } else { self.declared_length() };
        if ends && declared.is_some_and(|length| length > 0) {
            self.refuse(key, ErrorCode::PROTOCOL_ERROR)?;
            return Ok(None);
        }
        let Some(stream) = self.streams.get_mut(key) else { return Ok(None) };
        if stream.answers.len() == UNREAD_ANSWERS {
            self.refuse(key, ErrorCode::ENHANCE_YOUR_CALM)?;
            return Ok(None);
        }
        stream.answers.push_back(Answer { fields: std::mem::take(&mut self.fields), ends });
        if !is_interim {
            (stream.heard, stream.declared) = (Heard::Head, declared);
        }
        stream.wake_reader();
        if ends {
            self.end_of_stream(key);
        }
        Ok(None)
    }

    /// The end of a body that has trailers. `None` when they are malformed, or the body is not complete.
    fn take_trailers(&mut self, key: Key) -> Option<()> {
        let fields = &self.fields;
        let stream = self.streams.get_mut(key)?;
        let is_short = stream.declared.is_some_and(|left| left > 0);
        let is_good = |(name, value): (&[u8], &[u8])| is_field(name, value) && !is_of_connection(name, value);
        if is_short || fields.is_truncated() || !fields.iter().all(is_good) {
            return None;
        }
        let mut lines = Vec::with_capacity(fields.size());
        for (name, value) in fields.iter() {
            for piece in [name, b": ", value, b"\r\n"] {
                lines.extend_from_slice(piece);
            }
        }
        stream.trailers = (!lines.is_empty()).then_some(lines);
        self.end_of_stream(key);
        Some(())
    }

    /// What `content-length` says, if it is a number. What is none, or is said twice, is left for others to refuse.
    pub(crate) fn declared_length(&self) -> Option<u64> {
        let (_, value) = self.fields.iter().find(|(name, _)| *name == b"content-length")?;
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(value).ok()?.parse().ok()
    }
}

/// Whether this is a field, and no pseudo-field, that could be one in HTTP/1.1 as well (RFC 9113 section 8.2.1).
pub fn is_field(name: &[u8], value: &[u8]) -> bool {
    is_name(name) && is_value(value)
}

/// Whether this field belongs to a connection of HTTP/1.1, and has no place here (RFC 9113 section 8.2.2).
pub fn is_of_connection(name: &[u8], value: &[u8]) -> bool {
    match name {
        b"connection" | b"proxy-connection" | b"keep-alive" | b"transfer-encoding" | b"upgrade" | b"http2-settings" => {
            true
        }
        b"te" => value != b"trailers",
        _ => false,
    }
}

/// Whether this can be the name of a field: a token without capital letters.
pub fn is_name(name: &[u8]) -> bool {
    let is_in_name = |byte: &u8| NAME[usize::from(*byte)];
    !name.is_empty() && name.iter().all(is_in_name)
}

/// Whether this can be the value of a field: it breaks no line, and neither begins nor ends with a blank.
pub fn is_value(value: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let breaks = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0);
    !value.iter().any(breaks) && !is_blank(value.first()) && !is_blank(value.last())
}

/// The bytes of names (RFC 9110 section 5.6.2, without capital letters).
const NAME: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_lowercase()
            || b.is_ascii_digit()
            || matches!(
                b,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            );
        byte += 1;
    }
    table
};
