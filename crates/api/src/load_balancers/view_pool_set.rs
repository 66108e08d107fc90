//! A pool set as it goes out.

use super::view_parts::{FixedResponseView, fixed_response, pool_ids, pool_weights};
use crate::answer::Number;
use model::{PoolSet, PoolSetMatch, PoolSetOverrides, PoolSetTopology};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A set of pools for the requests that it matches.
#[derive(Serialize, ToSchema)]
#[schema(as = PoolSet)]
pub(super) struct PoolSetView {
    name: String,
    disabled: bool,
    /// Absent matches everything.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matches: Option<MatchView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overrides: Option<PoolSetOverridesView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed_response: Option<FixedResponseView>,
}

/// Which requests a pool set is for.
#[derive(Serialize, ToSchema)]
#[schema(as = PoolSetMatch)]
struct MatchView {
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    topology: Option<TopologyView>,
}

/// Where a request must come from or be served.
#[derive(Serialize, ToSchema)]
#[schema(as = PoolSetTopology)]
struct TopologyView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    countries: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<String>>,
}

/// The pools of a pool set.
#[derive(Serialize, ToSchema)]
#[schema(as = PoolSetOverrides)]
struct PoolSetOverridesView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pools: Option<Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pool_weights: BTreeMap<String, Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool_default_weight: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_pool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steering_policy: Option<&'static str>,
}

/// The view of a pool set.
pub(super) fn pool_set(set: &PoolSet) -> PoolSetView {
    PoolSetView {
        name: set.name.clone(),
        disabled: set.disabled,
        matches: set.matches.as_ref().map(matches),
        overrides: set.overrides.as_ref().map(overrides),
        fixed_response: set.fixed_response.as_ref().map(fixed_response),
    }
}

fn matches(matches: &PoolSetMatch) -> MatchView {
    MatchView { default: matches.default, topology: matches.topology.as_ref().map(topology) }
}

fn topology(topology: &PoolSetTopology) -> TopologyView {
    TopologyView {
        pops: topology.pops.clone(),
        countries: topology.countries.clone(),
        regions: topology.regions.clone(),
    }
}

fn overrides(overrides: &PoolSetOverrides) -> PoolSetOverridesView {
    PoolSetOverridesView {
        pools: overrides.pools.as_deref().map(pool_ids),
        pool_weights: pool_weights(&overrides.pool_weights),
        pool_default_weight: overrides.pool_default_weight.map(Number),
        fallback_pool: overrides.fallback_pool.map(|id| id.to_string()),
        steering_policy: overrides.steering_policy.map(|policy| policy.as_str()),
    }
}
