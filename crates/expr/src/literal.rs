//! What stands in a condition for itself: texts with their escapes, numbers, addresses and networks.

use crate::{
    complaint::Found,
    token::{Kind, Token},
};
use ipnet::IpNet;
use std::net::IpAddr;

/// The bytes of a text. In quotation marks `\"`, `\\` and `\xHH` stand for one byte, and `\*` for itself, as wildcards
/// want it; a raw text has no escapes.
pub(crate) fn text(token: &Token<'_>, found: &mut Found<'_>) -> Option<Vec<u8>> {
    match token.kind {
        Kind::Raw => Some(token.text.as_bytes().to_vec()),
        Kind::Quoted => unescaped(token, found),
        _ => {
            let shown = token.text;
            found.add(token.at, format!("`{shown}` is no text"), format!("write `\"{shown}\"`"));
            None
        }
    }
}

/// A text that is UTF-8.
pub(crate) fn utf8(token: &Token<'_>, found: &mut Found<'_>) -> Option<String> {
    let bytes = text(token, found)?;
    let text = String::from_utf8(bytes);
    if text.is_err() {
        found.add(token.at, "the text is not UTF-8", "a name or pattern cannot have such bytes");
    }
    text.ok()
}

/// A text for `matches`: only `\"` is an escape of ours, every other backslash is the pattern's own.
pub(crate) fn pattern(token: &Token<'_>, found: &mut Found<'_>) -> Option<String> {
    match token.kind {
        Kind::Raw => Some(token.text.to_owned()),
        Kind::Quoted => {
            let mut pattern = String::with_capacity(token.text.len());
            let mut chars = token.text.chars();
            while let Some(c) = chars.next() {
                let escaped = if c == '\\' { chars.next() } else { None };
                match escaped {
                    Some('"') => pattern.push('"'),
                    Some(other) => pattern.extend([c, other]),
                    None => pattern.push(c),
                }
            }
            Some(pattern)
        }
        _ => utf8(token, found),
    }
}

fn unescaped(token: &Token<'_>, found: &mut Found<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(token.text.len());
    let mut rest = token.text.as_bytes();
    let mut fine = true;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        match behind {
            [escaped @ (b'"' | b'\\'), ..] => bytes.push(*escaped),
            [b'*', ..] => bytes.extend(b"\\*"),
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex(*high) << 4 | hex(*low));
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                // The quotation mark stands before the text.
                let at = token.at + 1 + token.text.len() - behind.len() - 1;
                let remedy = "write `\\\\` for a backslash, `\\xHH` for a byte, or a raw text `r\"…\"`";
                found.add(at, "a backslash stands before something that it does not change", remedy);
                fine = false;
            }
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    fine.then_some(bytes)
}

fn hex(digit: u8) -> u8 {
    (digit as char).to_digit(16).unwrap_or_default() as u8
}

/// A whole number.
pub(crate) fn number(token: &Token<'_>, found: &mut Found<'_>) -> Option<i64> {
    let number = if token.kind == Kind::Word { token.text.parse().ok() } else { None };
    if number.is_none() {
        found.add(
            token.at,
            format!("`{}` is no whole number", token.text),
            "write one in digits, without quotation marks",
        );
    }
    number
}

/// One address.
pub(crate) fn address(token: &Token<'_>, found: &mut Found<'_>) -> Option<IpAddr> {
    let shown = token.text;
    if token.kind == Kind::Word {
        if let Ok(address) = shown.parse::<IpAddr>() {
            return Some(address.to_canonical());
        }
        if shown.parse::<IpNet>().is_ok() {
            found.add(
                token.at,
                format!("`{shown}` is a network, not an address"),
                format!("write `ip.src in {{ {shown} }}`"),
            );
            return None;
        }
    }
    found.add(token.at, format!("`{shown}` is no address"), "write it without quotation marks, such as `192.0.2.7`");
    None
}

/// An address or a network.
pub(crate) fn network(token: &Token<'_>, found: &mut Found<'_>) -> Option<IpNet> {
    if token.kind == Kind::Word {
        if let Ok(address) = token.text.parse::<IpAddr>() {
            return Some(IpNet::from(address.to_canonical()));
        }
        if let Ok(network) = token.text.parse::<IpNet>() {
            return Some(network.trunc());
        }
    }
    let remedy = "write it without quotation marks, such as `192.0.2.0/24` or `2001:db8::1`";
    found.add(token.at, format!("`{}` is neither an address nor a network", token.text), remedy);
    None
}
