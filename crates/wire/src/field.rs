//! Field lines: `name ":" OWS value OWS CRLF` (RFC 9112 section 5), read strictly and in one pass.

use smallvec::SmallVec;

use crate::known::{Known, KnownSet};
use crate::octet::{self, NOT_UNDERSCORE, PLAIN, TOKEN};
use crate::progress::{Parsed, Progress};
use crate::span::Span;

/// The fields of one head in the order they came; the first 32 need no allocation.
pub type Fields = SmallVec<[Field; 32]>;

/// One field line of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Span,
    /// The value without blanks at both ends. May be empty; may hold bytes of 0x80 and above.
    pub value: Span,
    pub known: Known,
    marks: u8,
}

const DROPPABLE: u8 = 1;
const UNDERSCORE: u8 = 2;
const HOP_BY_HOP: u8 = 4;

impl Field {
    /// Whether the name is legal but holds a byte outside `[A-Za-z0-9_-]`, such as a dot (`EDGE-10`): some servers
    /// read such a name differently, so the edge drops the field.
    #[inline]
    pub fn is_droppable(&self) -> bool {
        self.marks & DROPPABLE != 0
    }

    /// Whether the name holds an underscore, which some servers turn into a hyphen. Passing it on is a policy.
    #[inline]
    pub fn has_underscore(&self) -> bool {
        self.marks & UNDERSCORE != 0
    }

    /// Whether the field belongs to this connection alone: by its name, or because `Connection` lists it
    /// (RFC 9110 section 7.6.1).
    #[inline]
    pub fn is_hop_by_hop(&self) -> bool {
        self.marks & HOP_BY_HOP != 0
    }

    pub(crate) fn mark_hop_by_hop(&mut self) {
        self.marks |= HOP_BY_HOP;
    }
}

/// A field line, or a place in a field section, that breaks the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadField;

/// What begins at the start of a line of a field section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A field line; the next line starts at `next`.
    Field { field: Field, next: usize },
    /// The blank line; the section ends at `next`.
    Blank { next: usize },
    /// The line is not complete.
    Partial,
}

/// Reads the line of a field section that starts at `start`.
#[inline]
pub(crate) fn read_line(buf: &[u8], start: usize) -> Result<Line, BadField> {
    match buf.get(start) {
        None => return Ok(Line::Partial),
        Some(b'\r') => {
            return Ok(match end_of_line(buf, start)? {
                Some(next) => Line::Blank { next },
                None => Line::Partial,
            });
        }
        Some(_) => {}
    }
    let Some(colon) = octet::find(buf, start, b':') else { return partial_name(buf, start) };
    let name = buf.get(start..colon).unwrap_or_default();
    let (known, marks) = classify(name)?;
    let mut value = colon + 1;
    while buf.get(value).is_some_and(|byte| octet::is_blank(*byte)) {
        value += 1;
    }
    let Some((end, byte)) = octet::find_control(buf, value) else { return Ok(Line::Partial) };
    if byte != b'\r' {
        return Err(BadField);
    }
    let Some(next) = end_of_line(buf, end)? else { return Ok(Line::Partial) };
    let value = Span::new(value, end_of_value(buf, value, end));
    Ok(Line::Field { field: Field { name: Span::new(start, colon), value, known, marks }, next })
}

/// A name that has not ended yet is only acceptable while it could still become one. This also refuses a folded line
/// (obs-fold), which begins with a blank, and a line without a colon.
#[cold]
fn partial_name(buf: &[u8], start: usize) -> Result<Line, BadField> {
    let name = buf.get(start..).unwrap_or_default();
    if octet::is_token(name) { Ok(Line::Partial) } else { Err(BadField) }
}

/// Which name this is, and its marks. A known name needs no look at its bytes.
#[inline]
fn classify(name: &[u8]) -> Result<(Known, u8), BadField> {
    let known = Known::of(name);
    if known != Known::Other {
        return Ok((known, if known.is_hop_by_hop() { HOP_BY_HOP } else { 0 }));
    }
    let common = octet::common_class(name);
    if name.is_empty() || common & TOKEN == 0 {
        return Err(BadField);
    }
    let mut marks = 0;
    if common & PLAIN == 0 {
        marks |= DROPPABLE;
    }
    if common & NOT_UNDERSCORE == 0 {
        marks |= UNDERSCORE;
    }
    Ok((known, marks))
}

/// Where the next line starts, given a carriage return at `at`; `None` when the next byte is not there yet. A carriage
/// return that stands alone is refused (RFC 9112 section 2.2).
#[inline]
pub(crate) fn end_of_line(buf: &[u8], at: usize) -> Result<Option<usize>, BadField> {
    match buf.get(at + 1) {
        Some(b'\n') => Ok(Some(at + 2)),
        Some(_) => Err(BadField),
        None => Ok(None),
    }
}

/// The end of a value without the blanks behind it.
#[inline]
fn end_of_value(buf: &[u8], start: usize, mut end: usize) -> usize {
    while end > start && buf.get(end - 1).is_some_and(|byte| octet::is_blank(*byte)) {
        end -= 1;
    }
    end
}

/// Why a field section was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionFault {
    BadField,
    TooManyFields,
}

/// Reads field lines from where `progress` stands up to the blank line, adding to `fields`. On completion
/// `progress.line` is the end of the section.
#[inline]
pub(crate) fn read_section(
    buf: &[u8],
    progress: &mut Progress,
    fields: &mut Fields,
    seen: &mut Seen,
    most: usize,
) -> Result<Parsed, SectionFault> {
    loop {
        match read_line(buf, progress.line) {
            Ok(Line::Field { field, next }) => {
                if fields.len() >= most {
                    return Err(SectionFault::TooManyFields);
                }
                fields.push(field);
                seen.insert(field.known);
                progress.line = next;
            }
            Ok(Line::Blank { next }) => {
                progress.line = next;
                return Ok(Parsed::Complete);
            }
            Ok(Line::Partial) => return Ok(progress.pause(buf)),
            Err(BadField) => return Err(SectionFault::BadField),
        }
    }
}

/// Which names occur in a head, and which of them more than once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) once: KnownSet,
    pub(crate) again: KnownSet,
}

impl Seen {
    #[inline]
    fn insert(&mut self, known: Known) {
        if self.once.contains(known) {
            self.again.insert(known);
        }
        self.once.insert(known);
    }

    /// The first field of this name. Looks at the fields only when there is one.
    #[inline]
    pub(crate) fn first(self, fields: &Fields, known: Known) -> Option<&Field> {
        if !self.once.contains(known) {
            return None;
        }
        fields.iter().find(|field| field.known == known)
    }

    /// The only field of this name; `None` when there is none, or more than one.
    #[inline]
    pub(crate) fn only(self, fields: &Fields, known: Known) -> Option<&Field> {
        if self.again.contains(known) { None } else { self.first(fields, known) }
    }
}
