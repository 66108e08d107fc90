//! Finding entries by whatever a person has at hand: a number, an identifier, a spelling, a line from a log.

use crate::{Entry, text};

/// How much of a query is looked at. Longer ones are cut: nobody types more, and pasted logs need no more.
const QUERY_BYTES: usize = 2048;
/// How long a text must be to be looked for inside a line; shorter ones would occur by chance.
const RECOGNISABLE_BYTES: usize = 10;
/// How different a name may be and still be suggested.
const NEAR: usize = 3;
/// How many suggestions are made at most.
const SUGGESTIONS: usize = 5;

/// Every entry that `query` names, best first; empty when it names none.
///
/// Accepted, in any case and with spaces, dashes or underscores: numbers (`522`, `error 1016`), identifiers
/// (`tcp_refused`, `E7`), spellings of health events (`TLS name mismatch error`), error names (`rate_limited`), and
/// titles. When nothing of these fits, the query is taken for a line from a log, and entries whose text occurs in it
/// are returned.
pub fn lookup(query: &str) -> Vec<Entry> {
    let query = clip(query);
    let wanted = plain(query);
    if wanted.is_empty() {
        return Vec::new();
    }
    let all = Entry::all();
    let named: Vec<Entry> = all.iter().filter(|entry| is_named(entry, &wanted)).cloned().collect();
    if !named.is_empty() {
        return named;
    }
    recognised(all, query)
}

/// The entries most of whose texts stand in this line: a pair of statuses says more than one of them alone.
fn recognised(all: Vec<Entry>, line: &str) -> Vec<Entry> {
    let hits = |entry: &Entry| entry.texts.iter().filter(|text| is_in_line(text, line)).count();
    let most = all.iter().map(hits).max().unwrap_or(0);
    all.into_iter().filter(|entry| most > 0 && hits(entry) == most).collect()
}

/// Identifiers that `query` may have meant, nearest first.
pub fn suggestions(query: &str) -> Vec<&'static str> {
    let wanted = plain(clip(query));
    if wanted.is_empty() || wanted.len() > 64 {
        return Vec::new();
    }
    let mut near: Vec<(usize, &'static str)> =
        Entry::all().iter().filter_map(|entry| Some((nearness(entry, &wanted)?, entry.id))).collect();
    near.sort();
    near.into_iter().map(|(_, id)| id).take(SUGGESTIONS).collect()
}

fn clip(query: &str) -> &str {
    let end = (0..=QUERY_BYTES.min(query.len())).rev().find(|end| query.is_char_boundary(*end));
    query.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Lower case, with every run of other characters made one underscore, and without a leading "error" or "http".
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
    }
    let plain = plain.trim_end_matches('_');
    let number = plain.rsplit('_').next().unwrap_or_default();
    let is_spoken_number = ["error", "code", "http", "status", "error_code", "http_status", "http_error"]
        .iter()
        .any(|word| plain.strip_suffix(number).and_then(|rest| rest.strip_suffix('_')) == Some(word));
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if is_spoken_number && is_number { number.to_owned() } else { plain.to_owned() }
}

fn names(entry: &Entry) -> impl Iterator<Item = String> {
    let label = entry.texts.first().and_then(|text| text.split_once(':')).map(|(label, _)| label);
    let code = entry.code.filter(|_| entry.name.is_none()).map(|code| code.to_string());
    [Some(entry.id), Some(entry.title), entry.name.filter(|_| entry.category.is_some() && entry.maker.is_some()), label]
        .into_iter()
        .flatten()
        .map(plain)
        .chain(code)
}

fn is_named(entry: &Entry, wanted: &str) -> bool {
    names(entry).any(|name| name == wanted)
        || entry.id.strip_prefix("api_") == Some(wanted)
        || entry.texts.iter().any(|text| plain(text) == wanted)
}

fn is_in_line(text: &str, line: &str) -> bool {
    text.len() >= RECOGNISABLE_BYTES && text::occurs_in(text, line)
}

/// How far the entry's identifier is from what was asked for; `None` when it is not near.
fn nearness(entry: &Entry, wanted: &str) -> Option<usize> {
    let id = plain(entry.id);
    if wanted.len() >= 3 && id.contains(wanted) {
        return Some(1);
    }
    let allowed = NEAR.min(wanted.len() / 3);
    Some(distance(&id, wanted)).filter(|distance| *distance <= allowed)
}

/// The number of single-letter edits between two ASCII words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(query: &str) -> Vec<&'static str> {
        lookup(query).iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn entries_are_found_by_what_a_person_has_at_hand() {
        assert_eq!(ids("522"), ["522"]);
        assert_eq!(ids("Error 522"), ["522"]);
        assert_eq!(ids("tcp_refused"), ["tcp_refused"]);
        assert_eq!(ids("TCP-Refused"), ["tcp_refused"]);
        assert_eq!(ids("tls_name_mismatch"), ["tls_name_mismatch"]);
        assert_eq!(ids("tls NAME mismatch error"), ["tls_name_mismatch"]);
        assert_eq!(ids("e7"), ["E7"]);
        assert_eq!(ids("rate_limited"), ["1015", "api_rate_limited"]);
        assert_eq!(ids("POOL_SET_NO_INTENT"), ["api_pool_set_no_intent"]);
        assert_eq!(ids("10000"), ["api_token_missing"]);
    }

    #[test]
    fn a_number_with_two_meanings_gives_both() {
        assert_eq!(ids("1006"), ["1006", "api_quota_exceeded"]);
    }

    #[test]
    fn a_line_from_a_log_is_recognised() {
        assert_eq!(ids("2026-01-01 Peer 10.0.0.3 closed connection in SSL handshake"), ["E17"]);
        assert_eq!(ids("events: TLS protocol error, again"), ["tls_protocol_error"]);
        assert_eq!(ids(r#"lbStatusCode: "502", backendStatusCode: "502""#), ["E2"]);
        assert_eq!(ids(r#"lbStatusCode: "502", backendStatusCode: """#), ["E3"]);
    }

    #[test]
    fn a_slip_is_met_with_suggestions() {
        assert_eq!(ids("tcp_refussed"), Vec::<&str>::new());
        assert_eq!(suggestions("tcp_refussed"), ["tcp_refused"]);
        assert!(suggestions("certificate").len() <= SUGGESTIONS);
        assert!(suggestions("zzzzzzzz").is_empty());
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    proptest! {
        #[test]
        fn any_query_is_safe(query: String) {
            lookup(&query);
            suggestions(&query);
        }

        #[test]
        fn a_long_query_is_cut_between_characters(query in "[é漢a]{600,900}") {
            prop_assert!(clip(&query).len() <= QUERY_BYTES);
        }
    }
}
