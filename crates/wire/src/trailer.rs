//! The trailer section of a chunked body (RFC 9112 section 7.1.2): collected, checked like the fields of a head.

use crate::field::{self, BadField, Field, Line};
use crate::known::{Known, KnownSet};
use crate::limits::BodyLimits;

/// Fields that decide where a message goes or where it ends. They are read before the body or never (RFC 9110 section
/// 6.5.1), so finding one behind it is an attempt to be understood in two ways.
const FORBIDDEN: KnownSet = KnownSet::of(&[Known::Host, Known::ContentLength, Known::TransferEncoding]);

/// Why a trailer section is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Bad,
    TooLarge,
}

/// The trailer fields of one body. Empty, and without allocation, for the bodies that have none.
#[derive(Clone, Debug, Default)]
pub struct Trailers {
    /// The field lines as they came.
    bytes: Vec<u8>,
    fields: Vec<Field>,
    /// Where the line that is being collected starts.
    line: usize,
}

impl Trailers {
    /// The bytes that the spans of [`Trailers::fields`] point into.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Every field in the order it came. Skip those that [`Field::is_hop_by_hop`] before passing them on.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Names and values of the fields that may be passed on: `ETag`, and those that mean nothing in a head. A server
    /// that merges trailers into the head would otherwise take a stranger's `CF-Connecting-IP` for ours (RFC 9110
    /// section 6.5.1); names with an underscore, which it might take for one of these, are left out for that reason.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let passed = self.fields.iter().filter(|field| {
            matches!(field.known, Known::Other | Known::Etag)
                && !field.is_hop_by_hop()
                && !field.is_droppable()
                && !field.has_underscore()
        });
        passed.map(|field| (field.name.of(&self.bytes), field.value.of(&self.bytes)))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Takes bytes of the section up to the end of one line. Returns how many were taken, and whether the section is
    /// complete.
    pub(crate) fn take_line(&mut self, input: &[u8], limits: &BodyLimits) -> Result<(usize, bool), Fault> {
        let end = memchr::memchr(b'\n', input).map(|at| at + 1);
        let taken = input.get(..end.unwrap_or(input.len())).unwrap_or_default();
        if self.bytes.len() + taken.len() > limits.trailer_bytes {
            return Err(Fault::TooLarge);
        }
        self.bytes.extend_from_slice(taken);
        if end.is_none() {
            return Ok((taken.len(), false));
        }
        let before = self.bytes.len() - taken.len();
        let read = match field::read_line(&self.bytes, self.line) {
            Ok(Line::Field { field, next }) => self.keep(field, next, limits).map(|()| false),
            Ok(Line::Blank { .. }) => Ok(true),
            Ok(Line::Partial) | Err(BadField) => Err(Fault::Bad),
        };
        if read.is_err() {
            self.bytes.truncate(before);
        }
        read.map(|is_complete| (taken.len(), is_complete))
    }

    fn keep(&mut self, field: Field, next: usize, limits: &BodyLimits) -> Result<(), Fault> {
        if self.fields.len() >= limits.trailer_count {
            return Err(Fault::TooLarge);
        }
        if field.known != Known::Other && FORBIDDEN.contains(field.known) {
            return Err(Fault::Bad);
        }
        self.fields.push(field);
        self.line = next;
        Ok(())
    }
}
