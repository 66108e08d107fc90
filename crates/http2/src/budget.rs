//! How many frames of no use a peer may send.
//!
//! Requests and bodies are bounded elsewhere: by streams, windows and rates. Everything beside them costs the peer a
//! few bytes and us some work, an answer even (SETTINGS, PING), and the protocol sets no bound to it. So such frames
//! are counted within a span of time. Whoever reads a long body has to send window updates; bytes that were sent to the
//! peer therefore allow for more of them.

use std::time::{Duration, Instant};

/// Bytes sent for which one more frame is allowed: a window update for the connection and one for the stream stay free
/// for each piece of a body of some fifty bytes.
const BYTES_PER_FRAME: u64 = 32;

/// Counts frames of no use.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u64,
    within: Duration,
    since: Option<Instant>,
    frames: u64,
    /// Bytes that had been sent to the peer when the present span began.
    sent: u64,
}

/// More came than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded;

impl Budget {
    /// At most `most` frames in a span of this length.
    pub(crate) fn new(most: usize, within: Duration) -> Self {
        Self { most: most as u64, within, since: None, frames: 0, sent: 0 }
    }

    /// Counts a frame. `sent`: all bytes that were ever sent to the peer.
    pub(crate) fn spend(&mut self, sent: u64, now: Instant) -> Result<(), Exceeded> {
        if self.since.is_none_or(|since| now.saturating_duration_since(since) > self.within) {
            (self.since, self.frames, self.sent) = (Some(now), 0, sent);
        }
        self.frames += 1;
        let earned = sent.saturating_sub(self.sent) / BYTES_PER_FRAME;
        if self.frames > self.most.saturating_add(earned) { Err(Exceeded) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_bytes_that_were_sent_allow_for_more() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut budget = Budget::new(10, Duration::from_secs(10));
        let mut spend = |times: u64, sent, now| (0..times).try_for_each(|_| budget.spend(sent, now));
        assert_eq!(spend(10, 0, start), Ok(()));
        assert_eq!(spend(10, 0, at(11)), Ok(()));
        assert_eq!(spend(90, 90 * BYTES_PER_FRAME, at(12)), Ok(()));
        assert_eq!(spend(1, 90 * BYTES_PER_FRAME, at(13)), Err(Exceeded));
        assert_eq!(spend(10, 90 * BYTES_PER_FRAME, at(23)), Ok(()));
        assert_eq!(spend(1, 90 * BYTES_PER_FRAME, at(24)), Err(Exceeded));
    }
}
