//! How many observations a machine of 10,000 pools and 100,000 endpoints takes in, while somebody reads it.
//!
//! `cargo run --release -p health --example observe_speed`

use health::{Machine, QuorumPolicy};
use model::{
    AccountId, Endpoint, EndpointKey, Evidence, Intent, Monitor, MonitorId, MonitorKind, Observation, Outcome, Pool,
    PoolId, Region, TargetId, Timestamp, Timings,
};
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use verdict::Reason;

const POOLS: u32 = 10_000;
const ENDPOINTS: u32 = 10;
const PLACES: [(&str, Region); 3] =
    [("SJC", Region::WesternNorthAmerica), ("EWR", Region::EasternNorthAmerica), ("AMS", Region::WesternEurope)];
const MONITOR: MonitorId = MonitorId::from_bytes([1; 16]);

fn main() {
    let intent = intent();
    let mut machine = Machine::new(QuorumPolicy::default());
    let mut now = Timestamp::UNIX_EPOCH;
    timed("reconcile everything", 1, || drop(machine.reconcile(&intent, now)));
    for (round, outcome) in [("first", Outcome::Pass), ("same", Outcome::Pass), ("failing", refused())] {
        now += Duration::from_secs(60);
        let all = observations(now, outcome);
        let count = all.len() as u32;
        timed(&format!("one {round} observation"), count, || {
            all.into_iter().for_each(|observation| drop(machine.observe(&intent, observation, now)));
        });
    }
    timed("snapshot", 1, || drop(black_box(machine.snapshot())));
    timed("clone", 1, || drop(black_box(machine.clone())));
    timed("reconcile without a change", 1, || drop(machine.reconcile(&intent, now)));
    timed("expire with nothing due", 1, || drop(machine.expire(&intent, now)));
    now += Duration::from_secs(1_000);
    timed("expire everything", 1, || drop(machine.expire(&intent, now)));
}

fn timed(what: &str, times: u32, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("{what:28} {:?}", start.elapsed() / times);
}

fn refused() -> Outcome {
    Outcome::Fail(Reason::TcpRefused)
}

fn pool_id(number: u32) -> PoolId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.wrapping_mul(2_654_435_769).to_be_bytes());
    PoolId::from_bytes(bytes)
}

fn address(pool: u32, endpoint: u32) -> String {
    format!("10.{}.{}.{endpoint}", pool / 250, pool % 250)
}

fn observations(at: Timestamp, outcome: Outcome) -> Vec<Observation> {
    let everything = (0..POOLS).flat_map(|pool| (0..ENDPOINTS).map(move |endpoint| (pool, endpoint)));
    let seen = everything.flat_map(|(pool, endpoint)| {
        PLACES.into_iter().map(move |(data_center, region)| Observation {
            target: TargetId {
                monitor: MONITOR,
                pool: pool_id(pool),
                endpoint: EndpointKey { address: address(pool, endpoint), port: 0, virtual_network_id: None },
            },
            revision: 0,
            data_center: data_center.into(),
            region,
            at,
            outcome,
            attempts: 1,
            timings: Timings::default(),
            evidence: Evidence::default(),
        })
    });
    seen.collect()
}

fn intent() -> Intent {
    let mut intent = Intent::default();
    intent.monitors.insert(MONITOR, Arc::new(monitor()));
    for number in 0..POOLS {
        let pool = pool(number);
        intent.pools.insert(pool.id, Arc::new(pool));
    }
    intent
}

fn monitor() -> Monitor {
    Monitor {
        kind: MonitorKind::Tcp,
        method: "connection_established".to_owned(),
        path: String::new(),
        port: 80,
        retries: 0,
        ..Monitor::blank(MONITOR, AccountId::from_bytes([1; 16]), Timestamp::UNIX_EPOCH)
    }
}

fn pool(number: u32) -> Pool {
    let origins = (0..ENDPOINTS)
        .map(|endpoint| Endpoint { name: format!("endpoint-{endpoint}"), ..Endpoint::at(address(number, endpoint)) });
    Pool {
        name: format!("pool-{number}"),
        origins: origins.collect(),
        monitor: Some(MONITOR),
        ..Pool::blank(pool_id(number), AccountId::from_bytes([1; 16]), Timestamp::UNIX_EPOCH)
    }
}
