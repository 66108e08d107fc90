//! The answer as a page for a person: self-contained, readable on any screen, light or dark.

use super::{EdgeAnswer, diagram, wording, wording::Wording};
use std::fmt;

const STYLE: &str = include_str!("page.css");

pub(super) fn page(answer: &EdgeAnswer<'_>, wording: &Wording) -> String {
    let host = if answer.host.is_empty() { "an unnamed site" } else { answer.host };
    let broken = diagram::Break::at(wording.phase, wording.party);
    format!(
        include_str!("page.html"),
        style = STYLE,
        code = wording.entry.code,
        title = Escaped(wording.entry.title),
        lead = Lead(wording.lead),
        host = Escaped(host),
        diagram = diagram::draw(broken, answer.data_center, host),
        cause = Prose(wording.cause),
        side = Escaped(wording.party.sentence()),
        visitor = Prose(wording.entry.visitor),
        remedy = Prose(wording.remedy),
        ray_id = Escaped(answer.ray_id),
        observed = Escaped(wording.observed),
        phase = wording.phase,
        party = wording.party,
        iso = wording::iso8601(answer.at),
        time = answer.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        client = Address(answer.client),
        data_center = Escaped(answer.data_center),
        again = Again(wording.retry_after),
        footer = Escaped(&Wording::footer(answer)),
    )
}

/// Text made harmless inside HTML, in elements and in quoted attributes.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (safe, special) = rest.split_at(at);
            f.write_str(safe)?;
            let entity = match special.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            };
            f.write_str(entity)?;
            rest = special.get(1..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// A text of the catalogue, with what stands between backticks shown as code.
struct Prose<'a>(&'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, piece) in self.0.split('`').enumerate() {
            if i % 2 == 1 { write!(f, "<code>{}</code>", Escaped(piece))? } else { write!(f, "{}", Escaped(piece))? }
        }
        Ok(())
    }
}

/// What was observed, in front of what stands behind it.
struct Lead(Option<&'static str>);

impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(lead) => write!(f, "<strong>{}.</strong> ", Escaped(lead)),
            None => Ok(()),
        }
    }
}

struct Address(Option<std::net::IpAddr>);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(f, "<div><dt>Your address</dt><dd>{address}</dd></div>"),
            None => Ok(()),
        }
    }
}

/// How long to wait, where waiting is advised.
struct Again(Option<u32>);

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(seconds) => write!(f, "<p class=\"again\">Worth another try in {seconds} seconds.</p>"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_a_meaning_in_html_is_shown_and_not_obeyed() {
        assert_eq!(Escaped(r#"<a b="c">&'x"#).to_string(), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;x");
        assert_eq!(Prose("run `a < b` now").to_string(), "run <code>a &lt; b</code> now");
    }

    proptest! {
        #[test]
        fn no_text_opens_a_tag(text: String) {
            let shown = Escaped(&text).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
        }
    }
}
