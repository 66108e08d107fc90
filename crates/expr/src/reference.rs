//! The tables of `docs/RULES.md`, made from the language itself.

use crate::{
    field::{FIELDS, Holds},
    function::Function,
    limits,
    operator::{Comparison, Logic, Operator},
};
use std::fmt::Write as _;

/// The fields, operators, functions and limits of the language, as tables in Markdown.
pub fn reference() -> String {
    let mut page = String::new();
    table(&mut page, "Fields", ["field", "type", "what it holds"], fields());
    table(&mut page, "Operators", ["operator", "also", "asked of", "holds when"], operators());
    table(&mut page, "Logic, what binds most first", ["operator", "also"], logic());
    table(&mut page, "Functions", ["function", "what it gives", "example"], functions());
    table(&mut page, "Limits", ["of a condition", "at most"], limits_of_language());
    page
}

fn table<const N: usize>(page: &mut String, title: &str, head: [&str; N], rows: Vec<[String; N]>) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "### {title}\n\n| {} |", head.join(" | "));
    let _ = writeln!(page, "|{}", " --- |".repeat(N));
    for row in rows {
        let cells = row.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
    page.push('\n');
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn fields() -> Vec<[String; 3]> {
    FIELDS.iter().map(|field| [code(field.name), kind(field.holds).to_owned(), field.about.to_owned()]).collect()
}

const fn kind(holds: Holds) -> &'static str {
    match holds {
        Holds::Text(_) => "text",
        Holds::Number(_) => "number",
        Holds::Address => "address",
        Holds::Map(_) => "lists of texts by name",
        Holds::List(_) => "list of texts",
    }
}

fn operators() -> Vec<[String; 4]> {
    let compared = Comparison::ALL.map(|comparison| {
        let [letters, signs] = comparison.spellings();
        let asked_of = if comparison.is_order() { "texts, numbers" } else { "texts, numbers, addresses" };
        let when = match comparison {
            Comparison::Equal => "both are the same, to the letter",
            Comparison::NotEqual => "they are not the same; also when the item of a list is not there",
            Comparison::Less => "the left one comes first; texts by their bytes",
            Comparison::LessOrEqual => "the left one comes first, or both are the same",
            Comparison::Greater => "the right one comes first",
            Comparison::GreaterOrEqual => "the right one comes first, or both are the same",
        };
        [code(letters), code(signs), asked_of.to_owned(), when.to_owned()]
    });
    let others = [
        (Operator::Contains, "", "texts", "the right one is somewhere in the left one"),
        (
            Operator::Matches,
            "~",
            "texts",
            "the regular expression (syntax of Rust's `regex`) fits some part of the text",
        ),
        (
            Operator::In,
            "",
            "texts, numbers, addresses",
            "it is one of the set in braces; an address also by its network",
        ),
        (Operator::Wildcard, "", "texts", "the whole text fits, capital letters or not; `*` stands for anything"),
        (Operator::StrictWildcard, "", "texts", "as `wildcard`, to the letter"),
    ];
    let others = others.map(|(operator, also, asked_of, when)| {
        let also = if also.is_empty() { String::new() } else { code(also) };
        [code(operator.as_str()), also, asked_of.to_owned(), when.to_owned()]
    });
    compared.into_iter().chain(others).collect()
}

fn logic() -> Vec<[String; 2]> {
    Logic::ALL.map(|logic| logic.spellings().map(code)).to_vec()
}

fn functions() -> Vec<[String; 3]> {
    Function::ALL.map(|function| [code(function.name()), function.about().to_owned(), code(function.usage())]).to_vec()
}

fn limits_of_language() -> Vec<[String; 2]> {
    let limits = [
        ("length", format!("{} bytes", limits::LENGTH)),
        ("nested parentheses, `not` and functions", format!("{} levels", limits::DEPTH)),
        ("`matches`", limits::PATTERNS.to_string()),
        ("one pattern, compiled, and again its scratch memory", format!("{} bytes", limits::PATTERN_BYTES)),
        ("parts between the stars of one wildcard", limits::WILDCARD_PARTS.to_string()),
        ("complaints told at a time", limits::COMPLAINTS.to_string()),
    ];
    limits.map(|(what, limit)| [what.to_owned(), limit]).to_vec()
}
