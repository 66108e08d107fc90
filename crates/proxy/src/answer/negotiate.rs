//! Which format a request prefers (`EDGE-73`; RFC 9110 section 12.5.1).

/// The formats an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page for a person.
    Html,
    /// A flat object.
    Json,
    /// The same object under the media type of RFC 9457.
    Problem,
    /// Front matter and three headings.
    Markdown,
}

impl Format {
    /// The value of `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=UTF-8",
            Format::Json => "application/json; charset=utf-8",
            Format::Problem => "application/problem+json; charset=utf-8",
            Format::Markdown => "text/markdown; charset=utf-8",
        }
    }

    /// The format that an `Accept` value prefers: the highest weight wins, among equals the first. A page when there is
    /// no such header, or nothing in it is among the formats.
    pub fn preferred(accept: Option<&[u8]>) -> Format {
        let mut best = (0, Format::Html);
        for range in accept.unwrap_or_default().split(|b| *b == b',') {
            if let Some((weight, format)) = read_range(range)
                && weight > best.0
            {
                best = (weight, format);
            }
        }
        best.1
    }
}

/// A media range and its weight in thousandths; `None` for what is not among the formats, or malformed.
fn read_range(range: &[u8]) -> Option<(u16, Format)> {
    let mut parts = range.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let format = format_named(parts.next()?)?;
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_at_checked(2)?;
        name.eq_ignore_ascii_case(b"q=").then_some(value)
    });
    Some((weight.map_or(Some(1000), thousandths)?, format))
}

fn format_named(range: &[u8]) -> Option<Format> {
    const NAMES: &[(&[u8], Format)] = &[
        (b"*/*", Format::Html),
        (b"text/html", Format::Html),
        (b"application/json", Format::Json),
        (b"application/problem+json", Format::Problem),
        (b"text/markdown", Format::Markdown),
        (b"text/*", Format::Markdown),
    ];
    NAMES.iter().find(|(name, _)| range.eq_ignore_ascii_case(name)).map(|(_, format)| *format)
}

/// A weight between 0 and 1 with at most three decimals (RFC 9110 section 12.4.2), in thousandths.
fn thousandths(text: &[u8]) -> Option<u16> {
    let (whole, decimals) = match text {
        [whole] | [whole, b'.'] => (whole, &[][..]),
        [whole, b'.', decimals @ ..] if decimals.len() <= 3 => (whole, decimals),
        _ => return None,
    };
    let mut value = u16::from(whole.checked_sub(b'0').filter(|digit| *digit <= 1)?) * 1000;
    for (decimal, worth) in decimals.iter().zip([100, 10, 1]) {
        value += u16::from(decimal.checked_sub(b'0').filter(|digit| *digit <= 9)?) * worth;
    }
    (value <= 1000).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn preferred(accept: &str) -> Format {
        Format::preferred(Some(accept.as_bytes()))
    }

    #[test]
    fn each_media_type_has_its_format() {
        assert_eq!(Format::preferred(None), Format::Html);
        for (accept, format) in [
            ("", Format::Html),
            ("*/*", Format::Html),
            ("text/html", Format::Html),
            ("application/json", Format::Json),
            ("APPLICATION/JSON", Format::Json),
            ("application/problem+json", Format::Problem),
            ("text/markdown", Format::Markdown),
            ("text/*", Format::Markdown),
            ("image/png", Format::Html),
        ] {
            assert_eq!(preferred(accept), format, "{accept}");
        }
    }

    #[test]
    fn a_browser_gets_a_page() {
        assert_eq!(
            preferred("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"),
            Format::Html
        );
    }

    #[test]
    fn the_highest_weight_wins_and_among_equals_the_first() {
        assert_eq!(preferred("text/html;q=0.5, application/json;q=0.9"), Format::Json);
        assert_eq!(preferred("text/markdown, application/json"), Format::Markdown);
        assert_eq!(preferred("application/json, text/markdown"), Format::Json);
        assert_eq!(preferred("application/json;charset=utf-8;q=0.1, text/*;q=0.2"), Format::Markdown);
        assert_eq!(preferred("application/json;Q=0.4,text/html;q=0.39"), Format::Json);
    }

    #[test]
    fn what_is_refused_or_malformed_does_not_count() {
        assert_eq!(preferred("application/json;q=0"), Format::Html);
        for weight in ["2", "1.001", "0.1234", "", ".5", "-1"] {
            assert_eq!(preferred(&format!("application/json;q={weight}")), Format::Html, "{weight}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(accept: Vec<u8>) {
            Format::preferred(Some(&accept));
        }

        #[test]
        fn thousandths_keeps_the_order(a in 0u16..=1000, b in 0u16..=1000) {
            let text = |value: u16| format!("{}.{:03}", value / 1000, value % 1000);
            let (left, right) = (thousandths(text(a).as_bytes()), thousandths(text(b).as_bytes()));
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        }
    }
}
