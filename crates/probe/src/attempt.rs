//! One attempt of a check: a limit on its time, and what was seen within it.

use model::{Evidence, Failure, Timings};
use std::time::Duration;
use tokio::time::Instant;
use verdict::Reason;

/// What one attempt came to.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Why it failed; `None` when the endpoint did what was expected.
    pub reason: Option<Reason>,
    pub timings: Timings,
    pub evidence: Evidence,
}

/// The time that one attempt has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub began: Instant,
    pub timeout: Duration,
}

impl Limit {
    pub(crate) fn starting_now(timeout: Duration) -> Self {
        Self { began: Instant::now(), timeout }
    }

    pub(crate) fn deadline(self) -> Instant {
        self.began + self.timeout
    }
}

/// What is seen while an attempt is under way; whatever ends it finds here what came before.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub timings: Timings,
    pub evidence: Evidence,
}

impl Seen {
    /// Takes over what a failed dial saw and gives its reason.
    pub(crate) fn dial_failed(&mut self, failure: Failure, timings: Timings) -> Reason {
        self.timings = timings;
        self.evidence = *failure.evidence;
        failure.reason
    }

    /// Takes over what a dial saw.
    pub(crate) fn dialed(&mut self, dialed: &dial::Dialed, server_name: Option<&str>) {
        self.timings = dialed.timings;
        self.evidence = Evidence {
            remote: Some(dialed.remote),
            resolved: dialed.resolved.clone(),
            sni: dialed.tls.and(server_name).map(str::to_owned),
            ..Evidence::default()
        };
    }

    /// Notes bytes of the answer.
    pub(crate) fn heard(&mut self, bytes: &[u8]) {
        let room = Evidence::FIRST_BYTES.saturating_sub(self.evidence.first_bytes.len());
        self.evidence.first_bytes.extend(bytes.iter().take(room));
        self.evidence.bytes_read += bytes.len() as u64;
    }

    /// The attempt, now that it is over.
    pub(crate) fn end(mut self, limit: Limit, result: Result<(), Reason>) -> Attempt {
        self.timings.total = Some(limit.began.elapsed());
        let reason = result.err();
        if reason.is_some_and(is_timeout) {
            // The monitor's timeout is the limit that a person can change, whichever phase it struck in.
            self.evidence.limit = Some(limit.timeout);
        }
        Attempt { reason, timings: self.timings, evidence: self.evidence }
    }
}

/// Whether a failure is a timeout, after which, alone, another attempt is made (LB section 5.3).
pub(crate) fn is_timeout(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::DnsTimeout
            | Reason::TcpConnectTimeout
            | Reason::TlsTimeout
            | Reason::WriteTimeout
            | Reason::AckTimeout
            | Reason::ReadTimeout
            | Reason::InterimThenTimeout
            | Reason::BodyReadTimeout
    )
}
