//! Where a body ends, and which of its bytes are content. Nothing is buffered but trailer fields.
//!
//! The reader is fed whatever has arrived. Each step says how many bytes it took and which run of them is content;
//! everything else it took was framing. How the bytes were cut into pieces makes no difference to the result.

use std::ops::Range;

use crate::chunk::{BadLine, Fed, SizeLine};
use crate::framing::Framing;
use crate::limits::BodyLimits;
use crate::trailer::{Fault, Trailers};

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyProblem {
    /// A chunk size is missing, not plain hexadecimal, or has more than 16 digits.
    BadChunkSize,
    /// A chunk extension holds a control byte, or its line ends in anything but CRLF.
    BadChunkExtension,
    /// A chunk-size line is longer than [`BodyLimits::chunk_line_bytes`].
    ChunkLineTooLong,
    /// The content of a chunk is not followed by CRLF: the size was a lie.
    BadChunkEnd,
    /// A trailer line breaks the grammar or holds a field that frames or routes messages.
    BadTrailer,
    /// The trailer section exceeds [`BodyLimits::trailer_bytes`] or [`BodyLimits::trailer_count`].
    TrailersTooLarge,
    /// The connection ended before the body did. Only [`BodyReader::close`] says so.
    Truncated,
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that are dealt with.
    pub consumed: usize,
    /// The content among them: one run, possibly empty.
    pub data: Range<usize>,
    /// Whether the body is complete. What follows the consumed bytes belongs to the next message.
    pub end: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// This many bytes of a body of known length are to come.
    Length(u64),
    UntilClose,
    SizeLine(SizeLine),
    /// This many bytes of a chunk are to come; at least one.
    Chunk(u64),
    /// The line end behind a chunk.
    ChunkEnd,
    ChunkEndLf,
    /// The line behind the last chunk: empty, or the first trailer field.
    LastLine,
    LastLf,
    TrailerLine,
    Done,
}

/// A step machine over the body of one message.
#[derive(Clone, Debug)]
pub struct BodyReader {
    state: State,
    limits: BodyLimits,
    trailers: Trailers,
}

impl BodyReader {
    /// A reader with default limits.
    pub fn new(framing: Framing) -> BodyReader {
        BodyReader::with_limits(framing, BodyLimits::default())
    }

    pub fn with_limits(framing: Framing, limits: BodyLimits) -> BodyReader {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::SizeLine(SizeLine::default()),
            Framing::UntilClose => State::UntilClose,
        };
        BodyReader { state, limits, trailers: Trailers::default() }
    }

    /// Whether the body is complete.
    #[inline]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Bytes of content that are still to come, where the framing tells.
    pub fn remaining(&self) -> Option<u64> {
        match self.state {
            State::Length(left) => Some(left),
            State::Done => Some(0),
            _ => None,
        }
    }

    /// Notes that `count` bytes of content, at most [`BodyReader::remaining`], were dealt with unseen. Nothing happens
    /// where the framing does not tell how many are to come.
    pub fn skip(&mut self, count: u64) {
        if let State::Length(left) = self.state {
            let left = left.saturating_sub(count);
            self.state = if left == 0 { State::Done } else { State::Length(left) };
        }
    }

    /// The trailer fields; complete when the body is.
    pub fn trailers(&self) -> &Trailers {
        &self.trailers
    }

    /// Deals with the start of `input`: any framing, at most one run of content, and the framing behind it. Call again
    /// with the rest of the input until nothing is left or the body is complete.
    ///
    /// # Errors
    /// A problem is reported by the step that begins with the offending byte, so content before it is never withheld.
    /// The reader stays at that byte.
    #[inline]
    pub fn step(&mut self, input: &[u8]) -> Result<Step, BodyProblem> {
        self.step_within(input, usize::MAX)
    }

    /// As [`BodyReader::step`], with at most `most` bytes of content. Nothing is consumed when content is next and
    /// `most` is zero.
    ///
    /// # Errors
    /// As [`BodyReader::step`].
    #[inline]
    pub fn step_within(&mut self, input: &[u8], most: usize) -> Result<Step, BodyProblem> {
        let mut step = Step::default();
        loop {
            let rest = input.get(step.consumed..).unwrap_or_default();
            if rest.is_empty() || self.state == State::Done {
                break;
            }
            if self.is_at_content() && (most == 0 || !step.data.is_empty()) {
                break;
            }
            match self.take(rest, most) {
                Ok(Taken::Content(length)) => {
                    step.data = step.consumed..step.consumed + length;
                    step.consumed += length;
                }
                Ok(Taken::Framing(length)) => step.consumed += length,
                Err(_) if step.consumed > 0 => break,
                Err(problem) => return Err(problem),
            }
        }
        step.end = self.is_done();
        Ok(step)
    }

    /// Tells the reader that the connection has ended.
    ///
    /// # Errors
    /// [`BodyProblem::Truncated`] when the framing promised more.
    pub fn close(&mut self) -> Result<(), BodyProblem> {
        match self.state {
            State::Done | State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(BodyProblem::Truncated),
        }
    }

    fn is_at_content(&self) -> bool {
        matches!(self.state, State::Length(_) | State::UntilClose | State::Chunk(_))
    }

    /// Takes the first piece of `rest`, which is not empty, that is all content (`most` bytes at most) or all framing.
    #[inline]
    fn take(&mut self, rest: &[u8], most: usize) -> Result<Taken, BodyProblem> {
        let length = rest.len().min(most);
        match self.state {
            State::Length(left) => Ok(Taken::Content(self.take_content(left, length, State::Length, State::Done))),
            State::Chunk(left) => Ok(Taken::Content(self.take_content(left, length, State::Chunk, State::ChunkEnd))),
            State::UntilClose => Ok(Taken::Content(length)),
            _ => self.take_framing(rest).map(Taken::Framing),
        }
    }

    fn take_content(&mut self, left: u64, most: usize, more: fn(u64) -> State, after: State) -> usize {
        let length = usize::try_from(left).map_or(most, |left| left.min(most));
        let left = left - length as u64;
        self.state = if left == 0 { after } else { more(left) };
        length
    }

    fn take_framing(&mut self, rest: &[u8]) -> Result<usize, BodyProblem> {
        let Some(byte) = rest.first().copied() else { return Ok(0) };
        match self.state {
            State::SizeLine(line) => self.take_size_line(line, rest),
            State::ChunkEnd => self.expect(byte, b'\r', State::ChunkEndLf, BodyProblem::BadChunkEnd),
            State::ChunkEndLf => {
                self.expect(byte, b'\n', State::SizeLine(SizeLine::default()), BodyProblem::BadChunkEnd)
            }
            State::LastLine if byte == b'\r' => self.expect(byte, b'\r', State::LastLf, BodyProblem::BadTrailer),
            State::LastLf => self.expect(byte, b'\n', State::Done, BodyProblem::BadTrailer),
            State::LastLine | State::TrailerLine => self.take_trailer(rest),
            State::Length(_) | State::Chunk(_) | State::UntilClose | State::Done => Ok(0),
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, wanted: u8, next: State, problem: BodyProblem) -> Result<usize, BodyProblem> {
        if byte != wanted {
            return Err(problem);
        }
        self.state = next;
        Ok(1)
    }

    fn take_size_line(&mut self, mut line: SizeLine, rest: &[u8]) -> Result<usize, BodyProblem> {
        for (at, byte) in rest.iter().enumerate() {
            match line.feed(*byte, self.limits.chunk_line_bytes) {
                Ok(Fed::More) => {}
                Ok(Fed::Size(size)) => {
                    self.state = if size == 0 { State::LastLine } else { State::Chunk(size) };
                    return Ok(at + 1);
                }
                Err(bad) if at == 0 => return Err(bad.into()),
                Err(_) => {
                    self.state = State::SizeLine(line);
                    return Ok(at);
                }
            }
        }
        self.state = State::SizeLine(line);
        Ok(rest.len())
    }

    fn take_trailer(&mut self, rest: &[u8]) -> Result<usize, BodyProblem> {
        let (taken, is_complete) = self.trailers.take_line(rest, &self.limits)?;
        self.state = if is_complete { State::Done } else { State::TrailerLine };
        Ok(taken)
    }
}

/// How many bytes were taken, as what.
enum Taken {
    Content(usize),
    Framing(usize),
}

impl From<BadLine> for BodyProblem {
    fn from(bad: BadLine) -> BodyProblem {
        match bad {
            BadLine::Size => BodyProblem::BadChunkSize,
            BadLine::Extension => BodyProblem::BadChunkExtension,
            BadLine::TooLong => BodyProblem::ChunkLineTooLong,
        }
    }
}

impl From<Fault> for BodyProblem {
    fn from(fault: Fault) -> BodyProblem {
        match fault {
            Fault::Bad => BodyProblem::BadTrailer,
            Fault::TooLarge => BodyProblem::TrailersTooLarge,
        }
    }
}
