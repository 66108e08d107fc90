//! Stories: everything that is known of one request, kept for a while and told on demand.
//!
//! Failures are kept, and a small sample of successes to compare them with. A story is built only when it is going to
//! be kept, so an ordinary request costs one countdown.

mod book;
mod names;
mod tell;

pub use book::{Sampler, StoryBook, StoryBookSettings};
pub use names::{alert_name, errno_name};
pub use tell::{tell, tell_evidence, tell_timings, tell_verdict};

use model::{Evidence, Timestamp, Timings};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, time::Duration};
use verdict::Reason;

/// One request from its arrival to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The 16 hexadecimal digits, without the data center.
    pub ray_id: String,
    /// The three letters of the data center.
    pub data_center: String,
    /// When the request arrived.
    pub at: Timestamp,
    /// From its first byte to the last byte of the answer.
    pub duration: Duration,
    pub client: Option<SocketAddr>,
    /// `http` or `https`.
    pub scheme: String,
    pub method: String,
    pub host: String,
    /// With the query.
    pub path: String,
    pub zone: Option<String>,
    pub load_balancer: Option<String>,
    /// The routing table that the request was served by.
    pub generation: u64,
    /// The rules of the load balancer that applied, in the order in which they were asked.
    #[serde(default)]
    pub rules: Vec<StoryRule>,
    /// The text form of the steering policy; empty when nothing was steered.
    pub steering: String,
    /// Every endpoint that could have been asked, and why each was or was not.
    pub candidates: Vec<StoryCandidate>,
    /// Every attempt at an endpoint, in order.
    pub attempts: Vec<StoryAttempt>,
    /// What the visitor was answered; 499 when it left before that.
    pub status: u16,
    /// The code that the visitor read in the answer, when the edge made it.
    pub code: Option<u16>,
    /// What failed; `None` when nothing did.
    #[serde(with = "crate::reason_text")]
    pub reason: Option<Reason>,
    /// Why a further attempt that would have been harmless was not made.
    #[serde(default, with = "crate::reason_text")]
    pub retry_refused: Option<Reason>,
    /// What was seen of a failure that no attempt holds: the visitor's side, or ours.
    pub evidence: Evidence,
    /// Bytes of the answer that reached the visitor, head included.
    pub response_bytes: u64,
    /// The tunnel that an upgrade opened, when one did.
    #[serde(default)]
    pub tunnel: Option<StoryTunnel>,
}

/// A tunnel, from the 101 to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoryTunnel {
    /// What was switched to, such as `websocket`.
    pub protocol: String,
    /// Who ended it: `visitor`, `origin` or `edge`.
    pub ended_by: String,
    /// Bytes of the other protocol that came from the visitor.
    pub from_visitor: u64,
    /// Bytes of the other protocol that came from the origin.
    pub from_origin: u64,
}

/// A rule that applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoryRule {
    pub name: String,
    /// In the language of rules; empty for one that always applies.
    pub condition: String,
    /// `overrides` or `fixed_response`.
    pub did: String,
}

/// An endpoint that could have been asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoryCandidate {
    pub pool: String,
    pub endpoint: String,
    pub address: String,
    /// The text form of the endpoint's state, such as `unhealthy`.
    pub state: String,
    /// Why its health checks fail, when they do.
    #[serde(with = "crate::reason_text")]
    pub reason: Option<Reason>,
    /// Whether the request could have gone there.
    pub eligible: bool,
    /// Why it could or could not.
    pub why: String,
}

/// One attempt at an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoryAttempt {
    pub pool: String,
    pub origin: String,
    pub address: String,
    /// The address that was contacted; `None` when it did not come to that.
    pub remote: Option<SocketAddr>,
    /// Why this endpoint: the text form of the steering decision.
    pub why: String,
    /// Why there was an attempt after an earlier one; `None` for the first.
    #[serde(with = "crate::reason_text")]
    pub retried_because: Option<Reason>,
    /// Whether it went over a connection that had been used before.
    pub reused: bool,
    /// `None` for plain HTTP.
    pub tls_version: Option<String>,
    pub timings: Timings,
    /// What the endpoint answered, when it did.
    pub status: Option<u16>,
    /// What failed; `None` when nothing did.
    #[serde(with = "crate::reason_text")]
    pub reason: Option<Reason>,
    pub evidence: Evidence,
}

impl Story {
    /// Whether anything failed.
    pub fn is_failure(&self) -> bool {
        self.reason.is_some()
    }
}
