//! Health events: one per change of an endpoint's or a pool's health.

use crate::{Evidence, PoolId, Region, Timestamp, Timings};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use verdict::Reason;

/// A change of health, with the state of the whole pool at that moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthEvent {
    /// Grows with every event; 0 until the store has given one.
    pub id: u64,
    pub timestamp: Timestamp,
    pub pool: EventPool,
    /// In the order of the pool. Events of one pool share what did not change from one to the next.
    pub origins: Vec<Arc<EventOrigin>>,
}

/// The pool at the moment of the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventPool {
    pub id: PoolId,
    pub name: String,
    pub healthy: bool,
    /// Whether the pool itself changed.
    pub changed: bool,
    pub minimum_origins: u32,
}

/// An endpoint at the moment of the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventOrigin {
    pub name: String,
    pub address: String,
    /// The address that was probed, when the configured one is a name.
    pub ip: String,
    pub enabled: bool,
    pub healthy: bool,
    /// Why it is unhealthy; `None` for "No failures".
    #[serde(with = "crate::evidence::reason_id_option")]
    pub reason: Option<Reason>,
    /// Whether this endpoint changed.
    pub changed: bool,
    pub data_centers: Vec<EventDataCenter>,
}

/// What one data center saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventDataCenter {
    pub data_center: Arc<str>,
    pub region: Region,
    pub healthy: bool,
    #[serde(with = "crate::evidence::reason_id_option")]
    pub reason: Option<Reason>,
    pub timings: Timings,
    pub evidence: Evidence,
}
