//! Cutting a condition into tokens. What is no token is complained of and left out, so that the rest can be read.

use crate::{
    complaint::Found,
    operator::{Comparison, Logic, Operator},
    token::{Kind, Token},
};

/// The tokens of `text`.
pub(crate) fn tokens<'s>(text: &'s str, found: &mut Found<'_>) -> Vec<Token<'s>> {
    let mut lexer = Lexer { text, at: 0, found };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'s, 'f, 't> {
    text: &'s str,
    at: usize,
    found: &'f mut Found<'t>,
}

/// Signs, longer ones before those that they begin with.
const SIGNS: &[(&str, Kind)] = &[
    ("==", Kind::Operator(Operator::Compare(Comparison::Equal))),
    ("!=", Kind::Operator(Operator::Compare(Comparison::NotEqual))),
    ("<=", Kind::Operator(Operator::Compare(Comparison::LessOrEqual))),
    (">=", Kind::Operator(Operator::Compare(Comparison::GreaterOrEqual))),
    ("<", Kind::Operator(Operator::Compare(Comparison::Less))),
    (">", Kind::Operator(Operator::Compare(Comparison::Greater))),
    ("~", Kind::Operator(Operator::Matches)),
    ("&&", Kind::Logic(Logic::And)),
    ("||", Kind::Logic(Logic::Or)),
    ("^^", Kind::Logic(Logic::Xor)),
    ("!", Kind::Logic(Logic::Not)),
    ("(", Kind::Open),
    (")", Kind::Close),
    ("[", Kind::OpenIndex),
    ("]", Kind::CloseIndex),
    ("{", Kind::OpenSet),
    ("}", Kind::CloseSet),
    (",", Kind::Comma),
    ("*", Kind::Star),
    ("$", Kind::Dollar),
];

/// Signs of other languages, and what they are called here.
const FOREIGN: &[(&str, Kind, &str)] = &[
    ("=", Kind::Operator(Operator::Compare(Comparison::Equal)), "=="),
    ("&", Kind::Logic(Logic::And), "&&"),
    ("|", Kind::Logic(Logic::Or), "||"),
    ("^", Kind::Logic(Logic::Xor), "^^"),
];

impl<'s> Lexer<'s, '_, '_> {
    fn next(&mut self) -> Option<Token<'s>> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let (at, rest) = (self.at, self.rest());
            let first = rest.chars().next()?;
            if first == '"' {
                return Some(self.quoted());
            }
            if let Some(hashes) = raw_opening(rest) {
                return Some(self.raw(hashes));
            }
            if is_word(first) {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = self.take(length);
                return Some(Token { kind: self.kind_of(word, at), at, text: word });
            }
            if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
                return Some(Token { kind: *kind, at, text: self.take(sign.len()) });
            }
            if let Some((sign, kind, own)) = FOREIGN.iter().find(|(sign, ..)| rest.starts_with(sign)) {
                self.found.add(at, format!("`{sign}` is no operator"), format!("write `{own}`"));
                return Some(Token { kind: *kind, at, text: self.take(sign.len()) });
            }
            if let Some(token) = self.foreign_text(first) {
                return Some(token);
            }
            self.found.add(at, format!("`{}` means nothing here", first.escape_debug()), "leave it out");
            self.at += first.len_utf8();
        }
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> &'s str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn kind_of(&mut self, word: &str, at: usize) -> Kind {
        if let Some(kind) = reserved(word) {
            return kind;
        }
        let lower = word.to_ascii_lowercase();
        match reserved(&lower) {
            Some(kind) => {
                self.found.add(
                    at,
                    format!("operators are written in lower case, not `{word}`"),
                    format!("write `{lower}`"),
                );
                kind
            }
            None => Kind::Word,
        }
    }

    /// A text up to the quotation mark that no backslash stands before.
    fn quoted(&mut self) -> Token<'s> {
        let at = self.at;
        self.at += 1;
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let text = self.take(end.unwrap_or(rest.len()));
        self.closes(end.is_some(), at, "\"");
        self.at += usize::from(end.is_some());
        Token { kind: Kind::Quoted, at, text }
    }

    /// A text up to the quotation mark with as many `#` behind it as stand before the first one.
    fn raw(&mut self, hashes: usize) -> Token<'s> {
        let at = self.at;
        self.at += "r\"".len() + hashes;
        let closing = format!("\"{}", "#".repeat(hashes));
        let rest = self.rest();
        let end = rest.find(&closing);
        let text = self.take(end.unwrap_or(rest.len()));
        self.closes(end.is_some(), at, &closing);
        self.at += if end.is_some() { closing.len() } else { 0 };
        Token { kind: Kind::Raw, at, text }
    }

    /// A text in the quotation marks of other languages.
    fn foreign_text(&mut self, first: char) -> Option<Token<'s>> {
        let last = match first {
            '\'' | '`' => first,
            '\u{201c}' | '\u{201d}' => '\u{201d}',
            _ => return None,
        };
        let at = self.at;
        self.found.add(at, "texts stand in straight double quotation marks", "write `\"…\"`");
        self.at += first.len_utf8();
        let rest = self.rest();
        let text = self.take(rest.find(last).unwrap_or(rest.len()));
        self.take(last.len_utf8());
        Some(Token { kind: Kind::Quoted, at, text })
    }

    fn closes(&mut self, closed: bool, at: usize, closing: &str) {
        if !closed {
            self.found.add(at, "the text that begins here does not end", format!("write `{closing}` behind it"));
        }
    }
}

/// How many `#` stand between `r` and the quotation mark of a raw text; `None` when none begins here.
fn raw_opening(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix('r')?;
    let quote = behind.find(|c| c != '#')?;
    behind.get(quote..)?.starts_with('"').then_some(quote)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.:/-".contains(c)
}

fn reserved(word: &str) -> Option<Kind> {
    match word {
        "strict" => Some(Kind::Strict),
        _ => Logic::named(word).map(Kind::Logic).or_else(|| Operator::named(word).map(Kind::Operator)),
    }
}
