//! When to look at a pool again, because a verdict in it may have outlived its time.
//!
//! Each pool has at most one deadline: that of its oldest verdict, or earlier. Looking too early does no harm, so a
//! fresher verdict need not move it.

use model::{PoolId, SharedMap, Timestamp};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    order: SharedMap<(Timestamp, PoolId), ()>,
    by_pool: SharedMap<PoolId, Timestamp>,
}

impl Deadlines {
    /// Makes sure that the pool is looked at by `at`.
    pub fn set(&mut self, pool: PoolId, at: Timestamp) {
        if self.by_pool.get(&pool).is_some_and(|set| *set <= at) {
            return;
        }
        if let Some(later) = self.by_pool.insert(pool, at) {
            self.order.remove(&(later, pool));
        }
        self.order.insert((at, pool), ());
    }

    /// Forgets the pool.
    pub fn remove(&mut self, pool: PoolId) {
        if let Some(at) = self.by_pool.remove(&pool) {
            self.order.remove(&(at, pool));
        }
    }

    /// Takes out a pool whose deadline has come.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<PoolId> {
        let (&(at, pool), ()) = self.order.first()?;
        if at > now {
            return None;
        }
        self.remove(pool);
        Some(pool)
    }
}

/// `duration` after `at`, or the end of time.
pub(crate) fn after(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The earlier of two moments, each of which may never come.
pub(crate) fn earlier(left: Option<Timestamp>, right: Option<Timestamp>) -> Option<Timestamp> {
    left.into_iter().chain(right).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_of_a_pool_holds_and_is_taken_once() {
        let [first, second] = [1, 2].map(|byte| PoolId::from_bytes([byte; 16]));
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut deadlines = Deadlines::default();
        deadlines.set(first, at(20));
        deadlines.set(first, at(30));
        deadlines.set(second, at(10));
        deadlines.set(second, at(5));
        assert_eq!(deadlines.pop_due(at(4)), None);
        assert_eq!(deadlines.pop_due(at(5)), Some(second));
        assert_eq!(deadlines.pop_due(at(19)), None);
        deadlines.remove(first);
        assert_eq!(deadlines.pop_due(at(100)), None);
    }

    #[test]
    fn nothing_comes_after_the_end_of_time() {
        assert_eq!(after(Timestamp::MAX, Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(after(Timestamp::UNIX_EPOCH, Duration::from_secs(1)), Timestamp::from_second(1).unwrap());
    }
}
