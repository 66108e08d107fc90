//! How many probes one core can make in a second, and how punctually they start.
//!
//! `cargo run --release -p probe --example probe_rate -- http|https PORT TARGETS WARM_SECONDS SECONDS`
//!
//! Each target is a loopback address of its own (127.2.0.1 and up) with a server on PORT, and is due every second. Prints
//! one JSON object. The CPU time is that of this process alone, so the servers must be another.

use dial::{Dialer, DialerSettings};
use model::{
    AccountId, Endpoint, Monitor, MonitorId, MonitorKind, Observation, Outcome, PoolId, ProbePlan, ProbeTarget, Region,
    StatusSet, Timestamp,
};
use probe::{Prober, ProberSettings};
use std::{
    error::Error,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};
use telemetry::Telemetry;
use tokio::{
    sync::{mpsc, watch},
    time::timeout_at,
};
use tokio_util::sync::CancellationToken;

/// Clock ticks per second in `/proc/self/stat` (`sysconf(_SC_CLK_TCK)` is 100 on every Linux that matters here).
const TICKS: f64 = 100.0;
const LATENESS: &str = "bellwether_probe_lateness_seconds_bucket";

struct Order {
    kind: MonitorKind,
    port: u16,
    targets: u32,
    warm: Duration,
    measured: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let order = order()?;
    let telemetry = Telemetry::silent();
    let settings = ProberSettings {
        telemetry: Some(telemetry.clone()),
        is_offline: || false,
        ..ProberSettings::new("LCL", Region::WesternEurope, Dialer::new(DialerSettings::default()))
    };
    let (_plans, plan) = watch::channel(Arc::new(order.plan()));
    let (out, mut observations) = mpsc::channel(1_024);
    let stop = CancellationToken::new();
    let prober = tokio::spawn(Prober::new(settings).run(plan, out, stop.clone()));
    take(&mut observations, order.warm).await;
    let (cpu, late, start) = (cpu_seconds()?, buckets(&telemetry), Instant::now());
    let seen = take(&mut observations, order.measured).await;
    let (took, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let late: Vec<_> = buckets(&telemetry).iter().zip(late).map(|(now, then)| (now.0, now.1 - then.1)).collect();
    stop.cancel();
    prober.await?;
    println!(
        r#"{{"probes": {}, "per_second": {:.1}, "per_cpu_second": {:.1}, "lateness_p99": {:.3}, "failed": {}, "first_failure": {:?}}}"#,
        seen.probes,
        f64::from(seen.probes) / took,
        f64::from(seen.probes) / cpu,
        quantile(&late, 0.99) * 1e3,
        seen.failed,
        seen.first_failure,
    );
    Ok(())
}

fn order() -> Result<Order, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [kind, port, targets, warm, measured] = words.as_slice() else {
        return Err("usage: probe_rate http|https PORT TARGETS WARM_SECONDS SECONDS".into());
    };
    Ok(Order {
        kind: if kind == "https" { MonitorKind::Https } else { MonitorKind::Http },
        port: port.parse()?,
        targets: targets.parse()?,
        warm: Duration::from_secs(warm.parse()?),
        measured: Duration::from_secs(measured.parse()?),
    })
}

impl Order {
    fn plan(&self) -> ProbePlan {
        let monitor = Arc::new(self.monitor());
        let targets = (0..self.targets).map(|number| ProbeTarget {
            pool: PoolId::from_bytes([3; 16]),
            monitor: monitor.clone(),
            endpoint: Arc::new(endpoint(number, self.port)),
            simulated_zone: None,
        });
        ProbePlan::new(1, targets)
    }

    fn monitor(&self) -> Monitor {
        Monitor {
            id: MonitorId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            created_on: Timestamp::UNIX_EPOCH,
            modified_on: Timestamp::UNIX_EPOCH,
            kind: self.kind,
            description: String::new(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            port: 0,
            header: Default::default(),
            expected_codes: StatusSet::default(),
            expected_body: String::new(),
            follow_redirects: false,
            allow_insecure: true,
            probe_zone: String::new(),
            interval: 1,
            timeout: 5,
            retries: 0,
            consecutive_up: 0,
            consecutive_down: 0,
        }
    }
}

fn endpoint(number: u32, port: u16) -> Endpoint {
    let name = format!("endpoint-{number}");
    Endpoint { name, port, ..Endpoint::at(format!("127.2.{}.{}", number / 250, number % 250 + 1)) }
}

#[derive(Default)]
struct Seen {
    probes: u32,
    failed: u32,
    first_failure: String,
}

/// Takes observations for a while.
async fn take(observations: &mut mpsc::Receiver<Observation>, span: Duration) -> Seen {
    let mut seen = Seen::default();
    let end = tokio::time::Instant::now() + span;
    while let Ok(Some(observation)) = timeout_at(end, observations.recv()).await {
        seen.probes += 1;
        if observation.outcome != Outcome::Pass {
            seen.failed += 1;
            if seen.first_failure.is_empty() {
                seen.first_failure = format!("{:?}", observation.outcome);
            }
        }
    }
    seen
}

/// User and system time of this process.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).ok_or("a short /proc/self/stat").map(|text| text.parse::<f64>());
    Ok((ticks(11)?? + ticks(12)??) / TICKS)
}

/// Upper bounds in seconds with the probes that started within them.
fn buckets(telemetry: &Telemetry) -> Vec<(f64, f64)> {
    let text = telemetry.metrics.encode();
    let lines = text.lines().filter_map(|line| line.strip_prefix(LATENESS)?.strip_prefix("{le=\""));
    lines
        .filter_map(|line| line.split_once("\"} "))
        .map(|(bound, count)| (bound.parse().unwrap_or(f64::INFINITY), count.trim().parse().unwrap_or(0.0)))
        .collect()
}

/// A quantile out of cumulative buckets, evenly spread within its bucket.
fn quantile(buckets: &[(f64, f64)], quantile: f64) -> f64 {
    let wanted = quantile * buckets.last().map_or(0.0, |last| last.1);
    let (mut low, mut below) = (0.0, 0.0);
    for (bound, count) in buckets {
        if *count >= wanted && wanted > 0.0 {
            return if bound.is_finite() { low + (bound - low) * (wanted - below) / (count - below) } else { low };
        }
        (low, below) = (*bound, *count);
    }
    low
}
