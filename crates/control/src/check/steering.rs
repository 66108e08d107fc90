//! The rules of steering: maps from places to pools, weights, the time to live of answers.

use super::{Scene, value};
use model::{Complaints, PoolId, RandomSteering, Region};
use std::collections::BTreeMap;

/// The longest time to live of a DNS answer, in seconds (RFC 2181 section 8).
const TTL_MAX: f64 = 2_147_483_647.0;

type PoolMap = BTreeMap<String, Vec<PoolId>>;

pub(super) fn ttl(complaints: &mut Complaints, ttl: f64) {
    value::range(complaints, "ttl", ttl, 0.0, TTL_MAX);
}

/// Pools by region.
pub(super) fn regions(complaints: &mut Complaints, map: &PoolMap, scene: &Scene<'_>) {
    for (code, pools) in map {
        let path = format!("region_pools.{code}");
        if let Err((problem, remedy)) = region(code) {
            complaints.add(&path, problem, remedy);
        }
        value::pools(complaints, &path, pools, scene);
    }
}

/// Pools by country.
pub(super) fn countries(complaints: &mut Complaints, map: &PoolMap, scene: &Scene<'_>) {
    for (code, pools) in map {
        let path = format!("country_pools.{code}");
        if let Err((problem, remedy)) = country(code) {
            complaints.add(&path, problem, remedy);
        }
        value::pools(complaints, &path, pools, scene);
    }
}

/// Pools by data center.
pub(super) fn pops(complaints: &mut Complaints, map: &PoolMap, scene: &Scene<'_>) {
    for (code, pools) in map {
        let path = format!("pop_pools.{code}");
        if let Err((problem, remedy)) = pop(code) {
            complaints.add(&path, problem, remedy);
        }
        value::pools(complaints, &path, pools, scene);
    }
}

pub(super) fn random(complaints: &mut Complaints, random: &RandomSteering, scene: &Scene<'_>) {
    value::weight(complaints, "random_steering.default_weight", random.default_weight);
    value::weights(complaints, "random_steering.pool_weights", &random.pool_weights, scene);
}

/// The problem with a place, and what to write instead.
type BadPlace = (String, String);

pub(super) fn region(code: &str) -> Result<(), BadPlace> {
    let codes = || Region::ALL.map(Region::code).join(", ");
    let unknown = |()| (format!("`{code}` is not a region"), format!("write one of {}", codes()));
    code.parse::<Region>().map(drop).map_err(unknown)
}

pub(super) fn country(code: &str) -> Result<(), BadPlace> {
    letters(code, 2).ok_or_else(|| {
        (format!("`{code}` is not a country code"), "write two capital letters (ISO 3166-1), such as `DE`".to_owned())
    })
}

pub(super) fn pop(code: &str) -> Result<(), BadPlace> {
    letters(code, 3).ok_or_else(|| {
        (format!("`{code}` is not a data center code"), "write three capital letters, such as `LCL`".to_owned())
    })
}

fn letters(code: &str, count: usize) -> Option<()> {
    (code.len() == count && code.bytes().all(|b| b.is_ascii_uppercase())).then_some(())
}
