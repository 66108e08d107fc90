//! The registry: everything that a scrape of `/metrics` shows.

use super::{
    histogram::{DurationTotal, bounds_seconds},
    names::{self, Kind, Name},
    tally::{CLASSES, Cell64, EndpointCells, Listener, RefusedWhy, Tally, TlsOutcome, Upstream, WorkerCells, class},
};
use model::{PoolId, Timestamp};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet, text},
    metrics::{MetricType, counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Metric, Registry},
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use verdict::Reason;

/// The label that endpoints over the cap share.
const OTHER: &str = "(other)";

/// How much the metrics may remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Endpoints that are counted by name. Default 1,000; further ones are counted together.
    pub named_endpoints: usize,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { named_endpoints: 1000 }
    }
}

/// How a change of the intent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeOutcome {
    Applied,
    Rejected,
    Failed,
}

impl ChangeOutcome {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeOutcome::Applied => "applied",
            ChangeOutcome::Rejected => "rejected",
            ChangeOutcome::Failed => "failed",
        }
    }
}

/// What an endpoint is called in a label.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointLabels {
    pool: String,
    endpoint: String,
}

type Labelled<const N: usize> = Family<[(&'static str, &'static str); N], Counter>;

/// Every metric of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    workers: Arc<Workers>,
    mirrors: Arc<Mirrors>,

    probes: Labelled<3>,
    probe_duration: Histogram,
    probe_lateness: Histogram,
    endpoint_changes: Labelled<2>,
    pool_changes: Labelled<1>,
    changes: Labelled<1>,
    store_failures: Labelled<1>,
    api_requests: Labelled<1>,
    table_generation: Gauge,
    table_revision: Gauge,
    table_pools: Gauge,
    table_endpoints: Family<[(&'static str, &'static str); 1], Gauge>,
    table_compile: Histogram,
    snapshot_in_use: Gauge,
    snapshot_taken: Gauge,
    upgrades: Labelled<2>,
    draining: Gauge,
    drain_seconds: Gauge<f64, AtomicU64>,
    drain_cut: Labelled<1>,
}

impl Metrics {
    /// All metrics, at zero.
    pub fn new(settings: MetricsSettings) -> Self {
        let mut registry = Registry::default();
        let workers = Arc::new(Workers { settings, lanes: Mutex::default(), labels: Mutex::default() });
        let mirrors = Arc::new(Mirrors::default());
        registry.register_collector(Box::new(workers.clone()));
        registry.register_collector(Box::new(mirrors.clone()));
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register(names::BUILD.name, names::BUILD.help, build);
        Self {
            probes: put(&mut registry, names::PROBES, Family::default()),
            probe_duration: put(&mut registry, names::PROBE_DURATION, Histogram::new(bounds_seconds())),
            probe_lateness: put(&mut registry, names::PROBE_LATENESS, Histogram::new(bounds_seconds())),
            endpoint_changes: put(&mut registry, names::ENDPOINT_CHANGES, Family::default()),
            pool_changes: put(&mut registry, names::POOL_CHANGES, Family::default()),
            changes: put(&mut registry, names::CHANGES, Family::default()),
            store_failures: put(&mut registry, names::STORE_FAILURES, Family::default()),
            api_requests: put(&mut registry, names::API_REQUESTS, Family::default()),
            table_generation: put(&mut registry, names::TABLE_GENERATION, Gauge::default()),
            table_revision: put(&mut registry, names::TABLE_REVISION, Gauge::default()),
            table_pools: put(&mut registry, names::TABLE_POOLS, Gauge::default()),
            table_endpoints: put(&mut registry, names::TABLE_ENDPOINTS, Family::default()),
            table_compile: put(&mut registry, names::TABLE_COMPILE, Histogram::new(bounds_seconds())),
            snapshot_in_use: put(&mut registry, names::SNAPSHOT_IN_USE, Gauge::default()),
            snapshot_taken: put(&mut registry, names::SNAPSHOT_TAKEN, Gauge::default()),
            upgrades: put(&mut registry, names::UPGRADES, Family::default()),
            draining: put(&mut registry, names::DRAINING, Gauge::default()),
            drain_seconds: put(&mut registry, names::DRAIN_SECONDS, Gauge::default()),
            drain_cut: put(&mut registry, names::DRAIN_CUT, Family::default()),
            registry,
            workers,
            mirrors,
        }
    }

    /// Cells for one worker. What a worker that is gone has counted stays counted.
    pub fn tally(self: &Arc<Self>) -> Tally {
        Tally::new(self.clone())
    }

    /// The whole exposition, as OpenMetrics text (`application/openmetrics-text; version=1.0.0; charset=utf-8`).
    pub fn encode(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail, and nothing here makes up an error of its own.
        let _ = text::encode(&mut out, &self.registry);
        out
    }

    /// Copies counts that the access log and the story book keep themselves; called before [`Metrics::encode`].
    pub fn mirror(&self, log: &crate::AccessLog, book: &crate::StoryBook) {
        let (failures, samples) = book.kept();
        let mirrors = &self.mirrors;
        mirrors.lines.store(log.lines(), Ordering::Relaxed);
        mirrors.dropped.store(log.dropped(), Ordering::Relaxed);
        mirrors.failures.store(failures as u64, Ordering::Relaxed);
        mirrors.samples.store(samples as u64, Ordering::Relaxed);
    }

    pub(super) fn adopt(&self, cells: Arc<WorkerCells>) {
        lock(&self.workers.lanes).push(cells);
    }

    /// The labels of an endpoint, or those of "all others" once the cap is reached.
    pub(super) fn endpoint_labels(&self, key: (PoolId, u64), pool: &str, endpoint: &str) -> Arc<EndpointLabels> {
        let mut known = lock(&self.workers.labels);
        if let Some(labels) = known.get(&key) {
            return labels.clone();
        }
        let full = known.len() >= self.workers.settings.named_endpoints;
        let (pool, endpoint) = if full { (OTHER, OTHER) } else { (pool, endpoint) };
        let labels = Arc::new(EndpointLabels { pool: pool.to_owned(), endpoint: endpoint.to_owned() });
        if !full {
            known.insert(key, labels.clone());
        }
        labels
    }

    pub(crate) fn probe(&self, monitor: &'static str, outcome: &'static str, reason: Option<Reason>) {
        let reason = reason.map_or("", Reason::id);
        self.probes.get_or_create(&[("monitor", monitor), ("outcome", outcome), ("reason", reason)]).inc();
    }

    pub(crate) fn probe_took(&self, duration: Option<Duration>, lateness: Duration) {
        if let Some(duration) = duration {
            self.probe_duration.observe(duration.as_secs_f64());
        }
        self.probe_lateness.observe(lateness.as_secs_f64());
    }

    pub(crate) fn endpoint_changed(&self, to: &'static str, reason: Option<Reason>) {
        self.endpoint_changes.get_or_create(&[("to", to), ("reason", reason.map_or("", Reason::id))]).inc();
    }

    pub(crate) fn pool_changed(&self, to: &'static str) {
        self.pool_changes.get_or_create(&[("to", to)]).inc();
    }

    pub(crate) fn change(&self, outcome: ChangeOutcome) {
        self.changes.get_or_create(&[("outcome", outcome.as_str())]).inc();
    }

    pub(crate) fn store_failed(&self, operation: &'static str) {
        self.store_failures.get_or_create(&[("operation", operation)]).inc();
    }

    pub(crate) fn api_answered(&self, status: u16) {
        self.api_requests.get_or_create(&[("class", CLASSES[class(status)])]).inc();
    }

    pub(crate) fn snapshot(&self, taken: Timestamp, in_use: bool) {
        self.snapshot_in_use.set(i64::from(in_use));
        self.snapshot_taken.set(taken.as_second());
    }

    pub(crate) fn store_is_back(&self) {
        self.snapshot_in_use.set(0);
    }

    pub(crate) fn upgrade(&self, outcome: &'static str, cause: &'static str) {
        self.upgrades.get_or_create(&[("outcome", outcome), ("cause", cause)]).inc();
    }

    pub(crate) fn draining(&self, connections: u64, since: Duration) {
        self.draining.set(i64::try_from(connections).unwrap_or(i64::MAX));
        self.drain_seconds.set(since.as_secs_f64());
    }

    pub(crate) fn drain_cut(&self, protocol: &'static str, connections: u64) {
        self.drain_cut.get_or_create(&[("protocol", protocol)]).inc_by(connections);
    }

    /// Visitor connections that are open now.
    pub fn open_connections(&self) -> u64 {
        let workers = lock(&self.workers.lanes);
        let open = |worker: &Arc<WorkerCells>| {
            Listener::ALL
                .iter()
                .map(|&kind| worker.accepted[kind as usize].get().saturating_sub(worker.closed[kind as usize].get()))
                .sum::<u64>()
        };
        workers.iter().map(open).sum()
    }

    pub(crate) fn table(&self, event: &crate::TablePublished) {
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.table_generation.set(gauge(event.generation));
        self.table_revision.set(gauge(event.revision));
        self.table_pools.set(gauge(event.pools as u64));
        let unusable = event.endpoints.saturating_sub(event.usable_endpoints);
        self.table_endpoints.get_or_create(&[("usable", "true")]).set(gauge(event.usable_endpoints as u64));
        self.table_endpoints.get_or_create(&[("usable", "false")]).set(gauge(unusable as u64));
        self.table_compile.observe(event.compile.as_secs_f64());
    }
}

fn put<M: Metric + Clone>(registry: &mut Registry, name: Name, metric: M) -> M {
    registry.register(name.name, name.help, metric.clone());
    metric
}

/// A lock is held for a push, a lookup or a sum; whoever panicked left a usable state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts that live elsewhere, as of the last [`Metrics::mirror`].
#[derive(Debug, Default)]
struct Mirrors {
    lines: AtomicU64,
    dropped: AtomicU64,
    failures: AtomicU64,
    samples: AtomicU64,
}

impl Collector for Mirrors {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let get = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        counters(&mut encoder, names::ACCESS_LOG_LINES, [([], get(&self.lines))])?;
        counters(&mut encoder, names::ACCESS_LOG_DROPPED, [([], get(&self.dropped))])?;
        let kept = [([("kept", "failures")], get(&self.failures)), ([("kept", "samples")], get(&self.samples))];
        gauges(&mut encoder, names::STORIES, kept)
    }
}

/// The workers' cells, added up at every scrape.
#[derive(Debug)]
struct Workers {
    settings: MetricsSettings,
    lanes: Mutex<Vec<Arc<WorkerCells>>>,
    labels: Mutex<HashMap<(PoolId, u64), Arc<EndpointLabels>>>,
}

impl Collector for Workers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let workers = lock(&self.lanes).clone();
        let sum = |cell: &dyn Fn(&WorkerCells) -> &Cell64| workers.iter().map(|worker| cell(worker).get()).sum::<u64>();
        let out = &mut encoder;

        let classes = CLASSES.iter().enumerate().map(|(i, &class)| ([("class", class)], sum(&|w| &w.classes[i])));
        counters(out, names::REQUESTS, classes)?;
        let failures =
            Reason::ALL.iter().map(|&reason| (failure_labels(reason), sum(&|w| &w.failures[reason as usize])));
        counters(out, names::REQUEST_FAILURES, failures.filter(|&(_, count)| count > 0))?;
        durations(out, names::REQUEST_DURATION, &workers, |worker| &worker.duration)?;
        durations(out, names::ORIGIN_FIRST_BYTE, &workers, |worker| &worker.origin_first_byte)?;
        counters(out, names::REQUEST_BYTES, [([], sum(&|w| &w.bytes_in))])?;
        counters(out, names::RESPONSE_BYTES, [([], sum(&|w| &w.bytes_out))])?;
        counters(out, names::RETRIES, [([], sum(&|w| &w.retries))])?;
        counters(out, names::RETRIES_REFUSED, [([], sum(&|w| &w.retries_refused))])?;
        endpoints(out, &workers)?;

        let listeners = || Listener::ALL.iter().map(|&kind| (kind, [("listener", kind.as_str())]));
        let accepted = |kind: Listener| sum(&|w| &w.accepted[kind as usize]);
        let closed = |kind: Listener| sum(&|w| &w.closed[kind as usize]);
        counters(out, names::CONNECTIONS, listeners().map(|(kind, labels)| (labels, accepted(kind))))?;
        let open = listeners().map(|(kind, labels)| (labels, accepted(kind).saturating_sub(closed(kind))));
        gauges(out, names::CONNECTIONS_OPEN, open)?;
        let refused = RefusedWhy::ALL.iter().map(|&why| ([("why", why.as_str())], sum(&|w| &w.refused[why as usize])));
        counters(out, names::CONNECTIONS_REFUSED, refused)?;
        let tunnels = sum(&|w| &w.tunnels_opened);
        counters(out, names::TUNNELS, [([], tunnels)])?;
        gauges(out, names::TUNNELS_OPEN, [([], tunnels.saturating_sub(sum(&|w| &w.tunnels_closed)))])?;
        let tls = TlsOutcome::ALL.iter().map(|&how| ([("outcome", how.as_str())], sum(&|w| &w.tls[how as usize])));
        counters(out, names::TLS_HANDSHAKES, tls)?;
        let kinds = Upstream::ALL.iter().map(|&kind| ([("kind", kind.as_str())], sum(&|w| &w.upstream[kind as usize])));
        counters(out, names::ORIGIN_CONNECTIONS, kinds)
    }
}

fn failure_labels(reason: Reason) -> [(&'static str, &'static str); 3] {
    [("reason", reason.id()), ("party", reason.party().as_str()), ("phase", reason.phase().as_str())]
}

/// Endpoints by name; those that share a name (a second worker's, or all others) are added up.
fn endpoints(encoder: &mut DescriptorEncoder<'_>, workers: &[Arc<WorkerCells>]) -> fmt::Result {
    let cells: Vec<Arc<EndpointCells>> = workers.iter().flat_map(|worker| lock(&worker.endpoints).clone()).collect();
    let mut totals: BTreeMap<&EndpointLabels, [u64; 2]> = BTreeMap::new();
    for cells in &cells {
        let [answered, failed] = totals.entry(&cells.labels).or_default();
        *answered += cells.answered.get();
        *failed += cells.failed.get();
    }
    let series = totals.iter().flat_map(|(labels, counts)| {
        let row = |outcome, count| {
            ([("pool", labels.pool.as_str()), ("endpoint", labels.endpoint.as_str()), ("outcome", outcome)], count)
        };
        [row("answered", counts[0]), row("failed", counts[1])]
    });
    counters(encoder, names::ENDPOINT_REQUESTS, series)
}

fn counters<'l, const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: Name,
    series: impl IntoIterator<Item = ([(&'l str, &'l str); N], u64)>,
) -> fmt::Result {
    debug_assert_eq!((name.kind, name.labels.len()), (Kind::Counter, N));
    let mut metric = encoder.encode_descriptor(name.name, name.help, None, MetricType::Counter)?;
    for (labels, count) in series {
        match N {
            0 => metric.encode_counter::<NoLabelSet, _, u64>(&count, None)?,
            _ => metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?,
        }
    }
    Ok(())
}

fn gauges<'l, const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: Name,
    series: impl IntoIterator<Item = ([(&'l str, &'l str); N], u64)>,
) -> fmt::Result {
    debug_assert_eq!((name.kind, name.labels.len()), (Kind::Gauge, N));
    let mut metric = encoder.encode_descriptor(name.name, name.help, None, MetricType::Gauge)?;
    for (labels, count) in series {
        match N {
            0 => metric.encode_gauge(&count)?,
            _ => metric.encode_family(&labels)?.encode_gauge(&count)?,
        }
    }
    Ok(())
}

fn durations(
    encoder: &mut DescriptorEncoder<'_>,
    name: Name,
    workers: &[Arc<WorkerCells>],
    cells: impl Fn(&WorkerCells) -> &super::histogram::DurationCells,
) -> fmt::Result {
    let mut total = DurationTotal::default();
    workers.iter().for_each(|worker| total.add(cells(worker)));
    let mut metric = encoder.encode_descriptor(name.name, name.help, None, MetricType::Histogram)?;
    metric.encode_histogram::<NoLabelSet>(total.sum_seconds(), total.count(), &total.buckets(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessLog, RequestTally, StoryBook, StoryBookSettings};

    fn line(text: &str, series: &str) -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }

    fn pool(number: u8) -> PoolId {
        PoolId::from_bytes([number; 16])
    }

    #[test]
    fn a_scrape_adds_the_workers_up() {
        let metrics = Arc::new(Metrics::new(MetricsSettings::default()));
        let mut tallies = [metrics.tally(), metrics.tally()];
        for (worker, status) in [(0, 200), (1, 204), (1, 499), (1, 522)] {
            let tally = &mut tallies[worker];
            let reason = (status == 522).then_some(Reason::TcpConnectTimeout);
            tally.request(&RequestTally { status, reason, bytes_in: 10, attempts: 2, ..RequestTally::default() });
            tally.endpoint(pool(1), 7, "primary", "app-1", status != 522);
            tally.connection_opened(Listener::Https);
        }
        tallies[1].connection_closed(Listener::Https);
        drop(tallies);
        let text = metrics.encode();
        for (series, value) in [
            ("bellwether_requests_total{class=\"2xx\"}", 2),
            ("bellwether_requests_total{class=\"499\"}", 1),
            ("bellwether_request_failures_total{reason=\"tcp_connect_timeout\",party=\"origin\",phase=\"connect\"}", 1),
            ("bellwether_request_bytes_total", 40),
            ("bellwether_request_retries_total", 4),
            ("bellwether_request_duration_seconds_count", 4),
            ("bellwether_endpoint_requests_total{pool=\"primary\",endpoint=\"app-1\",outcome=\"answered\"}", 3),
            ("bellwether_connections_total{listener=\"https\"}", 4),
            ("bellwether_connections_open{listener=\"https\"}", 3),
        ] {
            assert_eq!(line(&text, series), Some(value), "{series}\n{text}");
        }
    }

    #[test]
    fn endpoints_over_the_cap_share_a_label() {
        let metrics = Arc::new(Metrics::new(MetricsSettings { named_endpoints: 1 }));
        let mut tally = metrics.tally();
        for (uid, name) in [(1, "first"), (2, "second"), (3, "third"), (1, "first")] {
            tally.endpoint(pool(1), uid, "primary", name, true);
        }
        let text = metrics.encode();
        let count = |pool: &str, endpoint: &str| {
            let labels = format!("pool=\"{pool}\",endpoint=\"{endpoint}\",outcome=\"answered\"");
            line(&text, &format!("bellwether_endpoint_requests_total{{{labels}}}"))
        };
        assert_eq!(count("primary", "first"), Some(2));
        assert_eq!(count("(other)", "(other)"), Some(2));
        assert_eq!(count("primary", "second"), None);
    }

    /// A metric that is not in the list of names has no documentation; one that is only in the list counts nothing.
    #[test]
    fn the_exposition_and_the_list_of_names_agree() {
        let metrics = Arc::new(Metrics::new(MetricsSettings::default()));
        metrics.mirror(&AccessLog::off(), &StoryBook::new(StoryBookSettings::default()));
        // A family with labels shows up with its first series.
        metrics.probe("http", "pass", None);
        metrics.endpoint_changed("healthy", None);
        metrics.pool_changed("healthy");
        metrics.change(ChangeOutcome::Applied);
        metrics.store_failed("commit");
        metrics.api_answered(200);
        let compile = Duration::ZERO;
        let (generation, revision, pools, endpoints, usable_endpoints) = (1, 1, 0, 0, 0);
        metrics.table(&crate::TablePublished { generation, revision, pools, endpoints, usable_endpoints, compile });
        metrics.upgrade("started", "");
        metrics.drain_cut("http1", 0);
        let text = metrics.encode();
        let mut exposed: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        let mut listed: Vec<&str> = names::ALL.iter().map(|name| name.name).collect();
        exposed.sort_unstable();
        listed.sort_unstable();
        assert_eq!(exposed, listed);
        assert!(text.ends_with("# EOF\n"));
    }
}
