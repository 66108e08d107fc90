//! The fields: what each is called, what it holds, and why some are not there.

use crate::facts::{Number, Text};

/// A field as the language knows it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    /// One line for the reference.
    pub(crate) about: &'static str,
}

/// What stands behind the name of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Text(Text),
    Number(Number),
    Address,
    Map(Map),
    List(List),
}

/// Lists of texts by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Map {
    Headers,
    Arguments,
}

/// Lists of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    ArgumentNames,
    ArgumentValues,
}

const fn field(name: &'static str, holds: Holds, about: &'static str) -> Field {
    Field { name, holds, about }
}

/// Every field, in the order of the alphabet.
pub(crate) const FIELDS: &[Field] = &[
    field(
        "cf.load_balancer.name",
        Holds::Text(Text::LoadBalancerName),
        "name of the load balancer, such as `*.example.com`",
    ),
    field(
        "cf.load_balancer.region",
        Holds::Text(Text::LoadBalancerRegion),
        "code of the region of this node, such as `ENAM`",
    ),
    field("http.cookie", Holds::Text(Text::Cookie), "the whole value of `Cookie`"),
    field("http.host", Holds::Text(Text::Host), "the host, in lower case and without port"),
    field("http.referer", Holds::Text(Text::Referer), "the value of `Referer`"),
    field(
        "http.request.headers",
        Holds::Map(Map::Headers),
        "values of header fields by their names in lower case; repeated ones in order",
    ),
    field("http.request.method", Holds::Text(Text::Method), "the method, in capital letters as a rule"),
    field(
        "http.request.timestamp.sec",
        Holds::Number(Number::TimestampSec),
        "when the request came, in seconds since 1970",
    ),
    field("http.request.uri", Holds::Text(Text::Uri), "path and query, as they came"),
    field(
        "http.request.uri.args",
        Holds::Map(Map::Arguments),
        "values of the query's arguments by their names, as they came",
    ),
    field("http.request.uri.args.names", Holds::List(List::ArgumentNames), "names of the query's arguments, in order"),
    field(
        "http.request.uri.args.values",
        Holds::List(List::ArgumentValues),
        "values of the query's arguments, in order",
    ),
    field("http.request.uri.path", Holds::Text(Text::Path), "the path, as it came"),
    field("http.request.uri.query", Holds::Text(Text::Query), "the query, as it came, without the `?`"),
    field("http.request.version", Holds::Text(Text::Version), "`HTTP/1.0`, `HTTP/1.1` or `HTTP/2`"),
    field("ip.src", Holds::Address, "the visitor's address"),
];

/// The field of this name.
pub(crate) fn named(name: &str) -> Option<&'static Field> {
    FIELDS.binary_search_by(|field| field.name.cmp(name)).ok().and_then(|index| FIELDS.get(index))
}

/// The name of a text field.
pub(crate) fn name_of(holds: Holds) -> &'static str {
    FIELDS.iter().find(|field| field.holds == holds).map_or("", |field| field.name)
}

/// What to write instead of a name that no field has.
pub(crate) fn instead_of(name: &str) -> String {
    if name.starts_with("dns.") {
        return "it belongs to answers of DNS; ask `http.host` for the name".to_owned();
    }
    let instead = match name {
        "ip.src.asnum" | "ip.geoip.asnum" => {
            "nobody here knows networks by number; list them: `ip.src in { 192.0.2.0/24 }`"
        }
        "http.user_agent" => "write `http.request.headers[\"user-agent\"][0]`",
        "ip.src.country" | "ip.geoip.country" => "visitors are not located yet; list their networks: `ip.src in { … }`",
        "true" => "leave the condition empty for a rule that always applies",
        "false" => "set `disabled` for a rule that never applies",
        _ => return nearest(name),
    };
    instead.to_owned()
}

fn nearest(name: &str) -> String {
    let by_distance = FIELDS.iter().map(|field| (distance(name, field.name), field.name)).min();
    match by_distance {
        Some((steps, close)) if steps <= close.len() / 3 => format!("did you mean `{close}`?"),
        _ => "the fields are listed in docs/RULES.md, such as `http.request.uri.path`".to_owned(),
    }
}

/// How many letters must be put in, left out or replaced to make one name of the other.
fn distance(left: &str, right: &str) -> usize {
    // Nobody means a field by a name twice as long, and the work grows with both lengths.
    if left.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, a) in left.bytes().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right.bytes()) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = replaced.min(*cell + 1).min(before + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in FIELDS {
            assert_eq!(named(field.name).map(|found| found.about), Some(field.about), "{}", field.name);
            assert_eq!(name_of(field.holds), field.name);
        }
        assert!(named("http.request").is_none());
    }

    #[test]
    fn the_distance_of_names() {
        assert_eq!(distance("http.host", "http.host"), 0);
        assert_eq!(distance("htpp.hosts", "http.host"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(instead_of("http.request.uri.pth"), "did you mean `http.request.uri.path`?");
        assert!(instead_of("colour").contains("docs/RULES.md"));
    }
}
