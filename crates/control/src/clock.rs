//! The clock of the control plane: given in, so that tests own the time.

use model::Timestamp;
use std::sync::Arc;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The clock of the machine.
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// The writer's view of the clock: whole microseconds, each later than the one before. So every change moves
/// `modified_on`, and a time survives its text form.
pub(crate) struct Ticker {
    clock: Clock,
    last: i64,
}

impl Ticker {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, last: i64::MIN }
    }

    /// Now, or a microsecond after the time given last, whichever is later.
    pub(crate) fn next(&mut self) -> Timestamp {
        self.last = (self.clock)().as_microsecond().max(self.last.saturating_add(1));
        Timestamp::from_microsecond(self.last).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_still_or_turns_back_is_never_followed() {
        let times = [5_000_000_900, 5_000_000_900, 1_000, 9_000_000_000];
        let turn = std::sync::atomic::AtomicUsize::new(0);
        let clock: Clock = Arc::new(move || {
            let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Timestamp::from_nanosecond(times[turn]).unwrap()
        });
        let mut ticker = Ticker::new(clock);
        let given: Vec<i64> = (0..4).map(|_| ticker.next().as_microsecond()).collect();
        assert_eq!(given, [5_000_000, 5_000_001, 5_000_002, 9_000_000]);
    }
}
