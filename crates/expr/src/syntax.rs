//! The tree that a condition is read into, before anybody asks whether its parts fit each other.

use crate::{operator::Operator, token::Token};

/// A condition or a part of it.
#[derive(Debug)]
pub(crate) enum Syntax<'s> {
    Not(Box<Syntax<'s>>),
    /// Parts of which all, an odd number, or at least one must hold. Two or more.
    And(Vec<Syntax<'s>>),
    Xor(Vec<Syntax<'s>>),
    Or(Vec<Syntax<'s>>),
    Test(Test<'s>),
    /// Was complained of.
    Broken,
}

/// A value, perhaps compared with something.
#[derive(Debug)]
pub(crate) struct Test<'s> {
    pub(crate) left: Value<'s>,
    pub(crate) right: Option<Right<'s>>,
}

/// What a value is compared with, and how.
#[derive(Debug)]
pub(crate) struct Right<'s> {
    pub(crate) operator: Operator,
    /// The byte where the operator begins.
    pub(crate) at: usize,
    pub(crate) operand: Operand<'s>,
}

#[derive(Debug)]
pub(crate) enum Operand<'s> {
    One(Token<'s>),
    /// What stands between braces.
    Set(Vec<Token<'s>>),
    /// Was complained of.
    Broken,
}

/// The name of a field or function, and what stands behind it.
#[derive(Debug)]
pub(crate) struct Value<'s> {
    pub(crate) name: Token<'s>,
    /// The arguments of a function.
    pub(crate) arguments: Option<Vec<Argument<'s>>>,
    pub(crate) indexes: Vec<Index<'s>>,
}

#[derive(Debug)]
pub(crate) enum Argument<'s> {
    Literal(Token<'s>),
    Expression(Syntax<'s>),
}

/// What stands between brackets.
#[derive(Debug)]
pub(crate) struct Index<'s> {
    pub(crate) at: usize,
    pub(crate) what: What<'s>,
}

#[derive(Debug)]
pub(crate) enum What<'s> {
    Every,
    One(Token<'s>),
}
