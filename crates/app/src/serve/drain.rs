//! Ending the data plane: everybody who is here gets the time to end, and it is told how that goes.

use super::channel::Note;
use proxy::CutOff;
use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};
use telemetry::{Drained, Telemetry};
use tokio::time::interval;

/// How often the process that has taken over is told how many are left.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A drain, with somebody who is told of it.
pub struct Drain<F>(F);

impl Drain<fn(&Note)> {
    /// A drain that only this process knows of.
    pub fn untold() -> Self {
        Drain(|_| {})
    }
}

impl<F: Fn(&Note)> Drain<F> {
    pub fn told_to(tell: F) -> Self {
        Drain(tell)
    }

    /// Sees the end of a data plane through, and tells of it.
    pub async fn through(&self, end: impl Future<Output = CutOff>, telemetry: &Telemetry) {
        let begun = Instant::now();
        let (mut end, mut ticks) = (pin!(end), interval(TELL_EVERY));
        let cut = loop {
            tokio::select! {
                cut = &mut end => break cut,
                _ = ticks.tick() => (self.0)(&Note::Draining(telemetry.metrics.open_connections())),
            }
        };
        let took = begun.elapsed();
        Drained { took, cut: &cut.by_protocol() }.emit(telemetry);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        (self.0)(&Note::Drained { milliseconds, cut });
    }
}
