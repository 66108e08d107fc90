//! The typed JSON reader: turns a stranger's JSON into values and collects every complaint on the way.
//!
//! A resource reads its members one by one with [`Object`], over a starting point: the defaults for a creation or a
//! replacement, the stored value for an amendment. A member that cannot be read leaves the starting point as it is and
//! a complaint with its path in the [`Report`]; reading never stops at the first. Members that nobody asked for are
//! remembered by name, so that the answer can say that they were ignored.
//!
//! Knows JSON and paths. Does not know what a value means: that is `control::check`.

mod kinds;
mod nesting;
mod object;
mod place;
mod report;

pub(crate) use kinds::{Blankable, choice, default_shed_word, health_source_word, session_shed_word};
pub(crate) use nesting::nesting;
pub(crate) use object::{Given, Object, Write};
pub(crate) use place::{FromJson, Place};
pub(crate) use report::Report;

use serde_json::Value;
use std::fmt;

/// The bytes are not one JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not JSON: what the parser says, with line and column.
    Syntax(String),
    /// Arrays and objects lie deeper in each other than the limit.
    TooDeep { limit: usize },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Syntax(text) => f.write_str(text),
            Malformed::TooDeep { limit } => write!(f, "arrays and objects lie more than {limit} deep in each other"),
        }
    }
}

/// Reads one JSON value. No bytes at all are an empty object, as every member may be absent.
///
/// The nesting is measured before anything is built, so a hostile body costs one pass over its bytes.
pub(crate) fn parse(bytes: &[u8], depth_limit: usize) -> Result<Value, Malformed> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Default::default()));
    }
    if nesting(bytes) > depth_limit {
        return Err(Malformed::TooDeep { limit: depth_limit });
    }
    serde_json::from_slice(bytes).map_err(|error| Malformed::Syntax(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_an_empty_object() {
        assert_eq!(parse(b" \r\n", 32), Ok(serde_json::json!({})));
    }

    #[test]
    fn the_depth_limit_is_exact() {
        assert!(parse(b"[[[]]]", 3).is_ok());
        assert_eq!(parse(b"[[[]]]", 2), Err(Malformed::TooDeep { limit: 2 }));
    }

    #[test]
    fn the_parser_says_where() {
        let Err(Malformed::Syntax(text)) = parse(b"{\n \"a\": }", 32) else { panic!("accepted") };
        assert!(text.contains("line 2"), "{text}");
    }
}
