//! What the `Connection` fields of a head ask for (RFC 9110 section 7.6.1, RFC 9112 section 9.3).

use crate::field::{Fields, Seen};
use crate::framing::Version;
use crate::known::{Known, KnownSet};
use crate::octet;

/// Iterates the options of one `Connection` value: its comma-separated tokens, empty elements skipped. Elements that
/// are not tokens are skipped too: they can name neither an option nor a field.
#[derive(Clone, Debug)]
pub struct ConnectionOptions<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> ConnectionOptions<'a> {
    pub fn new(value: &'a [u8]) -> ConnectionOptions<'a> {
        ConnectionOptions { rest: Some(value) }
    }
}

impl<'a> Iterator for ConnectionOptions<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.rest?;
            let (element, after) = match octet::find(rest, 0, b',').and_then(|comma| rest.split_at_checked(comma)) {
                Some((element, after)) => (element, after.get(1..)),
                None => (rest, None),
            };
            self.rest = after;
            let option = octet::trim(element);
            if octet::is_token(option) {
                return Some(option);
            }
        }
    }
}

/// Fields that an intermediary must have whatever `Connection` says: dropping one of them on a stranger's word would
/// change where the message goes or where it ends, or make it forget where it has been.
const NEVER_NOMINATED: KnownSet =
    KnownSet::of(&[Known::Host, Known::ContentLength, Known::CacheControl, Known::CdnLoop]);

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    close: bool,
    keep_alive: bool,
    pub(crate) upgrade: bool,
}

impl Wishes {
    /// Whether the connection persists behind this message. `close` wins over `keep-alive`.
    pub(crate) fn persists(&self, version: Version) -> bool {
        match version {
            Version::Http11 => !self.close,
            Version::Http10 => self.keep_alive && !self.close,
        }
    }
}

/// More options than the limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyOptions;

/// Reads every `Connection` field and marks the fields it lists as hop-by-hop.
#[inline]
pub(crate) fn read(buf: &[u8], fields: &mut Fields, seen: Seen, most: usize) -> Result<Wishes, TooManyOptions> {
    if !seen.once.contains(Known::Connection) {
        return Ok(Wishes::default());
    }
    let mut wishes = Wishes::default();
    let mut count = 0;
    for at in 0..fields.len() {
        let Some(field) = fields.get(at).filter(|field| field.known == Known::Connection) else { continue };
        for option in ConnectionOptions::new(field.value.of(buf)) {
            count += 1;
            if count > most {
                return Err(TooManyOptions);
            }
            if option.eq_ignore_ascii_case(b"keep-alive") {
                wishes.keep_alive = true;
            } else if option.eq_ignore_ascii_case(b"close") {
                wishes.close = true;
            } else if option.eq_ignore_ascii_case(b"upgrade") {
                wishes.upgrade = true;
            } else {
                nominate(buf, fields, option);
            }
        }
        if !seen.again.contains(Known::Connection) {
            break;
        }
    }
    Ok(wishes)
}

/// Marks the fields of this name as hop-by-hop.
#[cold]
fn nominate(buf: &[u8], fields: &mut Fields, option: &[u8]) {
    let known = Known::of(option);
    if known != Known::Other && NEVER_NOMINATED.contains(known) {
        return;
    }
    for field in fields.iter_mut() {
        if field.known == known && (known != Known::Other || field.name.of(buf).eq_ignore_ascii_case(option)) {
            field.mark_hop_by_hop();
        }
    }
}
