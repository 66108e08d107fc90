//! Whether an answer is what the monitor expects. Pure.

use model::Monitor;
use verdict::Reason;

/// What becomes of a check after the head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Passed,
    /// To be asked again there.
    MovedTo(String),
}

/// Judges the status. A redirect that is followed is never judged by its own status (LB-59).
pub(super) fn head(monitor: &Monitor, status: u16, location: Option<&str>) -> Result<Judgement, Reason> {
    let location = location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308));
    match location {
        Some(location) if monitor.follow_redirects => Ok(Judgement::MovedTo(location.to_owned())),
        _ if monitor.expected_codes.contains(status) => Ok(Judgement::Passed),
        Some(_) => Err(Reason::RedirectNotFollowed),
        None => Err(Reason::StatusMismatch),
    }
}

/// Looks for a text in what has come of a body, whatever the case of either (LB-60).
///
/// The body may arrive in any pieces, and each byte is looked at about once however many there are.
pub(super) struct Search {
    wanted: String,
    /// Bytes of the window that are still to come.
    room: usize,
    /// The body so far, in lower case.
    text: String,
    /// The start of a character whose end has not come yet.
    cut: Vec<u8>,
    found: bool,
}

impl Search {
    pub(super) fn new(wanted: &str, window: usize) -> Self {
        let wanted: String = lower(wanted).collect();
        Self { found: wanted.is_empty(), wanted, room: window, text: String::new(), cut: Vec::new() }
    }

    /// Takes more of the body. Bytes behind the window do not count.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(self.room)];
        self.room -= bytes.len();
        let overlap = self.text.len().saturating_sub(self.wanted.len());
        self.cut.extend(bytes);
        self.decode();
        let from = (0..=overlap).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        self.found |= self.text[from..].contains(&self.wanted);
    }

    /// Whether the text is there.
    pub(super) fn is_found(&self) -> bool {
        self.found
    }

    /// Whether nothing that may still come counts.
    pub(super) fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Moves the characters that are complete into the text. What is no UTF-8 becomes a character that nobody looks for.
    fn decode(&mut self) {
        let mut rest = self.cut.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    self.text.extend(lower(valid));
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    self.text.extend(lower(&String::from_utf8_lossy(valid)));
                    rest = after;
                    let Some(wrong) = error.error_len() else { break };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[wrong..];
                }
            }
        }
        self.cut = rest.to_vec();
    }
}

/// Lower case, character by character: what a character becomes must not depend on where a body was cut.
fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(body: impl AsRef<[u8]>, wanted: &str, window: usize) -> bool {
        let verdicts = [1, 3, usize::MAX].map(|size| {
            let mut search = Search::new(wanted, window);
            body.as_ref().chunks(size).for_each(|piece| search.take(piece));
            search.is_found()
        });
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "it depends on the pieces: {verdicts:?}");
        verdicts[0]
    }

    // LB-60: the case does not matter, and only the first bytes count.
    #[test]
    fn a_text_is_found_in_any_case_and_only_within_the_window() {
        assert!(found("i am alive!", "ALIVE", 100));
        assert!(found("GRÜẞE", "grüße", 100));
        assert!(!found("dead", "ALIVE", 100));
        assert!(found("0123456789alive", "alive", 15));
        assert!(!found("0123456789alive", "alive", 14));
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing() {
        assert!(found(b"\xff\xfe\x00alive\xc3", "alive", 100));
        assert!(found(b"\xc3\xc3\xa9", "\u{c9}", 100));
        assert!(!found(b"al\xffive", "alive", 100));
        assert!(found("anything", "", 100));
    }

    proptest! {
        /// A text that is in the body is found, wherever the body was cut; and one that is not is not.
        #[test]
        fn the_cuts_of_a_body_do_not_matter(
            body in prop::collection::vec(prop_oneof![Just(b'a'), Just(b'A'), Just(0xc3), Just(0xa9), any::<u8>()], 0..60),
            wanted in "[aAé]{1,3}",
            cuts in prop::collection::vec(1..7_usize, 1..60),
        ) {
            let mut search = Search::new(&wanted, 1_000);
            let mut rest = body.as_slice();
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                search.take(piece);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            let whole: String = lower(&String::from_utf8_lossy(&body)).collect();
            prop_assert_eq!(search.is_found(), whole.contains(&lower(&wanted).collect::<String>()));
        }
    }
}
