//! Reading an answer: interim answers, the head, and as much of the body as is searched.

use super::judge::Search;
use crate::{attempt::Seen, settings::ProberSettings};
use dial::{Stream, classify_io, witness};
use std::io::ErrorKind;
use tokio::{
    io::AsyncReadExt,
    time::{Instant, timeout_at},
};
use verdict::{Phase, Reason};
use wire::{BodyProblem, BodyReader, Known, Parsed, ResponseHead, ResponseProblem, parse_response};

/// How much is read at once.
const READ_BYTES: usize = 8 * 1024;

/// What a probe needs of a head.
#[derive(Debug)]
pub(super) struct Head {
    pub status: u16,
    pub location: Option<String>,
}

/// Reads one answer from a stream, before a deadline.
pub(super) struct Reader<'a> {
    stream: Stream,
    settings: &'a ProberSettings,
    deadline: Instant,
    is_head_request: bool,
    /// What was read and is not used up.
    buffer: Vec<u8>,
    head: ResponseHead,
    /// Status of the last interim answer.
    interim: Option<u16>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(stream: Stream, settings: &'a ProberSettings, deadline: Instant, is_head_request: bool) -> Self {
        let (buffer, head) = (Vec::with_capacity(READ_BYTES), ResponseHead::default());
        Self { stream, settings, deadline, is_head_request, buffer, head, interim: None }
    }

    /// Reads up to the end of the final head. `sent` is when the request was on its way.
    pub(super) async fn head(&mut self, seen: &mut Seen, sent: Instant) -> Result<Head, Reason> {
        let mut interims = 0;
        loop {
            self.next_head(seen, sent).await?;
            let (status, head_bytes) = (self.head.status, self.head.len);
            seen.evidence.status = Some(status);
            if self.head.switches_protocol() {
                return Err(Reason::UnexpectedUpgrade);
            }
            if !self.head.is_interim() {
                let location = self.head.value(Known::Location, &self.buffer);
                let location = location.map(|value| String::from_utf8_lossy(value).into_owned());
                seen.evidence.location.clone_from(&location);
                self.buffer.drain(..head_bytes);
                return Ok(Head { status, location });
            }
            self.interim = Some(status);
            self.buffer.drain(..head_bytes);
            interims += 1;
            if interims > self.settings.interim_answers {
                return Err(Reason::InterimFlood);
            }
        }
    }

    /// Reads the body until the text is found, the window is full or the body ends.
    pub(super) async fn body(&mut self, seen: &mut Seen, wanted: &str) -> Result<(), Reason> {
        let mut search = Search::new(wanted, self.settings.body_window);
        let mut body = BodyReader::new(self.head.framing);
        loop {
            let mut used = 0;
            while !body.is_done() && used < self.buffer.len() {
                let step = body.step(&self.buffer[used..]).map_err(tell_body)?;
                search.take(&self.buffer[used..][step.data]);
                used += step.consumed;
            }
            self.buffer.drain(..used);
            if search.is_found() {
                return Ok(());
            }
            if body.is_done() || search.is_full() {
                return Err(Reason::BodyMismatch);
            }
            match self.read(seen, Phase::Body).await {
                Ok(true) => {}
                Ok(false) => body.close().map_err(tell_body)?,
                Err(reason) => return Err(reason),
            }
        }
    }

    async fn next_head(&mut self, seen: &mut Seen, sent: Instant) -> Result<(), Reason> {
        loop {
            let limits = &self.settings.head_limits;
            match parse_response(&mut self.head, &self.buffer, limits, self.is_head_request) {
                Ok(Parsed::Complete) => return Ok(()),
                Ok(Parsed::Partial) => {}
                Err(problem) => return Err(tell_head(problem)),
            }
            let more = self.read(seen, Phase::Wait).await?;
            if seen.timings.first_byte.is_none() && more {
                seen.timings.first_byte = Some(sent.elapsed());
            }
            if !more {
                return Err(self.ended_early());
            }
        }
    }

    /// Why an answer that ended before its head did is none.
    fn ended_early(&self) -> Reason {
        const START: &[u8] = b"HTTP/";
        let begins_well = self.buffer.iter().zip(START).all(|(byte, expected)| byte == expected);
        match (self.buffer.is_empty(), begins_well) {
            (true, _) => Reason::EmptyReply,
            (false, true) => Reason::ClosedInsideHead,
            (false, false) => Reason::BadStatusLine,
        }
    }

    /// Reads once; false at the end of the stream. A TLS peer that closes without saying goodbye has closed too.
    async fn read(&mut self, seen: &mut Seen, phase: Phase) -> Result<bool, Reason> {
        let before = self.buffer.len();
        self.buffer.reserve(READ_BYTES);
        match timeout_at(self.deadline, self.stream.read_buf(&mut self.buffer)).await {
            Ok(Ok(count)) => {
                seen.heard(&self.buffer[before..]);
                Ok(count > 0)
            }
            Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Ok(Err(error)) => {
                witness(&error, &mut seen.evidence);
                Err(classify_io(&error, phase))
            }
            Err(_) => Err(match (phase, self.interim) {
                (Phase::Body, _) => Reason::BodyReadTimeout,
                (_, Some(102)) => Reason::InterimThenTimeout,
                _ => Reason::ReadTimeout,
            }),
        }
    }
}

fn tell_head(problem: ResponseProblem) -> Reason {
    match problem {
        ResponseProblem::BadStatusLine => Reason::BadStatusLine,
        ResponseProblem::BadStatus => Reason::BadStatus,
        ResponseProblem::BadHeader => Reason::BadHeader,
        ResponseProblem::HeadTooLarge => Reason::ResponseHeadTooLarge,
        ResponseProblem::BadFraming => Reason::BadFraming,
    }
}

fn tell_body(problem: BodyProblem) -> Reason {
    match problem {
        BodyProblem::Truncated => Reason::BodyTruncated,
        _ => Reason::BadResponseChunk,
    }
}
