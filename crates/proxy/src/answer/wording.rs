//! What an answer says, chosen once for all formats: from the reason where one is known, else from the code.

use super::EdgeAnswer;
use verdict::{CodeEntry, Party, Phase};

/// The words and numbers of one answer.
pub(super) struct Wording {
    pub(super) entry: &'static CodeEntry,
    pub(super) status: u16,
    pub(super) retry_after: Option<u32>,
    pub(super) phase: Phase,
    pub(super) party: Party,
    /// What was observed, in one line; `None` when only the code is known.
    pub(super) lead: Option<&'static str>,
    pub(super) cause: &'static str,
    pub(super) remedy: &'static str,
    /// The error type for `Proxy-Status`.
    pub(super) token: &'static str,
    /// The identifier of the reason, or the name of the code.
    pub(super) observed: &'static str,
}

impl Wording {
    pub(super) fn of(answer: &EdgeAnswer<'_>) -> Wording {
        let entry = answer.code.page();
        let plain = Wording {
            entry,
            status: answer.status.unwrap_or(entry.status),
            retry_after: answer.retry_after.or(entry.retry_after()).filter(|_| entry.is_retryable()),
            phase: entry.phase,
            party: entry.party,
            lead: None,
            cause: entry.cause,
            remedy: entry.remedy,
            token: entry.proxy_status(),
            observed: entry.name,
        };
        match answer.reason.map(|reason| reason.entry()) {
            None => plain,
            Some(reason) => Wording {
                phase: reason.phase,
                party: reason.party,
                lead: Some(reason.title),
                cause: reason.cause,
                remedy: reason.remedy,
                token: reason.proxy_status,
                observed: reason.id,
                ..plain
            },
        }
    }

    /// `Error 522: Connection timed out`.
    pub(super) fn title(&self) -> String {
        format!("Error {}: {}", self.entry.code, self.entry.title)
    }

    /// What happened, and on whose side.
    pub(super) fn detail(&self) -> String {
        format!("{} {}", self.cause, self.party.sentence())
    }

    /// Who answered: not the origin.
    pub(super) fn footer(answer: &EdgeAnswer<'_>) -> String {
        format!("Answered by {} at {}, not by the site's own server.", answer.server_name, answer.data_center)
    }
}

/// The moment in UTC, to the second, as ISO 8601 writes it.
pub(super) fn iso8601(at: model::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
