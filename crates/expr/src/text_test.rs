//! Tests of texts: which text is looked at, and what must hold of it.

use crate::{
    facts::{Enough, Facts, Items, Text},
    limits,
    operator::Comparison,
    wildcard::Wildcard,
};
use memchr::memmem::Finder;
use smallvec::SmallVec;

/// A text, or each of several, and what must hold of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TextTest {
    pub(crate) value: TextValue,
    pub(crate) predicate: Predicate,
}

/// Which text is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextValue {
    pub(crate) source: Source,
    /// Whether it is put in lower case first.
    pub(crate) folds: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Field(Text),
    /// The item with this number, if there are so many.
    Item(Listed, u32),
    /// One item at a time; the test holds if it holds for one of them.
    Each(Listed),
}

/// A list of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    Header(Box<str>),
    Argument(Box<str>),
    ArgumentNames,
    ArgumentValues,
}

/// What must hold of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Predicate {
    Compare(Comparison, Box<[u8]>),
    Contains(Needle),
    StartsWith(Box<[u8]>),
    EndsWith(Box<[u8]>),
    /// In order, each once.
    In(Box<[Box<[u8]>]>),
    Matches(Pattern),
    Wildcard(Wildcard),
    StrictWildcard(Wildcard),
}

/// What is searched for, with the search prepared.
#[derive(Clone, Debug)]
pub(crate) struct Needle(Box<Finder<'static>>);

/// A regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(regex::bytes::Regex);

impl TextTest {
    pub(crate) fn holds(&self, facts: &(impl Facts + ?Sized)) -> bool {
        match &self.value.source {
            Source::Field(field) => self.fits(facts.text(*field)),
            Source::Item(listed, number) => {
                let mut before = *number;
                // What is not there differs from every text, and that is all that can be said of it.
                let mut holds = matches!(self.predicate, Predicate::Compare(Comparison::NotEqual, _));
                facts.each(listed.items(), &mut |item| match before.checked_sub(1) {
                    Some(fewer) => {
                        before = fewer;
                        Enough::No
                    }
                    None => {
                        holds = self.fits(item);
                        Enough::Yes
                    }
                });
                holds
            }
            Source::Each(listed) => {
                let mut holds = false;
                facts.each(listed.items(), &mut |item| {
                    holds = self.fits(item);
                    if holds { Enough::Yes } else { Enough::No }
                });
                holds
            }
        }
    }

    fn fits(&self, value: &[u8]) -> bool {
        if self.value.folds || matches!(self.predicate, Predicate::Wildcard(_)) {
            let mut folded: SmallVec<[u8; limits::FOLDED]> = SmallVec::from_slice(value);
            folded.make_ascii_lowercase();
            return self.predicate.holds(&folded);
        }
        self.predicate.holds(value)
    }
}

impl Listed {
    fn items(&self) -> Items<'_> {
        match self {
            Listed::Header(name) => Items::Header(name),
            Listed::Argument(name) => Items::Argument(name),
            Listed::ArgumentNames => Items::ArgumentNames,
            Listed::ArgumentValues => Items::ArgumentValues,
        }
    }
}

impl Predicate {
    fn holds(&self, value: &[u8]) -> bool {
        match self {
            Predicate::Compare(Comparison::Equal, text) => value == &**text,
            Predicate::Compare(comparison, text) => comparison.holds(value.cmp(text)),
            Predicate::Contains(needle) => needle.0.find(value).is_some(),
            Predicate::StartsWith(text) => value.starts_with(text),
            Predicate::EndsWith(text) => value.ends_with(text),
            Predicate::In(texts) => texts.binary_search_by(|text| (**text).cmp(value)).is_ok(),
            Predicate::Matches(pattern) => pattern.0.is_match(value),
            Predicate::Wildcard(wildcard) | Predicate::StrictWildcard(wildcard) => wildcard.fits(value),
        }
    }
}

impl Needle {
    pub(crate) fn new(text: &[u8]) -> Self {
        Self(Box::new(Finder::new(text).into_owned()))
    }

    pub(crate) fn text(&self) -> &[u8] {
        self.0.needle()
    }
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Pattern {
    /// Compiles a regular expression within [`limits::PATTERN_BYTES`].
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let mut builder = regex::bytes::RegexBuilder::new(pattern);
        builder.size_limit(limits::PATTERN_BYTES).dfa_size_limit(limits::PATTERN_BYTES);
        builder.build().map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("it takes more than {} bytes", limits::PATTERN_BYTES),
            // The last line says what is wrong; those before it draw where.
            other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
