//! A request head: request line, fields, and everything they decide together.

use crate::connection;
use crate::field::{self, Field, Fields, SectionFault, Seen};
use crate::framing::{self, BadDeclaration, Declared, Framing, Version};
use crate::host::HostName;
use crate::known::{Known, KnownSet};
use crate::limits::HeadLimits;
use crate::method::Method;
use crate::progress::{Parsed, Progress, Stage};
use crate::request_line;
use crate::span::Span;
use crate::target::{self, TargetForm};

/// Why a request head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestProblem {
    /// Not `method SP target SP version CRLF`: another protocol, HTTP/0.9, a bare line feed, a doubled space.
    BadRequestLine,
    /// A raw space, control or non-ASCII byte, a fragment, broken percent-encoding, or no accepted form.
    BadTarget,
    /// The target is longer than [`HeadLimits::target_bytes`].
    TargetTooLong,
    /// The head is longer than [`HeadLimits::head_bytes`] or has more fields than [`HeadLimits::header_count`].
    HeadTooLarge,
    /// A field line that breaks the grammar, a folded line, a bare carriage return or line feed, or more options in
    /// `Connection` than [`HeadLimits::connection_options`].
    BadHeader,
    /// HTTP/1.1 without `Host` (RFC 9112 section 3.2).
    HostMissing,
    /// More than one `Host` (RFC 9112 section 3.2).
    HostRepeated,
    /// `Host`, or the authority of the target, is not a host with an optional port.
    BadHost,
    /// `Content-Length` together with `Transfer-Encoding` (RFC 9112 section 6.1).
    LengthAndChunked,
    /// More than one `Content-Length`, as lines or as a list (RFC 9112 section 6.3).
    LengthConflict,
    /// `Content-Length` is not a plain decimal number that fits.
    BadLength,
    /// `Transfer-Encoding` is not exactly `chunked`, or the request is HTTP/1.0.
    BadTransferEncoding,
    /// A version other than HTTP/1.0 and HTTP/1.1.
    UnsupportedVersion,
    /// CONNECT: this is no forward proxy.
    ConnectMethod,
}

/// A parsed request head. Every [`Span`] points into the buffer that was parsed.
///
/// Reuse one head per connection: [`parse_request`] clears and fills it without giving up its storage.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    /// Bytes of the head, from the start of the buffer to the end of the blank line. The body begins there.
    pub len: usize,
    pub method: Span,
    /// Which method that is.
    pub verb: Method,
    /// The target as it came.
    pub target: Span,
    pub target_form: TargetForm,
    /// Path and query of the target: what goes to the origin. Empty, or beginning with `?`, only in absolute form;
    /// [`RequestHead::write_resource`] makes up for that.
    pub resource: Span,
    pub version: Version,
    pub fields: Fields,
    /// Never [`Framing::UntilClose`].
    pub framing: Framing,
    /// Whether the visitor wants the connection to persist (RFC 9112 section 9.3).
    pub keep_alive: bool,
    /// Whether a body follows only after `100 Continue` (RFC 9110 section 10.1.1); never in HTTP/1.0.
    pub expects_continue: bool,
    /// Whether another protocol is asked for: `Upgrade` is there and `Connection` lists it. HTTP/1.1 only.
    pub upgrade: bool,
    /// The host as it came: the authority of an absolute target, else the value of `Host`.
    pub host: Option<Span>,
    host_name: HostName,
    seen: Seen,
    progress: Progress,
}

impl RequestHead {
    /// Forgets everything but keeps the storage. Needed only when bytes of a partial head are thrown away.
    ///
    /// A head that is refused keeps what was read before the problem, such as method and target, as evidence.
    pub fn reset(&mut self) {
        self.len = 0;
        self.method = Span::default();
        self.verb = Method::default();
        self.target = Span::default();
        self.target_form = TargetForm::default();
        self.resource = Span::default();
        self.version = Version::default();
        self.fields.clear();
        self.framing = Framing::default();
        self.keep_alive = false;
        self.expects_continue = false;
        self.upgrade = false;
        self.host = None;
        self.seen = Seen::default();
        self.progress = Progress::default();
    }

    /// The host in lower case, without port and trailing dot; `None` in HTTP/1.0 without `Host`.
    #[inline]
    pub fn host_name(&self) -> Option<&HostName> {
        self.host.map(|_| &self.host_name)
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

    /// Writes path and query in origin form, or `*` (RFC 9112 section 3.2.1, 3.2.4).
    pub fn write_resource(&self, buf: &[u8], out: &mut impl bytes::BufMut) {
        let resource = self.resource.of(buf);
        match resource.first() {
            None if self.verb == Method::Options => out.put_u8(b'*'),
            None | Some(b'?') => out.put_u8(b'/'),
            Some(_) => {}
        }
        out.put_slice(resource);
    }
}

/// Parses the request head at the start of `buf`.
///
/// After [`Parsed::Partial`], call again with the same bytes and more behind them: parsing resumes where it stopped.
/// After [`Parsed::Complete`] or an error the next call begins a new head.
///
/// # Errors
/// The first problem in the order of the bytes; problems of the head as a whole (host, framing) come last.
pub fn parse_request(head: &mut RequestHead, buf: &[u8], limits: &HeadLimits) -> Result<Parsed, RequestProblem> {
    let (window, is_full) = limits.window(buf);
    if !head.progress.continues(window) {
        head.reset();
    } else if !is_full && !head.progress.has_new_line(window) && is_line_tolerable(head, window, limits) {
        return Ok(head.progress.pause(window));
    }
    let parsed = advance(head, window, limits);
    match parsed {
        Ok(Parsed::Partial) if is_full => {
            head.progress.stage = Stage::Done;
            Err(RequestProblem::HeadTooLarge)
        }
        Ok(Parsed::Partial) => parsed,
        Ok(Parsed::Complete) | Err(_) => {
            head.progress.stage = Stage::Done;
            parsed
        }
    }
}

/// Whether the line that is still open may grow further. A request line that outgrows its limits is looked at without
/// waiting for its end.
fn is_line_tolerable(head: &RequestHead, buf: &[u8], limits: &HeadLimits) -> bool {
    let open = buf.len().saturating_sub(head.progress.line);
    head.progress.stage == Stage::Fields || open <= limits.method_bytes.saturating_add(limits.target_bytes)
}

fn advance(head: &mut RequestHead, buf: &[u8], limits: &HeadLimits) -> Result<Parsed, RequestProblem> {
    if head.progress.stage != Stage::Fields {
        if skip_blank_lines(&mut head.progress, buf, limits)? == Parsed::Partial {
            return Ok(head.progress.pause(buf));
        }
        let Some(line) = request_line::read(buf, head.progress.line, limits)? else {
            return Ok(head.progress.pause(buf));
        };
        head.method = line.method;
        head.verb = Method::of(line.method.of(buf));
        head.target = line.target;
        head.version = line.version;
        (head.target_form, head.resource) =
            target::form(buf, line.target, head.verb).map_err(|_| RequestProblem::BadTarget)?;
        head.progress.line = line.next;
        head.progress.stage = Stage::Fields;
    }
    let RequestHead { progress, fields, seen, .. } = head;
    match field::read_section(buf, progress, fields, seen, limits.header_count) {
        Ok(Parsed::Partial) => Ok(Parsed::Partial),
        Ok(Parsed::Complete) => conclude(head, buf, limits).map(|()| Parsed::Complete),
        Err(SectionFault::BadField) => Err(RequestProblem::BadHeader),
        Err(SectionFault::TooManyFields) => Err(RequestProblem::HeadTooLarge),
    }
}

/// Skips empty lines before the request line, which some clients send behind a body (RFC 9112 section 2.2).
fn skip_blank_lines(progress: &mut Progress, buf: &[u8], limits: &HeadLimits) -> Result<Parsed, RequestProblem> {
    while let Some(b'\r') = buf.get(progress.line) {
        if progress.blank_lines >= limits.leading_blank_lines {
            return Err(RequestProblem::BadRequestLine);
        }
        match field::end_of_line(buf, progress.line) {
            Ok(Some(next)) => progress.line = next,
            Ok(None) => return Ok(Parsed::Partial),
            Err(_) => return Err(RequestProblem::BadRequestLine),
        }
        progress.blank_lines += 1;
    }
    Ok(Parsed::Complete)
}

/// Decides what only the whole head can tell.
fn conclude(head: &mut RequestHead, buf: &[u8], limits: &HeadLimits) -> Result<(), RequestProblem> {
    head.len = head.progress.line;
    if let Some(host) = find_host(head, buf)? {
        head.host_name.set(host.of(buf)).map_err(|_| RequestProblem::BadHost)?;
        head.host = Some(host);
    }
    head.framing = match framing::declared(buf, &head.fields, head.seen) {
        Ok(Declared::Nothing) => Framing::None,
        Ok(Declared::Length(length)) => Framing::Length(length),
        // An HTTP/1.0 relay on the way would not have understood it (RFC 9112 section 6.1).
        Ok(Declared::Chunked) if head.version == Version::Http10 => return Err(RequestProblem::BadTransferEncoding),
        Ok(Declared::Chunked) => Framing::Chunked,
        Err(bad) => return Err(bad.into()),
    };
    let wishes = connection::read(buf, &mut head.fields, head.seen, limits.connection_options)
        .map_err(|_| RequestProblem::BadHeader)?;
    head.keep_alive = wishes.persists(head.version);
    head.upgrade = wishes.upgrade && head.version == Version::Http11 && head.has(Known::Upgrade);
    head.expects_continue = expects_continue(head, buf);
    Ok(())
}

/// The host that the request is for. A repeated `Host` is refused even where the target outranks it.
fn find_host(head: &RequestHead, buf: &[u8]) -> Result<Option<Span>, RequestProblem> {
    if head.repeats(Known::Host) {
        return Err(RequestProblem::HostRepeated);
    }
    let field = head.field(Known::Host);
    if field.is_none() && head.version == Version::Http11 {
        return Err(RequestProblem::HostMissing);
    }
    let TargetForm::Absolute { authority } = head.target_form else { return Ok(field.map(|field| field.value)) };
    if let Some(field) = field {
        crate::host::check(field.value.of(buf)).map_err(|_| RequestProblem::BadHost)?;
    }
    Ok(Some(authority))
}

fn expects_continue(head: &RequestHead, buf: &[u8]) -> bool {
    head.version == Version::Http11
        && !matches!(head.framing, Framing::None | Framing::Length(0))
        && head.value(Known::Expect, buf).is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}

impl From<BadDeclaration> for RequestProblem {
    fn from(bad: BadDeclaration) -> RequestProblem {
        match bad {
            BadDeclaration::LengthAndChunked => RequestProblem::LengthAndChunked,
            BadDeclaration::LengthConflict => RequestProblem::LengthConflict,
            BadDeclaration::BadLength => RequestProblem::BadLength,
            BadDeclaration::BadTransferEncoding => RequestProblem::BadTransferEncoding,
        }
    }
}
