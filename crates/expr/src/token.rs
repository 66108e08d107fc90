//! Tokens: the pieces that a condition is cut into.

use crate::operator::{Logic, Operator};

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'s> {
    pub(crate) kind: Kind,
    /// The byte where it begins.
    pub(crate) at: usize,
    /// As written; of a text what stands between its quotation marks.
    pub(crate) text: &'s str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, a number or an address.
    Word,
    /// `"…"`, with escapes.
    Quoted,
    /// `r"…"`, without.
    Raw,
    Operator(Operator),
    Logic(Logic),
    /// The first word of `strict wildcard`.
    Strict,
    Open,
    Close,
    OpenIndex,
    CloseIndex,
    OpenSet,
    CloseSet,
    Comma,
    Star,
    /// Begins the name of a list.
    Dollar,
}
