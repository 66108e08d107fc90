//! What a site owner configured, in as few words as a test can say it.

use model::{
    AccountId, Endpoint, HealthSnapshot, Intent, LoadBalancer, LoadBalancerId, Pool, PoolId, Rule, Scope,
    SteeringPolicy, Timestamp, TrustAnchor, TrustAnchorId, Zone, ZoneId, ZoneSettings,
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
    pub rules: Vec<Rule>,
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
            rules: Vec::new(),
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
            name: HOST.into(),
            default_pools: self.pools.iter().map(|pool| pool.id).collect(),
            fallback_pool,
            proxied: true,
            steering_policy: self.policy,
            rules: self.rules.clone(),
            adaptive_routing: Some(model::AdaptiveRouting { failover_across_pools: self.failover_across_pools }),
            ..LoadBalancer::blank(LoadBalancerId::from_bytes([3; 16]), Scope::Zone(ZONE_ID), Timestamp::UNIX_EPOCH)
        }
    }
}

pub fn endpoint(name: &str, at: SocketAddr) -> Endpoint {
    Endpoint { name: name.to_owned(), port: at.port(), ..Endpoint::at(at.ip().to_string()) }
}

fn pool(number: usize, origins: Vec<Endpoint>) -> Pool {
    Pool {
        name: format!("pool-{number}"),
        origins,
        ..Pool::blank(PoolId::from_bytes([10 + number as u8; 16]), ACCOUNT, Timestamp::UNIX_EPOCH)
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
