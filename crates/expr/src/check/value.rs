//! Values: what a field, an item of a list or a function stands for.

use super::{Checker, Scope};
use crate::{
    facts::Number,
    field::{self, Field, Holds, List, Map},
    function::Function,
    literal,
    program::Node,
    syntax::{Argument, Index, Syntax, Test, Value, What},
    text_test::{Listed, Predicate, Source, TextTest, TextValue},
    token::{Kind, Token},
};

/// A value with its type.
pub(super) enum Typed {
    Text(TextValue),
    Number(Number),
    Address,
    /// True or false by itself.
    Truth(Node),
}

impl Checker<'_, '_> {
    pub(super) fn value(&mut self, value: &Value<'_>, scope: Scope) -> Option<Typed> {
        let name = value.name.text;
        match (&value.arguments, Function::named(name)) {
            (Some(arguments), Some(function)) => self.call(value, function, arguments, scope),
            (None, None) => match field::named(name) {
                Some(field) => self.field(value, field, scope),
                None => self.complain(value, format!("there is no field `{name}`"), field::instead_of(name)),
            },
            (None, Some(function)) => {
                let problem = format!("`{name}` is a function");
                self.complain(value, problem, format!("write `{}`", function.usage()))
            }
            (Some(_), None) => {
                let names = Function::ALL.map(|function| format!("`{}`", function.name())).join(", ");
                self.complain(value, format!("there is no function `{name}`"), format!("the functions are {names}"))
            }
        }
    }

    fn complain<T>(&mut self, value: &Value<'_>, problem: String, remedy: impl Into<String>) -> Option<T> {
        self.found.add(value.name.at, problem, remedy);
        None
    }

    fn field(&mut self, value: &Value<'_>, field: &Field, scope: Scope) -> Option<Typed> {
        let (listed, rest) = match field.holds {
            Holds::Map(map) => (self.entry(value, map)?, value.indexes.get(1..).unwrap_or_default()),
            Holds::List(List::ArgumentNames) => (Listed::ArgumentNames, &*value.indexes),
            Holds::List(List::ArgumentValues) => (Listed::ArgumentValues, &*value.indexes),
            single @ (Holds::Text(_) | Holds::Number(_) | Holds::Address) => {
                if let Some(index) = value.indexes.first() {
                    let problem = format!("`{}` is no list", field.name);
                    self.found.add(index.at, problem, "leave out what stands in brackets");
                    return None;
                }
                return Some(match single {
                    Holds::Text(text) => Typed::Text(TextValue { source: Source::Field(text), folds: false }),
                    Holds::Number(number) => Typed::Number(number),
                    _ => Typed::Address,
                });
            }
        };
        let source = self.item(value, listed, rest, scope)?;
        Some(Typed::Text(TextValue { source, folds: false }))
    }

    /// The list that a map has under a name.
    fn entry(&mut self, value: &Value<'_>, map: Map) -> Option<Listed> {
        let name = value.name.text;
        let key = match value.indexes.first() {
            Some(Index { what: What::One(key), .. }) if matches!(key.kind, Kind::Quoted | Kind::Raw) => key,
            other => {
                let at = other.map_or(value.name.at, |index| index.at);
                let problem = format!("`{name}` holds a list for each name, and none is named");
                let remedy = format!("write `{name}[\"name\"][0]`, or `any({name}[\"name\"][*] eq \"…\")`");
                self.found.add(at, problem, remedy);
                return None;
            }
        };
        let key_text = literal::utf8(key, self.found)?;
        if map == Map::Headers && key_text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let remedy = format!("write `{name}[\"{}\"]`", key_text.to_ascii_lowercase());
            self.found.add(key.at, "names of header fields are in lower case here", remedy);
            return None;
        }
        Some(match map {
            Map::Headers => Listed::Header(key_text.into()),
            Map::Arguments => Listed::Argument(key_text.into()),
        })
    }

    /// One item of a list, or each of them.
    fn item(&mut self, value: &Value<'_>, listed: Listed, indexes: &[Index<'_>], scope: Scope) -> Option<Source> {
        let shown = value.name.text;
        match (indexes, scope) {
            ([Index { what: What::Every, .. }], Scope::Item) => Some(Source::Each(listed)),
            ([Index { what: What::Every, at }], Scope::Request) => {
                let remedy = "put the test into `any( … )`: it holds if it holds for one of them";
                self.found.add(*at, "`[*]` stands for every item at a time", remedy);
                None
            }
            ([Index { what: What::One(number), at }], scope) => {
                let number = self.item_number(number)?;
                if scope == Scope::Item {
                    self.found.add(*at, "inside `any( … )` every item is tested", "write `[*]`, or leave out `any`");
                    return None;
                }
                Some(Source::Item(listed, number))
            }
            ([], _) => {
                let remedy = format!("write `{shown}…[0]` for the first, or `any({shown}…[*] eq \"…\")`");
                self.complain(value, format!("`{shown}` is a list here, and no item of it is named"), remedy)
            }
            ([_, second, ..], _) => {
                self.found.add(second.at, "an item of the list is a text, and has no items", "leave it out");
                None
            }
        }
    }

    fn item_number(&mut self, token: &Token<'_>) -> Option<u32> {
        let number = if token.kind == Kind::Word { token.text.parse().ok() } else { None };
        if number.is_none() {
            self.found.add(
                token.at,
                format!("`{}` is no number of an item", token.text),
                "write `[0]` for the first, or `[*]`",
            );
        }
        number
    }

    fn call(
        &mut self,
        value: &Value<'_>,
        function: Function,
        arguments: &[Argument<'_>],
        scope: Scope,
    ) -> Option<Typed> {
        let typed = match (function, arguments) {
            (Function::Lower, [Argument::Expression(Syntax::Test(Test { left, right: None }))]) => {
                self.text(left, scope).map(|text| Typed::Text(TextValue { folds: true, ..text }))
            }
            (
                Function::StartsWith | Function::EndsWith,
                [Argument::Expression(Syntax::Test(Test { left, right: None })), Argument::Literal(literal)],
            ) => {
                let text = self.text(left, scope);
                let literal = literal::text(literal, self.found).map(Box::from);
                text.zip(literal).map(|(value, literal)| {
                    let predicate = match function {
                        Function::StartsWith => Predicate::StartsWith(literal),
                        _ => Predicate::EndsWith(literal),
                    };
                    Typed::Truth(Node::Text(TextTest { value, predicate }))
                })
            }
            (Function::Any, [Argument::Expression(Syntax::Test(test))]) if scope == Scope::Request => {
                self.test(test, Scope::Item).map(Typed::Truth)
            }
            (_, arguments) if arguments.iter().any(is_broken) => None,
            _ => {
                let name = function.name();
                let problem = format!("`{name}` takes something else");
                self.complain(value, problem, format!("write it like `{}`", function.usage()))
            }
        }?;
        self.no_index(value, &typed)?;
        Some(typed)
    }

    /// Behind a function that goes through a list `[*]` may stand again, and means nothing more.
    fn no_index(&mut self, value: &Value<'_>, typed: &Typed) -> Option<()> {
        let is_each = matches!(typed, Typed::Text(TextValue { source: Source::Each(_), .. }));
        match &*value.indexes {
            [] => Some(()),
            [Index { what: What::Every, .. }] if is_each => Some(()),
            [first, ..] => {
                self.found.add(first.at, "what the function gives is no list", "leave out what stands in brackets");
                None
            }
        }
    }

    fn text(&mut self, value: &Value<'_>, scope: Scope) -> Option<TextValue> {
        match self.value(value, scope)? {
            Typed::Text(text) => Some(text),
            Typed::Number(_) | Typed::Address | Typed::Truth(_) => {
                let problem = format!("`{}` is no text", value.name.text);
                self.complain(value, problem, "name a field that is one, such as `http.request.uri.path`")
            }
        }
    }
}

fn is_broken(argument: &Argument<'_>) -> bool {
    matches!(argument, Argument::Expression(Syntax::Broken))
}
