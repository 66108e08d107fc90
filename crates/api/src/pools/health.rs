//! The health of a pool, as every data center sees it.

use crate::{
    answer::{Answer, Failure, Outcome},
    resource::of_path,
    server::Call,
};
use model::{DataCenterVerdict, Endpoint, Pool, PoolHealth};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use utoipa::ToSchema;
use verdict::HealthReason;

/// The health of a pool.
#[derive(Serialize, ToSchema)]
#[schema(as = PoolHealth)]
pub(super) struct PoolHealthView {
    pool_id: String,
    /// By data center.
    pop_health: BTreeMap<String, PopHealthView>,
}

/// What one data center sees of a pool.
#[derive(Serialize, ToSchema)]
#[schema(as = PopHealth)]
struct PopHealthView {
    /// Whether enough endpoints are up there.
    healthy: bool,
    /// Objects with one member each: the address of an endpoint.
    origins: Vec<BTreeMap<String, OriginHealthView>>,
}

/// What one data center, or one preview, saw of an endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = OriginHealth)]
pub(crate) struct OriginHealthView {
    pub healthy: bool,
    /// Such as `12.1ms`.
    pub rtt: String,
    /// `No failures`, or the reason in the words of health events.
    pub failure_reason: &'static str,
    /// The status of the answer; 0 where there was none.
    pub response_code: u16,
}

/// GET: the health of the pool of the path. A pool that nothing probes has none to show.
pub(super) async fn pools_health(call: Call) -> Outcome {
    let intent = call.intent();
    let pool = of_path::<Pool>(&call, &intent)?;
    if intent.monitors_of(&pool).is_empty() {
        return Err(Failure::NoHealth { pool: format!("pool {}", pool.name) });
    }
    let health = call.control().health();
    let pop_health = health.pools.get(&pool.id).map(|health| by_data_center(&pool, health)).unwrap_or_default();
    Answer::new(&PoolHealthView { pool_id: pool.id.to_string(), pop_health })
}

/// Turns the endpoints of each pool, with what each data center saw, inside out. Disabled endpoints are not probed and
/// have no entry.
fn by_data_center(pool: &Pool, health: &PoolHealth) -> BTreeMap<String, PopHealthView> {
    let mut pops: BTreeMap<Arc<str>, Vec<(&Endpoint, &DataCenterVerdict)>> = BTreeMap::new();
    for endpoint in pool.origins.iter().filter(|endpoint| endpoint.enabled) {
        let seen = health.endpoints.get(&endpoint.key()).into_iter().flat_map(|health| health.data_centers.values());
        for verdict in seen {
            pops.entry(verdict.data_center.clone()).or_default().push((endpoint, verdict));
        }
    }
    pops.into_iter().map(|(name, seen)| (name.to_string(), pop(pool, &seen))).collect()
}

fn pop(pool: &Pool, seen: &[(&Endpoint, &DataCenterVerdict)]) -> PopHealthView {
    let up = seen.iter().filter(|(_, verdict)| verdict.healthy).count();
    let origins = seen.iter().map(|(endpoint, verdict)| BTreeMap::from([(key(endpoint), origin(verdict))]));
    PopHealthView { healthy: up > 0 && up >= pool.minimum_origins as usize, origins: origins.collect() }
}

/// The address, with the port where it is not the default: two ports of one host are two endpoints.
pub(crate) fn key(endpoint: &Endpoint) -> String {
    endpoint.key().to_string()
}

fn origin(verdict: &DataCenterVerdict) -> OriginHealthView {
    OriginHealthView {
        healthy: verdict.healthy,
        rtt: milliseconds(verdict.rtt().unwrap_or_default()),
        failure_reason: verdict.reason.map_or(HealthReason::NoFailures, |reason| reason.health()).as_str(),
        response_code: verdict.evidence.status.unwrap_or(0),
    }
}

/// A round trip as the API writes it: `12.1ms`.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}ms", time.as_secs_f64() * 1_000.0)
}
