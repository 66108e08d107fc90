//! Previews: monitor settings tried out on pools, without becoming part of anything.

use crate::{
    answer::{Answer, Failure, Note, Outcome},
    json::{Object as Body, Write},
    monitors,
    pools::health::{OriginHealthView, key, milliseconds},
    resource::{at_home, of_path, read_over},
    server::{Call, Operation, get},
};
use control::{PreviewEndpoint, PreviewPool};
use model::{Intent, Monitor, MonitorId, Observation, Outcome as ProbeOutcome, Pool, PreviewId};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;
use verdict::HealthReason;

/// Where to ask for the results.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub(crate) struct PreviewView {
    preview_id: String,
    /// Id to name of every pool that is being probed.
    pools: BTreeMap<String, String>,
}

/// What a preview saw of a pool so far.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewResult)]
struct PreviewResultView {
    /// Null until every endpoint has been probed.
    healthy: Option<bool>,
    /// Objects with one member each: the address of an endpoint.
    origins: Vec<BTreeMap<String, OriginHealthView>>,
}

/// The operations on previews, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let path = "/accounts/{account_id}/load_balancers/preview/{preview_id}";
    vec![get(path, "previews_get", "Tells what a preview saw so far", previews_get).gives_map::<PreviewResultView>()]
}

/// POST: tries settings out on the pools that use the monitor of the path. What the body leaves out is the monitor's.
pub(crate) async fn preview_of_monitor(call: Call) -> Outcome {
    let intent = call.intent();
    let monitor = of_path::<Monitor>(&call, &intent)?;
    let mut pools = at_home::<Pool>(&call, &intent)?;
    pools.retain(|pool| intent.monitors_of(pool).iter().any(|used| used.id == monitor.id));
    begin(&call, &intent, (*monitor).clone(), pools)
}

/// POST: tries settings out on the pool of the path. What the body leaves out is the default.
pub(crate) async fn preview_of_pool(call: Call) -> Outcome {
    let intent = call.intent();
    let pool = of_path::<Pool>(&call, &intent)?;
    let monitor = Monitor::blank(MonitorId::random(), pool.account, call.control().now());
    begin(&call, &intent, monitor, vec![pool])
}

fn begin(call: &Call, intent: &Intent, mut monitor: Monitor, pools: Vec<Arc<Pool>>) -> Outcome {
    let check = |monitor: &Monitor| call.control().check(monitor.clone(), intent);
    let read = |monitor: &mut Monitor, body: &Body<'_>| monitors::read(body, monitor);
    let ignored = read_over(&mut monitor, &call.json()?, Write::Amend, read, check)?;
    check(&monitor).or(()).map_err(Failure::Invalid)?;
    let named = pools.iter().map(|pool| (pool.id.to_string(), pool.name.clone())).collect();
    let notes = ignored.iter().map(|path| Note::ignored(path)).chain(monitors::notes(&monitor)).collect::<Vec<_>>();
    let id = call.control().preview(monitor, pools);
    Ok(Answer::new(&PreviewView { preview_id: id.to_string(), pools: named })?.with_notes(notes))
}

/// GET: what has been seen so far. Pools are there from the start, endpoints as their results come.
async fn previews_get(call: Call) -> Outcome {
    call.account(&call.intent())?;
    let id = call.id::<PreviewId>("preview_id", "preview")?;
    let result = call.control().preview_result(id);
    let result = result.ok_or_else(|| Failure::NoObject { noun: "preview", id: id.to_string() })?;
    let pools: BTreeMap<String, PreviewResultView> =
        result.pools.iter().map(|(id, pool)| (id.to_string(), pool_view(pool))).collect();
    Answer::new(&pools)
}

fn pool_view(pool: &PreviewPool) -> PreviewResultView {
    PreviewResultView { healthy: pool.healthy(), origins: pool.endpoints.iter().filter_map(endpoint_view).collect() }
}

fn endpoint_view(endpoint: &PreviewEndpoint) -> Option<BTreeMap<String, OriginHealthView>> {
    let seen = endpoint.observation.as_ref()?;
    Some(BTreeMap::from([(key(&endpoint.endpoint), observation_view(seen))]))
}

fn observation_view(seen: &Observation) -> OriginHealthView {
    let reason = match seen.outcome {
        ProbeOutcome::Pass => HealthReason::NoFailures,
        ProbeOutcome::Fail(reason) | ProbeOutcome::Inconclusive(reason) => reason.health(),
    };
    OriginHealthView {
        healthy: seen.outcome == ProbeOutcome::Pass,
        rtt: milliseconds(seen.timings.total.unwrap_or_default()),
        failure_reason: reason.as_str(),
        response_code: seen.evidence.status.unwrap_or(0),
    }
}
