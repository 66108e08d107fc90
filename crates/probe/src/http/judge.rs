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
pub(super) struct Search {
    wanted: String,
    window: usize,
    body: Vec<u8>,
}

impl Search {
    pub(super) fn new(wanted: &str, window: usize) -> Self {
        Self { wanted: wanted.to_lowercase(), window, body: Vec::new() }
    }

    /// Takes more of the body. Bytes behind the window do not count.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let room = self.window.saturating_sub(self.body.len());
        self.body.extend(bytes.iter().take(room));
    }

    /// Whether the text is there.
    pub(super) fn is_found(&self) -> bool {
        String::from_utf8_lossy(&self.body).to_lowercase().contains(&self.wanted)
    }

    /// Whether nothing that may still come counts.
    pub(super) fn is_full(&self) -> bool {
        self.body.len() >= self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, wanted: &str, window: usize) -> bool {
        let mut search = Search::new(wanted, window);
        body.as_bytes().chunks(3).for_each(|piece| search.take(piece));
        search.is_found()
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
}
