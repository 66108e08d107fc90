use super::*;
use crate::fixture::{MONITOR, monitor, start};
use proptest::prelude::*;

const REFUSED: Option<Reason> = Some(Reason::TcpRefused);

fn thresholds(up: u32, down: u32) -> Monitor {
    Monitor { consecutive_up: up, consecutive_down: down, ..monitor(MONITOR) }
}

/// The verdict after each result, `true` for a pass.
fn verdicts(monitor: &Monitor, results: &[bool]) -> Vec<bool> {
    let mut run = None;
    let mut verdicts = Vec::new();
    for &passed in results {
        let after = advance(run.as_ref(), start(), if passed { None } else { REFUSED }, monitor);
        verdicts.push(after.healthy);
        run = Some(after);
    }
    verdicts
}

// LB-51
#[test]
fn only_failures_in_a_row_make_it_unhealthy() {
    let monitor = thresholds(0, 3);
    assert_eq!(verdicts(&monitor, &[true, false, false, true]), [true; 4]);
    assert_eq!(verdicts(&monitor, &[true, false, false, true, false, false, false])[4..], [true, true, false]);
}

// LB-52
#[test]
fn only_passes_in_a_row_make_it_healthy() {
    let monitor = thresholds(2, 0);
    assert_eq!(verdicts(&monitor, &[false, true, true]), [false, false, true]);
    assert_eq!(verdicts(&monitor, &[false, true, false, true, true]), [false, false, false, false, true]);
}

#[test]
fn the_first_result_decides_whatever_the_thresholds() {
    let monitor = thresholds(5, 5);
    assert_eq!(verdicts(&monitor, &[true]), [true]);
    assert_eq!(verdicts(&monitor, &[false]), [false]);
}

#[test]
fn an_unhealthy_verdict_keeps_the_reason_that_made_it_until_a_newer_failure() {
    let monitor = thresholds(2, 0);
    let refused = advance(None, start(), REFUSED, &monitor);
    let passed_once = advance(Some(&refused), start(), None, &monitor);
    assert_eq!((passed_once.healthy, passed_once.reason, passed_once.against), (false, REFUSED, 1));
    let slow = advance(Some(&passed_once), start(), Some(Reason::ReadTimeout), &monitor);
    assert_eq!((slow.reason, slow.against), (Some(Reason::ReadTimeout), 0));
}

proptest! {
    /// Thresholds 0 and 1 mean the same: the verdict is the last result.
    #[test]
    fn without_thresholds_the_last_result_is_the_verdict(threshold in 0_u32..=1, results: Vec<bool>) {
        let monitor = thresholds(threshold, threshold);
        prop_assert_eq!(verdicts(&monitor, &results), results);
    }

    /// The verdict turns exactly when the last results were all contrary to it and as many as the threshold says.
    #[test]
    fn a_verdict_turns_when_the_tail_is_long_enough(up in 1_u32..5, down in 1_u32..5, results: Vec<bool>) {
        let seen = verdicts(&thresholds(up, down), &results);
        for step in 1..seen.len() {
            let (before, needed) = (seen[step - 1], if seen[step - 1] { down } else { up } as usize);
            // Results since the verdict last turned: those before count towards another run.
            let since = (0..step).rev().take_while(|&i| seen[i] == before).count();
            let contrary = (0..=step).rev().take_while(|&i| results[i] != before).count().min(since);
            prop_assert_eq!(seen[step] != before, contrary >= needed, "step {}", step);
        }
    }
}
