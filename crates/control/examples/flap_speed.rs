//! What it costs when half of a pool of 1,000 endpoints comes and goes: how fast health follows, when its events are in
//! the store, and how long a change of the configuration takes meanwhile.
//!
//! `cargo run --release -p control --example flap_speed`

use control::{Control, Edit, EventFilter, Object, Options};
use model::{
    AccountId, Endpoint, Evidence, Monitor, MonitorId, MonitorKind, Observation, Outcome, Pool, PoolId, Region,
    TargetId, Timestamp, Timings,
};
use std::time::{Duration, Instant};
use store::{SqliteOptions, SqliteStore};
use telemetry::Telemetry;
use verdict::Reason;

const ENDPOINTS: usize = 1_000;
const ROUNDS: usize = 4;
/// The observations of a round come evenly over this time, as probes do.
const ROUND: Duration = Duration::from_secs(2);
/// How many observations come at a time.
const BATCH: usize = 10;
/// Between two changes.
const PAUSE: Duration = Duration::from_millis(100);
const EVENTS: u32 = 1_000_000;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&SqliteOptions::new(directory.path())).expect("a store").shared();
    let control = Control::start(Options::new(store), Telemetry::silent()).await.expect("a control plane");
    let account = *control.intent().accounts.keys().next().expect("an account");
    let (monitor, pool) = (monitor(account), pool(account));
    let pool = Pool { monitor: Some(monitor.id), ..pool };
    put(&control, monitor.clone()).await;
    put(&control, pool.clone()).await;

    let changing = tokio::spawn(change_all_the_time(control.clone(), monitor.clone()));
    let mut expected = 0;
    for round in 0..ROUNDS {
        let begun = Instant::now();
        expected += report(&control, &monitor, &pool, round).await;
        let taken = begun.elapsed();
        while control.events(EventFilter { limit: Some(1), ..EventFilter::default() }).await.expect("events")[0].id
            < expected
        {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        println!("round {round}: observed after {taken:.1?}, {expected} events stored after {:.1?}", begun.elapsed());
    }
    changing.abort();
    let changes = changing.await;
    drop(changes);
    let begun = Instant::now();
    let newest = EventFilter { limit: Some(EVENTS.min(1_000)), ..EventFilter::default() };
    let listed = control.events(newest).await.expect("events").len();
    println!("{listed} events listed in {:.1?}", begun.elapsed());
    control.shutdown().await;
    let size = std::fs::metadata(directory.path().join("bellwether.db")).expect("a file").len();
    println!("{} KiB on disk for {expected} events", size / 1_024);
}

/// One observation of every endpoint, of which every other one fails in every other round. Gives how many flip.
async fn report(control: &Control, monitor: &Monitor, pool: &Pool, round: usize) -> u64 {
    let mut flips = 0;
    let mut tick = tokio::time::interval(ROUND.mul_f64(BATCH as f64 / ENDPOINTS as f64));
    for (number, endpoint) in pool.origins.iter().enumerate() {
        if number.is_multiple_of(BATCH) {
            tick.tick().await;
        }
        let fickle = number.is_multiple_of(2);
        flips += u64::from(fickle || round == 0);
        let ill = fickle && round.is_multiple_of(2);
        let observation = Observation {
            target: TargetId { monitor: monitor.id, pool: pool.id, endpoint: endpoint.key() },
            revision: control.intent().revision,
            data_center: "LCL".into(),
            region: Region::WesternNorthAmerica,
            at: Timestamp::now(),
            outcome: if ill { Outcome::Fail(Reason::TcpRefused) } else { Outcome::Pass },
            attempts: 1,
            timings: Timings { total: Some(Duration::from_millis(12)), ..Timings::default() },
            evidence: Evidence::default(),
        };
        control.observations().send(observation).await.expect("a control plane");
    }
    flips
}

/// Makes one change after the other, and tells how long each takes.
async fn change_all_the_time(control: Control, monitor: Monitor) {
    struct Took(Vec<Duration>);
    impl Drop for Took {
        fn drop(&mut self) {
            self.0.sort();
            let (count, last) = (self.0.len(), self.0.last());
            println!("{count} changes: median {:.1?}, longest {:.1?}", self.0.get(count / 2), last);
        }
    }
    let mut took = Took(Vec::new());
    for number in 0.. {
        let begun = Instant::now();
        put(&control, Monitor { description: format!("change {number}"), ..monitor.clone() }).await;
        took.0.push(begun.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
}

async fn put(control: &Control, object: impl Into<Object>) {
    let edit = Edit::put(object);
    control.change(move |_, _| Ok((vec![edit], ()))).await.expect("a change");
}

fn monitor(account: AccountId) -> Monitor {
    Monitor {
        id: MonitorId::random(),
        account,
        created_on: Timestamp::UNIX_EPOCH,
        modified_on: Timestamp::UNIX_EPOCH,
        kind: MonitorKind::Http,
        description: String::new(),
        method: "GET".to_owned(),
        path: "/".to_owned(),
        port: 0,
        header: Default::default(),
        expected_codes: Default::default(),
        expected_body: String::new(),
        follow_redirects: false,
        allow_insecure: false,
        probe_zone: String::new(),
        interval: 2,
        timeout: 1,
        retries: 0,
        consecutive_up: 0,
        consecutive_down: 0,
    }
}

fn pool(account: AccountId) -> Pool {
    let endpoint = |number: usize| Endpoint {
        name: format!("e-{number}"),
        ..Endpoint::at(format!("10.0.{}.{}", number / 250, number % 250))
    };
    Pool {
        name: "many".to_owned(),
        origins: (0..ENDPOINTS).map(endpoint).collect(),
        ..Pool::blank(PoolId::random(), account, Timestamp::UNIX_EPOCH)
    }
}
