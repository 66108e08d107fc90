//! Rate limits: so many calls per client in a window. Who goes over it is refused for one whole window from then on.
//!
//! Time is given in. A client is a token or an address; how many are counted at a time is bounded.

use crate::RateLimit;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Counts the calls of clients against one limit.
pub(super) struct Meter<K> {
    limit: RateLimit,
    most_clients: usize,
    counts: Mutex<HashMap<K, Count>>,
}

/// What a client has used of its window.
#[derive(Clone, Copy)]
struct Count {
    ends: Instant,
    calls: u32,
    /// Over the limit: refused until the window ends.
    refused: bool,
}

/// How a client stands after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Until the window ends.
    pub reset: Duration,
    pub allowed: bool,
}

impl<K: Hash + Eq + Clone> Meter<K> {
    pub fn new(limit: RateLimit, most_clients: usize) -> Self {
        Self { limit, most_clients: most_clients.max(1), counts: Mutex::default() }
    }

    /// Counts a call of `client` at `now`.
    pub fn count(&self, client: &K, now: Instant) -> Standing {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= self.most_clients && !counts.contains_key(client) {
            make_room(&mut counts, now);
        }
        let fresh = Count { ends: now + self.limit.window, calls: 0, refused: false };
        let count = counts.entry(client.clone()).or_insert(fresh);
        if count.ends <= now {
            *count = fresh;
        }
        count.calls = count.calls.saturating_add(1);
        if count.calls > self.limit.calls && !count.refused {
            *count = Count { ends: now + self.limit.window, refused: true, ..*count };
        }
        Standing {
            limit: self.limit.calls,
            remaining: self.limit.calls.saturating_sub(count.calls),
            reset: count.ends.saturating_duration_since(now),
            allowed: !count.refused,
        }
    }

    /// The limit in words, for the client.
    pub fn words(&self) -> String {
        format!("{} calls in {} s", self.limit.calls, self.limit.window.as_secs_f64())
    }
}

/// Forgets every window that is over, or the one that ends first when none is.
fn make_room<K: Hash + Eq + Clone>(counts: &mut HashMap<K, Count>, now: Instant) {
    let before = counts.len();
    counts.retain(|_, count| count.ends > now);
    if counts.len() < before {
        return;
    }
    let first = counts.iter().min_by_key(|(_, count)| count.ends).map(|(client, _)| client.clone());
    if let Some(first) = first {
        counts.remove(&first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit { calls: 1_200, window: Duration::from_secs(300) };

    /// EDGE-132
    #[test]
    fn call_1201_is_refused_and_so_is_everything_for_five_minutes() {
        let meter = Meter::new(LIMIT, 10);
        let start = Instant::now();
        for call in 1..=1_200 {
            let standing = meter.count(&"token", start);
            assert!(standing.allowed);
            assert_eq!(standing.remaining, 1_200 - call);
        }
        let late = start + Duration::from_secs(299);
        let over = meter.count(&"token", late);
        assert_eq!((over.allowed, over.remaining, over.reset), (false, 0, LIMIT.window));
        assert!(!meter.count(&"token", late + Duration::from_secs(299)).allowed);
        assert!(meter.count(&"token", late + LIMIT.window).allowed);
    }

    #[test]
    fn a_window_that_is_over_starts_anew() {
        let meter = Meter::new(RateLimit { calls: 1, window: Duration::from_secs(1) }, 10);
        let start = Instant::now();
        assert!(meter.count(&1, start).allowed);
        assert!(meter.count(&1, start + Duration::from_secs(1)).allowed);
        assert!(meter.count(&2, start + Duration::from_secs(1)).allowed, "clients are counted apart");
    }

    #[test]
    fn the_number_of_clients_is_bounded() {
        let meter = Meter::new(LIMIT, 3);
        for client in 0..100 {
            meter.count(&client, Instant::now());
        }
        assert!(meter.counts.lock().unwrap().len() <= 3);
    }
}
