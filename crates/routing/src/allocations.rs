//! Counts allocations, to hold the data path to its promise: identifying and steering allocate nothing.

use crate::{
    ClientFacts, Identified, divert, failover,
    fixture::{self, CLIENT, HOST, Healthy, RequestAt, Unhealthy, World},
    steer,
};
use model::{AdaptiveRouting, OriginSteeringPolicy, Overrides, PoolState, Rule, SteeringPolicy};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    hint::black_box,
};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator unchanged; counting touches only a plain thread-local cell.
#[allow(unsafe_code, reason = "an allocator cannot be written without; it exists in test builds only")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending has no cell any more, and nothing to count.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System` through `alloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn counting_works() {
    assert_eq!(allocations(|| drop(black_box(Box::new(7)))), 1);
}

#[test]
fn identifying_steering_and_failing_over_allocate_nothing() {
    for (policy, steering) in
        [(SteeringPolicy::Random, OriginSteeringPolicy::Hash), (SteeringPolicy::Geo, OriginSteeringPolicy::Random)]
    {
        let mut world = World::default();
        let a = world.pool(1, PoolState::Degraded, &[Healthy, Healthy, Unhealthy]);
        let (b, last) = (world.healthy(2, 1), world.critical(3, 2));
        world.edit_pool(a).origin_steering = steering;
        let balancer = world.balancer(&[a, b], last);
        balancer.steering_policy = policy;
        balancer.adaptive_routing = Some(AdaptiveRouting { failover_across_pools: true });
        let table = world.table();
        let mut reader = crate::TableHandle::new(table).reader();
        let count = allocations(|| (0..100).for_each(|seed| travel(reader.table(), &CLIENT, seed)));
        assert_eq!(count, 0, "{policy:?} {steering:?}");
    }
}

#[test]
fn asking_rules_and_drawing_up_a_plan_allocate_nothing() {
    let mut world = World::default();
    let (a, b) = (world.healthy(1, 1), world.healthy(2, 2));
    let balancer = world.balancer(&[a, b], b);
    let conditions =
        ["http.host eq \"no\"", "lower(http.request.uri.path) wildcard \"/B*\"", "ip.src in { 203.0.113.0/24 }", ""];
    balancer.rules = conditions
        .map(|condition| {
            let overrides = Overrides { steering_policy: Some(SteeringPolicy::Random), ..Overrides::default() };
            Rule { condition: condition.to_owned(), overrides: Some(overrides), ..Rule::default() }
        })
        .into();
    let table = world.table();
    let route = fixture::route(&table, HOST);
    let facts = RequestAt("/blog");
    let count = allocations(|| {
        let asked = route.ask_rules(&facts);
        assert_eq!(asked.applied.len(), 3);
        let _ = black_box(steer(route.plan(&asked.applied), &CLIENT, 7));
    });
    assert_eq!(count, 0);
}

fn travel(table: &crate::Table, client: &ClientFacts, seed: u64) {
    for host in [HOST, "deep.below.example.com", "example.org", "a.b.c.d.e.f.g"] {
        if let Identified::LoadBalancer(route) = table.identify(black_box(host)) {
            let choice = steer(route, client, seed).expect("something serves");
            let _ = black_box(failover(route, client, seed, &choice, |_, _| true));
            let _ = black_box(divert(route, client, seed, &choice, |_, endpoint| endpoint.uid % 2 == 0));
        }
    }
}
