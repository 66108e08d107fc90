//! Control planes, clocks and objects for tests.

use control::{Applied, Clock, Control, Edit, Object, Options, Rejection};
use model::{
    AccountId, Endpoint, EndpointKey, Evidence, LoadBalancer, LoadBalancerId, Monitor, MonitorGroup, MonitorGroupId,
    MonitorGroupMember, MonitorId, Observation, Outcome, Pool, PoolId, Region, Scope, SteeringPolicy, TargetId,
    Timestamp, Timings, Zone, ZoneId, ZoneSettings,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{SqliteStore, Store};
use telemetry::Telemetry;
use verdict::Reason;

/// A clock that only a test moves.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000_000_000)))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub fn turn(&self, by: Duration) {
        self.0.fetch_add(by.as_micros() as i64, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }
}

pub fn memory() -> Arc<dyn Store> {
    SqliteStore::in_memory().unwrap().shared()
}

/// A running control plane with one account and one zone.
pub struct World {
    pub control: Control,
    pub hands: Hands,
    pub account: AccountId,
    pub zone: ZoneId,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose options were changed before it began.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let hands = Hands::new();
        let mut options = Options { clock: hands.clock(), ..Options::new(memory()) };
        change(&mut options);
        let control = Control::start(options, Telemetry::silent()).await.unwrap();
        let account = *control.intent().accounts.keys().next().unwrap();
        let zone = zone(account, "example.com");
        let world = Self { control, hands, account, zone: zone.id };
        world.put(zone).await.unwrap();
        world
    }

    pub async fn put(&self, object: impl Into<Object>) -> Result<Applied<()>, Rejection> {
        put(&self.control, object).await
    }

    pub async fn delete(&self, id: impl Into<control::ObjectId>) -> Result<Applied<()>, Rejection> {
        let edit = Edit::delete(id);
        self.control.change(move |_, _| Ok((vec![edit], ()))).await
    }

    /// A stored monitor.
    pub async fn monitor(&self) -> Monitor {
        let monitor = monitor(self.account);
        self.put(monitor.clone()).await.unwrap();
        monitor
    }

    /// A stored pool with one endpoint.
    pub async fn pool(&self, name: &str) -> Pool {
        let pool = pool(self.account, name);
        self.put(pool.clone()).await.unwrap();
        pool
    }

    /// A stored pool with one endpoint, probed by a stored monitor.
    pub async fn monitored_pool(&self, name: &str) -> (Monitor, Pool) {
        let monitor = self.monitor().await;
        let pool = Pool { monitor: Some(monitor.id), ..pool(self.account, name) };
        self.put(pool.clone()).await.unwrap();
        (monitor, pool)
    }

    /// The paths of what is wrong with an object, if it were put.
    pub fn wrong(&self, object: impl Into<Object>) -> Vec<String> {
        let complaints = self.control.check(object, &self.control.intent());
        complaints.iter().map(|complaint| complaint.path.clone()).collect()
    }
}

pub async fn put(control: &Control, object: impl Into<Object>) -> Result<Applied<()>, Rejection> {
    let edit = Edit::put(object);
    control.change(move |_, _| Ok((vec![edit], ()))).await
}

/// A moment that no writer would set.
fn never() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

pub fn zone(account: AccountId, name: &str) -> Zone {
    Zone {
        id: ZoneId::random(),
        account,
        name: name.to_owned(),
        created_on: never(),
        modified_on: never(),
        settings: ZoneSettings::default(),
    }
}

pub fn monitor(account: AccountId) -> Monitor {
    Monitor { description: "is it up".to_owned(), ..Monitor::blank(MonitorId::random(), account, never()) }
}

pub fn group(account: AccountId, monitors: &[MonitorId]) -> MonitorGroup {
    let member = |monitor_id: &MonitorId| MonitorGroupMember {
        monitor_id: *monitor_id,
        enabled: true,
        monitoring_only: false,
        must_be_healthy: false,
        created_at: never(),
        updated_at: never(),
    };
    MonitorGroup {
        id: MonitorGroupId::random(),
        account,
        created_on: never(),
        modified_on: never(),
        description: "several".to_owned(),
        members: monitors.iter().map(member).collect(),
    }
}

pub fn endpoint(name: &str, address: &str) -> Endpoint {
    Endpoint { name: name.to_owned(), ..Endpoint::at(address) }
}

pub fn pool(account: AccountId, name: &str) -> Pool {
    Pool {
        name: name.to_owned(),
        origins: vec![endpoint("one", "192.0.2.1")],
        ..Pool::blank(PoolId::random(), account, never())
    }
}

pub fn balancer(scope: Scope, name: &str, pool: PoolId) -> LoadBalancer {
    LoadBalancer {
        name: name.to_owned(),
        default_pools: vec![pool],
        fallback_pool: pool,
        proxied: true,
        steering_policy: SteeringPolicy::Off,
        ..LoadBalancer::blank(LoadBalancerId::random(), scope, never())
    }
}

/// What a prober saw of the first endpoint of a pool.
pub fn observation(
    monitor: &Monitor,
    pool: &Pool,
    revision: u64,
    at: Timestamp,
    failure: Option<Reason>,
) -> Observation {
    let endpoint: EndpointKey = pool.origins[0].key();
    Observation {
        target: TargetId { monitor: monitor.id, pool: pool.id, endpoint },
        revision,
        data_center: "LCL".into(),
        region: Region::WesternNorthAmerica,
        at,
        outcome: failure.map_or(Outcome::Pass, Outcome::Fail),
        attempts: 1,
        timings: Timings { total: Some(Duration::from_millis(12)), ..Timings::default() },
        evidence: Evidence::default(),
    }
}

/// Waits until something holds of the control plane, for as long as a broken test may take.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(waited.is_ok(), "waited in vain: {what}");
}
