//! What there is to show: the parts of the demo, and the questions that both views ask of them.

use super::{origin::Origin, traffic::Traffic};
use crate::serve::Node;
use model::{DataCenterVerdict, EndpointState, PoolState};
use std::{path::Path, sync::Arc};
use telemetry::Story;
use tokio::time::Instant;
use verdict::Reason;

/// How many stories are looked through for something to tell.
const STORIES_LOOKED_AT: usize = 400;

/// The parts of the demo.
pub struct Stage<'s> {
    pub node: &'s Node,
    pub origins: &'s [Origin],
    pub traffic: &'s Traffic,
    pub directory: &'s Path,
    pub started: Instant,
}

/// What the control plane thinks of an origin.
pub struct Opinion {
    pub state: EndpointState,
    pub reason: Option<Reason>,
    /// The last probe.
    pub last: Option<DataCenterVerdict>,
}

impl Stage<'_> {
    /// What health says of an origin.
    pub fn opinion(&self, origin: &Origin) -> Opinion {
        let health = self.node.control.health();
        let port = origin.address.port();
        let found = health.pools.values().flat_map(|pool| &pool.endpoints).find(|(key, _)| key.port == port);
        match found {
            Some((_, endpoint)) => {
                let last = endpoint.data_centers.values().next().cloned();
                Opinion { state: endpoint.state, reason: endpoint.reason, last }
            }
            None => Opinion { state: EndpointState::Unknown, reason: None, last: None },
        }
    }

    /// The pools by name, with their states.
    pub fn pools(&self) -> Vec<(String, PoolState)> {
        let (intent, health) = (self.node.control.intent(), self.node.control.health());
        let mut pools: Vec<_> = intent
            .pools
            .values()
            .map(|pool| (pool.name.clone(), health.pools.get(&pool.id).map_or(PoolState::Unknown, |known| known.state)))
            .collect();
        pools.sort_by(|a, b| b.0.cmp(&a.0));
        pools
    }

    /// The latest stories in which something went wrong, newest first: requests that failed, and those that were
    /// rescued by a second attempt.
    pub fn troubles(&self, limit: usize) -> Vec<Arc<Story>> {
        let stories = self.node.telemetry.stories.recent(STORIES_LOOKED_AT);
        stories.into_iter().filter(|story| trouble(story).is_some()).take(limit).collect()
    }
}

/// What went wrong in a story: the reason, and the origin it went wrong with.
pub fn trouble(story: &Story) -> Option<(Reason, &str)> {
    let attempt = story.attempts.iter().find(|attempt| attempt.reason.is_some());
    let reason = attempt.and_then(|attempt| attempt.reason).or(story.reason)?;
    Some((reason, attempt.map_or("", |attempt| attempt.origin.as_str())))
}

/// Whether the visitor never noticed.
pub fn rescued(story: &Story) -> bool {
    !story.is_failure()
}
