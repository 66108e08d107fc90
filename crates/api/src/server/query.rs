//! The query of a request.

use axum::{extract::Query as Pairs, http::Uri};
use jiff::Timestamp;
use model::Complaints;

/// The query's pairs, decoded. Names that nobody reads are ignored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the question mark. What cannot be decoded counts as absent.
    pub fn parse(text: Option<&str>) -> Self {
        let uri = text.and_then(|text| Uri::builder().path_and_query(format!("/?{text}")).build().ok());
        let pairs = uri.and_then(|uri| Pairs::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        Self(pairs.map(|Pairs(pairs)| pairs).unwrap_or_default())
    }

    /// The last value with this name. An empty value counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// A whole number from `least` to `most`. `20.0` is one: some clients write every number that way.
    pub fn whole(&self, name: &str, least: usize, most: usize, complaints: &mut Complaints) -> Option<usize> {
        let text = self.text(name)?;
        let digits = text.strip_suffix(".0").unwrap_or(text);
        let number = digits.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            complaints.add(
                name,
                format!("`{text}` is out of range"),
                format!("write a whole number, {least} to {most}"),
            );
        }
        number
    }

    /// True or false.
    pub fn truth(&self, name: &str, complaints: &mut Complaints) -> Option<bool> {
        let text = self.text(name)?;
        let truth = text.to_ascii_lowercase().parse().ok();
        if truth.is_none() {
            complaints.add(name, format!("`{text}` is neither `true` nor `false`"), "write one of the two");
        }
        truth
    }

    /// One of some words.
    pub fn word(&self, name: &str, words: &[&'static str], complaints: &mut Complaints) -> Option<&'static str> {
        let text = self.text(name)?;
        let word = words.iter().copied().find(|word| *word == text);
        if word.is_none() {
            complaints.add(name, format!("`{text}` is not a known value"), format!("use one of {}", words.join(", ")));
        }
        word
    }

    /// A time, RFC 3339; a bare date is its first moment in UTC.
    pub fn time(&self, name: &str, complaints: &mut Complaints) -> Option<Timestamp> {
        let text = self.text(name)?;
        // A plus sign that the client left unescaped has been decoded to a blank.
        let whole = text.replace(' ', "+");
        let time =
            whole.parse().or_else(|_| format!("{whole}T00:00:00Z").parse()).or_else(|_| format!("{whole}Z").parse());
        if time.is_err() {
            complaints.add(name, format!("`{text}` is not a time"), "write it as 2026-01-31T12:00:00Z");
        }
        time.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_decoded_and_the_last_one_counts() {
        let query = Query::parse(Some("a=1&a=b%20c&empty=&page=2.0"));
        assert_eq!((query.text("a"), query.text("empty"), query.text("none")), (Some("b c"), None, None));
        assert_eq!(query.whole("page", 1, 9, &mut Complaints::new()), Some(2));
    }

    #[test]
    fn times_come_in_the_forms_that_clients_write() {
        let mut complaints = Complaints::new();
        for text in ["2026-01-31", "2026-01-31T00:00:00", "2026-01-31T00:00:00Z", "2026-01-31T02:00:00+02:00"] {
            let query = Query::parse(Some(&format!("since={text}")));
            let time = query.time("since", &mut complaints).unwrap();
            assert_eq!(time.to_string(), "2026-01-31T00:00:00Z", "{text}");
        }
        assert!(complaints.is_empty());
        assert_eq!(Query::parse(Some("since=yesterday")).time("since", &mut complaints), None);
        assert!(!complaints.is_empty());
    }

    proptest! {
        #[test]
        fn no_query_panics(text in ".*") {
            let query = Query::parse(Some(&text));
            let mut complaints = Complaints::new();
            let _ = (query.time("a", &mut complaints), query.whole("page", 1, 9, &mut complaints));
        }
    }
}
