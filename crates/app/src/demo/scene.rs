//! What there is to show: the parts of the demo, and the questions that both views ask of them.

use super::{origin::Origin, traffic::Traffic};
use crate::serve::Node;
use model::{DataCenterVerdict, EndpointState, PoolState, Timestamp};
use std::path::Path;
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
        let health = self.node.control().health();
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
        let (intent, health) = (self.node.control().intent(), self.node.control().health());
        let mut pools: Vec<_> = intent
            .pools
            .values()
            .map(|pool| (pool.name.clone(), health.pools.get(&pool.id).map_or(PoolState::Unknown, |known| known.state)))
            .collect();
        pools.sort_by(|a, b| b.0.cmp(&a.0));
        pools
    }

    /// What went wrong since a moment, the latest first: requests that failed, and those that were rescued by a second
    /// attempt. Stories of one kind are counted together.
    pub fn troubles(&self, since: Timestamp) -> Vec<Trouble> {
        let mut troubles: Vec<Trouble> = Vec::new();
        for story in self.node.telemetry.stories.recent(STORIES_LOOKED_AT) {
            let Some(trouble) = Trouble::of(&story).filter(|_| story.at >= since) else { continue };
            match troubles.iter_mut().find(|known| known.is_like(&trouble)) {
                Some(known) => known.count += 1,
                None => troubles.push(trouble),
            }
        }
        troubles
    }
}

/// Something that went wrong with an origin, in one or more requests.
pub struct Trouble {
    pub reason: Reason,
    pub origin: String,
    /// What the visitor was answered, if it noticed: `None` when another endpoint saved the request.
    pub status: Option<u16>,
    pub count: usize,
    /// The latest of these requests.
    pub ray_id: String,
    pub at: Timestamp,
}

impl Trouble {
    fn of(story: &Story) -> Option<Trouble> {
        // An origin that answers with an error has not failed the attempt, only the visitor.
        let failed = story.attempts.iter().find(|attempt| attempt.reason.is_some());
        let attempt = failed.or(story.attempts.last());
        Some(Trouble {
            reason: attempt.and_then(|attempt| attempt.reason).or(story.reason)?,
            origin: attempt.map_or_else(String::new, |attempt| attempt.origin.clone()),
            status: story.is_failure().then_some(story.status),
            count: 1,
            ray_id: story.ray_id.clone(),
            at: story.at,
        })
    }

    fn is_like(&self, other: &Trouble) -> bool {
        (self.reason, &self.origin, self.status) == (other.reason, &other.origin, other.status)
    }
}
