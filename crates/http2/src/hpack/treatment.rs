//! Which field names are known beforehand, and how fields of each name are encoded.
//!
//! A field that changes with each answer would only push others out of the dynamic table, and a secret in a table can be
//! guessed byte by byte by whoever can make fields of his own share that table (RFC 7541 section 7.1). All other fields
//! are expected to come again.

use super::{name, static_table};

/// How fields of one name are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Kept in the dynamic table unless it is long.
    Steady,
    /// Kept in the dynamic table although it is long: the same for every answer of a site.
    LongAndSteady,
    /// Different in each answer: never put into the table.
    Changing,
    /// Never put into any table, by us or by whoever passes it on.
    Secret,
}

/// A name that is known beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) treatment: Treatment,
    /// The indices of the entries of the static table with this name: from the first, so many.
    pub(super) first: usize,
    pub(super) entries: usize,
}

const CHANGING: [&str; 46] = [
    ":authority",
    ":path",
    "age",
    "cf-ray",
    "content-digest",
    "content-disposition",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "digest",
    "etag",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "range",
    "ratelimit-remaining",
    "ratelimit-reset",
    "referer",
    "refresh",
    "report-to",
    "repr-digest",
    "retry-after",
    "sec-websocket-accept",
    "server-timing",
    "traceparent",
    "tracestate",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-cache-hits",
    "x-correlation-id",
    "x-envoy-upstream-service-time",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
    "x-response-time",
    "x-runtime",
    "x-timer",
    "x-trace-id",
];

const LONG_AND_STEADY: [&str; 5] =
    ["content-security-policy", "content-security-policy-report-only", "feature-policy", "nel", "permissions-policy"];

const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// A power of two that leaves most slots free.
const SLOTS: usize = 256;

/// All known names, each in the first free slot from the one that its hash names on.
static KNOWN: [Option<Known>; SLOTS] = known();

const fn known() -> [Option<Known>; SLOTS] {
    let mut slots = [None; SLOTS];
    let mut entry = 0;
    while entry < static_table::LENGTH {
        let name = static_table::ENTRIES[entry].0;
        add(&mut slots, name, Treatment::Steady, entry + 1);
        entry += 1;
    }
    add_all(&mut slots, &CHANGING, Treatment::Changing);
    add_all(&mut slots, &LONG_AND_STEADY, Treatment::LongAndSteady);
    add_all(&mut slots, &SECRET, Treatment::Secret);
    slots
}

const fn add_all(slots: &mut [Option<Known>; SLOTS], names: &[&'static str], treatment: Treatment) {
    let mut at = 0;
    while at < names.len() {
        add(slots, names[at], treatment, 0);
        at += 1;
    }
}

/// Adds a name with an entry of the static table, or 0; a name that is there already gets the entry and the treatment.
const fn add(slots: &mut [Option<Known>; SLOTS], name: &'static str, treatment: Treatment, entry: usize) {
    let mut slot = name::hash(name.as_bytes()) as usize % SLOTS;
    let mut known = Known { name, treatment, first: entry, entries: 0 };
    while let Some(other) = &slots[slot] {
        if same(other.name.as_bytes(), name.as_bytes()) {
            known = Known { name, treatment, first: other.first, entries: other.entries };
            break;
        }
        slot = (slot + 1) % SLOTS;
    }
    if entry > 0 {
        known.entries += 1;
    }
    slots[slot] = Some(known);
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// What is known about a name, whatever the case of its letters; `hash` is that of the name.
#[inline]
pub(super) fn of(name: &[u8], hash: u64) -> Option<&'static Known> {
    let mut slot = hash as usize % SLOTS;
    while let Some(known) = &KNOWN[slot] {
        if name::same(name, known.name.as_bytes()) {
            return Some(known);
        }
        slot = (slot + 1) % SLOTS;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> Option<&'static Known> {
        of(name.as_bytes(), name::hash(name.as_bytes()))
    }

    #[test]
    fn every_entry_of_the_static_table_is_found_by_its_name() {
        for (at, (name, _)) in static_table::ENTRIES.iter().enumerate() {
            let known = find(name).unwrap();
            assert!((known.first..known.first + known.entries).contains(&(at + 1)), "{known:?}");
        }
        let status = find(":status").unwrap();
        assert_eq!((status.first, status.entries), (8, 7));
    }

    #[test]
    fn names_are_found_in_capital_letters() {
        assert_eq!(find("Set-Cookie").unwrap().treatment, Treatment::Secret);
        assert_eq!(find("ETAG").unwrap().treatment, Treatment::Changing);
        assert_eq!(find("Date").unwrap().treatment, Treatment::Steady);
        assert_eq!(find("Content-Security-Policy").unwrap().first, 0);
        assert!(find("x-unheard-of").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn names_are_found_at_once_or_nearly() {
        let occupied = KNOWN.iter().flatten().count();
        assert!(occupied < SLOTS / 2, "{occupied}");
    }
}
