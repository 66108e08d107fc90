//! A seeded simulator: hours of probing, late and repeated observations, restarts and edits, in milliseconds.
//!
//! After every step the machine is held against what must always be true, and against a second, plainer account of the
//! runs. A failure prints the seed; [`one_seed`] replays it.

use crate::{
    Effect,
    fixture::{EAST, EUROPE, MONITOR, POOL, WEST, World, endpoint, key, observation, pool},
};
use model::{
    CheckRegion, EndpointKey, EndpointState, HealthEvent, HealthSnapshot, Observation, Outcome, Pool, PoolId,
    PoolState, Region, Timestamp,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use verdict::Reason;

const PLACES: [(&str, Region); 5] = [("SJC", WEST), ("LAX", WEST), ("SEA", WEST), ("EWR", EAST), ("AMS", EUROPE)];
const ENDPOINTS: usize = 4;

/// A die with a seed (SplitMix64).
struct Die(u64);

impl Die {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % sides as u64) as usize
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.roll(one_in) == 0
    }
}

/// Prints the seed when a check fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the simulation failed with seed {}", self.0);
        }
    }
}

/// The plain account of runs, for each endpoint and place.
type Account = BTreeMap<(EndpointKey, Arc<str>), Entry>;

struct Entry {
    healthy: bool,
    /// The contrary results since the verdict, oldest first.
    contrary: Vec<bool>,
    latest: Timestamp,
}

struct Simulation {
    die: Die,
    world: World,
    /// Observations on their way, which arrive in any order, some of them twice.
    in_flight: Vec<Observation>,
    account: Account,
    /// The revision at which the question last changed.
    asked_since: u64,
}

#[test]
fn invariants_hold_over_many_seeds() {
    (0..150).for_each(one_seed);
}

fn one_seed(seed: u64) {
    let _seed = Seed(seed);
    let mut simulation = Simulation::new(seed);
    for _ in 0..400 {
        simulation.step();
    }
    simulation.settle();
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut die = Die(seed);
        let minimum_origins = die.roll(4) as u32;
        let mut world = World::with(Pool { minimum_origins, ..pool(POOL, ENDPOINTS) });
        world.edit_monitor(|monitor| {
            monitor.consecutive_down = die.roll(4) as u32;
            monitor.consecutive_up = die.roll(4) as u32;
        });
        Self { die, world, in_flight: Vec::new(), account: Account::new(), asked_since: 0 }
    }

    fn step(&mut self) {
        let wait = self.die.roll(20);
        self.world.wait(wait as u64);
        let before = self.world.machine.snapshot();
        let events = match self.die.roll(40) {
            0 => self.edit(),
            1 => self.restart(),
            2 => {
                self.world.wait(300);
                self.world.expire()
            }
            3..=5 => self.world.expire(),
            6..=22 => {
                self.probe();
                Vec::new()
            }
            _ => self.deliver(),
        };
        let after = self.world.machine.snapshot();
        events_tell_the_changes(&before, &after, &events);
        self.states_are_sound();
        self.runs_are_right();
    }

    /// A prober looks at an endpoint. Endpoints are fine, slow or gone for a while at a time.
    fn probe(&mut self) {
        let (name, region) = PLACES[self.die.roll(PLACES.len())];
        let number = self.die.roll(ENDPOINTS);
        let mood = (self.world.now.as_second() / 600 + number as i64) % 4;
        let outcome = match self.die.roll(10) {
            0 => Outcome::Inconclusive(Reason::ProberOffline),
            1 => Outcome::Fail(Reason::ReadTimeout),
            _ if mood == 0 => Outcome::Fail(Reason::TcpRefused),
            _ => Outcome::Pass,
        };
        let mut observation = observation(number, name, region, self.world.now, outcome);
        observation.revision = self.world.intent.revision;
        if self.die.chance(50) {
            observation.at += Duration::from_secs(3_600);
        }
        self.in_flight.push(observation);
    }

    fn deliver(&mut self) -> Vec<HealthEvent> {
        if self.in_flight.is_empty() {
            return Vec::new();
        }
        let index = self.die.roll(self.in_flight.len());
        let observation = match self.die.chance(8) {
            true => self.in_flight[index].clone(),
            false => self.in_flight.swap_remove(index),
        };
        let health = self.world.health().endpoints.get(&observation.target.endpoint);
        let in_force = health.and_then(|health| verdict(health.state));
        let effect = self.world.take(observation.clone());
        if !matches!(effect, Effect::Ignored(_)) {
            self.note(&observation, in_force);
        }
        match effect {
            Effect::Changed(event) => vec![*event],
            Effect::Ignored(_) | Effect::Recorded => Vec::new(),
        }
    }

    /// Keeps the plain account. Only results that are newer and answer the question of today may come this far.
    fn note(&mut self, observation: &Observation, in_force: Option<bool>) {
        assert!(observation.revision >= self.asked_since, "an answer to an old question counted");
        let (passed, at) = (observation.outcome == Outcome::Pass, observation.at.min(self.world.now));
        let monitor = &self.world.intent.monitors[&MONITOR];
        let place = (observation.target.endpoint.clone(), observation.data_center.clone());
        let first = || Entry { healthy: in_force.unwrap_or(passed), contrary: Vec::new(), latest: Timestamp::MIN };
        let entry = self.account.entry(place).or_insert_with(first);
        assert!(entry.latest < at, "an older result counted");
        entry.latest = at;
        if passed == entry.healthy {
            entry.contrary.clear();
            return;
        }
        entry.contrary.push(passed);
        let needed = if entry.healthy { monitor.consecutive_down } else { monitor.consecutive_up };
        if entry.contrary.len() >= needed.max(1) as usize {
            *entry = Entry { healthy: passed, contrary: Vec::new(), latest: at };
        }
    }

    fn edit(&mut self) -> Vec<HealthEvent> {
        let number = self.die.roll(ENDPOINTS);
        let choice = self.die.roll(7);
        let minimum = self.die.roll(ENDPOINTS + 1) as u32;
        if choice == 0 {
            self.account.values_mut().for_each(|entry| entry.contrary.clear());
            let events = self.world.edit_monitor(|monitor| monitor.path.push('x'));
            // Without the monitor nobody asks the question, and with it again everything starts anew.
            if self.world.intent.pools[&POOL].monitor.is_some() {
                self.asked_since = self.world.intent.revision;
            }
            return events;
        }
        self.world.edit_pool(|pool| match choice {
            1 => pool.enabled = !pool.enabled,
            2 => pool.minimum_origins = minimum,
            3 => pool.monitor = if pool.monitor.is_some() { None } else { Some(MONITOR) },
            4 => {
                pool.check_regions = match pool.check_regions {
                    None => Some(vec![CheckRegion::One(WEST), CheckRegion::One(EUROPE)]),
                    Some(_) => None,
                }
            }
            5 => match pool.origins.iter().position(|origin| origin.key() == key(number)) {
                Some(index) => drop(pool.origins.remove(index)),
                None => pool.origins.push(endpoint(number)),
            },
            _ => {
                let origin = pool.origins.iter_mut().find(|origin| origin.key() == key(number));
                origin.into_iter().for_each(|origin| origin.enabled = !origin.enabled);
            }
        })
    }

    fn restart(&mut self) -> Vec<HealthEvent> {
        // A restarted machine has not seen the edits, so results of older plans are kept out by dropping them here.
        self.in_flight.retain(|observation| observation.revision == self.world.intent.revision);
        self.world.restart()
    }

    fn states_are_sound(&self) {
        let pool = &self.world.intent.pools[&POOL];
        let health = self.world.health();
        assert_eq!(health.endpoints.len(), pool.origins.len());
        for origin in &pool.origins {
            let endpoint = &health.endpoints[&origin.key()];
            match (pool.enabled && origin.enabled, pool.monitor.is_some()) {
                (false, _) => assert_eq!(endpoint.state, EndpointState::Disabled),
                (true, false) => assert_eq!(endpoint.state, EndpointState::Unmonitored),
                (true, true) => {
                    assert!(!matches!(endpoint.state, EndpointState::Disabled | EndpointState::Unmonitored))
                }
            }
            let is_unhealthy = endpoint.state == EndpointState::Unhealthy;
            assert_eq!(endpoint.reason.is_some(), is_unhealthy, "{:?}", endpoint.state);
            assert!(endpoint.since.is_some());
            let judged = matches!(endpoint.state, EndpointState::Healthy | EndpointState::Unhealthy);
            assert!(judged || endpoint.data_centers.is_empty(), "verdicts without a decision");
            assert!(!judged || endpoint.remembered || !endpoint.data_centers.is_empty(), "a decision without verdicts");
        }
        let healthy = health.endpoints.values().filter(|endpoint| endpoint.state == EndpointState::Healthy).count();
        let enough = healthy >= pool.minimum_origins.max(1) as usize;
        let expected = if pool.monitor.is_some() { enough } else { true };
        assert_eq!(health.state.is_usable(), pool.enabled && expected, "{:?}", health.state);
    }

    /// Every run that the machine holds is the one in the plain account; what it has let go is struck from there too.
    fn runs_are_right(&mut self) {
        let health = self.world.machine.pool_health(POOL).unwrap();
        self.account.retain(|(endpoint, place), _| {
            health.endpoints.get(endpoint).is_some_and(|health| health.data_centers.contains_key(place))
        });
        let mut held = 0;
        for (endpoint, health) in &health.endpoints {
            for (place, verdict) in &health.data_centers {
                let run = verdict.checks[&MONITOR];
                let entry = &self.account[&(endpoint.clone(), place.clone())];
                let (against, latest) = (entry.contrary.len() as u32, entry.latest);
                assert_eq!(
                    (run.healthy, run.against, run.at),
                    (entry.healthy, against, latest),
                    "{endpoint} from {place}"
                );
                held += 1;
            }
        }
        assert_eq!(held, self.account.len());
    }

    /// Once everybody sees everything pass, everything that may be healthy is.
    fn settle(&mut self) {
        self.in_flight.clear();
        self.world.edit_pool(|pool| (pool.enabled, pool.monitor, pool.minimum_origins) = (true, Some(MONITOR), 1));
        for _ in 0..5 {
            for (name, region) in PLACES {
                (0..ENDPOINTS).for_each(|number| drop(self.world.see_from(name, region, number, Outcome::Pass)));
            }
        }
        let pool = &self.world.intent.pools[&POOL];
        let enabled = pool.origins.iter().filter(|origin| origin.enabled).count();
        let states = self.world.health().endpoints.values().filter(|endpoint| endpoint.state == EndpointState::Healthy);
        assert_eq!(states.count(), enabled);
        assert_eq!(self.world.pool_state() == PoolState::Healthy, enabled > 0);
    }
}

fn verdict(state: EndpointState) -> Option<bool> {
    match state {
        EndpointState::Healthy => Some(true),
        EndpointState::Unhealthy => Some(false),
        _ => None,
    }
}

fn verdicts(snapshot: &HealthSnapshot) -> BTreeMap<(PoolId, EndpointKey), bool> {
    let all =
        snapshot.pools.iter().flat_map(|(id, pool)| pool.endpoints.iter().map(move |(key, health)| (id, key, health)));
    let judged = all.filter_map(|(id, key, health)| Some(((*id, key.clone()), verdict(health.state)?)));
    judged.collect()
}

/// An event says exactly what became different, and nothing different goes without an event.
fn events_tell_the_changes(before: &HealthSnapshot, after: &HealthSnapshot, events: &[HealthEvent]) {
    assert!(events.len() <= 1, "one pool has one event at most");
    let (old, new) = (verdicts(before), verdicts(after));
    let changed: Vec<_> = new.iter().filter(|(place, verdict)| old.get(place) != Some(verdict)).collect();
    let Some(event) = events.first() else {
        assert!(changed.is_empty(), "a change without an event: {changed:?}");
        return;
    };
    let told: Vec<_> = event.origins.iter().filter(|origin| origin.changed).collect();
    assert_eq!(told.len(), changed.len());
    for ((_, key), verdict) in changed {
        let origin = told.iter().find(|origin| origin.address == key.address).expect("the change is told");
        assert_eq!(origin.healthy, *verdict);
    }
    let state = after.pools[&event.pool.id].state;
    assert_eq!(event.pool.healthy, state.is_usable());
    let was_usable = before.pools[&event.pool.id].state.is_usable();
    assert!(!event.pool.changed || state.is_usable() != was_usable || !state.is_usable(), "a pool change that is none");
    let flipped = state.is_usable() != was_usable && !told.is_empty();
    assert!(event.pool.changed || !flipped || state == PoolState::Unknown, "a pool change that is not told");
    assert!(event.pool.changed || !told.is_empty(), "an event without a change");
}
