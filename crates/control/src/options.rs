//! What a control plane is started with: its store and clock, its limits, and its timers.

use crate::{Clock, Kind, system_clock};
use health::QuorumPolicy;
use model::Timestamp;
use routing::TableHandle;
use std::{sync::Arc, time::Duration};
use store::Store;

/// What a control plane is started with.
#[derive(Clone)]
pub struct Options {
    pub store: Arc<dyn Store>,
    /// Where tables are published. One that holds a table already, because a data plane lives by it, goes on from there.
    pub tables: TableHandle,
    pub clock: Clock,
    /// The name of the account that a first start creates.
    pub account_name: String,
    pub quotas: Quotas,
    pub policy: Policy,
    pub quorum: QuorumPolicy,
    pub timers: Timers,
    /// Present when the store is a snapshot.
    pub stand_in: Option<StandIn>,
    /// How many observations may wait for the writer before probers wait.
    pub observation_queue: usize,
    /// How many changes may wait for the writer before callers wait.
    pub change_queue: usize,
    /// How many health events are held in memory while the store does not take them; the oldest are dropped.
    pub event_backlog: usize,
    /// How many previews are kept at a time; the oldest are dropped.
    pub previews: usize,
}

impl Options {
    /// The defaults, on a store, with the machine's clock.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            tables: TableHandle::default(),
            clock: system_clock(),
            account_name: "default".to_owned(),
            quotas: Quotas::default(),
            policy: Policy::default(),
            quorum: QuorumPolicy::default(),
            timers: Timers::default(),
            stand_in: None,
            observation_queue: 4_096,
            change_queue: 64,
            event_backlog: 10_000,
            previews: 1_000,
        }
    }
}

/// That a snapshot stands in for a store that cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    pub taken: Timestamp,
    /// Why the store cannot be opened.
    pub why: String,
}

/// How many objects there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// On this node.
    pub accounts: usize,
    /// Per account.
    pub zones: usize,
    /// Per account.
    pub monitors: usize,
    /// Per account.
    pub monitor_groups: usize,
    /// Per account.
    pub pools: usize,
    /// Per account, those of its zones included.
    pub load_balancers: usize,
    /// Per zone.
    pub certificates: usize,
    /// Per zone.
    pub trust_anchors: usize,
    pub origins_per_pool: usize,
    pub members_per_monitor_group: usize,
    pub rules_per_load_balancer: usize,
    pub pool_sets_per_load_balancer: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            accounts: 100,
            zones: 1_000,
            monitors: 1_000,
            monitor_groups: 1_000,
            pools: 1_000,
            load_balancers: 1_000,
            certificates: 100,
            trust_anchors: 100,
            origins_per_pool: 1_000,
            members_per_monitor_group: 100,
            rules_per_load_balancer: 1_000,
            pool_sets_per_load_balancer: 1_000,
        }
    }
}

impl Quotas {
    /// How many objects of a kind there may be under one owner.
    pub const fn of(&self, kind: Kind) -> usize {
        match kind {
            Kind::Account => self.accounts,
            Kind::Zone => self.zones,
            Kind::Monitor => self.monitors,
            Kind::MonitorGroup => self.monitor_groups,
            Kind::Pool => self.pools,
            Kind::LoadBalancer => self.load_balancers,
            Kind::Certificate => self.certificates,
            Kind::TrustAnchor => self.trust_anchors,
        }
    }
}

/// The rules of a value that the owner of the machines decides, with the counts that bound its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether endpoints may have private, loopback and other reserved addresses without a virtual network.
    pub allow_private: bool,
    /// Seconds between two probes, at least.
    pub min_interval: u32,
    /// Seconds between two probes, at most.
    pub max_interval: u32,
    /// Seconds that one attempt may take, at most.
    pub max_timeout: u32,
    /// Extra attempts, at most.
    pub max_retries: u32,
    /// Header names that session affinity may look at.
    pub max_affinity_headers: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_private: true,
            min_interval: 1,
            max_interval: 3_600,
            max_timeout: 10,
            max_retries: 5,
            max_affinity_headers: 5,
        }
    }
}

/// The timers of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Observations publish at most one table in this time; changes publish at once.
    pub publish_gap: Duration,
    /// The health that others read is renewed at most this often while it does not change the table.
    pub health_gap: Duration,
    /// The last known health is written at most this often.
    pub save_gap: Duration,
    /// How often results are looked through for those that are too old.
    pub expire_every: Duration,
    /// How long to wait before health events are offered to a failing store again.
    pub event_retry: Duration,
    /// How long a preview can be asked for.
    pub preview_lifetime: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            publish_gap: Duration::from_millis(5),
            health_gap: Duration::from_millis(100),
            save_gap: Duration::from_secs(1),
            expire_every: Duration::from_secs(1),
            event_retry: Duration::from_secs(1),
            preview_lifetime: Duration::from_secs(600),
        }
    }
}
