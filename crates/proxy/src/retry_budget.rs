//! How many requests may be tried a second time: a share of the requests of late, and a few per second on top.
//!
//! When an origin fails, every request to it wants a second attempt, and a second attempt is one more request for
//! those that are left. Without a bound a bad moment becomes twice the load. With it, retries can at most add their
//! share to the load, however bad it gets.
//!
//! The arithmetic is a bucket that runs dry by itself: requests pay a share of a token in, time pays some in, a retry
//! takes one out, and what lies there unused loses value over [`MEMORY`]. So the balance is the allowance of about the
//! last ten seconds. There is one purse for all workers of a node, locked only when a retry is asked for. A request
//! costs its worker one addition; workers hand in their counts in batches, so that no memory is fought over. Pure: time
//! is an argument.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use verdict::Reason;

/// How much may be tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryAllowance {
    /// Retries per hundred requests of late. Default 20; 0 leaves only `per_second`.
    pub percent: u32,
    /// Retries per second that are allowed whatever the number of requests. Default 10.
    pub per_second: u32,
}

impl Default for RetryAllowance {
    fn default() -> Self {
        Self { percent: 20, per_second: 10 }
    }
}

/// Whether a further attempt after this failure has to be afforded. An endpoint that refuses the connection has done
/// nothing for the request, and says so at once: whoever gets the request now would have got it from the beginning had
/// the endpoint's state been known. So a crashed endpoint loses no request before its pool's monitor notices, however
/// large its share of them is.
pub(crate) fn has_a_price(reason: Reason) -> bool {
    reason != Reason::TcpRefused
}

/// How long what was not used stays worth anything.
const MEMORY: Duration = Duration::from_secs(10);

/// A node's budget.
pub(crate) struct NodeBudget {
    allowance: RetryAllowance,
    /// Requests that workers have handed in and that have not been paid for yet.
    requests: AtomicU64,
    purse: Mutex<Purse>,
}

/// One worker's hand on the budget.
pub(crate) struct RetryBudget {
    node: Arc<NodeBudget>,
    /// Requests that have not been handed in yet.
    requests: Cell<u64>,
}

/// How many requests a worker keeps to itself: they count for nothing until one of its own needs a retry. Nobody could
/// tell another value from the outside: it is some retries of the node more or less, and enough that workers seldom
/// touch what they share.
const BATCH: u64 = 64;

#[derive(Clone, Copy, Debug)]
struct Purse {
    /// Retries that may be made.
    balance: f64,
    settled: Instant,
}

impl NodeBudget {
    /// A budget that begins with what [`MEMORY`] allows without any requests.
    pub(crate) fn new(allowance: RetryAllowance, now: Instant) -> Arc<Self> {
        let balance = f64::from(allowance.per_second) * MEMORY.as_secs_f64();
        let purse = Mutex::new(Purse { balance, settled: now });
        Arc::new(Self { allowance, requests: AtomicU64::new(0), purse })
    }

    fn withdraw(&self, now: Instant) -> bool {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        *purse = purse.settle(self.allowance, self.requests.swap(0, Ordering::Relaxed), now);
        let granted = purse.balance >= 1.0;
        if granted {
            purse.balance -= 1.0;
        }
        granted
    }
}

impl RetryBudget {
    /// A worker's share in the node's budget.
    pub(crate) fn new(node: Arc<NodeBudget>) -> Self {
        Self { node, requests: Cell::new(0) }
    }

    /// Notes a request.
    pub(crate) fn deposit(&self) {
        self.requests.set(self.requests.get() + 1);
        if self.requests.get() >= BATCH {
            self.hand_in();
        }
    }

    /// Takes a retry out, if there is one.
    pub(crate) fn withdraw(&self, now: Instant) -> bool {
        self.hand_in();
        self.node.withdraw(now)
    }

    fn hand_in(&self) {
        self.node.requests.fetch_add(self.requests.take(), Ordering::Relaxed);
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

    /// The budget of a node with one worker.
    fn alone(allowance: RetryAllowance, now: Instant) -> RetryBudget {
        RetryBudget::new(NodeBudget::new(allowance, now))
    }

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
        let budget = alone(ALLOWANCE, start);
        let granted = all_failing(&budget, start, 60_000, 1_000);
        // 20% of 60,000, 10 for each of 60 seconds, and at most the 100 there were at first.
        assert!((12_500..=12_700).contains(&granted), "{granted}");
    }

    #[test]
    fn a_rare_failure_on_a_quiet_node_is_always_tried_again() {
        let start = Instant::now();
        let budget = alone(ALLOWANCE, start);
        assert_eq!(all_failing(&budget, start, 300, 5), 300);
    }

    #[test]
    fn connections_that_are_lost_together_are_all_replaced_on_a_busy_node() {
        let start = Instant::now();
        let budget = alone(ALLOWANCE, start);
        (0..20_000).for_each(|_| budget.deposit());
        let now = start + Duration::from_secs(10);
        assert_eq!((0..500).filter(|_| budget.withdraw(now)).count(), 500);
    }

    #[test]
    fn nothing_is_granted_where_nothing_is_allowed() {
        let start = Instant::now();
        let budget = alone(RetryAllowance { percent: 0, per_second: 0 }, start);
        assert_eq!(all_failing(&budget, start, 1_000, 100), 0);
    }

    /// What one worker's requests have earned another one may spend, and nothing is spent twice.
    #[test]
    fn workers_share_one_budget() {
        let start = Instant::now();
        let node = NodeBudget::new(RetryAllowance { percent: 10, per_second: 0 }, start);
        let (here, there) = (RetryBudget::new(node.clone()), RetryBudget::new(node));
        (0..10 * BATCH).for_each(|_| here.deposit());
        let granted =
            (0..100).filter(|number| if number % 2 == 0 { here.withdraw(start) } else { there.withdraw(start) });
        assert_eq!(granted.count() as u64, BATCH);
    }

    proptest! {
        /// Whatever comes when, on two workers in turn: retries never exceed the share of the requests, the trickle of the time, and what
        /// there was at first.
        #[test]
        fn the_bound_holds(
            steps in prop::collection::vec((0_u64..20_000, 0_u64..200, 0_u64..200), 1..60),
            percent in 0_u32..=100, per_second in 0_u32..=50,
        ) {
            let start = Instant::now();
            let node = NodeBudget::new(RetryAllowance { percent, per_second }, start);
            let workers = [RetryBudget::new(node.clone()), RetryBudget::new(node)];
            let (mut now, mut requests, mut granted) = (start, 0, 0_u64);
            for (step, (millis, arrived, wanted)) in steps.into_iter().enumerate() {
                let budget = &workers[step % 2];
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
            let budget = alone(ALLOWANCE, start);
            (0..saved.min(10_000)).for_each(|_| budget.deposit());
            budget.withdraw(start);
            let now = start + Duration::from_secs(silence);
            let granted = (0..1_000).filter(|_| budget.withdraw(now)).count();
            prop_assert!((99..=100).contains(&granted), "{granted}");
        }
    }
}
