//! Wildcards: `*` stands for any number of characters, `\*` and `\\` for themselves. A wildcard is about the whole value.

use crate::limits;

/// A wildcard, cut at its stars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wildcard {
    /// As written, without the escapes of texts.
    pattern: Box<[u8]>,
    /// What stands between the stars; the first begins the value, the last ends it.
    parts: Box<[Box<[u8]>]>,
}

/// Why a wildcard is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    DoubleStar,
    Backslash,
    TooManyParts,
}

impl Problem {
    /// What is wrong, and the way out.
    pub(crate) fn explained(self) -> (String, &'static str) {
        match self {
            Problem::DoubleStar => ("two stars in a row mean no more than one".to_owned(), "write one"),
            Problem::Backslash => (
                "in a wildcard a backslash stands before `*` or another backslash".to_owned(),
                "write `\\\\` for a backslash; in quotation marks, which have escapes too, `\\\\\\\\`",
            ),
            Problem::TooManyParts => {
                (format!("the wildcard has more than {} parts", limits::WILDCARD_PARTS), "use fewer stars")
            }
        }
    }
}

impl Wildcard {
    /// Reads a wildcard; with `folds` every letter of it is put in lower case.
    pub(crate) fn new(pattern: &[u8], folds: bool) -> Result<Self, Problem> {
        let mut parts = vec![Vec::new()];
        let mut bytes = pattern.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let byte = match (byte, bytes.peek()) {
                (b'*', Some(b'*')) => return Err(Problem::DoubleStar),
                (b'*', _) => {
                    parts.push(Vec::new());
                    continue;
                }
                (b'\\', Some(b'*' | b'\\')) => bytes.next().unwrap_or(byte),
                (b'\\', _) => return Err(Problem::Backslash),
                (byte, _) => byte,
            };
            if let Some(last) = parts.last_mut() {
                last.push(if folds { byte.to_ascii_lowercase() } else { byte });
            }
        }
        if parts.len() > limits::WILDCARD_PARTS {
            return Err(Problem::TooManyParts);
        }
        let pattern = if folds { pattern.to_ascii_lowercase() } else { pattern.to_vec() };
        Ok(Self { pattern: pattern.into(), parts: parts.into_iter().map(Into::into).collect() })
    }

    pub(crate) fn pattern(&self) -> &[u8] {
        &self.pattern
    }

    /// Whether the whole value fits. Each part in between is taken where it comes first, which leaves the most room for
    /// those behind it.
    pub(crate) fn fits(&self, value: &[u8]) -> bool {
        let [first, rest @ ..] = &*self.parts else { return value.is_empty() };
        let [between @ .., last] = rest else { return value == &**first };
        let Some(mut value) = value.strip_prefix(&**first).and_then(|value| value.strip_suffix(&**last)) else {
            return false;
        };
        for part in between {
            let Some(at) = memchr::memmem::find(value, part) else { return false };
            value = value.get(at + part.len()..).unwrap_or_default();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, value: &str) -> bool {
        Wildcard::new(pattern.as_bytes(), false).expect("a wildcard").fits(value.as_bytes())
    }

    #[test]
    fn stars_stand_for_anything_and_the_value_must_fit_whole() {
        assert!(fits("/blog/*", "/blog/") && fits("/blog/*", "/blog/a/b") && !fits("/blog/*", "/blog"));
        assert!(fits("*.png", ".png") && !fits("*.png", "a.png?x"));
        assert!(fits("a*b*c", "a-b-b-c") && !fits("a*b*c", "ac") && !fits("ab*bc", "abc"));
        assert!(fits("*", "") && fits("", "") && !fits("", "a"));
        assert!(fits(r"a\*\\*", r"a*\x") && !fits(r"a\*", "ab"));
    }

    #[test]
    fn what_is_no_wildcard() {
        assert_eq!(Wildcard::new(b"a**", false), Err(Problem::DoubleStar));
        assert_eq!(Wildcard::new(br"a\b", false), Err(Problem::Backslash));
        assert_eq!(Wildcard::new(br"a\", false), Err(Problem::Backslash));
        assert_eq!(Wildcard::new("a*".repeat(30).as_bytes(), false), Err(Problem::TooManyParts));
    }
}
