use super::*;
use model::EndpointState;
use proptest::prelude::*;
use std::{future::Future, pin::Pin, task::Context, task::Poll, task::Waker};

fn bound(most: u32) -> Bound {
    Bound { pool: PoolId::from_bytes([1; 16]), endpoint: 7, most: NonZeroU32::new(most).expect("a limit") }
}

/// Two workers of one node.
fn workers() -> ([Limiter; 2], Arc<Bells>) {
    let bells = Bells::new(2);
    let shared = Occupancies::new(bells.clone());
    ([Limiter::new(shared.clone()), Limiter::new(shared)], bells)
}

fn slot(entered: Entered) -> Slot {
    match entered {
        Entered::Slot(slot) => slot,
        Entered::Soon(_) | Entered::Full => panic!("there is a place"),
    }
}

/// A table's endpoint with and without a limit.
fn endpoint(most: u32) -> RouteEndpoint {
    RouteEndpoint {
        uid: 7,
        key: Arc::new(model::EndpointKey { address: String::new(), port: 0, virtual_network_id: None }),
        name: "".into(),
        address: "".into(),
        ip: None,
        port: 0,
        host: None,
        weight: 1.0,
        max_connections: NonZeroU32::new(most),
        state: EndpointState::Healthy,
        reason: None,
    }
}

#[test]
fn an_endpoint_without_a_limit_has_no_bound() {
    assert_eq!(endpoint(0).max_connections, None);
    assert_eq!(endpoint(3).max_connections.map(NonZeroU32::get), Some(3));
}

// OCI-22: what all workers have open together counts.
#[test]
fn the_limit_is_that_of_the_node() {
    let ([here, there], _) = workers();
    let (first, second) = (slot(here.enter(&bound(2))), slot(there.enter(&bound(2))));
    assert!(here.is_full(&bound(2)) && there.is_full(&bound(2)));
    assert!(matches!(here.enter(&bound(2)), Entered::Full));
    drop(second);
    assert!(!here.is_full(&bound(2)));
    let _third = slot(there.enter(&bound(2)));
    drop(first);
}

#[test]
fn a_limit_that_is_lowered_lets_nobody_in_until_enough_have_left() {
    let ([here, _], _) = workers();
    let mut held: Vec<Slot> = (0..3).map(|_| slot(here.enter(&bound(3)))).collect();
    assert!(matches!(here.enter(&bound(2)), Entered::Full));
    held.pop();
    assert!(matches!(here.enter(&bound(2)), Entered::Full));
    held.pop();
    assert!(matches!(here.enter(&bound(2)), Entered::Slot(_)));
}

#[test]
fn the_same_server_in_another_pool_is_another_endpoint() {
    let ([here, _], _) = workers();
    let other = Bound { pool: PoolId::from_bytes([2; 16]), ..bound(1) };
    let _held = slot(here.enter(&bound(1)));
    assert!(here.is_full(&bound(1)) && !here.is_full(&other));
}

#[tokio::test]
async fn an_idle_connection_of_another_worker_makes_room() {
    let ([here, there], bells) = workers();
    let idle = slot(there.enter(&bound(1)));
    idle.set_idle(true);
    assert!(!here.is_full(&bound(1)), "it could be closed");
    let Entered::Soon(closing) = here.enter(&bound(1)) else { panic!("a wait") };
    let mut waiting = std::pin::pin!(closing.slot());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert!(there.is_full(&bound(1)), "the idle one is spoken for");
    bells.heard(1).await;
    assert!(idle.is_wanted());
    drop(idle);
    let Poll::Ready(_slot) = waiting.as_mut().poll(&mut cx) else { panic!("the place is free") };
}

#[test]
fn endpoints_without_connections_are_forgotten() {
    let ([here, there], _) = workers();
    let held = slot(here.enter(&bound(1)));
    assert!(there.is_full(&bound(1)));
    here.sweep();
    there.sweep();
    assert!(there.is_full(&bound(1)), "what is in use is known still");
    drop(held);
    here.sweep();
    there.sweep();
    assert!(here.known.borrow().is_empty());
    assert!(here.shared.by_endpoint.lock().is_ok_and(|counts| counts.is_empty()));
}

/// What may happen to the connections of an endpoint.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A worker asks for a place; if it has to wait, it waits.
    Enter(usize),
    /// A connection becomes idle, or busy again.
    Turn(usize),
    /// A connection ends.
    Leave(usize),
    /// One that waits gives up.
    Cancel(usize),
    /// A table with another limit comes into force.
    Limit(u32),
    /// Idle connections are closed where somebody waits.
    MakeRoom,
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..2_usize).prop_map(Step::Enter),
        2 => (0..8_usize).prop_map(Step::Turn),
        3 => (0..8_usize).prop_map(Step::Leave),
        1 => (0..8_usize).prop_map(Step::Cancel),
        1 => (1..6_u32).prop_map(Step::Limit),
        2 => Just(Step::MakeRoom),
        1 => Just(Step::Sweep),
    ]
}

type Wait = Pin<Box<dyn Future<Output = Slot>>>;

proptest! {
    // OCI-22: the count is what is open, never above the limit that a place was asked under, and nothing leaks,
    // whatever comes and goes, is cancelled, or changes meanwhile.
    #[test]
    fn the_count_is_never_above_the_limit_and_nothing_leaks(steps in prop::collection::vec(step(), 1..200)) {
        let (workers, _bells) = workers();
        let mut limit = 3;
        let (mut open, mut waits): (Vec<Slot>, Vec<(u32, Wait)>) = (Vec::new(), Vec::new());
        let mut cx = Context::from_waker(Waker::noop());
        let count = |workers: &[Limiter; 2]| workers[0].occupancy(&bound(1)).open.load(Ordering::SeqCst) as usize;
        for step in steps {
            let before = open.len();
            match step {
                Step::Enter(worker) => match workers[worker].enter(&bound(limit)) {
                    Entered::Slot(slot) => {
                        open.push(slot);
                        prop_assert!(open.len() <= limit as usize);
                    }
                    Entered::Soon(closing) => {
                        prop_assert!(open.iter().any(|slot| slot.is_idle.get()));
                        waits.push((limit, Box::pin(closing.slot())));
                    }
                    Entered::Full => prop_assert!(before >= limit as usize),
                },
                Step::Turn(at) => if let Some(slot) = open.get(at) {
                    slot.set_idle(!slot.is_idle.get());
                },
                Step::Leave(at) => if at < open.len() {
                    drop(open.remove(at));
                },
                Step::Cancel(at) => if at < waits.len() {
                    drop(waits.remove(at));
                },
                Step::Limit(other) => limit = other,
                Step::MakeRoom => open.retain(|slot| !(slot.is_idle.get() && slot.is_wanted())),
                Step::Sweep => workers.iter().for_each(Limiter::sweep),
            }
            let mut still = Vec::new();
            for (limit, mut wait) in std::mem::take(&mut waits) {
                match wait.as_mut().poll(&mut cx) {
                    Poll::Ready(slot) => {
                        open.push(slot);
                        prop_assert!(open.len() <= limit as usize);
                    }
                    Poll::Pending => still.push((limit, wait)),
                }
            }
            waits = still;
            prop_assert_eq!(count(&workers), open.len());
            let idle = open.iter().filter(|slot| slot.is_idle.get()).count();
            prop_assert_eq!(workers[0].occupancy(&bound(1)).idle.load(Ordering::SeqCst) as usize, idle);
        }
        drop((open, waits));
        prop_assert_eq!(count(&workers), 0);
        prop_assert_eq!(workers[0].occupancy(&bound(1)).waiting.load(Ordering::SeqCst), 0);
    }
}

/// Many threads at once: the atomics themselves hold the limit.
#[test]
fn threads_that_fight_for_places_never_hold_more_than_there_are() {
    const MOST: u32 = 5;
    let shared = Occupancies::new(Bells::new(4));
    let held = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let limiter = Limiter::new(shared.clone());
                for _ in 0..2_000 {
                    if let Entered::Slot(first) = limiter.enter(&bound(MOST)) {
                        assert!(held.fetch_add(1, Ordering::SeqCst) < MOST);
                        std::hint::spin_loop();
                        held.fetch_sub(1, Ordering::SeqCst);
                        drop(first);
                    }
                }
            });
        }
    });
    assert_eq!(Limiter::new(shared).occupancy(&bound(MOST)).open.load(Ordering::SeqCst), 0);
}
