//! The language of custom rules: a condition is compiled once and asked of every request.
//!
//! `lexer` cuts a text into tokens, `parser` makes a tree of them, `check` turns the tree into an [`Expression`] and
//! says of everything that does not fit what to write instead, `program` asks it of whoever implements [`Facts`].
//! `docs/RULES.md` teaches the language; its tables come from [`reference()`].
//!
//! What must hold:
//! - no text, however strange, panics, or takes more time or memory than [`limits`] allow;
//! - every complaint says where, what and the way out, and one pass finds all that it can;
//! - what an expression prints compiles to the same expression;
//! - asking allocates nothing, but for values longer than [`limits::FOLDED`] whose case is folded, and the scratch memory
//!   of patterns, which is kept.
//!
//! This room must never know HTTP, sockets, load balancers or the clock: facts are handed to it.

mod check;
mod complaint;
mod facts;
mod field;
mod function;
mod lexer;
mod literal;
mod operator;
mod parser;
mod print;
mod program;
mod query;
mod reference;
mod syntax;
mod text_test;
mod token;
mod wildcard;

pub mod limits;

pub use complaint::Complaint;
pub use facts::{Enough, Facts, Items, Number, Text};
pub use program::Expression;
pub use query::arguments;
pub use reference::reference;

/// Compiles a condition. One of nothing but blanks is true of every request.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text; at most [`limits::COMPLAINTS`].
pub fn compile(text: &str) -> Result<Expression, Vec<Complaint>> {
    let mut found = complaint::Found::new(text);
    if text.len() > limits::LENGTH {
        let remedy = format!("write at most {}, or split the rule in two", limits::LENGTH);
        found.add(limits::LENGTH, format!("the condition is {} bytes long", text.len()), remedy);
        return Err(found.into_sorted());
    }
    let tokens = lexer::tokens(text, &mut found);
    if tokens.is_empty() && found.is_empty() {
        return Ok(Expression::always());
    }
    let syntax = parser::parse(&tokens, text.len(), &mut found);
    let root = check::check(&syntax, &mut found);
    match root {
        Some(root) if found.is_empty() => Ok(Expression::of(root)),
        _ => Err(found.into_sorted()),
    }
}
