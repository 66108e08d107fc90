//! The forms that values have: how each is read from a file or a word, and how it is written.

use super::source::Raw;
use jiff::SignedDuration;
use std::{fmt, net::SocketAddr, ops::RangeInclusive, str::FromStr, time::Duration};

/// A way of writing values of one type.
pub trait Form {
    type Value;

    /// The value, unless it has another form or is out of bounds.
    fn read(&self, raw: &Raw) -> Option<Self::Value>;

    /// The value as it would be written.
    fn show(&self, value: &Self::Value) -> String;

    /// What is expected, to follow "is not".
    fn expects(&self) -> String;

    /// What to do about a wrong value.
    fn remedy(&self) -> String {
        format!("write {}", self.expects())
    }

    /// What is wrong inside a value that has parts. Empty: all there is to say is that the whole is wrong.
    fn faults(&self, _raw: &Raw) -> Vec<Fault> {
        Vec::new()
    }
}

/// Something wrong inside a value.
pub struct Fault {
    /// Where, as it continues the path of the key: `[2].listen`.
    pub place: String,
    pub problem: String,
    pub remedy: String,
}

impl Fault {
    pub fn new(place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into(), remedy: remedy.into() }
    }
}

/// The text of a value that is written as a string.
fn text(raw: &Raw) -> Option<&str> {
    match raw {
        Raw::Text(text) | Raw::Word(text) => Some(text),
        _ => None,
    }
}

/// A duration such as `"19s"`, `"1m30s"` or `"250ms"`, within bounds.
pub struct Span(pub RangeInclusive<Duration>);

/// A duration from one millisecond to a day.
pub const SPAN: Span = Span(Duration::from_millis(1)..=Duration::from_secs(86_400));

/// A duration as it is written in a configuration.
pub fn written(duration: Duration) -> String {
    match SignedDuration::try_from(duration) {
        Ok(signed) => format!("{signed:#}").replace(' ', ""),
        Err(_) => format!("{}s", duration.as_secs()),
    }
}

/// Reads a duration as it is written in a configuration.
pub fn span(text: &str) -> Option<Duration> {
    let unitless = text.trim().bytes().all(|byte| byte.is_ascii_digit());
    let signed = text.parse::<SignedDuration>().ok().filter(|_| !unitless)?;
    Duration::try_from(signed).ok()
}

/// Reads a duration of the command line.
///
/// # Errors
/// When it has no unit, or another form.
pub fn duration(text: &str) -> Result<Duration, String> {
    span(text).filter(|duration| !duration.is_zero()).ok_or_else(|| "write a duration such as 30s or 1m30s".to_owned())
}

impl Form for Span {
    type Value = Duration;

    fn read(&self, raw: &Raw) -> Option<Duration> {
        span(text(raw)?).filter(|duration| self.0.contains(duration))
    }

    fn show(&self, value: &Duration) -> String {
        format!("\"{}\"", written(*value))
    }

    fn expects(&self) -> String {
        let (least, most) = (written(*self.0.start()), written(*self.0.end()));
        format!("a duration from \"{least}\" to \"{most}\"")
    }

    fn remedy(&self) -> String {
        format!("write {} with its unit, such as \"{}\"", self.expects(), written(*self.0.start()))
    }
}

/// A whole number within bounds.
pub struct Whole<N>(pub RangeInclusive<N>);

impl<N> Form for Whole<N>
where
    N: TryFrom<i64> + FromStr + PartialOrd + fmt::Display,
{
    type Value = N;

    fn read(&self, raw: &Raw) -> Option<N> {
        let number = match raw {
            Raw::Whole(number) => N::try_from(*number).ok()?,
            Raw::Word(word) => word.trim().parse().ok()?,
            _ => return None,
        };
        self.0.contains(&number).then_some(number)
    }

    fn show(&self, value: &N) -> String {
        value.to_string()
    }

    fn expects(&self) -> String {
        format!("a whole number from {} to {}", self.0.start(), self.0.end())
    }
}

/// A number of bytes: a whole number, or text such as `"64KiB"`, within bounds.
pub struct Size(pub RangeInclusive<usize>);

const UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A size as it is written in a configuration, in the largest unit that divides it.
fn sized(bytes: usize) -> String {
    let fits = |&&(_, unit): &&(&str, usize)| bytes >= unit && bytes.is_multiple_of(unit);
    match UNITS.iter().find(fits) {
        Some((name, unit)) => format!("\"{}{name}\"", bytes / unit),
        None => bytes.to_string(),
    }
}

fn bytes(text: &str) -> Option<usize> {
    let text = text.trim();
    let unit = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)));
    let (digits, unit) = unit.unwrap_or((text, 1));
    digits.trim().parse::<usize>().ok()?.checked_mul(unit)
}

impl Form for Size {
    type Value = usize;

    fn read(&self, raw: &Raw) -> Option<usize> {
        let size = match raw {
            Raw::Whole(number) => usize::try_from(*number).ok()?,
            raw => bytes(text(raw)?)?,
        };
        self.0.contains(&size).then_some(size)
    }

    fn show(&self, value: &usize) -> String {
        sized(*value)
    }

    fn expects(&self) -> String {
        format!("a size from {} to {}", sized(*self.0.start()), sized(*self.0.end()))
    }
}

/// `true` or `false`.
pub struct Truth;

impl Form for Truth {
    type Value = bool;

    fn read(&self, raw: &Raw) -> Option<bool> {
        match raw {
            Raw::Truth(truth) => Some(*truth),
            Raw::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    fn show(&self, value: &bool) -> String {
        value.to_string()
    }

    fn expects(&self) -> String {
        "true or false".to_owned()
    }
}

/// Text that a function understands.
pub struct Text<T> {
    pub parse: fn(&str) -> Option<T>,
    pub show: fn(&T) -> String,
    pub expects: &'static str,
}

impl<T> Form for Text<T> {
    type Value = T;

    fn read(&self, raw: &Raw) -> Option<T> {
        (self.parse)(text(raw)?)
    }

    fn show(&self, value: &T) -> String {
        format!("{:?}", (self.show)(value))
    }

    fn expects(&self) -> String {
        self.expects.to_owned()
    }
}

/// Text that is not empty.
pub const NAME: Text<String> = Text {
    parse: |text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
    show: String::clone,
    expects: "a text that is not empty",
};

/// Where to listen; port 0 lets the system choose.
pub const LISTEN: Text<SocketAddr> = Text {
    parse: |text| text.parse().ok(),
    show: ToString::to_string,
    expects: "an address with a port, such as \"127.0.0.1:8080\" or \"[::1]:0\"",
};

/// Where to listen, or `off`.
pub const LISTEN_OR_OFF: Text<Option<SocketAddr>> = Text {
    parse: |text| if text == "off" { Some(None) } else { text.parse().ok().map(Some) },
    show: |address| address.map_or_else(|| "off".to_owned(), |address| address.to_string()),
    expects: "an address with a port, such as \"0.0.0.0:8080\" or \"[::]:0\", or \"off\"",
};

/// Anything with a text form of its own.
pub fn parsed<T: FromStr + ToString>(expects: &'static str) -> Text<T> {
    Text { parse: |text| text.parse().ok(), show: T::to_string, expects }
}

/// A list of values of one form. As a word, items stand between commas.
pub struct ListOf<F> {
    pub item: F,
    pub expects: &'static str,
}

impl<F: Form> Form for ListOf<F> {
    type Value = Vec<F::Value>;

    fn read(&self, raw: &Raw) -> Option<Vec<F::Value>> {
        match raw {
            Raw::List(items) => items.iter().map(|item| self.item.read(item)).collect(),
            Raw::Word(word) => {
                let items = word.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| self.item.read(&Raw::Word(item.to_owned()))).collect()
            }
            _ => None,
        }
    }

    fn show(&self, value: &Vec<F::Value>) -> String {
        let items: Vec<String> = value.iter().map(|item| self.item.show(item)).collect();
        format!("[{}]", items.join(", "))
    }

    fn expects(&self) -> String {
        self.expects.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_read_back() {
        for (text, millis) in [("19s", 19_000), ("1m30s", 90_000), ("250ms", 250), ("2h", 7_200_000), ("1d", 0)] {
            let expected = (millis > 0).then(|| Duration::from_millis(millis));
            assert_eq!(SPAN.read(&Raw::Text(text.into())), expected, "{text}");
            if let Some(duration) = expected {
                assert_eq!(span(&written(duration)), Some(duration), "{text}");
            }
        }
        for wrong in ["", "19", "-3s", "soon", "25h", "0s"] {
            assert_eq!(SPAN.read(&Raw::Text(wrong.into())), None, "{wrong}");
        }
        assert_eq!(SPAN.read(&Raw::Whole(19)), None);
    }

    #[test]
    fn sizes_read_back() {
        let form = Size(1..=1 << 30);
        for (raw, size) in
            [(Raw::Whole(700), 700), (Raw::Text("64KiB".into()), 65_536), (Raw::Word("1MiB".into()), 1 << 20)]
        {
            assert_eq!(form.read(&raw), Some(size));
            assert_eq!(bytes(sized(size).trim_matches('"')), Some(size));
        }
        for wrong in [Raw::Whole(0), Raw::Whole(-1), Raw::Text("2GiB".into()), Raw::Text("x".into()), Raw::Truth(true)]
        {
            assert_eq!(form.read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lists_come_as_lists_or_as_words_with_commas() {
        let form = ListOf { item: parsed::<std::net::IpAddr>("an address"), expects: "a list of addresses" };
        let two = form.read(&Raw::Word("127.0.0.1, ::1".into())).expect("a list");
        assert_eq!(form.show(&two), r#"["127.0.0.1", "::1"]"#);
        assert_eq!(form.read(&Raw::Text("127.0.0.1".into())), None);
        assert_eq!(form.read(&Raw::List(vec![Raw::Text("here".into())])), None);
        assert_eq!(form.read(&Raw::Word(String::new())), Some(Vec::new()));
    }
}
