//! A small world for tests: pools with given health behind load balancers of given names.

use crate::{Choice, ClientFacts, Identified, Route, Table, compile};
use expr::{Enough, Facts, Items, Number, Text};
use model::{
    AccountId, Endpoint, EndpointHealth, EndpointState, HealthSnapshot, Intent, LoadBalancer, LoadBalancerId,
    MonitorId, Pool, PoolHealth, PoolId, PoolState, RandomSteering, Scope, SteeringPolicy, Timestamp, Zone, ZoneId,
    ZoneSettings,
};
use std::{net::IpAddr, sync::Arc};
use verdict::Reason;

pub use EndpointState::{Disabled, Healthy, Unhealthy, Unknown, Unmonitored};

pub const HOST: &str = "www.example.com";
pub const CLIENT: ClientFacts = ClientFacts { ip: IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9)) };
const ACCOUNT: AccountId = AccountId::from_bytes([9; 16]);

/// A GET by [`CLIENT`] for [`HOST`] and this path, of which rules may ask.
pub struct RequestAt(pub &'static str);

impl Facts for RequestAt {
    fn text(&self, field: Text) -> &[u8] {
        match field {
            Text::Host => HOST.as_bytes(),
            Text::Method => b"GET",
            Text::Uri | Text::Path => self.0.as_bytes(),
            _ => &[],
        }
    }

    fn number(&self, _: Number) -> i64 {
        0
    }

    fn address(&self) -> IpAddr {
        CLIENT.ip
    }

    fn each(&self, _: Items<'_>, _: &mut dyn FnMut(&[u8]) -> Enough) {}
}

#[derive(Default)]
pub struct World {
    pub intent: Intent,
    pub health: HealthSnapshot,
}

pub fn pool_id(number: u8) -> PoolId {
    PoolId::from_bytes([number; 16])
}

/// The endpoint `192.0.P.N` of pool P.
pub fn endpoint(pool: u8, number: usize) -> Endpoint {
    Endpoint { name: format!("endpoint-{pool}-{number}"), ..Endpoint::at(format!("192.0.{pool}.{number}")) }
}

fn pool(number: u8, states: &[EndpointState]) -> Pool {
    let origins = states.iter().enumerate().map(|(index, state)| {
        let enabled = *state != Disabled;
        Endpoint { enabled, ..endpoint(number, index) }
    });
    Pool {
        name: format!("pool-{number}"),
        origins: origins.collect(),
        monitor: Some(MonitorId::from_bytes([8; 16])),
        ..Pool::blank(pool_id(number), ACCOUNT, Timestamp::UNIX_EPOCH)
    }
}

fn health(pool: &Pool, state: PoolState, states: &[EndpointState]) -> PoolHealth {
    let endpoints = pool.origins.iter().zip(states).map(|(origin, &state)| {
        let reason = (state == Unhealthy).then_some(Reason::TcpRefused);
        (origin.key(), EndpointHealth { state, reason, ..EndpointHealth::default() })
    });
    PoolHealth { state, endpoints: endpoints.collect() }
}

impl World {
    /// Adds a pool with this health. Its endpoints are monitored, with weight 1.
    pub fn pool(&mut self, number: u8, state: PoolState, states: &[EndpointState]) -> PoolId {
        let pool = pool(number, states);
        self.health.pools.insert(pool.id, Arc::new(health(&pool, state, states)));
        self.intent.pools.insert(pool.id, Arc::new(pool));
        pool_id(number)
    }

    /// Adds a healthy pool of this many endpoints.
    pub fn healthy(&mut self, number: u8, endpoints: usize) -> PoolId {
        self.pool(number, PoolState::Healthy, &vec![Healthy; endpoints])
    }

    /// Adds a critical pool of this many endpoints.
    pub fn critical(&mut self, number: u8, endpoints: usize) -> PoolId {
        self.pool(number, PoolState::Critical, &vec![Unhealthy; endpoints])
    }

    /// Gives a pool other health.
    pub fn set_health(&mut self, id: PoolId, state: PoolState, states: &[EndpointState]) {
        let health = health(&self.intent.pools[&id], state, states);
        self.health.pools.insert(id, Arc::new(health));
    }

    pub fn edit_pool(&mut self, id: PoolId) -> &mut Pool {
        Arc::make_mut(self.intent.pools.get_mut(&id).unwrap())
    }

    pub fn set_weights(&mut self, id: PoolId, weights: &[f64]) {
        let origins = &mut self.edit_pool(id).origins;
        origins.iter_mut().zip(weights).for_each(|(origin, weight)| origin.weight = *weight);
    }

    /// Adds a zone.
    pub fn zone(&mut self, number: u8, name: &str) -> ZoneId {
        let id = ZoneId::from_bytes([number; 16]);
        let zone = Zone {
            id,
            account: ACCOUNT,
            name: name.to_owned(),
            created_on: Timestamp::UNIX_EPOCH,
            modified_on: Timestamp::UNIX_EPOCH,
            settings: ZoneSettings::default(),
        };
        self.intent.zones.insert(id, Arc::new(zone));
        id
    }

    /// Adds a load balancer of this name in a zone.
    pub fn balancer_in(
        &mut self,
        number: u8,
        name: &str,
        zone: ZoneId,
        pools: &[PoolId],
        fallback: PoolId,
    ) -> &mut LoadBalancer {
        let id = LoadBalancerId::from_bytes([number; 16]);
        let balancer = LoadBalancer {
            name: name.to_owned(),
            default_pools: pools.to_vec(),
            fallback_pool: fallback,
            proxied: true,
            steering_policy: SteeringPolicy::Off,
            ..LoadBalancer::blank(id, Scope::Zone(zone), Timestamp::UNIX_EPOCH)
        };
        self.intent.load_balancers.insert(id, Arc::new(balancer));
        Arc::make_mut(self.intent.load_balancers.get_mut(&id).unwrap())
    }

    /// Adds the load balancer of [`HOST`] in its zone.
    pub fn balancer(&mut self, pools: &[PoolId], fallback: PoolId) -> &mut LoadBalancer {
        let zone = self.zone(1, "example.com");
        self.balancer_in(1, HOST, zone, pools, fallback)
    }

    /// Makes the load balancer of [`HOST`] draw pools by these weights; the rest has weight `default_weight`.
    pub fn random(&mut self, weights: &[(PoolId, f64)], default_weight: f64) {
        let balancer = self.intent.load_balancers.values_mut().next().unwrap();
        let balancer = Arc::make_mut(balancer);
        balancer.steering_policy = SteeringPolicy::Random;
        balancer.random_steering =
            Some(RandomSteering { default_weight, pool_weights: weights.iter().copied().collect() });
    }

    pub fn table(&self) -> Table {
        compile(&self.intent, &self.health, 1)
    }
}

/// The route of a host that must have one.
pub fn route<'t>(table: &'t Table, host: &str) -> &'t Route {
    match table.identify(host) {
        Identified::LoadBalancer(route) => route,
        other => panic!("{host} is {other:?}"),
    }
}

/// Which pool and endpoint, by their numbers in the address `192.0.P.N`.
pub fn numbers(choice: &Choice<'_>) -> (u8, usize) {
    let mut parts = choice.endpoint.address.split('.').skip(2);
    let mut next = || parts.next().unwrap().parse::<usize>().unwrap();
    (next() as u8, next())
}
