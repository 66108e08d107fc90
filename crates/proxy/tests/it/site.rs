//! What a site owner configured, in as few words as a test can say it.

use model::{
    AccountId, Endpoint, HealthSnapshot, Intent, LoadBalancer, LoadBalancerId, OriginSteeringPolicy, Pool, PoolId,
    Scope, SessionAffinity, SteeringPolicy, Timestamp, TrustAnchor, TrustAnchorId, Zone, ZoneId, ZoneSettings,
};
use std::{net::SocketAddr, sync::Arc};

pub const ZONE: &str = "example.com";
pub const HOST: &str = "www.example.com";

const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);
const ZONE_ID: ZoneId = ZoneId::from_bytes([2; 16]);

/// A zone with one load balancer.
pub struct Site {
    pub settings: ZoneSettings,
    pub pools: Vec<Pool>,
    pub policy: SteeringPolicy,
    pub failover_across_pools: bool,
    pub trust_anchors: Vec<String>,
    pub health: HealthSnapshot,
}

impl Site {
    /// One pool with these endpoints.
    pub fn new(endpoints: &[SocketAddr]) -> Self {
        Self::with_pools(&[endpoints])
    }

    /// One pool per list, in failover order; the last is the fallback.
    pub fn with_pools(pools: &[&[SocketAddr]]) -> Self {
        let pools = pools.iter().enumerate().map(|(number, endpoints)| {
            let endpoints = endpoints.iter().enumerate().map(|(i, at)| endpoint(&format!("origin-{number}-{i}"), *at));
            pool(number, endpoints.collect())
        });
        Self {
            settings: ZoneSettings::default(),
            pools: pools.collect(),
            policy: SteeringPolicy::Off,
            failover_across_pools: false,
            trust_anchors: Vec::new(),
            health: HealthSnapshot::default(),
        }
    }

    /// One pool with one endpoint by name.
    pub fn named(address: &str, port: u16) -> Self {
        let mut site = Self::new(&[SocketAddr::from(([127, 0, 0, 1], port))]);
        site.pools[0].origins[0].address = address.to_owned();
        site
    }

    pub fn set(mut self, change: impl FnOnce(&mut ZoneSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub fn intent(&self) -> Intent {
        let mut intent = Intent { revision: 1, ..Intent::default() };
        let zone = Zone {
            id: ZONE_ID,
            account: ACCOUNT,
            name: ZONE.into(),
            created_on: Timestamp::UNIX_EPOCH,
            modified_on: Timestamp::UNIX_EPOCH,
            settings: self.settings.clone(),
        };
        intent.zones.insert(ZONE_ID, Arc::new(zone));
        for pool in &self.pools {
            intent.pools.insert(pool.id, Arc::new(pool.clone()));
        }
        for (number, pem) in self.trust_anchors.iter().enumerate() {
            let anchor = trust_anchor(number, pem);
            intent.trust_anchors.insert(anchor.id, Arc::new(anchor));
        }
        if let Some(fallback) = self.pools.last() {
            let balancer = self.load_balancer(fallback.id);
            intent.load_balancers.insert(balancer.id, Arc::new(balancer));
        }
        intent
    }

    fn load_balancer(&self, fallback_pool: PoolId) -> LoadBalancer {
        LoadBalancer {
            id: LoadBalancerId::from_bytes([3; 16]),
            scope: Scope::Zone(ZONE_ID),
            created_on: Timestamp::UNIX_EPOCH,
            modified_on: Timestamp::UNIX_EPOCH,
            name: HOST.into(),
            default_pools: self.pools.iter().map(|pool| pool.id).collect(),
            fallback_pool,
            description: String::new(),
            enabled: true,
            proxied: true,
            ttl: 30.0,
            steering_policy: self.policy,
            region_pools: Default::default(),
            country_pools: Default::default(),
            pop_pools: Default::default(),
            random_steering: None,
            location_strategy: None,
            adaptive_routing: Some(model::AdaptiveRouting { failover_across_pools: self.failover_across_pools }),
            session_affinity: SessionAffinity::None,
            session_affinity_ttl: None,
            session_affinity_attributes: None,
            rules: Vec::new(),
            pool_sets: Vec::new(),
            networks: Vec::new(),
        }
    }
}

pub fn endpoint(name: &str, at: SocketAddr) -> Endpoint {
    Endpoint {
        name: name.to_owned(),
        address: at.ip().to_string(),
        enabled: true,
        disabled_at: None,
        weight: 1.0,
        port: at.port(),
        host: None,
        virtual_network_id: None,
        flatten_cname: false,
    }
}

fn pool(number: usize, origins: Vec<Endpoint>) -> Pool {
    Pool {
        id: PoolId::from_bytes([10 + number as u8; 16]),
        account: ACCOUNT,
        created_on: Timestamp::UNIX_EPOCH,
        modified_on: Timestamp::UNIX_EPOCH,
        disabled_at: None,
        name: format!("pool-{number}"),
        origins,
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
        origin_steering: OriginSteeringPolicy::Random,
        notification_filter: None,
        notification_email: String::new(),
        networks: Vec::new(),
    }
}

fn trust_anchor(number: usize, pem: &str) -> TrustAnchor {
    TrustAnchor {
        id: TrustAnchorId::from_bytes([50 + number as u8; 16]),
        zone: ZONE_ID,
        certificate_pem: pem.to_owned(),
        issuer: String::new(),
        signature: String::new(),
        expires_on: Timestamp::MAX,
        uploaded_on: Timestamp::UNIX_EPOCH,
        updated_on: Timestamp::UNIX_EPOCH,
    }
}
