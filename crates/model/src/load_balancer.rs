//! Load balancers: a host name, the pools behind it, and how a request is steered among them.

use crate::{AccountId, DEFAULT_NETWORK, LoadBalancerId, PoolId, Timestamp, ZoneId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! text_forms {
    ($type:ident { $($variant:ident => $text:literal),* $(,)? }) => {
        impl $type {
            /// Every value with its text form.
            pub const ALL: &'static [$type] = &[$($type::$variant,)*];

            /// The text form that the API uses.
            pub const fn as_str(self) -> &'static str {
                match self { $($type::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $type {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok($type::$variant),)* _ => Err(()) }
            }
        }
    };
}

/// What a load balancer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Zone(ZoneId),
    Account(AccountId),
}

/// A host name and the pools that answer for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancer {
    pub id: LoadBalancerId,
    pub scope: Scope,
    pub created_on: Timestamp,
    pub modified_on: Timestamp,
    /// A host name inside the zone, lower-case; may be the apex or start with `*.`.
    pub name: String,
    /// In failover order.
    pub default_pools: Vec<PoolId>,
    /// The last resort; its health is ignored.
    pub fallback_pool: PoolId,
    pub description: String,
    pub enabled: bool,
    pub proxied: bool,
    /// Seconds, for DNS answers.
    pub ttl: f64,
    pub steering_policy: SteeringPolicy,
    pub region_pools: BTreeMap<String, Vec<PoolId>>,
    pub country_pools: BTreeMap<String, Vec<PoolId>>,
    pub pop_pools: BTreeMap<String, Vec<PoolId>>,
    pub random_steering: Option<RandomSteering>,
    pub location_strategy: Option<LocationStrategy>,
    pub adaptive_routing: Option<AdaptiveRouting>,
    pub session_affinity: SessionAffinity,
    /// Seconds; `None` means the default of the kind of affinity.
    pub session_affinity_ttl: Option<f64>,
    pub session_affinity_attributes: Option<SessionAffinityAttributes>,
    pub rules: Vec<Rule>,
    pub pool_sets: Vec<PoolSet>,
    pub networks: Vec<String>,
}

impl LoadBalancer {
    /// A load balancer of which nothing was said but what it is: every field that a body can set has its default. Its
    /// fallback pool names no pool yet.
    pub fn blank(id: LoadBalancerId, scope: Scope, created_on: Timestamp) -> Self {
        Self {
            id,
            scope,
            created_on,
            modified_on: created_on,
            name: String::new(),
            default_pools: Vec::new(),
            fallback_pool: PoolId::from_bytes([0; 16]),
            description: String::new(),
            enabled: true,
            proxied: false,
            ttl: 30.0,
            steering_policy: SteeringPolicy::default(),
            region_pools: BTreeMap::new(),
            country_pools: BTreeMap::new(),
            pop_pools: BTreeMap::new(),
            random_steering: None,
            location_strategy: None,
            adaptive_routing: None,
            session_affinity: SessionAffinity::default(),
            session_affinity_ttl: None,
            session_affinity_attributes: None,
            rules: Vec::new(),
            pool_sets: Vec::new(),
            networks: vec![DEFAULT_NETWORK.to_owned()],
        }
    }

    /// Every pool that the load balancer points at, in any role and even in mappings that its policy ignores.
    pub fn referenced_pools(&self) -> impl Iterator<Item = PoolId> + '_ {
        let maps = [&self.region_pools, &self.country_pools, &self.pop_pools];
        let mapped = maps.into_iter().flat_map(|map| map.values().flatten().copied());
        let sets = self.pool_sets.iter().filter_map(|set| set.overrides.as_ref()).flat_map(|overrides| {
            let weighted = overrides.pool_weights.keys().copied();
            overrides.pools.iter().flatten().copied().chain(weighted).chain(overrides.fallback_pool)
        });
        let rules = self.rules.iter().filter_map(|rule| rule.overrides.as_ref()).flat_map(Overrides::referenced_pools);
        self.default_pools.iter().copied().chain([self.fallback_pool]).chain(mapped).chain(sets).chain(rules)
    }
}

/// How a pool is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SteeringPolicy {
    Off,
    Geo,
    Random,
    DynamicLatency,
    Proximity,
    LeastOutstandingRequests,
    LeastConnections,
    /// `geo` if any mapping exists, else `off`.
    #[default]
    Automatic,
}

text_forms!(SteeringPolicy {
    Off => "off",
    Geo => "geo",
    Random => "random",
    DynamicLatency => "dynamic_latency",
    Proximity => "proximity",
    LeastOutstandingRequests => "least_outstanding_requests",
    LeastConnections => "least_connections",
    Automatic => "",
});

/// Pool weights, each 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomSteering {
    /// The weight of pools that the map does not name.
    pub default_weight: f64,
    pub pool_weights: BTreeMap<PoolId, f64>,
}

impl Default for RandomSteering {
    fn default() -> Self {
        Self { default_weight: 1.0, pool_weights: BTreeMap::new() }
    }
}

impl RandomSteering {
    /// The weight of a pool.
    pub fn weight(&self, pool: PoolId) -> f64 {
        self.pool_weights.get(&pool).copied().unwrap_or(self.default_weight)
    }
}

/// Where a DNS question is taken to come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationStrategy {
    pub prefer_ecs: EcsPreference,
    pub mode: LocationMode,
}

/// When EDNS Client Subnet is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EcsPreference {
    Always,
    Never,
    #[default]
    Proximity,
    Geo,
}

text_forms!(EcsPreference { Always => "always", Never => "never", Proximity => "proximity", Geo => "geo" });

/// What locates a question without EDNS Client Subnet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationMode {
    #[default]
    Pop,
    ResolverIp,
}

text_forms!(LocationMode { Pop => "pop", ResolverIp => "resolver_ip" });

/// How far a failed request may be moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdaptiveRouting {
    pub failover_across_pools: bool,
}

/// What ties a visitor to an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionAffinity {
    #[default]
    None,
    Cookie,
    IpCookie,
    Header,
}

text_forms!(SessionAffinity { None => "none", Cookie => "cookie", IpCookie => "ip_cookie", Header => "header" });

/// The details of session affinity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionAffinityAttributes {
    pub samesite: SameSite,
    pub secure: SecureCookie,
    /// Seconds that the sessions of a disabled endpoint live on, 0 to 86,400.
    pub drain_duration: f64,
    pub zero_downtime_failover: ZeroDowntimeFailover,
    pub headers: Vec<String>,
    pub require_all_headers: bool,
}

/// The `SameSite` attribute of the affinity cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SameSite {
    #[default]
    Auto,
    Lax,
    None,
    Strict,
}

text_forms!(SameSite { Auto => "Auto", Lax => "Lax", None => "None", Strict => "Strict" });

/// The `Secure` attribute of the affinity cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecureCookie {
    #[default]
    Auto,
    Always,
    Never,
}

text_forms!(SecureCookie { Auto => "Auto", Always => "Always", Never => "Never" });

/// What happens to a session whose endpoint fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroDowntimeFailover {
    #[default]
    None,
    Temporary,
    Sticky,
}

text_forms!(ZeroDowntimeFailover { None => "none", Temporary => "temporary", Sticky => "sticky" });

/// A custom rule: when its condition holds, its overrides or its fixed response apply.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    /// An expression; empty is always true.
    pub condition: String,
    pub disabled: bool,
    /// Lower runs first.
    pub priority: u32,
    pub terminates: bool,
    pub fixed_response: Option<FixedResponse>,
    pub overrides: Option<Overrides>,
}

/// An answer that the edge gives itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FixedResponse {
    pub status_code: Option<u16>,
    pub message_body: Option<String>,
    pub content_type: Option<String>,
    pub location: Option<String>,
}

/// What a rule changes. `None` leaves the load balancer's own value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overrides {
    pub default_pools: Option<Vec<PoolId>>,
    pub fallback_pool: Option<PoolId>,
    pub region_pools: Option<BTreeMap<String, Vec<PoolId>>>,
    pub country_pools: Option<BTreeMap<String, Vec<PoolId>>>,
    pub pop_pools: Option<BTreeMap<String, Vec<PoolId>>>,
    pub steering_policy: Option<SteeringPolicy>,
    pub random_steering: Option<RandomSteering>,
    pub session_affinity: Option<SessionAffinity>,
    pub session_affinity_ttl: Option<f64>,
    pub session_affinity_attributes: Option<SessionAffinityAttributes>,
    pub adaptive_routing: Option<AdaptiveRouting>,
    pub location_strategy: Option<LocationStrategy>,
    pub ttl: Option<f64>,
    pub pools: Option<Vec<PoolId>>,
    pub pool_weights: Option<BTreeMap<PoolId, f64>>,
    pub pool_default_weight: Option<f64>,
}

impl Overrides {
    /// Every pool that the overrides point at.
    pub fn referenced_pools(&self) -> impl Iterator<Item = PoolId> + '_ {
        let lists = [&self.default_pools, &self.pools].into_iter().flatten().flatten().copied();
        let maps = [&self.region_pools, &self.country_pools, &self.pop_pools];
        let mapped = maps.into_iter().flatten().flat_map(|map| map.values().flatten().copied());
        let weighted = self.pool_weights.iter().flat_map(|weights| weights.keys().copied());
        lists.chain(mapped).chain(weighted).chain(self.fallback_pool)
    }
}

/// A set of pools for the requests that it matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolSet {
    pub name: String,
    pub disabled: bool,
    /// `None` matches everything.
    pub matches: Option<PoolSetMatch>,
    pub overrides: Option<PoolSetOverrides>,
    pub fixed_response: Option<FixedResponse>,
}

/// Which requests a pool set is for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolSetMatch {
    pub default: bool,
    pub topology: Option<PoolSetTopology>,
}

/// Where a request must come from or be served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolSetTopology {
    pub pops: Option<Vec<String>>,
    pub countries: Option<Vec<String>>,
    pub regions: Option<Vec<String>>,
}

/// The pools of a pool set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolSetOverrides {
    pub pools: Option<Vec<PoolId>>,
    pub pool_weights: BTreeMap<PoolId, f64>,
    pub pool_default_weight: Option<f64>,
    pub fallback_pool: Option<PoolId>,
    pub steering_policy: Option<SteeringPolicy>,
}
