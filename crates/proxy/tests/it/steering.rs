//! Where requests go, seen from the origins.

use crate::{edge::Edge, site::Site};
use model::{EndpointState, HealthSnapshot, MonitorId, OriginSteeringPolicy, PoolHealth, PoolState};
use testkit::{Origin, RefusingPort};

/// Says that every endpoint of these pools is monitored and in this state.
fn monitored(site: &mut Site, states: &[(PoolState, EndpointState)]) {
    let mut snapshot = HealthSnapshot::default();
    for (pool, (pool_state, endpoint_state)) in site.pools.iter_mut().zip(states) {
        pool.monitor = Some(MonitorId::from_bytes([7; 16]));
        let mut health = PoolHealth { state: *pool_state, ..PoolHealth::default() };
        for origin in &pool.origins {
            let state = model::EndpointHealth { state: *endpoint_state, ..Default::default() };
            health.endpoints.insert(origin.key(), state);
        }
        snapshot.pools.insert(pool.id, health.into());
    }
    site.health = snapshot;
}

const UP: (PoolState, EndpointState) = (PoolState::Healthy, EndpointState::Healthy);
const DOWN: (PoolState, EndpointState) = (PoolState::Critical, EndpointState::Unhealthy);
const UNKNOWN: (PoolState, EndpointState) = (PoolState::Unknown, EndpointState::Unknown);

// LB-72
#[tokio::test]
async fn the_first_usable_pool_serves_and_a_published_table_is_in_force_at_once() {
    let (a, b) = (Origin::saying("a").await, Origin::saying("b").await);
    let mut site = Site::with_pools(&[&[a.address()], &[b.address()]]);
    monitored(&mut site, &[UP, UP]);
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    assert_eq!(visitor.get("/").await.text(), "a");
    monitored(&mut site, &[DOWN, UP]);
    edge.publish(&site);
    assert_eq!(visitor.get("/").await.text(), "b");
    monitored(&mut site, &[UP, UP]);
    edge.publish(&site);
    assert_eq!(visitor.get("/").await.text(), "a");
}

// LB-47, LB-55
#[tokio::test]
async fn the_fallback_pool_serves_when_no_pool_is_usable() {
    let (a, fallback) = (Origin::saying("a").await, Origin::saying("fallback").await);
    let mut site = Site::with_pools(&[&[a.address()], &[fallback.address()]]);
    for states in [[UNKNOWN, UNKNOWN], [DOWN, DOWN]] {
        monitored(&mut site, &states);
        let edge = Edge::start(&site).await;
        assert_eq!(edge.get("/").await.text(), "fallback");
        assert_eq!(edge.record().await["SteeredBy"], "last_resort");
    }
}

// LB-48
#[tokio::test]
async fn a_pool_without_a_monitor_serves_although_its_endpoint_refuses() {
    let port = RefusingPort::start();
    let edge = Edge::start(&Site::new(&[port.address()])).await;
    assert_eq!(edge.get("/").await.status, 521);
    assert_eq!(edge.record().await["SteeredBy"], "failover_order");
}

// LB-56
#[tokio::test]
async fn without_any_pool_left_there_is_no_origin() {
    let origin = Origin::saying("a").await;
    let mut site = Site::new(&[origin.address()]);
    site.pools[0].enabled = false;
    let edge = Edge::start(&site).await;
    assert_eq!(edge.get("/").await.status, 530);
    let record = edge.record().await;
    assert_eq!((&record["EdgeErrorCode"], &record["FailureReason"]), (&1016.into(), &"pools_exhausted".into()));
    assert_eq!(origin.connections(), 0);
}

// LB-58
#[tokio::test]
async fn an_endpoint_without_weight_gets_no_traffic() {
    let (idle, busy) = (Origin::saying("idle").await, Origin::saying("busy").await);
    let mut site = Site::new(&[idle.address(), busy.address()]);
    site.pools[0].origins[0].weight = 0.0;
    let edge = Edge::start(&site).await;
    let mut visitor = edge.visitor().await;
    for _ in 0..20 {
        assert_eq!(visitor.get("/").await.text(), "busy");
    }
    assert_eq!(idle.connections(), 0);
}

// LB-86
#[tokio::test]
async fn one_visitor_keeps_its_endpoint_with_hash_steering() {
    let origins = [Origin::saying("a").await, Origin::saying("b").await, Origin::saying("c").await];
    let mut site = Site::new(&origins.each_ref().map(Origin::address));
    site.pools[0].origin_steering = OriginSteeringPolicy::Hash;
    let edge = Edge::start(&site).await;
    for _ in 0..100 {
        assert_eq!(edge.get("/").await.status, 200);
    }
    let asked = origins.iter().filter(|origin| !origin.requests().is_empty()).count();
    assert_eq!(asked, 1);
}
