//! Printing an expression as a text that compiles to the same: one spelling, and parentheses only where they are needed.

use crate::{
    field::{self, Holds, List, Map},
    operator::{Comparison, Operator},
    program::{AddressPredicate, Expression, Node, NumberPredicate},
    text_test::{Listed, Predicate, Source, TextTest, TextValue},
};
use ipnet::IpNet;
use std::fmt::{self, Display, Formatter};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Node::Not(inner) => {
                f.write_str("not ")?;
                grouped(inner, binding(self), f)
            }
            Node::And(parts) => joined(self, parts, " and ", f),
            Node::Xor(parts) => joined(self, parts, " xor ", f),
            Node::Or(parts) => joined(self, parts, " or ", f),
            Node::Text(test) => test.fmt(f),
            Node::Number(number, predicate) => {
                write!(f, "{} ", field::name_of(Holds::Number(*number)))?;
                match predicate {
                    NumberPredicate::Compare(comparison, number) => write!(f, "{} {number}", comparison.spellings()[0]),
                    NumberPredicate::In(numbers) => set(numbers, f, |number, f| number.fmt(f)),
                }
            }
            Node::Address(predicate) => {
                write!(f, "{} ", field::name_of(Holds::Address))?;
                match predicate {
                    AddressPredicate::Equal(address) => write!(f, "{} {address}", Comparison::Equal.spellings()[0]),
                    AddressPredicate::NotEqual(address) => {
                        write!(f, "{} {address}", Comparison::NotEqual.spellings()[0])
                    }
                    AddressPredicate::In(networks) => set(networks, f, network),
                }
            }
        }
    }
}

/// A network; one of a single address as that address.
fn network(network: &IpNet, f: &mut Formatter<'_>) -> fmt::Result {
    let single = network.prefix_len() == network.max_prefix_len();
    if single { network.addr().fmt(f) } else { network.fmt(f) }
}

/// How strongly a node holds its parts together.
fn binding(node: &Node) -> u8 {
    match node {
        Node::Or(_) => 0,
        Node::Xor(_) => 1,
        Node::And(_) => 2,
        Node::Not(_) => 3,
        Node::Text(_) | Node::Number(..) | Node::Address(_) => 4,
    }
}

fn joined(whole: &Node, parts: &[Node], word: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        grouped(part, binding(whole), f)?;
    }
    Ok(())
}

/// A part of something that binds this strongly, in parentheses if it binds less.
fn grouped(part: &Node, outer: u8, f: &mut Formatter<'_>) -> fmt::Result {
    if binding(part) < outer { write!(f, "({part})") } else { part.fmt(f) }
}

impl Display for TextTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let each = matches!(self.value.source, Source::Each(_));
        f.write_str(if each { "any(" } else { "" })?;
        let value = &self.value;
        match &self.predicate {
            Predicate::Compare(comparison, text) => {
                write!(f, "{value} {} {}", comparison.spellings()[0], Quoted(text))?
            }
            Predicate::Contains(needle) => {
                write!(f, "{value} {} {}", Operator::Contains.as_str(), Quoted(needle.text()))?
            }
            Predicate::StartsWith(text) => write!(f, "starts_with({value}, {})", Quoted(text))?,
            Predicate::EndsWith(text) => write!(f, "ends_with({value}, {})", Quoted(text))?,
            Predicate::In(texts) => {
                write!(f, "{value} ")?;
                set(texts, f, |text, f| Quoted(text).fmt(f))?;
            }
            Predicate::Matches(pattern) => {
                write!(f, "{value} {} {}", Operator::Matches.as_str(), Raw(pattern.as_str()))?
            }
            Predicate::Wildcard(wildcard) => {
                write!(f, "{value} {} {}", Operator::Wildcard.as_str(), Quoted(wildcard.pattern()))?;
            }
            Predicate::StrictWildcard(wildcard) => {
                write!(f, "{value} {} {}", Operator::StrictWildcard.as_str(), Quoted(wildcard.pattern()))?;
            }
        }
        f.write_str(if each { ")" } else { "" })
    }
}

impl Display for TextValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.folds { write!(f, "lower({})", self.source) } else { self.source.fmt(f) }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Source::Field(text) => f.write_str(field::name_of(Holds::Text(*text))),
            Source::Item(listed, number) => write!(f, "{listed}[{number}]"),
            Source::Each(listed) => write!(f, "{listed}[*]"),
        }
    }
}

impl Display for Listed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (holds, key) = match self {
            Listed::Header(name) => (Holds::Map(Map::Headers), Some(name)),
            Listed::Argument(name) => (Holds::Map(Map::Arguments), Some(name)),
            Listed::ArgumentNames => (Holds::List(List::ArgumentNames), None),
            Listed::ArgumentValues => (Holds::List(List::ArgumentValues), None),
        };
        f.write_str(field::name_of(holds))?;
        key.map_or(Ok(()), |key| write!(f, "[{}]", Quoted(key.as_bytes())))
    }
}

fn set<T>(members: &[T], f: &mut Formatter<'_>, write: impl Fn(&T, &mut Formatter<'_>) -> fmt::Result) -> fmt::Result {
    f.write_str("in {")?;
    for member in members {
        f.write_str(" ")?;
        write(member, f)?;
    }
    f.write_str(" }")
}

/// A text in quotation marks, with escapes for what cannot stand between them.
struct Quoted<'a>(&'a [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' | '\\' => write!(f, "\\{c}")?,
                    c if c.is_ascii_control() => write!(f, "\\x{:02x}", c as u32)?,
                    c => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}

/// A text without escapes, between as many `#` as it takes.
struct Raw<'a>(&'a str);

impl Display for Raw<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let runs = self.0.split('"').skip(1).map(|behind| behind.len() - behind.trim_start_matches('#').len() + 1);
        let hashes = "#".repeat(runs.max().unwrap_or(0));
        write!(f, "r{hashes}\"{}\"{hashes}", self.0)
    }
}
