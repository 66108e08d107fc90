//! Feeding health: observations and silence move the machine; what moves becomes events, a table, a snapshot and, a
//! little later, the health that is remembered over a restart.

use super::Writer;
use health::Effect;
use model::{EndpointState, HealthEvent, Observation, PoolState, TargetId};
use routing::{Extent, Table};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use telemetry::{EndpointChanged, PoolChanged, StoreFailed, TablePublished};
use tokio::task::spawn_blocking;
use verdict::Reason;

impl Writer {
    /// Takes observations in.
    pub(super) fn observe(&mut self, batch: &mut Vec<Observation>) {
        let mut events = Vec::new();
        for observation in batch.drain(..) {
            let now = (self.options.clock)();
            let target = observation.target.clone();
            let before = self.reason(&target);
            match self.machine.apply(&self.intent, observation, now) {
                Effect::Changed(event) => events.push(*event),
                Effect::Recorded if self.reason(&target) == before => self.showing.want(),
                Effect::Recorded => self.publishing.want(),
                Effect::Ignored(why) => tracing::debug!(pool = %target.pool, endpoint = %target.endpoint,
                    monitor = %target.monitor, why = why.as_str(), "observation does not count"),
            }
        }
        self.note(events);
    }

    /// Lets results lapse that nobody confirmed in time.
    pub(super) fn expire(&mut self) {
        let now = (self.options.clock)();
        let events = self.machine.expire(&self.intent, now);
        self.showing.want();
        self.note(events);
    }

    /// The reason that the table in force may show for an endpoint.
    fn reason(&self, target: &TargetId) -> Option<Reason> {
        self.machine.pool_health(target.pool)?.endpoints.get(&target.endpoint)?.reason
    }

    fn note(&mut self, events: Vec<HealthEvent>) {
        if !events.is_empty() {
            self.publishing.want();
            self.saving.want();
            self.tell(events);
        }
    }

    /// Tells the log, the metrics and the event log of changes of health.
    pub(super) fn tell(&self, events: Vec<HealthEvent>) {
        for event in &events {
            self.tell_one(event);
        }
        self.shared.events.append(events);
    }

    fn tell_one(&self, event: &HealthEvent) {
        let telemetry = &self.shared.telemetry;
        let (pool, pool_name) = (event.pool.id, event.pool.name.as_str());
        for origin in event.origins.iter().filter(|origin| origin.changed) {
            let to = if origin.healthy { EndpointState::Healthy } else { EndpointState::Unhealthy };
            let (endpoint_name, address) = (origin.name.as_str(), origin.address.as_str());
            EndpointChanged { pool, pool_name, endpoint_name, address, to, reason: origin.reason }.emit(telemetry);
        }
        if event.pool.changed {
            let to = self.machine.pool_health(pool).map_or(PoolState::Unknown, |health| health.state);
            PoolChanged { pool, pool_name, to }.emit(telemetry);
        }
    }

    /// Compiles and publishes a table for the health as it is now.
    pub(super) async fn publish_health(&mut self) {
        let (previous, intent) = (self.shared.tables.load(), self.intent.clone());
        let (snapshot, generation) = (self.machine.snapshot(), self.generation + 1);
        let compiled = spawn_blocking(move || {
            let started = Instant::now();
            let table = routing::compile_from(&previous, &intent, &snapshot, generation);
            (table, started.elapsed())
        });
        match compiled.await {
            Ok((table, compile)) => self.publish(table, compile),
            Err(error) => {
                tracing::error!(%error, "the table could not be compiled, the one in force stays");
                self.publishing.close();
            }
        }
        self.show_health();
    }

    /// Puts a table in force.
    pub(super) fn publish(&mut self, table: Table, compile: Duration) {
        self.generation = table.generation;
        let Extent { pools, endpoints, usable_endpoints } = table.extent();
        let (generation, revision) = (table.generation, table.revision);
        self.shared.tables.publish(table);
        self.publishing.close_after(compile);
        TablePublished { generation, revision, pools, endpoints, usable_endpoints, compile }
            .emit(&self.shared.telemetry);
    }

    /// Lets others see the health as it is now.
    pub(super) fn show_health(&mut self) {
        self.shared.health.store(Arc::new(self.machine.snapshot()));
        self.showing.close();
    }

    /// Writes what is new of the health. What could not be written is tried again later.
    pub(super) async fn save_health(&mut self) {
        let snapshot = self.machine.snapshot();
        let changes = self.saved.changes(&snapshot);
        let saved = if changes.is_empty() { Ok(()) } else { self.shared.store.save_health(changes).await };
        match saved {
            Ok(()) => self.saved.follow(&snapshot),
            Err(error) => {
                StoreFailed { operation: "save_health", error: &error }.emit(&self.shared.telemetry);
                self.saving.want();
            }
        }
    }
}
