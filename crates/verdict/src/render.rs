//! An entry as plain text for a terminal.

use crate::Entry;
use std::fmt::Write;

/// Narrower than this nothing can be read; narrower terminals wrap by themselves.
const NARROWEST: usize = 40;

impl Entry {
    /// The entry for a person at a terminal, wrapped to `width` columns (at least 40). Ends in a line break.
    pub fn render(&self, width: usize) -> String {
        let width = width.max(NARROWEST);
        let mut page = Page { out: String::new(), width };
        page.line(&format!("{} - {}", self.id, self.title));
        page.line(&"=".repeat((self.id.len() + 3 + self.title.chars().count()).min(width)));
        for (name, value) in self.facts() {
            page.fact(name, &value);
        }
        page.section("What happened", self.cause);
        page.section("What to do", self.remedy);
        if let Some(advice) = self.visitor {
            page.section("What to tell visitors", advice);
        }
        if !self.see.is_empty() {
            page.section("See also", &self.see.join(", "));
        }
        page.out
    }

    /// What is fixed about the entry, as pairs of a name and a value; what it does not have is left out.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("kind", self.family.as_str().to_owned())];
        facts.extend(self.texts.iter().map(|text| ("written", (*text).to_owned())));
        facts.push(("phase", self.phase.to_string()));
        facts.push(("fault", self.party.to_string()));
        facts.extend(self.maker.map(|maker| ("made by", maker.as_str().to_owned())));
        facts.extend(self.answer().map(|answer| ("answer", answer)));
        facts.extend(self.name.map(|name| ("name", name.to_owned())));
        facts.extend(self.category.map(|category| ("category", category.to_string())));
        facts.extend(self.proxy_status.map(|token| ("Proxy-Status", format!("error={token}"))));
        facts.extend(self.retryable.map(|retryable| ("try again", self.retry_sentence(retryable))));
        facts.extend(self.counts_against_endpoint.map(|counts| {
            let sentence = if counts { "counts against the endpoint" } else { "says nothing about the endpoint" };
            ("health", sentence.to_owned())
        }));
        facts
    }

    fn answer(&self) -> Option<String> {
        match (self.status, self.code) {
            (Some(status), Some(code)) if u32::from(status) != code => {
                Some(format!("HTTP {status} with {code} in the body"))
            }
            (Some(status), _) => Some(format!("HTTP {status}")),
            (None, _) => None,
        }
    }

    fn retry_sentence(&self, retryable: bool) -> String {
        match self.retry_after {
            Some(seconds) => format!("after {seconds} s"),
            None if retryable => "later, with no fixed wait".to_owned(),
            None => "not before something was changed".to_owned(),
        }
    }
}

struct Page {
    out: String,
    width: usize,
}

impl Page {
    /// How far facts and paragraphs are moved in.
    const FACT_INDENT: usize = 14;
    const TEXT_INDENT: usize = 2;

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn fact(&mut self, name: &str, value: &str) {
        let mut name = name;
        for line in wrap(value, self.width - Self::FACT_INDENT) {
            // Writing to a String cannot fail.
            let _ = writeln!(self.out, "{name:<indent$}{line}", indent = Self::FACT_INDENT);
            name = "";
        }
    }

    fn section(&mut self, heading: &str, text: &str) {
        self.out.push('\n');
        self.line(heading);
        for line in wrap(text, self.width - Self::TEXT_INDENT) {
            let _ = writeln!(self.out, "{:indent$}{line}", "", indent = Self::TEXT_INDENT);
        }
    }
}

/// The text in lines of at most `width` characters; a longer word has a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_entry_reads_well_at_a_terminal() {
        let page = crate::lookup("tcp_refused")[0].render(80);
        assert!(page.starts_with("tcp_refused - The endpoint refuses connections\n=="), "{page}");
        for expected in ["fault         origin", "HTTP 521", "error=connection_refused", "after 120 s", "What to do\n"]
        {
            assert!(page.contains(expected), "{expected} is missing from:\n{page}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(width in 0usize..200, pick: proptest::sample::Index) {
            let all = Entry::all();
            let entry = pick.get(&all);
            for line in entry.render(width).lines() {
                let longest_word = line.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
                let allowed = width.max(NARROWEST).max(longest_word + Page::FACT_INDENT);
                let is_heading = line.starts_with(entry.id);
                prop_assert!(is_heading || line.chars().count() <= allowed, "{line}");
            }
        }

        #[test]
        fn wrapping_loses_no_word(text in "[a-z ]{0,200}", width in 1usize..50) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrap(&text, width).join(" ")), words(&text));
        }
    }
}
