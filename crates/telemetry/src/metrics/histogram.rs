//! A histogram of durations with fixed buckets, written by one thread and read by any.

use super::tally::Cell64;
use std::time::Duration;

/// Upper bounds of the buckets in microseconds: half a millisecond to two minutes. The last bucket has no bound.
const BOUNDS_MICROS: [u64; 17] = [
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
];

/// The bounds in seconds, for histograms that are kept elsewhere.
pub fn bounds_seconds() -> impl Iterator<Item = f64> {
    BOUNDS_MICROS.into_iter().map(|micros| micros as f64 / 1e6)
}

/// One worker's counts.
#[derive(Debug, Default)]
pub struct DurationCells {
    buckets: [Cell64; BOUNDS_MICROS.len() + 1],
    sum_micros: Cell64,
}

impl DurationCells {
    /// Counts one duration. Only the owning thread may call it.
    pub fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_MICROS.partition_point(|&bound| bound < micros);
        self.buckets[bucket].add(1);
        self.sum_micros.add(micros);
    }
}

/// The sum of several workers' counts.
#[derive(Debug, Default)]
pub struct DurationTotal {
    buckets: [u64; BOUNDS_MICROS.len() + 1],
    sum_micros: u64,
}

impl DurationTotal {
    /// Adds one worker's counts.
    pub fn add(&mut self, cells: &DurationCells) {
        for (total, cell) in self.buckets.iter_mut().zip(&cells.buckets) {
            *total += cell.get();
        }
        self.sum_micros += cells.sum_micros.get();
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The sum of all durations, in seconds.
    pub fn sum_seconds(&self) -> f64 {
        self.sum_micros as f64 / 1e6
    }

    /// Upper bound in seconds and count of each bucket, not cumulative, the last without bound.
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        bounds_seconds().chain([f64::INFINITY]).zip(self.buckets).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_bucket_that_holds_it() {
        let cells = DurationCells::default();
        for micros in [0, 500, 501, 1_000, 200_000_000] {
            cells.observe(Duration::from_micros(micros));
        }
        let mut total = DurationTotal::default();
        total.add(&cells);
        total.add(&cells);
        let filled: Vec<_> = total.buckets().into_iter().filter(|&(_, count)| count > 0).collect();
        assert_eq!(filled, [(0.0005, 4), (0.001, 4), (f64::INFINITY, 2)]);
        assert_eq!(total.count(), 10);
        assert!((total.sum_seconds() - 400.004_002).abs() < 1e-9);
    }
}
