//! What Bellwether says about itself: the access record, the metrics, the stories of requests, and the events that
//! write a log line and move a metric in one step.
//!
//! What must hold: nothing here ever makes a request wait. The access log drops lines and says so, a story book
//! forgets its oldest stories, and counting is a plain addition to memory that one thread owns.
//!
//! This room decides nothing. It does not know how pools are steered or what counts as healthy; it is handed facts and
//! gives them names. The words for a failure come from `verdict`.

mod access;
mod events;
mod handover;
mod metrics;
mod reason_text;
mod story;

pub use access::{AccessLog, AccessLogSettings, AccessRecord, AccessTarget, AccessWriter};
pub use events::{
    ApiAnswered, ChangeApplied, ChangeRejected, ConnectionRefused, ConnectionsRefused, EndpointChanged, EndpointsFull,
    PoolChanged, ProbeFinished, SnapshotInUse, SnapshotTaken, StoreFailed, StoreIsBack, TablePublished,
};
pub use handover::{Drained, Draining, UpgradeFailed, UpgradeStarted, UpgradeSucceeded};
pub use metrics::{
    ChangeOutcome, ConnectionTally, Listener, Metrics, MetricsSettings, RefusedWhy, RequestTally, Tally, TlsOutcome,
    Upstream, names,
};
pub use story::{
    Sampler, Story, StoryAttempt, StoryBook, StoryBookSettings, StoryCandidate, StoryRule, StoryTunnel, alert_name,
    errno_name, tell, tell_evidence, tell_timings, tell_verdict,
};

use std::sync::Arc;

/// The three things that every room is handed to speak through.
#[derive(Clone)]
pub struct Telemetry {
    pub metrics: Arc<Metrics>,
    pub stories: Arc<StoryBook>,
    pub access: AccessLog,
}

impl Telemetry {
    /// Telemetry with default settings that writes no access log: for tests and for commands without a server.
    pub fn silent() -> Self {
        Self {
            metrics: Arc::new(Metrics::new(MetricsSettings::default())),
            stories: Arc::new(StoryBook::new(StoryBookSettings::default())),
            access: AccessLog::off(),
        }
    }
}
