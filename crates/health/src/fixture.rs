//! A small world for tests: one pool of three endpoints, one monitor, and a clock that tests turn themselves.

use crate::{Effect, Machine, QuorumPolicy};
use model::{
    AccountId, Endpoint, EndpointKey, EndpointState, Evidence, HealthEvent, Intent, Monitor, MonitorGroup,
    MonitorGroupId, MonitorGroupMember, MonitorId, Observation, Outcome, Pool, PoolHealth, PoolId, PoolState, Region,
    TargetId, Timestamp, Timings,
};
use std::{sync::Arc, time::Duration};
use verdict::Reason;

pub const POOL: PoolId = PoolId::from_bytes([1; 16]);
pub const MONITOR: MonitorId = MonitorId::from_bytes([2; 16]);
pub const GROUP: MonitorGroupId = MonitorGroupId::from_bytes([3; 16]);
pub const WEST: Region = Region::WesternNorthAmerica;
pub const EAST: Region = Region::EasternNorthAmerica;
pub const EUROPE: Region = Region::WesternEurope;
pub const REFUSED: Outcome = Outcome::Fail(Reason::TcpRefused);

pub fn start() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

/// A monitor with an interval of 60 s, a timeout of 5 s and no retries: its verdicts live for 185 s.
pub fn monitor(id: MonitorId) -> Monitor {
    Monitor { retries: 0, ..Monitor::blank(id, AccountId::from_bytes([9; 16]), start()) }
}

pub fn endpoint(number: usize) -> Endpoint {
    Endpoint { name: format!("endpoint-{number}"), ..Endpoint::at(format!("192.0.2.{number}")) }
}

pub fn key(number: usize) -> EndpointKey {
    endpoint(number).key()
}

pub fn pool(id: PoolId, endpoints: usize) -> Pool {
    Pool {
        name: "pool".to_owned(),
        origins: (0..endpoints).map(endpoint).collect(),
        monitor: Some(MONITOR),
        ..Pool::blank(id, AccountId::from_bytes([9; 16]), start())
    }
}

pub fn observation(endpoint: usize, data_center: &str, region: Region, at: Timestamp, outcome: Outcome) -> Observation {
    Observation {
        target: TargetId { monitor: MONITOR, pool: POOL, endpoint: key(endpoint) },
        revision: u64::MAX,
        data_center: data_center.into(),
        region,
        at,
        outcome,
        attempts: 1,
        timings: Timings::default(),
        evidence: Evidence::default(),
    }
}

/// A machine with its intent and clock.
pub struct World {
    pub intent: Intent,
    pub machine: Machine,
    pub now: Timestamp,
}

impl World {
    /// One reconciled pool with this many endpoints and a monitor.
    pub fn new(endpoints: usize) -> Self {
        Self::with(pool(POOL, endpoints))
    }

    /// One reconciled pool.
    pub fn with(pool: Pool) -> Self {
        let mut intent = Intent { revision: 1, ..Intent::default() };
        intent.monitors.insert(MONITOR, Arc::new(monitor(MONITOR)));
        intent.pools.insert(pool.id, Arc::new(pool));
        let mut world = Self { intent, machine: Machine::new(QuorumPolicy::default()), now: start() };
        assert_eq!(world.reconcile(), []);
        world
    }

    pub fn reconcile(&mut self) -> Vec<HealthEvent> {
        self.machine.reconcile(&self.intent, self.now)
    }

    pub fn edit_pool(&mut self, edit: impl FnOnce(&mut Pool)) -> Vec<HealthEvent> {
        edit(Arc::make_mut(self.intent.pools.get_mut(&POOL).unwrap()));
        self.intent.revision += 1;
        self.reconcile()
    }

    pub fn edit_monitor(&mut self, edit: impl FnOnce(&mut Monitor)) -> Vec<HealthEvent> {
        edit(Arc::make_mut(self.intent.monitors.get_mut(&MONITOR).unwrap()));
        self.intent.revision += 1;
        self.reconcile()
    }

    /// Puts the pool under a group of as many monitors as there are members, and gives their ids.
    pub fn use_group(&mut self, members: &[Vote]) -> Vec<MonitorId> {
        let ids: Vec<_> = (0..members.len()).map(|number| MonitorId::from_bytes([10 + number as u8; 16])).collect();
        let group = MonitorGroup {
            id: GROUP,
            account: AccountId::from_bytes([9; 16]),
            created_on: start(),
            modified_on: start(),
            description: String::new(),
            members: members.iter().zip(&ids).map(|(vote, id)| member(*vote, *id)).collect(),
        };
        for id in &ids {
            self.intent.monitors.insert(*id, Arc::new(monitor(*id)));
        }
        self.intent.monitor_groups.insert(GROUP, Arc::new(group));
        self.edit_pool(|pool| (pool.monitor, pool.monitor_group) = (None, Some(GROUP)));
        ids
    }

    /// A second goes by, then data center `LCL` sees this.
    pub fn see(&mut self, endpoint: usize, outcome: Outcome) -> Effect {
        self.see_from("LCL", WEST, endpoint, outcome)
    }

    /// A second goes by, then this data center sees this.
    pub fn see_from(&mut self, data_center: &str, region: Region, endpoint: usize, outcome: Outcome) -> Effect {
        self.wait(1);
        self.take(observation(endpoint, data_center, region, self.now, outcome))
    }

    /// A second goes by, then one monitor of a group sees this.
    pub fn see_with(&mut self, monitor: MonitorId, endpoint: usize, outcome: Outcome) -> Effect {
        self.wait(1);
        let mut observation = observation(endpoint, "LCL", WEST, self.now, outcome);
        observation.target.monitor = monitor;
        self.take(observation)
    }

    pub fn take(&mut self, observation: Observation) -> Effect {
        self.machine.apply(&self.intent, observation, self.now)
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    pub fn expire(&mut self) -> Vec<HealthEvent> {
        self.machine.expire(&self.intent, self.now)
    }

    /// A new machine takes over from a snapshot of this one.
    pub fn restart(&mut self) -> Vec<HealthEvent> {
        let snapshot = self.machine.snapshot();
        self.machine = Machine::new(QuorumPolicy::default());
        self.machine.restore(snapshot);
        self.reconcile()
    }

    pub fn health(&self) -> &PoolHealth {
        self.machine.pool_health(POOL).unwrap()
    }

    pub fn state(&self, endpoint: usize) -> EndpointState {
        self.health().endpoints[&key(endpoint)].state
    }

    pub fn pool_state(&self) -> PoolState {
        self.health().state
    }

    pub fn is_remembered(&self, endpoint: usize) -> bool {
        self.health().endpoints[&key(endpoint)].remembered
    }
}

/// What say a member of a group has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    Plain,
    Must,
    Watching,
    Off,
}

fn member(vote: Vote, monitor_id: MonitorId) -> MonitorGroupMember {
    MonitorGroupMember {
        monitor_id,
        enabled: vote != Vote::Off,
        monitoring_only: vote == Vote::Watching,
        must_be_healthy: vote == Vote::Must,
        created_at: start(),
        updated_at: start(),
    }
}

impl Effect {
    /// The event of an effect that must be a change.
    pub fn event(self) -> HealthEvent {
        match self {
            Effect::Changed(event) => *event,
            other => panic!("no change: {other:?}"),
        }
    }
}
