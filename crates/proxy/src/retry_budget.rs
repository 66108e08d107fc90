//! How many requests may be tried a second time: a share of the requests of late, and a few per second on top.
//!
//! When an origin fails, every request to it wants a second attempt, and a second attempt is one more request for
//! those that are left. Without a bound a bad moment becomes twice the load. With it, retries can at most add their
//! share to the load, however bad it gets.
//!
//! The arithmetic is a bucket that runs dry by itself: requests pay a share of a token in, time pays some in, a retry
//! takes one out, and what lies there unused loses value over [`MEMORY`]. So the balance is the allowance of about the
//! last ten seconds. A request costs one addition; everything else is worked out when a retry is asked for. Pure: time
//! is an argument.

use std::{cell::Cell, time::Duration};
use tokio::time::Instant;

/// How much may be tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryAllowance {
    /// Retries per hundred requests of late, on each worker. Default 20; 0 leaves only `per_second`.
    pub percent: u32,
    /// Retries per second that are allowed whatever the number of requests, on each worker. Default 10.
    pub per_second: u32,
}

impl Default for RetryAllowance {
    fn default() -> Self {
        Self { percent: 20, per_second: 10 }
    }
}

/// How long what was not used stays worth anything.
const MEMORY: Duration = Duration::from_secs(10);

/// One worker's budget.
pub(crate) struct RetryBudget {
    allowance: RetryAllowance,
    /// Requests that have not been paid for yet.
    requests: Cell<u64>,
    purse: Cell<Purse>,
}

#[derive(Clone, Copy, Debug)]
struct Purse {
    /// Retries that may be made.
    balance: f64,
    settled: Instant,
}

impl RetryBudget {
    /// A budget that begins with what [`MEMORY`] allows without any requests.
    pub(crate) fn new(allowance: RetryAllowance, now: Instant) -> Self {
        let balance = f64::from(allowance.per_second) * MEMORY.as_secs_f64();
        Self { allowance, requests: Cell::new(0), purse: Cell::new(Purse { balance, settled: now }) }
    }

    /// Notes a request.
    pub(crate) fn deposit(&self) {
        self.requests.set(self.requests.get() + 1);
    }

    /// Takes a retry out, if there is one.
    pub(crate) fn withdraw(&self, now: Instant) -> bool {
        let mut purse = self.purse.get().settle(self.allowance, self.requests.take(), now);
        let granted = purse.balance >= 1.0;
        if granted {
            purse.balance -= 1.0;
        }
        self.purse.set(purse);
        granted
    }
}

impl Purse {
    /// What the purse holds after this many requests since it was last looked into.
    fn settle(self, allowance: RetryAllowance, requests: u64, now: Instant) -> Self {
        let passed = now.saturating_duration_since(self.settled).as_secs_f64();
        let memory = MEMORY.as_secs_f64();
        let kept = (1.0 - passed / memory).max(0.0);
        // Of a longer time only as much counts as came in the last of it, evenly spread.
        let counted = if passed > memory { memory / passed } else { 1.0 };
        let share = f64::from(allowance.percent) / 100.0;
        let earned = requests as f64 * share * counted + f64::from(allowance.per_second) * passed.min(memory);
        Self { balance: self.balance * kept + earned, settled: now.max(self.settled) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALLOWANCE: RetryAllowance = RetryAllowance { percent: 20, per_second: 10 };

    /// Every request fails and asks for a retry; gives how many got one.
    fn all_failing(budget: &RetryBudget, start: Instant, requests: u64, per_second: u64) -> u64 {
        let at = |number: u64| start + Duration::from_nanos(number * 1_000_000_000 / per_second);
        (0..requests)
            .filter(|&number| {
                budget.deposit();
                budget.withdraw(at(number))
            })
            .count() as u64
    }

    #[test]
    fn when_everything_fails_about_the_share_is_tried_again() {
        let start = Instant::now();
        let budget = RetryBudget::new(ALLOWANCE, start);
        let granted = all_failing(&budget, start, 60_000, 1_000);
        // 20% of 60,000, 10 for each of 60 seconds, and at most the 100 there were at first.
        assert!((12_500..=12_700).contains(&granted), "{granted}");
    }

    #[test]
    fn a_rare_failure_on_a_quiet_node_is_always_tried_again() {
        let start = Instant::now();
        let budget = RetryBudget::new(ALLOWANCE, start);
        assert_eq!(all_failing(&budget, start, 300, 5), 300);
    }

    #[test]
    fn connections_that_are_lost_together_are_all_replaced_on_a_busy_node() {
        let start = Instant::now();
        let budget = RetryBudget::new(ALLOWANCE, start);
        (0..20_000).for_each(|_| budget.deposit());
        let now = start + Duration::from_secs(10);
        assert_eq!((0..500).filter(|_| budget.withdraw(now)).count(), 500);
    }

    #[test]
    fn nothing_is_granted_where_nothing_is_allowed() {
        let start = Instant::now();
        let budget = RetryBudget::new(RetryAllowance { percent: 0, per_second: 0 }, start);
        assert_eq!(all_failing(&budget, start, 1_000, 100), 0);
    }

    proptest! {
        /// Whatever comes when: retries never exceed the share of the requests, the trickle of the time, and what
        /// there was at first.
        #[test]
        fn the_bound_holds(
            steps in prop::collection::vec((0_u64..20_000, 0_u64..200, 0_u64..200), 1..60),
            percent in 0_u32..=100, per_second in 0_u32..=50,
        ) {
            let start = Instant::now();
            let budget = RetryBudget::new(RetryAllowance { percent, per_second }, start);
            let (mut now, mut requests, mut granted) = (start, 0, 0_u64);
            for (millis, arrived, wanted) in steps {
                now += Duration::from_millis(millis);
                (0..arrived).for_each(|_| budget.deposit());
                requests += arrived;
                granted += (0..wanted).filter(|_| budget.withdraw(now)).count() as u64;
                let seconds = now.duration_since(start).as_secs_f64() + MEMORY.as_secs_f64();
                let bound = requests as f64 * f64::from(percent) / 100.0 + seconds * f64::from(per_second);
                prop_assert!(granted as f64 <= bound + 1e-6, "{granted} > {bound}");
            }
        }

        /// However much was saved, what is left after a long silence is the allowance of the silence alone.
        #[test]
        fn savings_are_forgotten(saved in 0_u64..1_000_000, silence in 20_u64..10_000) {
            let start = Instant::now();
            let budget = RetryBudget::new(ALLOWANCE, start);
            (0..saved.min(10_000)).for_each(|_| budget.deposit());
            budget.withdraw(start);
            let now = start + Duration::from_secs(silence);
            let granted = (0..1_000).filter(|_| budget.withdraw(now)).count();
            prop_assert!((99..=100).contains(&granted), "{granted}");
        }
    }
}
