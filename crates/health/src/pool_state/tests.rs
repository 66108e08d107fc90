use super::*;
use crate::{
    StaffedRegions,
    fixture::{POOL, pool},
};
use EndpointState::{Disabled, Healthy, Unhealthy, Unknown};
use model::Intent;

fn state(minimum: u32, endpoints: &[EndpointState]) -> PoolState {
    let mut intent = Intent::default();
    let pool = Pool { minimum_origins: minimum, ..pool(POOL, 0) };
    let monitor = pool.monitor.unwrap();
    intent.monitors.insert(monitor, crate::fixture::monitor(monitor).into());
    judge(&pool, &Panel::of(&intent, &pool, StaffedRegions::ALL), endpoints.iter().copied())
}

// LB-54
#[test]
fn the_minimum_parts_degraded_from_critical() {
    assert_eq!(state(2, &[Healthy, Healthy, Healthy]), PoolState::Healthy);
    assert_eq!(state(2, &[Healthy, Healthy, Unhealthy]), PoolState::Degraded);
    assert_eq!(state(2, &[Healthy, Unhealthy, Unhealthy]), PoolState::Critical);
}

// LB-57
#[test]
fn disabled_endpoints_do_not_count() {
    assert_eq!(state(1, &[Healthy, Disabled]), PoolState::Healthy);
    assert_eq!(state(2, &[Healthy, Disabled]), PoolState::Critical);
    assert_eq!(state(1, &[Disabled]), PoolState::Critical);
    assert_eq!(state(1, &[]), PoolState::Critical);
}

#[test]
fn unknown_counts_as_down_but_leaves_the_pool_undecided_while_it_could_save_it() {
    assert_eq!(state(1, &[Unknown, Unknown]), PoolState::Unknown);
    assert_eq!(state(1, &[Unhealthy, Unknown]), PoolState::Unknown);
    assert_eq!(state(1, &[Healthy, Unknown]), PoolState::Degraded);
    assert_eq!(state(2, &[Unhealthy, Unknown]), PoolState::Critical);
}

#[test]
fn a_minimum_of_none_still_needs_one() {
    assert_eq!(state(0, &[Healthy, Unhealthy]), PoolState::Degraded);
    assert_eq!(state(0, &[Unhealthy]), PoolState::Critical);
}
