//! How long it takes to compile a large table, from nothing and from the previous one, and to steer by it.
//!
//! `cargo run --release -p routing --example compile_speed`

use model::{
    AccountId, Endpoint, EndpointHealth, EndpointState, HealthSnapshot, Intent, LoadBalancer, LoadBalancerId, Pool,
    PoolHealth, PoolId, PoolState, Scope, SteeringPolicy, Timestamp, Zone, ZoneId, ZoneSettings,
};
use routing::{ClientFacts, Identified, compile, compile_from, steer};
use std::{hint::black_box, net::IpAddr, sync::Arc, time::Instant};

const POOLS: u32 = 10_000;
const ENDPOINTS: u32 = 10;
const ROUNDS: u32 = 7;
const REQUESTS: u32 = 1_000_000;

fn main() {
    let (intent, mut health) = world();
    let mut fresh = Vec::new();
    let mut again = Vec::new();
    for round in 0..ROUNDS {
        let start = Instant::now();
        let first = compile(&intent, &health, 1);
        fresh.push(start.elapsed());
        turn_one_endpoint(&mut health, round);
        let start = Instant::now();
        black_box(compile_from(&first, &intent, &health, 2));
        again.push(start.elapsed());
    }
    fresh.sort();
    again.sort();
    let middle = ROUNDS as usize / 2;
    println!("{POOLS} pools, {} endpoints, median of {ROUNDS}:", POOLS * ENDPOINTS);
    println!("  from nothing            {:?}", fresh[middle]);
    println!("  after one health change {:?}", again[middle]);
    steering(&intent, &health);
}

fn steering(intent: &Intent, health: &HealthSnapshot) {
    let table = compile(intent, health, 1);
    let client = ClientFacts { ip: IpAddr::from([203, 0, 113, 9]) };
    let hosts: Vec<_> = (0..POOLS).map(|number| format!("h{number}.example.com")).collect();
    let start = Instant::now();
    for (seed, host) in (0..REQUESTS).zip(hosts.iter().cycle()) {
        if let Identified::LoadBalancer(route) = table.identify(black_box(host)) {
            let _ = black_box(steer(route, &client, u64::from(seed)));
        }
    }
    println!("  identify and steer      {:?} per request", start.elapsed() / REQUESTS);
}

fn turn_one_endpoint(health: &mut HealthSnapshot, round: u32) {
    if let Some(pool) = health.pools.values_mut().nth(round as usize) {
        let pool = Arc::make_mut(pool);
        pool.state = PoolState::Degraded;
        pool.endpoints.values_mut().take(1).for_each(|endpoint| endpoint.state = EndpointState::Unhealthy);
    }
}

fn id(number: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.wrapping_mul(2_654_435_769).to_be_bytes());
    bytes[4..8].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn world() -> (Intent, HealthSnapshot) {
    let (mut intent, mut health) = (Intent::default(), HealthSnapshot::default());
    let (zone, account, now) = (ZoneId::from_bytes(id(1)), AccountId::from_bytes(id(1)), Timestamp::UNIX_EPOCH);
    let settings = ZoneSettings::default();
    let name = "example.com".to_owned();
    intent.zones.insert(zone, Arc::new(Zone { id: zone, account, name, created_on: now, modified_on: now, settings }));
    for number in 0..POOLS {
        let pool = pool(number, account, now);
        let healthy = EndpointHealth { state: EndpointState::Healthy, ..EndpointHealth::default() };
        let endpoints = pool.origins.iter().map(|origin| (origin.key(), healthy.clone())).collect();
        health.pools.insert(pool.id, Arc::new(PoolHealth { state: PoolState::Healthy, endpoints }));
        let balancer = balancer(number, zone, pool.id, now);
        intent.load_balancers.insert(balancer.id, Arc::new(balancer));
        intent.pools.insert(pool.id, Arc::new(pool));
    }
    (intent, health)
}

fn pool(number: u32, account: AccountId, now: Timestamp) -> Pool {
    let origins = (0..ENDPOINTS).map(|endpoint| Endpoint {
        name: format!("endpoint-{endpoint}"),
        port: 8080,
        ..Endpoint::at(format!("10.{}.{}.{endpoint}", number / 250, number % 250))
    });
    Pool {
        name: format!("pool-{number}"),
        origins: origins.collect(),
        ..Pool::blank(PoolId::from_bytes(id(number)), account, now)
    }
}

fn balancer(number: u32, zone: ZoneId, pool: PoolId, now: Timestamp) -> LoadBalancer {
    LoadBalancer {
        name: format!("h{number}.example.com"),
        default_pools: vec![pool],
        fallback_pool: pool,
        proxied: true,
        steering_policy: SteeringPolicy::Off,
        ..LoadBalancer::blank(LoadBalancerId::from_bytes(id(number)), Scope::Zone(zone), now)
    }
}
