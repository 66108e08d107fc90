//! What holds of any text, and of any condition that means something.

use super::{
    entry,
    request::{Request, blog},
};
use expr::compile;
use proptest::prelude::*;

/// A condition as it may be written, and what it comes to.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    holds: bool,
}

fn of(text: impl Into<String>, holds: bool) -> Written {
    Written { text: text.into(), holds }
}

/// Tests of one thing, in several spellings, each with what it comes to for [`blog`].
fn test() -> impl Strategy<Value = Written> {
    let compared = (prop::sample::select(vec!["==", "eq", "!=", "ne", "<", "lt", ">=", "ge"]), "[A-Z]{1,4}");
    let compared = compared.prop_map(|(operator, text)| {
        let order = "GET".cmp(text.as_str());
        let holds = match operator {
            "==" | "eq" => order.is_eq(),
            "!=" | "ne" => order.is_ne(),
            "<" | "lt" => order.is_lt(),
            _ => order.is_ge(),
        };
        of(format!("http.request.method {operator} \"{text}\""), holds)
    });
    let contained = "[a-zA-Z0-9/.-]{0,3}"
        .prop_map(|part| of(format!("http.request.uri.path contains \"{part}\""), "/blog/Post-1.html".contains(&part)));
    let begins = "/?[bB]?".prop_map(|part| {
        of(format!("starts_with(lower(http.request.uri.path), r\"{part}\")"), "/blog/post-1.html".starts_with(&part))
    });
    let networks = prop::collection::vec((any::<u32>(), 0_u8..=32), 1..6).prop_map(|networks| {
        let shown: Vec<String> =
            networks.iter().map(|(bits, length)| format!("{}/{length}", std::net::Ipv4Addr::from(*bits))).collect();
        let address = u32::from_be_bytes([198, 51, 100, 7]);
        let inside = |(bits, length): &(u32, u8)| {
            let shift = 32 - u32::from(*length);
            shift == 32 || address >> shift == bits >> shift
        };
        of(format!("ip.src in {{ {} }}", shown.join(" ")), networks.iter().any(inside))
    });
    let item = (0_usize..3, "[tT]ext/html|image/PNG").prop_map(|(number, text)| {
        let accepted = ["text/html", "image/PNG"];
        let holds = accepted.get(number).is_some_and(|accepted| *accepted == text);
        of(format!("http.request.headers[\"accept\"][{number}]=={text:?}"), holds)
    });
    prop_oneof![compared, contained, begins, networks, item]
}

fn condition() -> impl Strategy<Value = Written> {
    test().prop_recursive(4, 24, 4, |inner| {
        let join = |inner: BoxedStrategy<Written>, words: [&'static str; 2], come_to: fn(&[bool]) -> bool| {
            (prop::collection::vec(inner, 2..4), prop::sample::select(words.to_vec())).prop_map(move |(parts, word)| {
                let texts: Vec<String> = parts.iter().map(|part| format!("({})", part.text)).collect();
                let holds: Vec<bool> = parts.iter().map(|part| part.holds).collect();
                of(texts.join(&format!(" {word} ")), come_to(&holds))
            })
        };
        let inner = inner.boxed();
        prop_oneof![
            join(inner.clone(), ["and", "&&"], |parts| parts.iter().all(|part| *part)),
            join(inner.clone(), ["or", "||"], |parts| parts.contains(&true)),
            join(inner.clone(), ["xor", "^^"], |parts| parts.iter().filter(|part| **part).count() % 2 == 1),
            inner.prop_map(|part| of(format!("not ({})", part.text), !part.holds)),
        ]
    })
}

/// Pieces of the language in any order, which come closer to making sense than bytes do.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "http.host",
        "http.request.headers",
        "http.request.uri.args",
        "http.request.uri.args.names",
        "ip.src",
        "any(",
        "lower(",
        "starts_with(",
        "(",
        ")",
        "[",
        "]",
        "[*]",
        "[0]",
        "[\"a\"]",
        "{",
        "}",
        ",",
        "$",
        "eq",
        "ne",
        "contains",
        "~",
        "in",
        "wildcard",
        "strict",
        "not",
        "and",
        "or",
        "xor",
        "!",
        "\"",
        "\"a\"",
        "r\"b\"",
        "r#\"",
        "\\",
        "\"(\"",
        "10.0.0.0/8",
        "7",
        "-",
        "*",
        "é",
        "true",
        "AND",
        "=",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        entry::condition(&bytes);
    }

    #[test]
    fn no_pieces_panic(text in pieces()) {
        entry::condition(text.as_bytes());
    }

    #[test]
    fn no_damaged_condition_panics(written in condition(), at: prop::sample::Index, byte: u8) {
        let mut bytes = written.text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        entry::condition(&bytes);
    }

    #[test]
    fn a_condition_means_what_it_says_and_prints_what_it_means(written in condition()) {
        let expression = compile(&written.text).unwrap_or_else(|complaints| panic!("{}: {complaints:?}", written.text));
        prop_assert_eq!(expression.holds(&blog()), written.holds, "{}", written.text);
        entry::condition(written.text.as_bytes());
    }

    #[test]
    fn texts_of_any_bytes_survive_printing(text in prop::collection::vec(any::<u8>(), 0..40)) {
        let escaped: String = text.iter().map(|byte| format!("\\x{byte:02X}")).collect();
        let condition = format!("http.request.headers[\"x-bytes\"][0] == \"{escaped}\"");
        entry::condition(condition.as_bytes());
        let value: &'static [u8] = text.leak();
        let request = Request { headers: vec![("x-bytes", value)], ..blog() };
        prop_assert!(compile(&condition).expect("a condition").holds(&request));
    }
}
