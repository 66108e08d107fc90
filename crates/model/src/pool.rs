//! Pools and their endpoints.

use crate::{AccountId, CheckRegion, MonitorGroupId, MonitorId, PoolId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU32};

/// The network that pools and load balancers are in when nothing else is said.
pub const DEFAULT_NETWORK: &str = "cloudflare";

/// A set of endpoints that serve the same thing, and the rule by which they count as one healthy whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub id: PoolId,
    pub account: AccountId,
    pub created_on: Timestamp,
    pub modified_on: Timestamp,
    /// Present only while the pool is disabled: when it was.
    pub disabled_at: Option<Timestamp>,
    pub name: String,
    pub origins: Vec<Endpoint>,
    pub description: String,
    pub enabled: bool,
    /// Healthy endpoints needed for the pool to be healthy.
    pub minimum_origins: u32,
    pub monitor: Option<MonitorId>,
    pub monitor_group: Option<MonitorGroupId>,
    /// `None` means every data center.
    pub check_regions: Option<Vec<CheckRegion>>,
    /// `None` means local, then global.
    pub health_sources: Option<Vec<HealthSource>>,
    /// Degrees, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees, -180 to 180.
    pub longitude: Option<f64>,
    pub load_shedding: Option<LoadShedding>,
    pub origin_steering: OriginSteeringPolicy,
    pub notification_filter: Option<NotificationFilter>,
    pub notification_email: String,
    pub networks: Vec<String>,
    /// [`Endpoint::max_connections`] of each endpoint that has none of its own; 0 is any number.
    #[serde(default)]
    pub origin_max_connections: u32,
}

impl Pool {
    /// A pool of which nothing was said but what it is: every field that a body can set has its default. It has no
    /// endpoint yet.
    pub fn blank(id: PoolId, account: AccountId, created_on: Timestamp) -> Self {
        Self {
            id,
            account,
            created_on,
            modified_on: created_on,
            disabled_at: None,
            name: String::new(),
            origins: Vec::new(),
            description: String::new(),
            enabled: true,
            minimum_origins: 1,
            monitor: None,
            monitor_group: None,
            check_regions: None,
            health_sources: None,
            latitude: None,
            longitude: None,
            load_shedding: None,
            origin_steering: OriginSteeringPolicy::default(),
            notification_filter: None,
            notification_email: String::new(),
            networks: vec![DEFAULT_NETWORK.to_owned()],
            origin_max_connections: 0,
        }
    }

    /// How many connections a node may have open to this endpoint of the pool at a time; `None` is any number.
    pub fn max_connections(&self, endpoint: &Endpoint) -> Option<NonZeroU32> {
        NonZeroU32::new(endpoint.max_connections.unwrap_or(self.origin_max_connections))
    }
}

/// One server that answers for a pool. The API calls it an origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    pub name: String,
    /// An IPv4 address, an IPv6 address or a host name.
    pub address: String,
    pub enabled: bool,
    /// Present only while the endpoint is disabled: when it was.
    pub disabled_at: Option<Timestamp>,
    /// 0 to 1; 0 gets probes and no traffic.
    pub weight: f64,
    /// 0 means the default of the protocol (80 or 443).
    pub port: u16,
    /// The host override, for traffic and probes alike.
    pub host: Option<String>,
    pub virtual_network_id: Option<String>,
    pub flatten_cname: bool,
    /// How many connections a node may have open to it at a time. `None` takes what the pool says; 0 is any number.
    #[serde(default)]
    pub max_connections: Option<u32>,
}

impl Endpoint {
    /// The endpoint at an address, of which nothing else was said.
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            name: String::new(),
            address: address.into(),
            enabled: true,
            disabled_at: None,
            weight: 1.0,
            port: 0,
            host: None,
            virtual_network_id: None,
            flatten_cname: true,
            max_connections: None,
        }
    }

    /// What identifies the endpoint within its pool, whatever its name.
    pub fn key(&self) -> EndpointKey {
        EndpointKey {
            address: self.address.clone(),
            port: self.port,
            virtual_network_id: self.virtual_network_id.clone(),
        }
    }
}

/// What identifies an endpoint within a pool: address, port and virtual network. Its name may change; this may not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EndpointKey {
    pub address: String,
    pub port: u16,
    pub virtual_network_id: Option<String>,
}

impl fmt::Display for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.address.contains(':')) {
            (0, _) => f.write_str(&self.address)?,
            (port, true) => write!(f, "[{}]:{port}", self.address)?,
            (port, false) => write!(f, "{}:{port}", self.address)?,
        }
        match &self.virtual_network_id {
            Some(network) => write!(f, "@{network}"),
            None => Ok(()),
        }
    }
}

/// How an endpoint of the chosen pool is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginSteeringPolicy {
    #[default]
    Random,
    Hash,
    LeastOutstandingRequests,
    LeastConnections,
}

impl OriginSteeringPolicy {
    /// The text form, such as `least_connections`.
    pub const fn as_str(self) -> &'static str {
        match self {
            OriginSteeringPolicy::Random => "random",
            OriginSteeringPolicy::Hash => "hash",
            OriginSteeringPolicy::LeastOutstandingRequests => "least_outstanding_requests",
            OriginSteeringPolicy::LeastConnections => "least_connections",
        }
    }
}

/// Whose decision a request believes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthSource {
    Local,
    Regional,
    Global,
}

/// The share of traffic that a pool turns away. Percentages run from 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadShedding {
    pub default_percent: f64,
    pub default_policy: DefaultShedPolicy,
    pub session_percent: f64,
    pub session_policy: SessionShedPolicy,
}

/// How traffic without a session is shed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultShedPolicy {
    #[default]
    Random,
    Hash,
}

/// How sessions are shed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionShedPolicy {
    #[default]
    Hash,
}

/// Which health changes are told to whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NotificationFilter {
    pub origin: Option<NotificationScope>,
    pub pool: Option<NotificationScope>,
}

/// The filter for one kind of resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NotificationScope {
    /// True: nothing is told.
    pub disable: bool,
    /// Only changes to this status; `None` for all.
    pub healthy: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pool(of_pool: Option<u32>, of_endpoint: Option<u32>) -> Pool {
        let mut endpoint = json!({
            "name": "", "address": "192.0.2.1", "enabled": true, "weight": 1.0, "port": 0, "flatten_cname": true,
        });
        let id = "00000000000000000000000000000001";
        if let Some(limit) = of_endpoint {
            endpoint["max_connections"] = json!(limit);
        }
        let mut pool = json!({
            "id": id, "account": id, "created_on": "2026-01-01T00:00:00Z", "modified_on": "2026-01-01T00:00:00Z",
            "name": "p", "origins": [endpoint], "description": "", "enabled": true, "minimum_origins": 1,
            "origin_steering": "random", "notification_email": "", "networks": [],
        });
        if let Some(limit) = of_pool {
            pool["origin_max_connections"] = json!(limit);
        }
        serde_json::from_value(pool).expect("a pool as it was stored")
    }

    // OCI-21: the endpoint's value overrides the pool's; what was stored without any has no limit.
    #[test]
    fn an_endpoints_own_limit_wins_and_none_inherits() {
        for (of_pool, of_endpoint, expected) in [
            (None, None, None),
            (Some(300), None, Some(300)),
            (Some(300), Some(256), Some(256)),
            (Some(300), Some(0), None),
            (None, Some(256), Some(256)),
        ] {
            let pool = pool(of_pool, of_endpoint);
            let limit = pool.max_connections(&pool.origins[0]).map(NonZeroU32::get);
            assert_eq!(limit, expected, "{of_pool:?} {of_endpoint:?}");
        }
    }
}
