//! Templates: texts with `<name>` placeholders, filled in or recognised.

/// The template with every `<name>` replaced by its value. A placeholder that is given no value stays as it is, so that
/// a slip is visible instead of silent.
///
/// ```
/// assert_eq!(verdict::fill("Client <client_ip> left", &[("client_ip", "192.0.2.7")]), "Client 192.0.2.7 left");
/// ```
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len());
    for piece in Pieces(template) {
        match piece {
            Piece::Fixed(text) => out.push_str(text),
            Piece::Placeholder(name) => match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => out.push_str(value),
                None => {
                    out.push('<');
                    out.push_str(name);
                    out.push('>');
                }
            },
        }
    }
    out
}

/// Whether `line` contains the fixed parts of the template, in order.
pub(crate) fn occurs_in(template: &str, line: &str) -> bool {
    let mut rest = line;
    for piece in Pieces(template) {
        let Piece::Fixed(text) = piece else { continue };
        match rest.find(text) {
            Some(at) => rest = &rest[at + text.len()..],
            None => return false,
        }
    }
    true
}

enum Piece<'t> {
    Fixed(&'t str),
    Placeholder(&'t str),
}

/// A template cut at its placeholders: `<` and `>` around lower-case letters and underscores.
struct Pieces<'t>(&'t str);

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        if self.0.is_empty() {
            return None;
        }
        match leading_placeholder(self.0) {
            Some((name, rest)) => {
                self.0 = rest;
                Some(Piece::Placeholder(name))
            }
            None => {
                let end = self
                    .0
                    .char_indices()
                    .skip(1)
                    .map(|(at, _)| at)
                    .find(|at| leading_placeholder(&self.0[*at..]).is_some());
                let (fixed, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
                self.0 = rest;
                Some(Piece::Fixed(fixed))
            }
        }
    }
}

fn leading_placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_no_value_stays_visible() {
        assert_eq!(fill("<a>-<b>", &[("a", "1")]), "1-<b>");
        assert_eq!(fill("1 < 2 > 0", &[]), "1 < 2 > 0");
    }

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        assert_eq!(fill("<a><b>", &[("a", "<b>"), ("b", "x")]), "<b>x");
    }

    #[test]
    fn a_template_is_recognised_in_a_log_line() {
        let template = "Peer <address> closed connection in SSL handshake";
        assert!(occurs_in(template, "12:00 Peer 192.0.2.7 closed connection in SSL handshake, id 3"));
        assert!(!occurs_in(template, "Peer 192.0.2.7 closed connection"));
    }

    proptest! {
        #[test]
        fn text_without_placeholders_is_kept(text in "[^<>]*") {
            prop_assert_eq!(fill(&text, &[]), text);
        }

        #[test]
        fn any_template_is_safe(template: String, line: String) {
            fill(&template, &[("a", &line)]);
            occurs_in(&template, &line);
        }
    }
}
