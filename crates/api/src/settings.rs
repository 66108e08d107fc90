//! The settings of the API: every limit that it keeps, with its default.

use std::time::Duration;

/// The limits of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// Bytes that a request body may have. Default 1 MiB.
    pub body_limit: usize,
    /// How long a request body may take to arrive. Default 30 s.
    pub body_timeout: Duration,
    /// How deep arrays and objects may lie in each other in a body. Default 32.
    pub depth_limit: usize,
    /// Complaints that one answer shows. Default 100.
    pub complaints_shown: usize,
    /// Calls per token. Default 1,200 in 5 minutes.
    pub token_rate: RateLimit,
    /// Calls per client address. Default 200 in a second.
    pub address_rate: RateLimit,
    /// Connections from the network at a time; more wait. Default 1,024.
    pub connections: usize,
    /// How long nothing may move on a connection from the network, whatever it waits for. Default 60 s.
    pub idle_timeout: Duration,
    /// Clients whose calls are counted at a time; above it the longest silent is forgotten. Default 10,000.
    pub counted_clients: usize,
    /// What the zone setting `proxy_read_timeout` shows while it is not set: the node's `origin.read_timeout`.
    /// Default 120 s.
    pub origin_read_timeout: Duration,
}

/// So many calls in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    pub calls: u32,
    pub window: Duration,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            body_limit: 1 << 20,
            body_timeout: Duration::from_secs(30),
            depth_limit: 32,
            complaints_shown: 100,
            token_rate: RateLimit { calls: 1_200, window: Duration::from_secs(300) },
            address_rate: RateLimit { calls: 200, window: Duration::from_secs(1) },
            connections: 1_024,
            idle_timeout: Duration::from_secs(60),
            counted_clients: 10_000,
            origin_read_timeout: Duration::from_secs(120),
        }
    }
}
