//! Health events: one per change of an endpoint's or a pool's health.

use crate::{
    answer::{Answer, Failure, Outcome, Paging, Window, stamp},
    evidence::{EvidenceView, ReasonView, TimingsView},
    server::{Call, Operation, Query, get},
};
use control::EventFilter;
use model::{Complaints, EventDataCenter, EventOrigin, HealthEvent, PoolId};
use serde::Serialize;
use utoipa::ToSchema;
use verdict::HealthReason;

/// A change of health, with the state of the whole pool at that moment.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthEvent)]
struct EventView {
    id: u64,
    timestamp: String,
    pool: EventPoolView,
    origins: Vec<EventOriginView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthEventPool)]
struct EventPoolView {
    id: String,
    name: String,
    healthy: bool,
    /// Whether the pool itself changed.
    changed: bool,
    minimum_origins: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthEventOrigin)]
struct EventOriginView {
    name: String,
    address: String,
    ip: String,
    enabled: bool,
    healthy: bool,
    failure_reason: &'static str,
    /// Whether this endpoint changed.
    changed: bool,
    /// What the catalogue says of the failure; null without one.
    reason: Option<ReasonView>,
    /// What each data center saw.
    data_centers: Vec<EventDataCenterView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = HealthEventDataCenter)]
struct EventDataCenterView {
    data_center: String,
    region: &'static str,
    healthy: bool,
    failure_reason: &'static str,
    reason: Option<ReasonView>,
    timings: TimingsView,
    evidence: EvidenceView,
}

/// The list of events, under its old path below the user and under its newer one below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let at = |path, name| {
        get(path, name, "Lists changes of health, newest first", events_list).reads(&FILTERS).gives_list::<EventView>()
    };
    vec![
        at("/user/load_balancing_analytics/events", "user_events_list"),
        at("/accounts/{account_id}/load_balancing_analytics/events", "events_list"),
    ]
}

const FILTERS: [&str; 12] = [
    "since",
    "until",
    "pool_id",
    "identifier",
    "pool_name",
    "pool_healthy",
    "origin_name",
    "origin_healthy",
    "page",
    "per_page",
    "limit",
    "offset",
];

async fn events_list(call: Call) -> Outcome {
    let intent = call.intent();
    let account = call.account(&intent)?;
    let mut complaints = Complaints::new();
    let filter = filter(&call.query, &mut complaints);
    complaints.or(()).map_err(Failure::Invalid)?;
    let window = Window::from_query(&call.query, Paging::Everything)?;
    let Some(filter) = filter else { return Answer::list(Vec::<EventView>::new(), window, |event| event) };
    let mut events = call.control().events(filter).await.map_err(|error| Failure::Store(error.to_string()))?;
    // An event outlives its pool; then it belongs to whoever asks.
    events.retain(|event| intent.pools.get(&event.pool.id).is_none_or(|pool| pool.account == account));
    Answer::list(events, window, |event| view(&event))
}

/// The filters of the query. An absent one does not filter. `None` when no event can fit.
fn filter(query: &Query, complaints: &mut Complaints) -> Option<EventFilter> {
    let pool_id = match query.text("pool_id").or(query.text("identifier")).map(str::parse::<PoolId>) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return None,
    };
    Some(EventFilter {
        since: query.time("since", complaints),
        until: query.time("until", complaints),
        pool_id,
        pool_name: query.text("pool_name").map(str::to_owned),
        pool_healthy: query.truth("pool_healthy", complaints),
        origin_name: query.text("origin_name").map(str::to_owned),
        origin_healthy: query.truth("origin_healthy", complaints),
        limit: None,
    })
}

fn view(event: &HealthEvent) -> EventView {
    EventView {
        id: event.id,
        timestamp: stamp(event.timestamp),
        pool: EventPoolView {
            id: event.pool.id.to_string(),
            name: event.pool.name.clone(),
            healthy: event.pool.healthy,
            changed: event.pool.changed,
            minimum_origins: event.pool.minimum_origins,
        },
        origins: event.origins.iter().map(|shown| origin(shown)).collect(),
    }
}

fn origin(origin: &EventOrigin) -> EventOriginView {
    EventOriginView {
        name: origin.name.clone(),
        address: origin.address.clone(),
        ip: origin.ip.clone(),
        enabled: origin.enabled,
        healthy: origin.healthy,
        failure_reason: spelling(origin.reason),
        changed: origin.changed,
        reason: origin.reason.map(ReasonView::of),
        data_centers: origin.data_centers.iter().map(data_center).collect(),
    }
}

fn data_center(seen: &EventDataCenter) -> EventDataCenterView {
    EventDataCenterView {
        data_center: seen.data_center.to_string(),
        region: seen.region.code(),
        healthy: seen.healthy,
        failure_reason: spelling(seen.reason),
        reason: seen.reason.map(ReasonView::of),
        timings: TimingsView::of(&seen.timings),
        evidence: EvidenceView::of(&seen.evidence),
    }
}

fn spelling(reason: Option<verdict::Reason>) -> &'static str {
    reason.map_or(HealthReason::NoFailures, |reason| reason.health()).as_str()
}
