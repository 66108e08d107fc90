//! The compiled form: a small tree of tests, asked from left to right as far as needed.

use crate::{
    facts::{Facts, Number},
    operator::Comparison,
    text_test::TextTest,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// A condition, ready to be asked of requests. Printing it gives a text that compiles to the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    root: Node,
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Not(Box<Node>),
    /// All must hold; none of them is itself an `And`.
    And(Box<[Node]>),
    /// An odd number of them must hold; none is itself an `Xor`.
    Xor(Box<[Node]>),
    /// At least one must hold; none is itself an `Or`.
    Or(Box<[Node]>),
    Text(TextTest),
    Number(Number, NumberPredicate),
    Address(AddressPredicate),
}

/// What must hold of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NumberPredicate {
    Compare(Comparison, i64),
    /// In order, each once.
    In(Box<[i64]>),
}

/// What must hold of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AddressPredicate {
    Equal(IpAddr),
    NotEqual(IpAddr),
    /// It lies in one of these, which are in order and do not overlap.
    In(Box<[IpNet]>),
}

impl Expression {
    /// What is true of every request.
    pub fn always() -> Self {
        Self { root: Node::And(Box::default()) }
    }

    pub(crate) fn of(root: Node) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// Whether it is true of every request because it asks for nothing.
    pub fn is_always(&self) -> bool {
        matches!(&self.root, Node::And(parts) if parts.is_empty())
    }

    /// Whether it holds of a request. Waits for nothing and cannot fail.
    pub fn holds(&self, facts: &(impl Facts + ?Sized)) -> bool {
        self.root.holds(facts)
    }
}

impl Node {
    fn holds(&self, facts: &(impl Facts + ?Sized)) -> bool {
        match self {
            Node::Not(inner) => !inner.holds(facts),
            Node::And(parts) => parts.iter().all(|part| part.holds(facts)),
            Node::Xor(parts) => parts.iter().fold(false, |odd, part| odd ^ part.holds(facts)),
            Node::Or(parts) => parts.iter().any(|part| part.holds(facts)),
            Node::Text(test) => test.holds(facts),
            Node::Number(field, predicate) => predicate.holds(facts.number(*field)),
            Node::Address(predicate) => predicate.holds(facts.address()),
        }
    }
}

impl NumberPredicate {
    fn holds(&self, value: i64) -> bool {
        match self {
            NumberPredicate::Compare(comparison, number) => comparison.holds(value.cmp(number)),
            NumberPredicate::In(numbers) => numbers.binary_search(&value).is_ok(),
        }
    }
}

impl AddressPredicate {
    fn holds(&self, address: IpAddr) -> bool {
        match self {
            AddressPredicate::Equal(other) => address == *other,
            AddressPredicate::NotEqual(other) => address != *other,
            AddressPredicate::In(networks) => covers(networks, address),
        }
    }
}

fn covers(networks: &[IpNet], address: IpAddr) -> bool {
    let behind = networks.partition_point(|network| network.network() <= address);
    behind.checked_sub(1).and_then(|index| networks.get(index)).is_some_and(|network| network.contains(&address))
}
