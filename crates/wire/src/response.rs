//! An answer head: status line, fields, and how the body ends.

use crate::connection;
use crate::field::{self, Field, Fields, SectionFault, Seen};
use crate::framing::{self, Declared, Framing, Version};
use crate::known::{Known, KnownSet};
use crate::limits::HeadLimits;
use crate::progress::{Parsed, Progress, Stage};
use crate::span::Span;
use crate::status_line;

/// Why an answer head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResponseProblem {
    /// The first bytes are not a status line (`EDGE-40`).
    BadStatusLine,
    /// The status code is not three digits from 100 to 999.
    BadStatus,
    /// A field line that breaks the grammar: no colon, NUL, bare carriage return, illegal name, folded line; or more
    /// options in `Connection` than [`HeadLimits::connection_options`].
    BadHeader,
    /// The head is longer than [`HeadLimits::head_bytes`] or has too many fields (`EDGE-41`).
    HeadTooLarge,
    /// The length of the body can be understood in more than one way (`EDGE-42`).
    BadFraming,
}

/// A parsed answer head. Every [`Span`] points into the buffer that was parsed.
///
/// Reuse one head per connection: [`parse_response`] clears and fills it without giving up its storage.
#[derive(Clone, Debug, Default)]
pub struct ResponseHead {
    /// Bytes of the head, from the start of the buffer to the end of the blank line. The body begins there.
    pub len: usize,
    pub version: Version,
    /// 100 to 999; 0 before a status line was read.
    pub status: u16,
    /// The reason phrase; may be empty.
    pub reason: Span,
    pub fields: Fields,
    pub framing: Framing,
    /// Whether the connection can carry another request behind this answer.
    pub keep_alive: bool,
    seen: Seen,
    progress: Progress,
}

impl ResponseHead {
    /// Forgets everything but keeps the storage. Needed only when bytes of a partial head are thrown away.
    ///
    /// A head that is refused keeps what was read before the problem, such as the status, as evidence.
    pub fn reset(&mut self) {
        self.len = 0;
        self.version = Version::default();
        self.status = 0;
        self.reason = Span::default();
        self.fields.clear();
        self.framing = Framing::default();
        self.keep_alive = false;
        self.seen = Seen::default();
        self.progress = Progress::default();
    }

    /// Whether another answer to the same request follows: a status of 100 to 199 other than 101.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && !self.switches_protocol()
    }

    /// Whether the connection speaks another protocol behind this head (RFC 9110 section 15.2.2). Its framing is
    /// [`Framing::None`]; the bytes that follow are not HTTP.
    pub fn switches_protocol(&self) -> bool {
        self.status == 101
    }

    /// Where the first line begins that was not accepted: evidence for a head that was refused, or is not complete.
    pub fn stopped_at(&self) -> usize {
        self.progress.line
    }

    /// Whether a field of this name is there.
    #[inline]
    pub fn has(&self, known: Known) -> bool {
        self.seen.once.contains(known)
    }

    /// Whether more than one field of this name is there.
    #[inline]
    pub fn repeats(&self, known: Known) -> bool {
        self.seen.again.contains(known)
    }

    /// The names that are there, [`Known::Other`] included.
    #[inline]
    pub fn seen(&self) -> KnownSet {
        self.seen.once
    }

    /// The first field of this name.
    pub fn field(&self, known: Known) -> Option<&Field> {
        self.seen.first(&self.fields, known)
    }

    /// The value of the first field of this name.
    pub fn value<'a>(&self, known: Known, buf: &'a [u8]) -> Option<&'a [u8]> {
        self.field(known).map(|field| field.value.of(buf))
    }
}

/// Parses the answer head at the start of `buf`. `for_head_request` tells whether the request was HEAD, whose answer
/// has no body whatever its fields say.
///
/// After [`Parsed::Partial`], call again with the same bytes and more behind them: parsing resumes where it stopped.
/// After [`Parsed::Complete`] or an error the next call begins a new head.
///
/// # Errors
/// The first problem in the order of the bytes; framing comes last.
pub fn parse_response(
    head: &mut ResponseHead,
    buf: &[u8],
    limits: &HeadLimits,
    for_head_request: bool,
) -> Result<Parsed, ResponseProblem> {
    let (window, is_full) = limits.window(buf);
    if !head.progress.continues(window) {
        head.reset();
    } else if !is_full && !head.progress.has_new_line(window) {
        return Ok(head.progress.pause(window));
    }
    let parsed = advance(head, window, limits, for_head_request);
    match parsed {
        Ok(Parsed::Partial) if is_full => {
            head.progress.stage = Stage::Done;
            Err(ResponseProblem::HeadTooLarge)
        }
        Ok(Parsed::Partial) => parsed,
        Ok(Parsed::Complete) | Err(_) => {
            head.progress.stage = Stage::Done;
            parsed
        }
    }
}

fn advance(
    head: &mut ResponseHead,
    buf: &[u8],
    limits: &HeadLimits,
    for_head_request: bool,
) -> Result<Parsed, ResponseProblem> {
    if head.progress.stage != Stage::Fields {
        let Some(line) = status_line::read(buf)? else { return Ok(head.progress.pause(buf)) };
        head.version = line.version;
        head.status = line.status;
        head.reason = line.reason;
        head.progress.line = line.next;
        head.progress.stage = Stage::Fields;
    }
    let ResponseHead { progress, fields, seen, .. } = head;
    match field::read_section(buf, progress, fields, seen, limits.header_count) {
        Ok(Parsed::Partial) => Ok(Parsed::Partial),
        Ok(Parsed::Complete) => conclude(head, buf, limits, for_head_request).map(|()| Parsed::Complete),
        Err(SectionFault::BadField) => Err(ResponseProblem::BadHeader),
        Err(SectionFault::TooManyFields) => Err(ResponseProblem::HeadTooLarge),
    }
}

/// Decides what only the whole head can tell.
fn conclude(
    head: &mut ResponseHead,
    buf: &[u8],
    limits: &HeadLimits,
    for_head_request: bool,
) -> Result<(), ResponseProblem> {
    head.len = head.progress.line;
    let declared = framing::declared(buf, &head.fields, head.seen).map_err(|_| ResponseProblem::BadFraming)?;
    head.framing = frame(head, declared, for_head_request)?;
    let wishes = connection::read(buf, &mut head.fields, head.seen, limits.connection_options)
        .map_err(|_| ResponseProblem::BadHeader)?;
    head.keep_alive = wishes.persists(head.version) && head.framing != Framing::UntilClose;
    Ok(())
}

/// The rules of RFC 9112 section 6.3, in its order. Where that section would let a sender get away with a declaration
/// it must not make, this one refuses: chunks in HTTP/1.0, and a body announced where there can be none.
fn frame(head: &ResponseHead, declared: Declared, for_head_request: bool) -> Result<Framing, ResponseProblem> {
    if declared == Declared::Chunked && head.version == Version::Http10 {
        return Err(ResponseProblem::BadFraming);
    }
    match (head.status, declared) {
        (100..200 | 204, Declared::Nothing | Declared::Length(0)) => Ok(Framing::None),
        (100..200 | 204, _) => Err(ResponseProblem::BadFraming),
        (304, _) => Ok(Framing::None),
        _ if for_head_request => Ok(Framing::None),
        (_, Declared::Chunked) => Ok(Framing::Chunked),
        (_, Declared::Length(length)) => Ok(Framing::Length(length)),
        (_, Declared::Nothing) => Ok(Framing::UntilClose),
    }
}
