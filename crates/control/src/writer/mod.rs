//! The single writer: takes changes and observations in turn and is the only one to move intent, health and table.

mod change;
mod feed;
mod saved;
mod start;
mod timers;

pub(crate) use change::Request;
pub(crate) use start::Start;

use crate::{Options, clock::Ticker, control::Shared};
use health::Machine;
use model::{Intent, Observation};
use saved::Saved;
use std::sync::Arc;
use timers::Gate;
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How many observations are taken in one turn, so that changes and timers get theirs.
const OBSERVATIONS_PER_TURN: usize = 256;

/// The writer's state. Only its task touches it.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    options: Options,
    ticker: Ticker,
    intent: Arc<Intent>,
    machine: Machine,
    /// Of the newest table.
    generation: u64,
    /// Opens when a table is due for what observations changed.
    publishing: Gate,
    /// Opens when the snapshot that others read is due.
    showing: Gate,
    /// Opens when the last known health is to be written.
    saving: Gate,
    saved: Saved,
}

impl Writer {
    /// A writer that goes on from `start`. Puts the first table in force.
    pub(crate) fn new(shared: Arc<Shared>, options: Options, start: Start) -> Self {
        let timers = options.timers;
        let mut writer = Self {
            ticker: start.ticker,
            intent: start.intent,
            generation: 0,
            publishing: Gate::new(timers.publish_gap),
            showing: Gate::new(timers.health_gap),
            saving: Gate::new(timers.save_gap),
            saved: Saved::of(&start.machine.snapshot()),
            machine: start.machine,
            shared,
            options,
        };
        writer.tell(start.events);
        writer.publish(start.table, start.compile);
        writer
    }

    /// Works until told to stop, then takes what is already queued, and saves.
    pub(crate) async fn run(
        mut self,
        mut changes: mpsc::Receiver<Request>,
        mut observations: mpsc::Receiver<Observation>,
        stop: CancellationToken,
    ) {
        let mut expiry = expiry(&self.options);
        let mut batch = Vec::with_capacity(OBSERVATIONS_PER_TURN);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(request) = changes.recv() => self.change(request).await,
                _ = observations.recv_many(&mut batch, OBSERVATIONS_PER_TURN) => self.observe(&mut batch),
                () = sleep_until(self.publishing.opens()), if self.publishing.is_wanted() => {}
                () = sleep_until(self.showing.opens()), if self.showing.is_wanted() => {}
                () = sleep_until(self.saving.opens()), if self.saving.is_wanted() => {}
                _ = expiry.tick() => self.expire(),
            }
            self.catch_up().await;
        }
        changes.close();
        observations.close();
        while let Some(request) = changes.recv().await {
            self.change(request).await;
        }
        while observations.recv_many(&mut batch, OBSERVATIONS_PER_TURN).await > 0 {
            self.observe(&mut batch);
        }
        self.publish_health().await;
        self.save_health().await;
    }

    /// Does what is due after a turn.
    async fn catch_up(&mut self) {
        if self.publishing.pass() {
            self.publish_health().await;
        }
        if self.showing.pass() {
            self.show_health();
        }
        if self.saving.pass() {
            self.save_health().await;
        }
    }
}

fn expiry(options: &Options) -> Interval {
    let mut expiry = interval(options.timers.expire_every.max(std::time::Duration::from_millis(1)));
    expiry.set_missed_tick_behavior(MissedTickBehavior::Delay);
    expiry
}
