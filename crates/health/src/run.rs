//! Runs: how many results in a row it takes to turn the verdict of one monitor in one data center.

use model::{CheckRun, Monitor, Timestamp};
use verdict::Reason;

/// The run after one more conclusive result (`None`: it passed).
///
/// The first result of all decides. After that `consecutive_down` failures in a row, or `consecutive_up` passes, turn
/// the verdict; 0 and 1 mean that a single result does. A result that agrees with the verdict ends the run against it.
pub(crate) fn advance(
    before: Option<&CheckRun>,
    at: Timestamp,
    failure: Option<Reason>,
    monitor: &Monitor,
) -> CheckRun {
    let passed = failure.is_none();
    let first = CheckRun { at, healthy: passed, reason: failure, against: 0 };
    let Some(before) = before else { return first };
    if before.healthy == passed {
        return first;
    }
    let needed = if passed { monitor.consecutive_up } else { monitor.consecutive_down };
    let against = before.against.saturating_add(1);
    if against >= needed.max(1) { first } else { CheckRun { at, against, ..*before } }
}

#[cfg(test)]
mod tests;
