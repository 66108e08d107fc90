//! The first message of a TLS handshake, read without taking part in it: which server name and which protocols the
//! visitor asks for. That is enough to pass a connection on untouched to whom it is meant for.
//!
//! The message may be spread over several records, and a field over two of them (RFC 8446 section 5.1), so it is read
//! through a cursor that steps over record heads. Nothing is decrypted and no key is looked at: with Encrypted Client
//! Hello, the name is the public one of the outer message.

use crate::{host::HostName, progress::Parsed};
use smallvec::SmallVec;

/// Bounds on the first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelloLimits {
    /// Bytes of its records, their heads included. Default 16 KiB.
    pub bytes: usize,
    /// Records that it may be spread over. Default 16.
    pub records: usize,
}

impl Default for HelloLimits {
    fn default() -> HelloLimits {
        HelloLimits { bytes: 16 * 1024, records: 16 }
    }
}

/// What a visitor asks for. Reusable; allocates nothing for names up to 64 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    server_name: HostName,
    protocols: SmallVec<[u8; 64]>,
}

/// Why bytes are not a first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HelloProblem {
    /// They do not begin like a handshake record of TLS.
    NotTls,
    /// A record of another type, an empty one or one that is too long comes before the message is complete.
    BadRecord,
    /// The handshake does not begin with a client's hello.
    NotClientHello,
    /// A field reaches over the end of what holds it, or something is left over.
    BadHello,
    /// An extension that we read is there twice.
    RepeatedExtension,
    /// The server name is no host name.
    BadServerName,
    /// More bytes or records than allowed.
    TooLarge,
}

impl ClientHello {
    /// The server name (RFC 6066 section 3) in lower case. `None` when there is none; also for an IP address, which is
    /// no server name and which others ignore too.
    pub fn server_name(&self) -> Option<&str> {
        let name = self.server_name.as_str();
        (!name.is_empty() && self.server_name.ip().is_none()).then_some(name)
    }

    /// The protocols that the visitor speaks, in its order of preference (RFC 7301).
    pub fn protocols(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.protocols[..];
        std::iter::from_fn(move || {
            let (&length, after) = rest.split_first()?;
            let (name, after) = after.split_at_checked(usize::from(length))?;
            rest = after;
            Some(name)
        })
    }
}

const HANDSHAKE: u8 = 22;
const MAJOR_VERSION: u8 = 3;
const RECORD_HEAD: usize = 5;
/// Bytes that the content of a record may have (RFC 8446 section 5.1).
const RECORD_BYTES: usize = 1 << 14;
const CLIENT_HELLO: u8 = 1;
/// Bytes before the body of a handshake message: its type and its length.
const MESSAGE_HEAD: usize = 4;

const SERVER_NAME: usize = 0;
const ALPN: usize = 16;
const HOST_NAME: usize = 0;

/// Reads the first message from the beginning of `buf`. As long as it is partial, call again with the same bytes and
/// more behind them; an outcome that is not partial is the same however the bytes were cut.
///
/// # Errors
/// A [`HelloProblem`] as soon as the bytes show it. `hello` then holds nothing.
pub fn parse_client_hello(hello: &mut ClientHello, buf: &[u8], limits: &HelloLimits) -> Result<Parsed, HelloProblem> {
    *hello = ClientHello::default();
    let Some(length) = measure(buf, limits)? else { return Ok(Parsed::Partial) };
    let mut found = ClientHello::default();
    read_message(&mut found, &mut Cursor::new(buf, length))?;
    *hello = found;
    Ok(Parsed::Complete)
}

/// Walks over the records until the message is complete, and gives its length. Looks at bytes strictly in their order,
/// so that what is wrong first is told, however much has arrived.
fn measure(buf: &[u8], limits: &HelloLimits) -> Result<Option<usize>, HelloProblem> {
    let mut at = 0;
    let mut head: SmallVec<[u8; MESSAGE_HEAD]> = SmallVec::new();
    let mut message = 0;
    for number in 0.. {
        let foreign = if number == 0 { HelloProblem::NotTls } else { HelloProblem::BadRecord };
        let Some(length) = record_length(buf.get(at..).unwrap_or_default(), foreign)? else { return Ok(None) };
        if number >= limits.records || at + RECORD_HEAD + length > limits.bytes {
            return Err(HelloProblem::TooLarge);
        }
        let content = buf.get(at + RECORD_HEAD..).unwrap_or_default();
        let content = content.get(..length).unwrap_or(content);
        head.extend(content.iter().take(MESSAGE_HEAD - head.len()).copied());
        let wanted = message_length(&head, limits)?;
        message += content.len();
        if let Some(wanted) = wanted
            && message >= wanted
        {
            return Ok(Some(wanted));
        }
        if content.len() < length {
            return Ok(None);
        }
        at += RECORD_HEAD + length;
    }
    Ok(None)
}

/// The length of a record's content; `None` while its head is not there yet.
fn record_length(buf: &[u8], foreign: HelloProblem) -> Result<Option<usize>, HelloProblem> {
    if buf.first().is_some_and(|kind| *kind != HANDSHAKE) || buf.get(1).is_some_and(|major| *major != MAJOR_VERSION) {
        return Err(foreign);
    }
    let Some([_, _, _, high, low]) = buf.first_chunk::<RECORD_HEAD>() else { return Ok(None) };
    match usize::from(u16::from_be_bytes([*high, *low])) {
        length @ 1..=RECORD_BYTES => Ok(Some(length)),
        _ => Err(foreign),
    }
}

/// The length of the whole message by its first bytes; `None` while they are not there yet.
fn message_length(head: &[u8], limits: &HelloLimits) -> Result<Option<usize>, HelloProblem> {
    if head.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
        return Err(HelloProblem::NotClientHello);
    }
    let Some([_, high, middle, low]) = head.first_chunk::<MESSAGE_HEAD>() else { return Ok(None) };
    let length = MESSAGE_HEAD + u32::from_be_bytes([0, *high, *middle, *low]) as usize;
    if length > limits.bytes { Err(HelloProblem::TooLarge) } else { Ok(Some(length)) }
}

/// Reads the message (RFC 8446 section 4.1.2) up to and including its extensions.
fn read_message(hello: &mut ClientHello, cursor: &mut Cursor<'_>) -> Result<(), HelloProblem> {
    const VERSION_AND_RANDOM: usize = 2 + 32;
    cursor.skip(MESSAGE_HEAD + VERSION_AND_RANDOM)?;
    let session_id = cursor.number(Width::One)?;
    cursor.skip(session_id)?;
    let suites = cursor.number(Width::Two)?;
    cursor.skip(suites)?;
    let compressions = cursor.number(Width::One)?;
    cursor.skip(compressions)?;
    if session_id > 32 || suites == 0 || suites % 2 != 0 || compressions == 0 {
        return Err(HelloProblem::BadHello);
    }
    if cursor.left == 0 {
        // Before TLS 1.3 a message may have no extensions at all.
        return Ok(());
    }
    let mut extensions = cursor.vector()?;
    cursor.expect_end()?;
    let mut seen = Seen::default();
    while extensions.left > 0 {
        let kind = extensions.number(Width::Two)?;
        let mut body = extensions.vector()?;
        let repeated = match kind {
            SERVER_NAME => std::mem::replace(&mut seen.server_name, true),
            ALPN => std::mem::replace(&mut seen.alpn, true),
            _ => continue,
        };
        if repeated {
            return Err(HelloProblem::RepeatedExtension);
        }
        let mut list = body.vector()?;
        body.expect_end()?;
        match kind {
            SERVER_NAME => read_server_name(&mut hello.server_name, &mut list)?,
            _ => read_protocols(&mut hello.protocols, &mut list)?,
        }
    }
    Ok(())
}

/// Which of the extensions that we read have been met.
#[derive(Default)]
struct Seen {
    server_name: bool,
    alpn: bool,
}

/// Finds the one host name of the list. Other types of names begin with a length as well (RFC 6066 section 3).
fn read_server_name(name: &mut HostName, list: &mut Cursor<'_>) -> Result<(), HelloProblem> {
    if list.left == 0 {
        return Err(HelloProblem::BadHello);
    }
    let mut is_named = false;
    while list.left > 0 {
        let kind = list.number(Width::One)?;
        let mut raw = list.vector()?;
        if kind != HOST_NAME {
            continue;
        }
        // A port or brackets would pass as a host, but they are no part of a name.
        let bytes = raw.take_rest()?;
        let is_bare = !bytes.iter().any(|byte| matches!(byte, b':' | b'['));
        if std::mem::replace(&mut is_named, true) || !is_bare || name.set(&bytes).is_err() {
            return Err(HelloProblem::BadServerName);
        }
    }
    Ok(())
}

fn read_protocols(protocols: &mut SmallVec<[u8; 64]>, list: &mut Cursor<'_>) -> Result<(), HelloProblem> {
    *protocols = list.take_rest()?;
    let mut rest = &protocols[..];
    while let Some((&length, after)) = rest.split_first() {
        if length == 0 {
            return Err(HelloProblem::BadHello);
        }
        rest = after.get(usize::from(length)..).ok_or(HelloProblem::BadHello)?;
    }
    if protocols.is_empty() { Err(HelloProblem::BadHello) } else { Ok(()) }
}

/// How many bytes a number has.
#[derive(Clone, Copy)]
enum Width {
    One,
    Two,
}

impl Width {
    const fn bytes(self) -> usize {
        match self {
            Width::One => 1,
            Width::Two => 2,
        }
    }
}

/// A place in a message that is spread over records, and how much may be read from there.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    /// What has not been read, from the middle of a record.
    buf: &'a [u8],
    /// Bytes until the next record's head.
    in_record: usize,
    /// Bytes until the end of what is being read: the message, or a vector in it.
    left: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of a message of `length` bytes in records that have been measured.
    fn new(buf: &'a [u8], length: usize) -> Cursor<'a> {
        Cursor { buf, in_record: 0, left: length }
    }

    /// The next bytes that lie in one piece, at most `most` of them and at least one.
    fn piece(&mut self, most: usize) -> Result<&'a [u8], HelloProblem> {
        if self.in_record == 0 {
            let [_, _, _, high, low] = self.buf.first_chunk::<RECORD_HEAD>().ok_or(HelloProblem::BadHello)?;
            self.in_record = usize::from(u16::from_be_bytes([*high, *low]));
            self.buf = self.buf.get(RECORD_HEAD..).unwrap_or_default();
        }
        let length = most.min(self.in_record).min(self.left).min(self.buf.len());
        if length == 0 {
            return Err(HelloProblem::BadHello);
        }
        let (piece, rest) = self.buf.split_at_checked(length).ok_or(HelloProblem::BadHello)?;
        self.buf = rest;
        self.in_record -= length;
        self.left -= length;
        Ok(piece)
    }

    fn skip(&mut self, mut length: usize) -> Result<(), HelloProblem> {
        while length > 0 {
            length -= self.piece(length)?.len();
        }
        Ok(())
    }

    fn number(&mut self, width: Width) -> Result<usize, HelloProblem> {
        let mut number = 0;
        for _ in 0..width.bytes() {
            let byte = self.piece(1)?.first().copied().unwrap_or_default();
            number = number << 8 | usize::from(byte);
        }
        Ok(number)
    }

    /// A vector with a length of two bytes: a cursor over its content, while this one steps behind it.
    fn vector(&mut self) -> Result<Cursor<'a>, HelloProblem> {
        let length = self.number(Width::Two)?;
        let content = Cursor { left: length, ..*self };
        self.skip(length)?;
        Ok(content)
    }

    fn expect_end(&self) -> Result<(), HelloProblem> {
        if self.left == 0 { Ok(()) } else { Err(HelloProblem::BadHello) }
    }

    /// Everything that is left, in one piece.
    fn take_rest(&mut self) -> Result<SmallVec<[u8; 64]>, HelloProblem> {
        let mut bytes = SmallVec::new();
        while self.left > 0 {
            bytes.extend_from_slice(self.piece(self.left)?);
        }
        Ok(bytes)
    }
}
