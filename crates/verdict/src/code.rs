//! The numbered codes that a visitor or an API user is shown: 4xx, 5xx, 52x, 1xxx and 10xxx.
//!
//! Each code is written once, in the file of its family below. A code says what a visitor may know; the specific
//! [`Reason`](crate::Reason) behind it says what was observed.

mod access;
mod address;
mod client;
mod list;
mod programmed;
mod server;
mod visitor;

use crate::{Category, Maker, Party, Phase, Retry};
use std::fmt;

/// A numbered code of the catalogue. What a visitor reads as "Error 522" or "Error 1016".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

impl Code {
    /// A code by its number. Whether the catalogue has an entry for it is asked with [`Code::entry`].
    pub const fn new(number: u16) -> Code {
        Code(number)
    }

    /// The number itself, 400..=10999.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What the catalogue says of this code; `None` when it is not one of ours.
    pub fn entry(self) -> Option<&'static CodeEntry> {
        Code::entries().find(|entry| entry.code == self)
    }

    /// What the catalogue says of this code, or of 500 when it is not one of ours: a page must say something.
    pub fn page(self) -> &'static CodeEntry {
        const INTERNAL_ERROR: &CodeEntry = &server::ENTRIES[0];
        const { assert!(INTERNAL_ERROR.code.number() == 500) };
        self.entry().unwrap_or(INTERNAL_ERROR)
    }

    /// Every entry, family by family, ascending within each.
    pub fn entries() -> impl Iterator<Item = &'static CodeEntry> {
        FAMILIES.iter().flat_map(|family| family.iter())
    }

    /// Every code of the catalogue.
    pub fn all() -> impl Iterator<Item = Code> {
        Code::entries().map(|entry| entry.code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

const FAMILIES: &[&[CodeEntry]] =
    &[client::ENTRIES, server::ENTRIES, address::ENTRIES, access::ENTRIES, programmed::ENTRIES, list::ENTRIES];

/// All that is fixed about a code.
#[derive(Debug)]
pub struct CodeEntry {
    pub code: Code,
    /// The number as text.
    pub id: &'static str,
    /// `error_name` of the structured body: stable, snake_case.
    pub name: &'static str,
    /// The HTTP status on the wire, which differs from the number for every 1xxx and 10xxx.
    pub status: u16,
    pub category: Category,
    pub phase: Phase,
    pub party: Party,
    pub maker: Maker,
    pub retry: Retry,
    /// Short enough to follow "Error 522: ".
    pub title: &'static str,
    pub cause: &'static str,
    /// What the site owner can do.
    pub remedy: &'static str,
    /// What the visitor can do.
    pub visitor: &'static str,
}

impl CodeEntry {
    /// The HTTP status on the wire.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// `error_name` of the structured body.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// `error_category` of the structured body.
    pub const fn category(&self) -> Category {
        self.category
    }

    /// The default of the `Retry-After` header in seconds; `None` where none is sent.
    pub const fn retry_after(&self) -> Option<u32> {
        self.retry.seconds()
    }

    /// Whether the same request may succeed when it is sent again.
    pub const fn is_retryable(&self) -> bool {
        self.retry.is_possible()
    }

    /// Whether nothing gets better until the site owner acts.
    pub const fn owner_action_required(&self) -> bool {
        matches!(self.party, Party::Origin | Party::Configuration | Party::Network)
    }

    /// Whether the edge can show a page for this code: everything a visitor can ever be sent.
    pub const fn has_page(&self) -> bool {
        !matches!(self.maker, Maker::Api | Maker::Record)
    }
}

/// Writes a family of codes. `retry` is `no`, `later`, or the seconds of `Retry-After`.
macro_rules! codes {
    ($($number:literal $name:literal {
        status $status:literal, category $category:ident, at $phase:ident, by $party:ident, made $maker:ident,
        retry $retry:tt,
        title $title:literal,
        cause $cause:literal,
        remedy $remedy:literal,
        visitor $visitor:expr $(,)?
    })*) => {
        pub(super) const ENTRIES: &[$crate::CodeEntry] = &[$($crate::CodeEntry {
            code: $crate::Code::new($number),
            id: stringify!($number),
            name: $name,
            status: $status,
            category: $crate::Category::$category,
            phase: $crate::Phase::$phase,
            party: $crate::Party::$party,
            maker: $crate::Maker::$maker,
            retry: codes!(@retry $retry),
            title: $title,
            cause: $cause,
            remedy: $remedy,
            visitor: $visitor,
        },)*];
    };
    (@retry no) => { $crate::Retry::No };
    (@retry later) => { $crate::Retry::Later };
    (@retry $seconds:literal) => { $crate::Retry::After($seconds) };
}
use codes;
