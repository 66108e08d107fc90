//! A gate: lets something pass that is wanted, but not more often than once in a while.

use std::time::Duration;
use tokio::time::Instant;

/// Opens for what is wanted, `gap` after it last let something pass.
pub(super) struct Gate {
    gap: Duration,
    opens: Instant,
    wanted: bool,
}

impl Gate {
    /// A gate that is open and wanted by nobody.
    pub(super) fn new(gap: Duration) -> Self {
        Self { gap, opens: Instant::now(), wanted: false }
    }

    /// Somebody wants to pass.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// When the next one may pass.
    pub(super) fn opens(&self) -> Instant {
        self.opens
    }

    /// Whether somebody wants to pass and may; then the gate closes for a while.
    pub(super) fn pass(&mut self) -> bool {
        let passes = self.wanted && Instant::now() >= self.opens;
        if passes {
            self.close();
        }
        passes
    }

    /// What was wanted has been done; the next one waits.
    pub(super) fn close(&mut self) {
        self.close_after(Duration::ZERO);
    }

    /// Like [`Gate::close`], when it took `work`: the next one waits at least as long again, so that what is wanted
    /// all the time takes up half of the time at most.
    pub(super) fn close_after(&mut self, work: Duration) {
        self.wanted = false;
        self.opens = Instant::now() + self.gap.max(work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_waits_as_long() {
        let mut gate = Gate::new(Duration::from_millis(5));
        gate.close_after(Duration::from_millis(80));
        assert_eq!(gate.opens() - Instant::now(), Duration::from_millis(80));
        gate.close_after(Duration::from_millis(1));
        assert_eq!(gate.opens() - Instant::now(), Duration::from_millis(5));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_passes_at_once_and_the_next_ones_together_after_the_gap() {
        let mut gate = Gate::new(Duration::from_millis(5));
        assert!(!gate.pass(), "nobody wants to");
        gate.want();
        assert!(gate.pass());
        gate.want();
        gate.want();
        assert!(!gate.pass(), "too early");
        tokio::time::sleep_until(gate.opens()).await;
        assert!(gate.pass());
        assert!(!gate.pass(), "both were let through together");
    }
}
