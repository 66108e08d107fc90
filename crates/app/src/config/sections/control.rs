//! The management API, the store behind it, and how much may be made through it.

use crate::config::{
    forms::{LISTEN, SPAN, Size, Text, Whole},
    reader::{Key, Reader, key},
};
use api::{ApiSettings, RateLimit};
use control::{Policy, Quotas, Timers};
use model::Secret;
use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

/// The management API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    pub listen: SocketAddr,
    /// `None`: the one in force, or one that a first start makes.
    pub token: Option<Secret>,
    pub settings: ApiSettings,
}

/// Where intent, events and health are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file, relative to the data directory.
    Sqlite(PathBuf),
}

pub fn api(reader: &mut Reader, read_timeout: Duration) -> ApiConfig {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8787));
    reader.read(key("api.listen", "Where the management API is served"), &mut listen, LISTEN);
    let mut token = None;
    reader.read(
        key("api.token", "The bearer token; without one, a first start makes one and tells it once").secret(),
        &mut token,
        Text {
            parse: |text| Some((!text.is_empty()).then(|| Secret::new(text))),
            show: |token| token.as_ref().map_or_else(String::new, |token| token.expose().to_owned()),
            expects: "a text",
        },
    );
    let mut settings = ApiSettings { origin_read_timeout: read_timeout, ..ApiSettings::default() };
    reader.read(key("api.body_limit", "The longest body of a call"), &mut settings.body_limit, Size(1 << 10..=1 << 30));
    reader.read(key("api.body_timeout", "How long a body may take to arrive"), &mut settings.body_timeout, SPAN);
    reader.read(
        key("api.idle_timeout", "How long nothing may move on a connection to the API"),
        &mut settings.idle_timeout,
        SPAN,
    );
    let counts: [(Key, &mut usize); 4] = [
        (key("api.connections", "Connections to the API at a time; more wait"), &mut settings.connections),
        (key("api.depth_limit", "How deep a body may be nested"), &mut settings.depth_limit),
        (key("api.complaints_shown", "Complaints that one answer shows"), &mut settings.complaints_shown),
        (key("api.counted_clients", "Clients whose calls are counted at a time"), &mut settings.counted_clients),
    ];
    for (key, slot) in counts {
        reader.read(key, slot, Whole(1..=1_000_000));
    }
    let rates: [(Key, Key, &mut RateLimit); 2] = [
        (
            key("api.token_calls", "Calls per token in `api.token_window`"),
            key("api.token_window", "The time that calls per token are counted over"),
            &mut settings.token_rate,
        ),
        (
            key("api.address_calls", "Calls per client address in `api.address_window`"),
            key("api.address_window", "The time that calls per address are counted over"),
            &mut settings.address_rate,
        ),
    ];
    for (calls, window, slot) in rates {
        reader.read(calls, &mut slot.calls, Whole(1..=1_000_000_000));
        reader.read(window, &mut slot.window, SPAN);
    }
    ApiConfig { listen, token, settings }
}

/// The store.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    pub url: StoreUrl,
    /// How many health events are kept.
    pub events: u64,
    /// Between two snapshots, at least.
    pub snapshot_gap: Duration,
    /// Between two looks whether a store that is gone is back.
    pub retry: Duration,
}

pub fn store(reader: &mut Reader) -> StoreConfig {
    let mut url = StoreUrl::Sqlite(PathBuf::from("bellwether.db"));
    reader.read(
        key("store.url", "Where intent, events and health are kept; a file is relative to the data directory"),
        &mut url,
        Text {
            parse: |text| {
                let file = text.strip_prefix("sqlite://")?;
                (!file.is_empty()).then(|| StoreUrl::Sqlite(file.into()))
            },
            show: |StoreUrl::Sqlite(file)| format!("sqlite://{}", file.display()),
            expects: "\"sqlite://FILE\" (a fleet store, etcd://, is not there yet)",
        },
    );
    let mut events = 100_000;
    reader.read(key("store.events", "Health events that are kept"), &mut events, Whole(1..=100_000_000));
    let (mut snapshot_gap, mut retry) = (Duration::from_secs(10), Duration::from_secs(10));
    reader.read(
        key("store.snapshot_gap", "A snapshot is taken when something has changed, at most once in this time"),
        &mut snapshot_gap,
        SPAN,
    );
    reader.read(
        key("store.retry", "How often is looked whether a store is back that could not be opened"),
        &mut retry,
        SPAN,
    );
    StoreConfig { url, events, snapshot_gap, retry }
}

/// The timers of the control plane.
pub fn timers(reader: &mut Reader) -> Timers {
    let mut timers = Timers::default();
    let spans: [(Key, &mut Duration); 6] = [
        (
            key("control.publish_gap", "Observations publish at most one routing table in this time"),
            &mut timers.publish_gap,
        ),
        (
            key("control.health_gap", "The health that others read is renewed at most this often"),
            &mut timers.health_gap,
        ),
        (key("control.save_gap", "The last known health is written at most this often"), &mut timers.save_gap),
        (key("control.expire_every", "How often results are looked through for old ones"), &mut timers.expire_every),
        (key("control.event_retry", "How long a failing store is left alone with events"), &mut timers.event_retry),
        (key("control.preview_lifetime", "How long a preview can be asked for"), &mut timers.preview_lifetime),
    ];
    for (key, slot) in spans {
        reader.read(key, slot, SPAN);
    }
    timers
}

/// The rules of monitors that the owner of the machines decides.
pub fn policy(reader: &mut Reader, allow_private: bool) -> Policy {
    let mut policy = Policy { allow_private, ..Policy::default() };
    let numbers: [(Key, &mut u32, RangeInclusive<u32>); 4] = [
        (key("monitor.min_interval", "The fewest seconds between two probes"), &mut policy.min_interval, 1..=86_400),
        (key("monitor.max_interval", "The most seconds between two probes"), &mut policy.max_interval, 1..=86_400),
        (key("monitor.max_timeout", "The most seconds that one attempt may take"), &mut policy.max_timeout, 1..=600),
        (key("monitor.max_retries", "The most extra attempts"), &mut policy.max_retries, 0..=100),
    ];
    for (key, slot, range) in numbers {
        reader.read(key, slot, Whole(range));
    }
    if policy.min_interval > policy.max_interval {
        let problem = format!("{} is more than monitor.max_interval, {}", policy.min_interval, policy.max_interval);
        reader.complain(None, "monitor.min_interval", problem, "lower it, or raise monitor.max_interval");
    }
    policy
}

pub fn quotas(reader: &mut Reader) -> Quotas {
    let mut quotas = Quotas::default();
    let counts: [(Key, &mut usize); 11] = [
        (key("quota.zones", "Zones per account"), &mut quotas.zones),
        (key("quota.monitors", "Monitors per account"), &mut quotas.monitors),
        (key("quota.monitor_groups", "Monitor groups per account"), &mut quotas.monitor_groups),
        (key("quota.pools", "Pools per account"), &mut quotas.pools),
        (key("quota.load_balancers", "Load balancers per account"), &mut quotas.load_balancers),
        (key("quota.certificates", "Edge certificates per zone"), &mut quotas.certificates),
        (key("quota.trust_anchors", "Authorities in a zone's origin trust store"), &mut quotas.trust_anchors),
        (key("quota.origins_per_pool", "Endpoints in a pool"), &mut quotas.origins_per_pool),
        (key("quota.members_per_monitor_group", "Monitors in a monitor group"), &mut quotas.members_per_monitor_group),
        (key("quota.rules_per_load_balancer", "Rules of a load balancer"), &mut quotas.rules_per_load_balancer),
        (
            key("quota.pool_sets_per_load_balancer", "Pool sets of a load balancer"),
            &mut quotas.pool_sets_per_load_balancer,
        ),
    ];
    for (key, slot) in counts {
        reader.read(key, slot, Whole(0..=10_000_000));
    }
    quotas
}
