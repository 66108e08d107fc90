//! The set of status codes that a monitor accepts: `200`, `2xx`, `200-204`, and lists of these.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// A set of status codes, kept in the words it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet {
    text: String,
    ranges: Vec<(u16, u16)>,
}

/// The text is not a list of codes (`200`), classes (`2xx`) or ranges (`200-299`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseStatusSetError {
    /// The item that could not be read.
    pub item: String,
}

impl fmt::Display for ParseStatusSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a status code (200), a class (2xx) or a range (200-299)", self.item)
    }
}

impl std::error::Error for ParseStatusSetError {}

impl StatusSet {
    /// Whether `status` is one of the codes.
    pub fn contains(&self, status: u16) -> bool {
        self.ranges.iter().any(|&(low, high)| (low..=high).contains(&status))
    }

    /// The words it was written in.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Default for StatusSet {
    /// Only 200.
    fn default() -> Self {
        Self { text: "200".to_owned(), ranges: vec![(200, 200)] }
    }
}

fn code(text: &str) -> Option<u16> {
    let three_digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|code| three_digits && (100..=999).contains(code))
}

fn range(item: &str) -> Option<(u16, u16)> {
    if let Some(single) = code(item) {
        return Some((single, single));
    }
    if let Some((low, high)) = item.split_once('-') {
        let (low, high) = (code(low.trim())?, code(high.trim())?);
        return (low <= high).then_some((low, high));
    }
    match item.as_bytes() {
        [class @ b'1'..=b'9', b'x' | b'X', b'x' | b'X'] => {
            let low = u16::from(class - b'0') * 100;
            Some((low, low + 99))
        }
        _ => None,
    }
}

impl FromStr for StatusSet {
    type Err = ParseStatusSetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ranges = text
            .split(',')
            .map(|item| range(item.trim()).ok_or_else(|| ParseStatusSetError { item: item.trim().to_owned() }))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { text: text.to_owned(), ranges })
    }
}

impl Serialize for StatusSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for StatusSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_classes_ranges_and_lists() {
        let set: StatusSet = "200, 3xx,500-502".parse().unwrap();
        for (status, accepted) in [(200, true), (201, false), (301, true), (399, true), (501, true), (503, false)] {
            assert_eq!(set.contains(status), accepted, "{status}");
        }
        assert_eq!(set.as_str(), "200, 3xx,500-502");
    }

    #[test]
    fn what_is_not_a_set_is_named() {
        for (text, item) in [("", ""), ("200,", ""), ("2x", "2x"), ("302-301", "302-301"), ("200;301", "200;301")] {
            assert_eq!(text.parse::<StatusSet>(), Err(ParseStatusSetError { item: item.to_owned() }));
        }
    }
}
