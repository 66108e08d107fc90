//! When to check what. Pure: the time is given in, and nothing here waits.
//!
//! Each target has a phase of its own within its interval, from a hash of its identity: so the checks of many targets
//! spread evenly, and stay where they are across restarts and plans. A target that is new, or whose question changed,
//! is checked soon, and then falls into its phase.

use model::{PoolId, ProbePlan, ProbeTarget, SharedMap, TargetId};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

/// A check whose time has come.
#[derive(Clone, Debug)]
pub struct Due {
    /// To be handed back with [`Schedule::finish`].
    pub ticket: Ticket,
    pub target: Arc<ProbeTarget>,
    /// The revision of the plan.
    pub revision: u64,
    /// When it should have begun.
    pub due: Instant,
}

/// Names one run of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    slot: usize,
    /// Which question the slot held when the check began.
    question: u64,
}

/// The targets of the current plan and when each is due.
#[derive(Debug)]
pub struct Schedule {
    first_within: Duration,
    /// Phases count from here.
    origin: Instant,
    revision: u64,
    /// The targets of the plan, by pool.
    planned: SharedMap<PoolId, Arc<[ProbeTarget]>>,
    slots: HashMap<usize, Slot>,
    by_target: HashMap<TargetId, usize>,
    /// The slots that wait for their time, soonest first.
    queue: BTreeSet<(Instant, usize)>,
    next_slot: usize,
    next_question: u64,
}

#[derive(Debug)]
struct Slot {
    target: Arc<ProbeTarget>,
    hash: u64,
    question: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting(Instant),
    Running,
    /// Under way with a question that is no longer asked; the new one waits for it to end.
    Outdated,
    /// Under way although the target left the plan. Kept, so that it is not checked twice at once should it come back.
    Leaving,
}

impl Schedule {
    /// A schedule without targets. New targets are first checked within `first_within`.
    pub fn new(first_within: Duration, now: Instant) -> Self {
        Self {
            first_within,
            origin: now,
            revision: 0,
            planned: SharedMap::new(),
            slots: HashMap::new(),
            by_target: HashMap::new(),
            queue: BTreeSet::new(),
            next_slot: 0,
            next_question: 0,
        }
    }

    /// Takes over a plan. What is in both plans unchanged keeps its timing; what is gone is not started again; what is
    /// new or changed is due soon. Disabled endpoints are never due (LB-57). Pools that two plans share cost nothing.
    pub fn apply(&mut self, plan: &ProbePlan, now: Instant) {
        self.revision = plan.revision;
        let before = std::mem::replace(&mut self.planned, plan.pools.clone());
        for span in plan.pools.changes_since(&before.mark()) {
            for (_, gone) in before.range(span).filter(|(pool, _)| !plan.pools.contains_key(pool)) {
                self.apply_pool(gone, &[], now);
            }
            for (pool, targets) in plan.pools.range(span) {
                let known = before.get(pool);
                if !known.is_some_and(|known| Arc::ptr_eq(known, targets)) {
                    self.apply_pool(known.map_or(&[], AsRef::as_ref), targets, now);
                }
            }
        }
    }

    fn apply_pool(&mut self, before: &[ProbeTarget], targets: &[ProbeTarget], now: Instant) {
        let known = before.iter().filter_map(|target| self.by_target.remove_entry(&target.id()));
        let mut known: HashMap<TargetId, usize> = known.collect();
        for target in targets.iter().filter(|target| target.endpoint.enabled) {
            let id = target.id();
            let slot = match known.remove(&id).or_else(|| self.leaving(&id)) {
                Some(slot) => self.renew(slot, target, now),
                // Named twice.
                None if self.by_target.contains_key(&id) => continue,
                None => self.add(target, &id, now),
            };
            self.by_target.insert(id, slot);
        }
        for (id, slot) in known {
            self.dismiss(id, slot);
        }
    }

    /// The slot of a target that left an earlier plan and is still being checked.
    fn leaving(&self, id: &TargetId) -> Option<usize> {
        let number = self.by_target.get(id)?;
        self.slots.get(number).is_some_and(|slot| slot.state == State::Leaving).then_some(*number)
    }

    /// When the next check is due; `None` when nothing waits.
    pub fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// A check that is due, which counts as under way from now on; `None` when nothing is due.
    pub fn take(&mut self, now: Instant) -> Option<Due> {
        let (due, number) = *self.queue.first().filter(|(due, _)| *due <= now)?;
        self.queue.pop_first();
        let slot = self.slots.get_mut(&number)?;
        slot.state = State::Running;
        let ticket = Ticket { slot: number, question: slot.question };
        Some(Due { ticket, target: slot.target.clone(), revision: self.revision, due })
    }

    /// Says that a check is over. True when its result still answers a question of the current plan.
    pub fn finish(&mut self, ticket: Ticket, now: Instant) -> bool {
        let Some(slot) = self.slots.get_mut(&ticket.slot) else { return false };
        let counts = slot.question == ticket.question;
        let due = match slot.state {
            State::Leaving => {
                let id = slot.target.id();
                self.slots.remove(&ticket.slot);
                self.by_target.remove(&id);
                return false;
            }
            State::Outdated => now,
            _ => next_in_phase(self.origin, slot.target.monitor.interval(), slot.hash, now),
        };
        slot.state = State::Waiting(due);
        self.queue.insert((due, ticket.slot));
        counts
    }

    fn add(&mut self, target: &ProbeTarget, id: &TargetId, now: Instant) -> usize {
        let number = self.next_slot;
        self.next_slot += 1;
        let hash = hash(id);
        let due = now + within(self.first_within, hash);
        let question = self.new_question();
        let slot = Slot { target: Arc::new(target.clone()), hash, question, state: State::Waiting(due) };
        self.slots.insert(number, slot);
        self.queue.insert((due, number));
        number
    }

    fn renew(&mut self, number: usize, target: &ProbeTarget, now: Instant) -> usize {
        let question = self.new_question();
        let first_within = self.first_within;
        let Some(slot) = self.slots.get_mut(&number) else { return number };
        let is_same = slot.state != State::Leaving && asks_the_same(&slot.target, target);
        slot.target = Arc::new(target.clone());
        if is_same {
            return number;
        }
        slot.question = question;
        match slot.state {
            State::Waiting(due) => {
                self.queue.remove(&(due, number));
                let soon = now + within(first_within, slot.hash);
                slot.state = State::Waiting(soon);
                self.queue.insert((soon, number));
            }
            _ => slot.state = State::Outdated,
        }
        number
    }

    fn dismiss(&mut self, id: TargetId, number: usize) {
        match self.slots.get_mut(&number) {
            Some(Slot { state: State::Waiting(due), .. }) => {
                self.queue.remove(&(*due, number));
                self.slots.remove(&number);
            }
            Some(slot) => {
                slot.state = State::Leaving;
                self.by_target.insert(id, number);
            }
            None => {}
        }
    }

    fn new_question(&mut self) -> u64 {
        self.next_question += 1;
        self.next_question
    }
}

/// Whether two targets would be asked the same, as often, and judged the same by a prober.
fn asks_the_same(one: &ProbeTarget, other: &ProbeTarget) -> bool {
    let monitors = Arc::ptr_eq(&one.monitor, &other.monitor) || {
        let (a, b) = (&one.monitor, &other.monitor);
        (a.kind, a.port, a.interval, a.timeout, a.retries) == (b.kind, b.port, b.interval, b.timeout, b.retries)
            && (a.follow_redirects, a.allow_insecure) == (b.follow_redirects, b.allow_insecure)
            && (&a.method, &a.path, &a.header) == (&b.method, &b.path, &b.header)
            && (&a.expected_codes, &a.expected_body) == (&b.expected_codes, &b.expected_body)
    };
    monitors && one.endpoint.host == other.endpoint.host && one.simulated_zone == other.simulated_zone
}

/// A stable number for a target: the same on every machine, in every run.
fn hash(id: &TargetId) -> u64 {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(id.monitor.as_bytes());
    bytes.extend(id.pool.as_bytes());
    bytes.extend(id.endpoint.to_string().as_bytes());
    xxh3_64(&bytes)
}

/// A moment within `span`, evenly spread by the hash.
fn within(span: Duration, hash: u64) -> Duration {
    Duration::from_nanos(((u128::from(hash) * span.as_nanos()) >> 64) as u64)
}

/// The first moment after `now` that lies in the phase of a target. Moments that were missed are not made up for.
fn next_in_phase(origin: Instant, interval: Duration, hash: u64, now: Instant) -> Instant {
    let interval = interval.max(Duration::from_millis(1));
    let first = origin + within(interval, hash);
    let since = now.saturating_duration_since(first);
    match now < first {
        true => first,
        false => {
            first + Duration::from_nanos(((since.as_nanos() / interval.as_nanos() + 1) * interval.as_nanos()) as u64)
        }
    }
}

#[cfg(test)]
mod tests;
