//! Visitors that were turned away, told in batches: a flood must not become a flood of log lines, and nobody is turned
//! away silently either. Each is counted at once; a line for each way of refusing follows with the next sweep.

use crate::crowd::Party;
use std::{cell::Cell, net::SocketAddr};
use telemetry::{ConnectionRefused, ConnectionsRefused, RefusedWhy, Tally};

/// What one worker has not told yet.
#[derive(Default)]
pub(crate) struct Refusals {
    counts: [Cell<u64>; RefusedWhy::ALL.len()],
    last: Cell<Option<SocketAddr>>,
}

impl Refusals {
    /// Notes and counts that `peer` was refused, or that somebody had to make room for it.
    pub(crate) fn note(&self, tally: &Tally, peer: SocketAddr, why: RefusedWhy) {
        ConnectionRefused { peer, why }.emit(tally);
        let count = &self.counts[why as usize];
        count.set(count.get() + 1);
        self.last.set(Some(peer));
    }

    /// Tells what there is to tell. `largest` holds the most connections of the worker now.
    pub(crate) fn tell(&self, largest: Option<(Party, usize)>) {
        let largest = largest.map(|(party, held)| (party.to_string(), held));
        for why in RefusedWhy::ALL {
            let count = self.counts[*why as usize].take();
            if count > 0 {
                let largest = largest.as_ref().map(|(party, held)| (party.as_str(), *held));
                ConnectionsRefused { why: *why, count, last: self.last.get(), largest }.emit();
            }
        }
    }
}
