//! Checks that several kinds of object share: texts, numbers, pool lists, header names.

use super::Scene;
use model::{Complaints, PoolId};
use std::collections::{BTreeMap, BTreeSet};

/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 1_024;
/// Where objects may be enabled.
const NETWORKS: [&str; 2] = ["cloudflare", "jdcloud"];

/// At most `max` characters.
pub(super) fn length(complaints: &mut Complaints, path: &str, text: &str, max: usize) {
    let length = text.chars().count();
    if length > max {
        complaints.add(path, format!("has {length} characters"), format!("write at most {max}"));
    }
}

pub(super) fn description(complaints: &mut Complaints, text: &str) {
    length(complaints, "description", text, DESCRIPTION_MAX);
}

/// From `low` to `high`, both included.
pub(super) fn range(complaints: &mut Complaints, path: &str, value: f64, low: f64, high: f64) {
    // Not a number lies in no range.
    if !(low..=high).contains(&value) {
        complaints.add(path, format!("{value} is out of range"), format!("write a number from {low} to {high}"));
    }
}

/// The least that a limit of connections may be. Idle connections count, and every worker keeps some: a smaller limit
/// would have them closed and opened all the time (`OCI-21`).
const CONNECTIONS_MIN: u32 = 256;

/// A limit of connections, or 0 for none (`OCI-21`).
pub(super) fn max_connections(complaints: &mut Complaints, path: &str, limit: u32) {
    if (1..CONNECTIONS_MIN).contains(&limit) {
        let remedy = format!("write at least {CONNECTIONS_MIN}, or 0 for any number");
        complaints.add(path, format!("{limit} is too small a limit"), remedy);
    }
}

/// A weight of a pool.
pub(super) fn weight(complaints: &mut Complaints, path: &str, value: f64) {
    range(complaints, path, value, 0.0, 1.0);
}

/// Weights of pools that exist.
pub(super) fn weights(complaints: &mut Complaints, path: &str, weights: &BTreeMap<PoolId, f64>, scene: &Scene<'_>) {
    for (pool, value) in weights {
        let path = format!("{path}.{pool}");
        known_pool(complaints, &path, *pool, scene);
        weight(complaints, &path, *value);
    }
}

/// At least one pool; each exists, in the same account, and stands there once.
pub(super) fn pools(complaints: &mut Complaints, path: &str, pools: &[PoolId], scene: &Scene<'_>) {
    if pools.is_empty() {
        complaints.add(path, "names no pool", "name at least one pool");
    }
    let mut seen = BTreeSet::new();
    for (index, pool) in pools.iter().enumerate() {
        let path = format!("{path}[{index}]");
        known_pool(complaints, &path, *pool, scene);
        if !seen.insert(pool) {
            complaints.add(path, format!("pool {pool} stands in this list already"), "name each pool once");
        }
    }
}

/// The pool exists, in the same account.
pub(super) fn known_pool(complaints: &mut Complaints, path: &str, pool: PoolId, scene: &Scene<'_>) {
    let known = scene.intent.pools.get(&pool).is_some_and(|pool| Some(pool.account) == scene.account);
    if !known {
        complaints.add(
            path,
            format!("there is no pool {pool} in the account"),
            "create the pool first, or name another",
        );
    }
}

/// Known networks, each once.
pub(super) fn networks(complaints: &mut Complaints, networks: &[String]) {
    for (index, network) in networks.iter().enumerate() {
        let path = format!("networks[{index}]");
        if !NETWORKS.contains(&network.as_str()) {
            complaints.add(&path, format!("unknown network `{network}`"), "write `cloudflare` or `jdcloud`");
        }
        if networks.iter().take(index).any(|before| before == network) {
            complaints.add(&path, format!("network `{network}` stands in this list already"), "name it once");
        }
    }
}

/// Whether `text` may be the name of a header field (RFC 9110 section 5.1).
pub(super) fn is_token(text: &str) -> bool {
    let is_token_byte = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether `text` may be the value of a header field: visible text, spaces and tabs (RFC 9110 section 5.5).
pub(super) fn is_field_value(text: &str) -> bool {
    text.chars().all(|c| c == '\t' || !c.is_control()) && text.trim_matches([' ', '\t']).len() == text.len()
}
