//! The journey of a probe result to its end: observations move health, health makes a table, the table moves traffic.

use crate::{
    Role, Table, compile, compile_from,
    fixture::{CLIENT, HOST, World, numbers, route},
    steer,
};
use health::{Machine, QuorumPolicy};
use model::{Evidence, Intent, Monitor, MonitorId, Observation, Outcome, PoolId, Region, TargetId, Timestamp, Timings};
use std::{collections::BTreeSet, time::Duration};
use verdict::Reason;

const REFUSED: Outcome = Outcome::Fail(Reason::TcpRefused);

/// A machine, the intent that it follows, and the table made of both.
struct House {
    intent: Intent,
    machine: Machine,
    table: Table,
    now: Timestamp,
}

impl House {
    /// With pools 1 and 2, in this order, of three and one endpoints, and pool 3 with one as fallback.
    fn new(edit: impl FnOnce(&mut World)) -> Self {
        let mut world = World::default();
        let (a, b, last) = (world.healthy(1, 3), world.healthy(2, 1), world.healthy(3, 1));
        world.balancer(&[a, b], last);
        edit(&mut world);
        let monitor = monitor(world.intent.pools[&a].monitor.unwrap_or(MonitorId::from_bytes([8; 16])));
        world.intent.monitors.insert(monitor.id, monitor.into());
        let machine = Machine::new(QuorumPolicy::default());
        let mut house = Self { intent: world.intent, machine, table: Table::default(), now: Timestamp::UNIX_EPOCH };
        house.reconcile();
        house
    }

    fn reconcile(&mut self) {
        self.machine.reconcile(&self.intent, self.now);
        self.table = compile(&self.intent, &self.machine.snapshot(), self.table.generation + 1);
    }

    /// A second later endpoint `number` of pool `pool` is seen like this, and the table follows.
    fn see(&mut self, (pool, number): (u8, usize), outcome: Outcome) {
        self.now += Duration::from_secs(1);
        let pool = PoolId::from_bytes([pool; 16]);
        let endpoint = self.intent.pools[&pool].origins[number].key();
        let observation = Observation {
            target: TargetId { monitor: MonitorId::from_bytes([8; 16]), pool, endpoint },
            revision: self.intent.revision,
            data_center: "LCL".into(),
            region: Region::WesternEurope,
            at: self.now,
            outcome,
            attempts: 1,
            timings: Timings::default(),
            evidence: Evidence::default(),
        };
        self.machine.observe(&self.intent, observation, self.now);
        let generation = self.table.generation + 1;
        self.table = compile_from(&self.table, &self.intent, &self.machine.snapshot(), generation);
    }

    fn see_all(&mut self, places: impl IntoIterator<Item = (u8, usize)>, outcome: Outcome) {
        places.into_iter().for_each(|place| self.see(place, outcome));
    }

    /// Where traffic goes, over many seeds.
    fn targets(&self) -> BTreeSet<(u8, usize)> {
        let choices = (0..200).map(|seed| steer(route(&self.table, HOST), &CLIENT, seed));
        choices.map(|choice| numbers(&choice.expect("something serves"))).collect()
    }

    fn role(&self) -> Role {
        steer(route(&self.table, HOST), &CLIENT, 0).expect("something serves").role
    }
}

fn monitor(id: MonitorId) -> Monitor {
    Monitor { retries: 0, ..Monitor::blank(id, model::AccountId::from_bytes([9; 16]), Timestamp::UNIX_EPOCH) }
}

const FIRST: [(u8, usize); 3] = [(1, 0), (1, 1), (1, 2)];

// LB-47
#[test]
fn until_the_first_results_the_fallback_serves() {
    let mut house = House::new(|_| {});
    assert_eq!((house.targets(), house.role()), (BTreeSet::from([(3, 0)]), Role::Fallback));
    house.see((1, 1), Outcome::Pass);
    assert_eq!((house.targets(), house.role()), (BTreeSet::from([(1, 1)]), Role::Default));
}

// LB-48
#[test]
fn a_pool_without_monitor_serves_whatever_is_seen() {
    let mut house = House::new(|world| world.edit_pool(PoolId::from_bytes([1; 16])).monitor = None);
    house.see_all(FIRST, REFUSED);
    assert_eq!(house.targets(), BTreeSet::from(FIRST));
}

// LB-54
#[test]
fn the_minimum_decides_when_the_next_pool_takes_over() {
    let mut house = House::new(|world| world.edit_pool(PoolId::from_bytes([1; 16])).minimum_origins = 2);
    house.see_all(FIRST.into_iter().chain([(2, 0)]), Outcome::Pass);
    house.see((1, 0), REFUSED);
    assert_eq!(house.targets(), BTreeSet::from([(1, 1), (1, 2)]));
    house.see((1, 1), REFUSED);
    assert_eq!(house.targets(), BTreeSet::from([(2, 0)]));
}

// LB-55, LB-72
#[test]
fn traffic_moves_down_the_order_to_the_fallback_and_back_up() {
    let mut house = House::new(|_| {});
    house.see_all(FIRST.into_iter().chain([(2, 0), (3, 0)]), Outcome::Pass);
    assert_eq!(house.targets(), BTreeSet::from(FIRST));
    house.see_all(FIRST, REFUSED);
    assert_eq!(house.targets(), BTreeSet::from([(2, 0)]));
    house.see_all([(2, 0), (3, 0)], REFUSED);
    assert_eq!((house.targets(), house.role()), (BTreeSet::from([(3, 0)]), Role::Fallback));
    house.see((1, 2), Outcome::Pass);
    assert_eq!((house.targets(), house.role()), (BTreeSet::from([(1, 2)]), Role::Default));
}

// LB-57
#[test]
fn a_disabled_endpoint_gets_nothing_and_does_not_count() {
    let mut house = House::new(|world| {
        let pool = world.edit_pool(PoolId::from_bytes([1; 16]));
        pool.minimum_origins = 3;
        pool.origins[0].enabled = false;
    });
    house.see_all(FIRST.into_iter().chain([(2, 0)]), Outcome::Pass);
    assert_eq!(house.targets(), BTreeSet::from([(2, 0)]), "two of the three that the pool needs");
}

// LB-58
#[test]
fn an_endpoint_of_weight_zero_counts_as_healthy_and_gets_nothing() {
    let mut house = House::new(|world| {
        let pool = world.edit_pool(PoolId::from_bytes([1; 16]));
        pool.minimum_origins = 3;
        pool.origins[0].weight = 0.0;
    });
    house.see_all(FIRST, Outcome::Pass);
    assert_eq!(house.targets(), BTreeSet::from([(1, 1), (1, 2)]));
}
