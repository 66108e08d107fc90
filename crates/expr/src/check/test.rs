//! Tests: whether an operator and what stands behind it suit the value.

use super::{Checker, Scope, value::Typed};
use crate::{
    complaint::Found,
    facts::Number,
    limits, literal,
    operator::{Comparison, Operator},
    program::{AddressPredicate, Node, NumberPredicate},
    syntax::{Operand, Right, Test},
    text_test::{Needle, Pattern, Predicate, Source, TextTest},
    token::Token,
    wildcard::Wildcard,
};
use ipnet::IpNet;

impl Checker<'_, '_> {
    pub(super) fn test(&mut self, test: &Test<'_>, scope: Scope) -> Option<Node> {
        let name = &test.left.name;
        let typed = self.value(&test.left, scope)?;
        let node = match (typed, &test.right) {
            (Typed::Truth(node), None) => node,
            (Typed::Truth(_), Some(right)) => {
                let problem = format!("`{}( … )` is true or false by itself", name.text);
                self.found.add(right.at, problem, "leave out the comparison, or write `not` before it");
                return None;
            }
            (_, None) => {
                let problem = format!("`{}` is neither true nor false", name.text);
                self.found.add(name.at, problem, "compare it, such as with `eq` or `in`");
                return None;
            }
            (Typed::Text(value), Some(right)) => {
                let predicate = self.text_predicate(right)?;
                Node::Text(TextTest { value, predicate })
            }
            (Typed::Number(field), Some(right)) => self.number_test(field, right)?,
            (Typed::Address, Some(right)) => self.address_test(right)?,
        };
        if scope == Scope::Item && !goes_through_a_list(&node) {
            let remedy = "leave out `any`, or name a list with `[*]`, such as `http.request.headers[\"accept\"][*]`";
            self.found.add(name.at, "nothing in `any( … )` goes through a list", remedy);
            return None;
        }
        Some(node)
    }

    fn text_predicate(&mut self, right: &Right<'_>) -> Option<Predicate> {
        let token = match &right.operand {
            Operand::One(token) => token,
            Operand::Set(tokens) => {
                let mut texts = self.members(right, tokens, literal::text)?;
                texts.sort();
                texts.dedup();
                return Some(Predicate::In(texts.into_iter().map(Into::into).collect()));
            }
            Operand::Broken => return None,
        };
        if right.operator == Operator::Matches {
            return self.pattern(token).map(Predicate::Matches);
        }
        let text = literal::text(token, self.found)?;
        match right.operator {
            Operator::Compare(comparison) => Some(Predicate::Compare(comparison, text.into())),
            Operator::Contains => Some(Predicate::Contains(Needle::new(&text))),
            Operator::Wildcard => self.wildcard(token, &text, true).map(Predicate::Wildcard),
            Operator::StrictWildcard => self.wildcard(token, &text, false).map(Predicate::StrictWildcard),
            // The parser gives `in` a set, and patterns were read above.
            Operator::In | Operator::Matches => None,
        }
    }

    fn pattern(&mut self, token: &Token<'_>) -> Option<Pattern> {
        let text = literal::pattern(token, self.found)?;
        self.patterns += 1;
        if self.patterns > limits::PATTERNS {
            let problem = format!("there are more than {} `matches` in the condition", limits::PATTERNS);
            self.found.add(token.at, problem, "join patterns with `|`, or use `contains`, `in` or `wildcard`");
            return None;
        }
        let pattern = Pattern::new(&text);
        pattern
            .map_err(|why| self.found.add(token.at, format!("the pattern cannot be used: {why}"), "write another"))
            .ok()
    }

    fn wildcard(&mut self, token: &Token<'_>, text: &[u8], folds: bool) -> Option<Wildcard> {
        let wildcard = Wildcard::new(text, folds).map_err(|problem| problem.explained());
        wildcard.map_err(|(problem, remedy)| self.found.add(token.at, problem, remedy)).ok()
    }

    fn number_test(&mut self, field: Number, right: &Right<'_>) -> Option<Node> {
        let predicate = match (right.operator, &right.operand) {
            (_, Operand::Broken) => return None,
            (Operator::Compare(comparison), Operand::One(token)) => {
                NumberPredicate::Compare(comparison, literal::number(token, self.found)?)
            }
            (_, Operand::Set(tokens)) => {
                let mut numbers = self.members(right, tokens, literal::number)?;
                numbers.sort_unstable();
                numbers.dedup();
                NumberPredicate::In(numbers.into())
            }
            _ => return self.unsuited(right, "a number", "`eq`, `ne`, `lt`, `le`, `gt`, `ge` or `in`"),
        };
        Some(Node::Number(field, predicate))
    }

    fn address_test(&mut self, right: &Right<'_>) -> Option<Node> {
        match (right.operator, &right.operand) {
            (_, Operand::Broken) => None,
            (Operator::Compare(comparison), Operand::One(token)) if !comparison.is_order() => {
                let address = literal::address(token, self.found)?;
                Some(Node::Address(match comparison {
                    Comparison::NotEqual => AddressPredicate::NotEqual(address),
                    _ => AddressPredicate::Equal(address),
                }))
            }
            (_, Operand::Set(tokens)) => {
                let networks = self.members(right, tokens, literal::network)?;
                Some(Node::Address(AddressPredicate::In(IpNet::aggregate(&networks).into())))
            }
            _ => self.unsuited(right, "an address", "`eq`, `ne` or `in`"),
        }
    }

    fn unsuited(&mut self, right: &Right<'_>, what: &str, suited: &str) -> Option<Node> {
        let problem = format!("`{}` cannot be asked of {what}", right.operator.as_str());
        self.found.add(right.at, problem, format!("write {suited}"));
        None
    }

    /// The members of a set, each read by `read`; at least one.
    fn members<T>(
        &mut self,
        right: &Right<'_>,
        tokens: &[Token<'_>],
        read: fn(&Token<'_>, &mut Found<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        if tokens.is_empty() {
            self.found.add(right.at, "the set has no members, so nothing is in it", "write at least one");
            return None;
        }
        let members: Vec<Option<T>> = tokens.iter().map(|token| read(token, self.found)).collect();
        members.into_iter().collect()
    }
}

fn goes_through_a_list(node: &Node) -> bool {
    matches!(node, Node::Text(TextTest { value, .. }) if matches!(value.source, Source::Each(_)))
}
