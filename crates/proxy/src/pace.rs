//! Whether a visitor that is being waited for moves bytes fast enough to be waited for at all.
//!
//! A timer that starts again with every byte can be held open for ever with one byte now and then. So the time spent
//! waiting for the visitor is added up, and each time it amounts to a whole window, at least the window's worth of
//! bytes must have moved; then a new window begins. Time spent on anything else, such as waiting for an origin, is not
//! counted against the visitor. The first window is its grace. Beside that, no silence may last too long. Pure: times are
//! arguments.

use std::time::Duration;
use tokio::time::Instant;

/// The least that a visitor must move while it is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumRate {
    /// 0 for no minimum.
    pub bytes_per_second: u64,
    /// The time that the rate is taken over, and so also the grace that every visitor has.
    pub window: Duration,
}

impl MinimumRate {
    /// What every visitor that is there at all can do: a line of the 1980s is faster.
    pub const MODEST: MinimumRate = MinimumRate { bytes_per_second: 256, window: Duration::from_secs(30) };

    /// Bytes that a whole window must move.
    fn quota(self) -> u64 {
        let bytes = u128::from(self.bytes_per_second) * self.window.as_millis() / 1_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// How fast one visitor is in one direction.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Time spent waiting in the present window.
    waited: Duration,
    /// Bytes that had moved when the window began.
    from: Option<u64>,
}

impl Pace {
    /// How much longer may be waited before [`Pace::is_too_slow`] should be asked; `None` when there is no minimum.
    /// `moved` counts all bytes so far.
    fn patience(&mut self, rate: MinimumRate, moved: impl FnOnce() -> u64) -> Option<Duration> {
        if rate.bytes_per_second == 0 {
            return None;
        }
        self.from.get_or_insert_with(moved);
        Some(rate.window.saturating_sub(self.waited))
    }

    /// Notes time that was spent waiting.
    fn waited(&mut self, time: Duration) {
        self.waited += time;
    }

    /// Whether a whole window has passed without its worth of bytes; a window that had them is followed by a new one.
    fn is_too_slow(&mut self, rate: MinimumRate, moved: u64) -> bool {
        let Some(from) = self.from.filter(|_| rate.bytes_per_second > 0 && self.waited >= rate.window) else {
            return false;
        };
        *self = Self { waited: Duration::ZERO, from: Some(moved) };
        moved.saturating_sub(from) < rate.quota()
    }
}

/// A watch over a visitor that is waited for now and then.
#[derive(Default)]
pub(crate) struct Vigil {
    pace: Pace,
    /// Since when it is waited for; `None` while it is not.
    since: Option<Instant>,
    /// When it was last seen to move, and how many bytes had moved by then.
    moved: Option<(Instant, u64)>,
}

/// What is found when a vigil's moment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// All is well until then.
    Well(Instant),
    /// Nothing has moved for too long.
    Silent,
    /// Too little has moved.
    TooSlow,
}

impl Vigil {
    /// The visitor is waited for from now on, or has just moved. Gives when to [`Vigil::look`].
    pub(crate) fn watch(
        &mut self,
        now: Instant,
        silence: Duration,
        rate: MinimumRate,
        moved: impl FnOnce() -> u64,
    ) -> Instant {
        self.rest(now);
        self.since = Some(now);
        self.moved = None;
        let silent_at = now + silence;
        self.pace.patience(rate, moved).map_or(silent_at, |patience| silent_at.min(now + patience))
    }

    /// The visitor is not waited for any more.
    pub(crate) fn rest(&mut self, now: Instant) {
        if let Some(since) = self.since.take() {
            self.pace.waited(now.saturating_duration_since(since));
        }
    }

    /// As [`Vigil::look`], for whoever looks now and then and may be the first to look since the visitor kept up.
    pub(crate) fn keep_watch(&mut self, now: Instant, silence: Duration, rate: MinimumRate, moved: u64) -> Found {
        match self.since {
            Some(_) => self.look(now, silence, rate, moved),
            None => Found::Well(self.watch(now, silence, rate, || moved)),
        }
    }

    /// Judges a visitor that is being waited for, by how many bytes have moved in all.
    pub(crate) fn look(&mut self, now: Instant, silence: Duration, rate: MinimumRate, moved: u64) -> Found {
        let since = self.since.unwrap_or(now);
        let (mut last, before) = self.moved.unwrap_or((since, moved));
        self.rest(now);
        self.since = Some(now);
        if self.pace.is_too_slow(rate, moved) {
            return Found::TooSlow;
        }
        if moved > before {
            last = now;
        } else if now.saturating_duration_since(last) >= silence {
            return Found::Silent;
        }
        self.moved = Some((last, moved));
        let silent_at = last + silence;
        Found::Well(self.pace.patience(rate, || moved).map_or(silent_at, |patience| silent_at.min(now + patience)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: MinimumRate = MinimumRate { bytes_per_second: 100, window: Duration::from_secs(30) };

    /// Waits a second at a time for a visitor that moves `each` bytes per second; gives when it was found too slow.
    fn dismissed_after(each: u64, seconds: u64) -> Option<u64> {
        let mut pace = Pace::default();
        let mut moved = 0;
        for second in 1..=seconds {
            pace.patience(RATE, || moved);
            moved += each;
            pace.waited(Duration::from_secs(1));
            if pace.is_too_slow(RATE, moved) {
                return Some(second);
            }
        }
        None
    }

    #[test]
    fn a_trickle_ends_with_the_first_window() {
        assert_eq!(dismissed_after(1, 100), Some(30));
        assert_eq!(dismissed_after(99, 100), Some(30));
    }

    #[test]
    fn the_least_that_is_asked_for_is_enough() {
        assert_eq!(dismissed_after(100, 1_000), None);
    }

    #[test]
    fn no_minimum_is_no_minimum() {
        let none = MinimumRate { bytes_per_second: 0, ..RATE };
        let mut pace = Pace::default();
        assert_eq!(pace.patience(none, || 0), None);
        pace.waited(Duration::from_secs(3_600));
        assert!(!pace.is_too_slow(none, 0));
    }

    #[test]
    fn a_fast_beginning_does_not_pay_for_a_slow_end() {
        let mut pace = Pace::default();
        pace.patience(RATE, || 0);
        pace.waited(Duration::from_secs(30));
        assert!(!pace.is_too_slow(RATE, 1_000_000));
        pace.waited(Duration::from_secs(30));
        assert!(pace.is_too_slow(RATE, 1_000_001));
    }

    const SILENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_vigil_ends_with_the_window_for_a_trickle_and_with_silence_for_nothing() {
        let start = Instant::now();
        let mut vigil = Vigil::default();
        let due = vigil.watch(start, SILENCE, RATE, || 0);
        assert_eq!(due, start + RATE.window);
        assert_eq!(vigil.look(due, SILENCE, RATE, 10), Found::TooSlow);

        let none = MinimumRate { bytes_per_second: 0, ..RATE };
        let mut vigil = Vigil::default();
        let due = vigil.watch(start, SILENCE, none, || 0);
        assert_eq!(due, start + SILENCE);
        assert_eq!(vigil.look(due, SILENCE, none, 0), Found::Silent);
    }

    #[test]
    fn time_for_other_things_is_not_held_against_the_visitor() {
        let start = Instant::now();
        let mut vigil = Vigil::default();
        vigil.watch(start, SILENCE, RATE, || 0);
        vigil.rest(start + Duration::from_secs(10));
        let again = start + Duration::from_secs(1_000);
        assert_eq!(vigil.watch(again, SILENCE, RATE, || 0), again + Duration::from_secs(20));
    }

    #[test]
    fn who_moves_enough_is_watched_for_ever() {
        let mut now = Instant::now();
        let mut vigil = Vigil::default();
        let mut due = vigil.watch(now, SILENCE, RATE, || 0);
        for round in 1..100 {
            now = due;
            match vigil.look(now, SILENCE, RATE, round * 3_000) {
                Found::Well(next) => due = next,
                found => panic!("{found:?} in round {round}"),
            }
            assert!(due > now);
        }
    }

    proptest! {
        /// Who moves nothing is dismissed as soon as the waiting, in whatever pieces, amounts to the window.
        #[test]
        fn silence_is_bounded_by_the_window(pieces in prop::collection::vec(1_u64..10_000, 1..200)) {
            let mut pace = Pace::default();
            let mut total = Duration::ZERO;
            for piece in pieces {
                let patience = pace.patience(RATE, || 7).expect("there is a minimum");
                prop_assert_eq!(patience, RATE.window - total);
                let wait = Duration::from_millis(piece).min(patience);
                pace.waited(wait);
                total += wait;
                let too_slow = pace.is_too_slow(RATE, 7);
                prop_assert_eq!(too_slow, total >= RATE.window);
                if too_slow { break; }
            }
        }
    }
}
