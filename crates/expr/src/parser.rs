//! From tokens to a tree, by recursive descent: `or` binds least, then `xor`, `and`, `not`.
//!
//! Where the tokens make no sense a complaint is added, and reading goes on behind the next logical operator, so that one
//! pass finds what else is wrong. Recursion is bounded by [`limits::DEPTH`].

use crate::{
    complaint::Found,
    limits,
    operator::{Logic, Operator},
    syntax::{Argument, Index, Operand, Right, Syntax, Test, Value, What},
    token::{Kind, Token},
};

/// The tree of these tokens, of a text that ends at the byte `end`.
pub(crate) fn parse<'s>(tokens: &[Token<'s>], end: usize, found: &mut Found<'_>) -> Syntax<'s> {
    let mut parser = Parser { tokens, at: 0, end, depth: 0, gave_up: false, found };
    let syntax = parser.logic(Logic::Or);
    if parser.peek().is_none() {
        return syntax;
    }
    let mut parts = vec![syntax, Syntax::Broken];
    while parser.resume() {
        parts.push(parser.logic(Logic::Or));
    }
    Syntax::And(parts)
}

struct Parser<'a, 's, 'f, 't> {
    tokens: &'a [Token<'s>],
    at: usize,
    end: usize,
    depth: usize,
    /// Whether the rest was given up, so that its missing is nothing to complain of.
    gave_up: bool,
    found: &'f mut Found<'t>,
}

impl<'s> Parser<'_, 's, '_, '_> {
    fn peek(&self) -> Option<Token<'s>> {
        self.tokens.get(self.at).copied()
    }

    /// The byte where the next token begins.
    fn place(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let there = self.peek().is_some_and(|token| token.kind == kind);
        self.at += usize::from(there);
        there
    }

    fn unexpected(&mut self, wanted: &str, remedy: &str) {
        if self.gave_up {
            return;
        }
        let problem = match self.peek() {
            Some(token) => format!("expected {wanted}, found `{}`", token.text.escape_debug()),
            None => format!("expected {wanted}, found the end"),
        };
        self.found.add(self.place(), problem, remedy);
    }

    /// Complains of what stands behind a whole condition. Whether there is more to read behind that.
    fn resume(&mut self) -> bool {
        match self.peek() {
            None => return false,
            Some(rest) if rest.kind == Kind::Close => {
                self.found.add(rest.at, "nothing is open that `)` would close", "leave it out");
                self.at += 1;
            }
            Some(_) => self.unexpected("`and`, `or` or the end", "join tests with `and`, `xor` or `or`"),
        }
        self.skip();
        if matches!(self.peek(), Some(token) if matches!(token.kind, Kind::Logic(_))) {
            self.at += 1;
        }
        self.peek().is_some()
    }

    /// Tests that are joined by `logic`, or by anything that binds more.
    fn logic(&mut self, logic: Logic) -> Syntax<'s> {
        let part = |parser: &mut Self| match logic {
            Logic::Or => parser.logic(Logic::Xor),
            Logic::Xor => parser.logic(Logic::And),
            Logic::And | Logic::Not => parser.not(),
        };
        let first = part(self);
        let mut parts = vec![first];
        while self.eat(Kind::Logic(logic)) {
            parts.push(part(self));
        }
        match (logic, parts.len()) {
            (_, 1) => parts.pop().unwrap_or(Syntax::Broken),
            (Logic::Or, _) => Syntax::Or(parts),
            (Logic::Xor, _) => Syntax::Xor(parts),
            (Logic::And | Logic::Not, _) => Syntax::And(parts),
        }
    }

    fn not(&mut self) -> Syntax<'s> {
        if self.eat(Kind::Logic(Logic::Not)) {
            return self.deeper(|parser| Syntax::Not(Box::new(parser.not())));
        }
        if self.eat(Kind::Open) {
            return self.deeper(Self::group);
        }
        self.test()
    }

    /// What stands between parentheses, of which the first was read.
    fn group(&mut self) -> Syntax<'s> {
        let inside = self.logic(Logic::Or);
        if !self.eat(Kind::Close) {
            self.unexpected("`)`", "close every parenthesis, and join tests with `and`, `xor` or `or`");
            self.skip();
            self.eat(Kind::Close);
        }
        inside
    }

    /// Reads a level deeper, unless that is too deep; then everything behind it is given up.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Syntax<'s>) -> Syntax<'s> {
        if self.depth == limits::DEPTH {
            let remedy = "parentheses around a chain of `and` or of `or` are not needed; or split the rule in two";
            let problem = format!("the condition is nested more than {} levels deep", limits::DEPTH);
            self.found.add(self.place(), problem, remedy);
            self.at = self.tokens.len();
            self.gave_up = true;
            return Syntax::Broken;
        }
        self.depth += 1;
        let syntax = read(self);
        self.depth -= 1;
        syntax
    }

    fn test(&mut self) -> Syntax<'s> {
        let Some(name) = self.peek().filter(|token| token.kind == Kind::Word) else {
            let remedy = match self.peek().map(|token| token.kind) {
                Some(Kind::Quoted | Kind::Raw) => "begin with the field: `http.host eq \"www.example.com\"`",
                _ => "write one, such as `http.request.uri.path eq \"/\"`",
            };
            self.unexpected("a test", remedy);
            self.skip();
            return Syntax::Broken;
        };
        self.at += 1;
        let Some(left) = self.value(name) else {
            self.skip();
            return Syntax::Broken;
        };
        let right = self.right();
        if matches!(&right, Some(right) if matches!(right.operand, Operand::Broken)) {
            self.skip();
        }
        Syntax::Test(Test { left, right })
    }

    /// What stands behind a name: arguments, then indexes.
    fn value(&mut self, name: Token<'s>) -> Option<Value<'s>> {
        let mut arguments = None;
        if self.eat(Kind::Open) {
            arguments = self.arguments();
            if arguments.is_none() {
                self.leave();
                return None;
            }
        }
        let mut indexes = Vec::new();
        while self.eat(Kind::OpenIndex) {
            indexes.push(self.index()?);
        }
        Some(Value { name, arguments, indexes })
    }

    fn arguments(&mut self) -> Option<Vec<Argument<'s>>> {
        let mut arguments = Vec::new();
        while !self.eat(Kind::Close) {
            if !arguments.is_empty() && !self.eat(Kind::Comma) {
                self.unexpected("`,` or `)`", "separate arguments by commas, and close the parenthesis behind them");
                return None;
            }
            arguments.push(match self.peek() {
                Some(literal) if matches!(literal.kind, Kind::Quoted | Kind::Raw) => {
                    self.at += 1;
                    Argument::Literal(literal)
                }
                Some(_) => Argument::Expression(self.deeper(|parser| parser.logic(Logic::Or))),
                None => {
                    self.unexpected("`)`", "close the parenthesis behind the arguments");
                    return None;
                }
            });
        }
        Some(arguments)
    }

    fn index(&mut self) -> Option<Index<'s>> {
        let at = self.place();
        let what = match self.peek() {
            Some(token) if token.kind == Kind::Star => What::Every,
            Some(token) if matches!(token.kind, Kind::Quoted | Kind::Raw | Kind::Word) => What::One(token),
            _ => {
                self.unexpected("a name, a number or `*`", "write `[\"name\"]`, `[0]` for the first or `[*]` for each");
                return None;
            }
        };
        self.at += 1;
        if !self.eat(Kind::CloseIndex) {
            self.unexpected("`]`", "close the bracket");
            return None;
        }
        Some(Index { at, what })
    }

    /// An operator and what stands behind it.
    fn right(&mut self) -> Option<Right<'s>> {
        let at = self.place();
        let operator = match self.peek()?.kind {
            Kind::Operator(operator) => operator,
            Kind::Strict => {
                self.at += 1;
                if self.peek().is_none_or(|token| token.kind != Kind::Operator(Operator::Wildcard)) {
                    self.unexpected("`wildcard` behind `strict`", "write `strict wildcard`");
                    return Some(Right { operator: Operator::StrictWildcard, at, operand: Operand::Broken });
                }
                Operator::StrictWildcard
            }
            _ => return None,
        };
        self.at += 1;
        let operand = if operator == Operator::In { self.set() } else { self.literal(operator) };
        Some(Right { operator, at, operand })
    }

    fn literal(&mut self, operator: Operator) -> Operand<'s> {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Quoted | Kind::Raw | Kind::Word) => {
                self.at += 1;
                Operand::One(token)
            }
            _ => {
                let wanted = format!("a text, number or address behind `{}`", operator.as_str());
                self.unexpected(&wanted, "write what the value is compared with; sets stand behind `in`");
                Operand::Broken
            }
        }
    }

    fn set(&mut self) -> Operand<'s> {
        if self.peek().is_some_and(|token| token.kind == Kind::Dollar) {
            let remedy = "write its members between braces: `in { 192.0.2.0/24 198.51.100.7 }`";
            self.found.add(self.place(), "there are no lists that a rule could name", remedy);
            self.at += 1;
            return Operand::Broken;
        }
        if !self.eat(Kind::OpenSet) {
            self.unexpected("`{` behind `in`", "write the members between braces, with blanks: `in { \"a\" \"b\" }`");
            return Operand::Broken;
        }
        let mut members = Vec::new();
        loop {
            match self.peek() {
                Some(token) if matches!(token.kind, Kind::Quoted | Kind::Raw | Kind::Word) => members.push(token),
                Some(token) if token.kind == Kind::CloseSet => break,
                Some(token) if token.kind == Kind::Comma => {
                    self.found.add(token.at, "members of a set are separated by blanks", "leave out the comma");
                }
                _ => {
                    self.unexpected("a member of the set or `}`", "close the set with `}`");
                    return Operand::Broken;
                }
            }
            self.at += 1;
        }
        self.at += 1;
        Operand::Set(members)
    }

    /// Leaves the parentheses of a function whose arguments cannot be read.
    fn leave(&mut self) {
        loop {
            self.skip();
            let closed = self.eat(Kind::Close);
            if closed || self.peek().is_none() {
                return;
            }
            self.at += 1;
        }
    }

    /// Passes over what cannot be read, to the next logical operator or closing parenthesis at this level.
    fn skip(&mut self) {
        let mut open = 0_usize;
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Open => open += 1,
                Kind::Close if open == 0 => return,
                Kind::Close => open -= 1,
                Kind::Logic(Logic::And | Logic::Xor | Logic::Or) if open == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}
