//! Whether the parts of a tree fit each other: known fields, operators for their types, literals for their operators. What
//! fits is compiled.

mod test;
mod value;

use crate::{complaint::Found, program::Node, syntax::Syntax};

/// Compiles a tree; `None` when anything in it was complained of.
pub(crate) fn check(syntax: &Syntax<'_>, found: &mut Found<'_>) -> Option<Node> {
    Checker { found, patterns: 0 }.node(syntax, Scope::Request)
}

struct Checker<'f, 't> {
    found: &'f mut Found<'t>,
    /// How many `matches` there were so far.
    patterns: usize,
}

/// What a test is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Request,
    /// One item of a list, inside `any( … )`.
    Item,
}

impl Checker<'_, '_> {
    fn node(&mut self, syntax: &Syntax<'_>, scope: Scope) -> Option<Node> {
        match syntax {
            Syntax::Not(inner) => self.node(inner, scope).map(|inner| Node::Not(Box::new(inner))),
            Syntax::And(parts) => self
                .parts(parts, scope, |part| match part {
                    Node::And(parts) => Ok(parts),
                    other => Err(other),
                })
                .map(Node::And),
            Syntax::Xor(parts) => self
                .parts(parts, scope, |part| match part {
                    Node::Xor(parts) => Ok(parts),
                    other => Err(other),
                })
                .map(Node::Xor),
            Syntax::Or(parts) => self
                .parts(parts, scope, |part| match part {
                    Node::Or(parts) => Ok(parts),
                    other => Err(other),
                })
                .map(Node::Or),
            Syntax::Test(test) => self.test(test, scope),
            Syntax::Broken => None,
        }
    }

    /// All parts, each looked at; those that are of the same kind as the whole are taken apart by `open`.
    fn parts(
        &mut self,
        parts: &[Syntax<'_>],
        scope: Scope,
        open: impl Fn(Node) -> Result<Box<[Node]>, Node>,
    ) -> Option<Box<[Node]>> {
        let mut nodes = Vec::with_capacity(parts.len());
        let mut fine = true;
        for part in parts {
            match self.node(part, scope).map(&open) {
                Some(Ok(inner)) => nodes.extend(inner),
                Some(Err(node)) => nodes.push(node),
                None => fine = false,
            }
        }
        fine.then(|| nodes.into())
    }
}
