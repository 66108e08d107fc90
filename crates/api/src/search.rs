//! Search and usage: finding things by a part of their name, and counting them.

use crate::{
    answer::{Answer, Failure, Outcome, Paging, Window},
    references::{self, ReferenceView},
    server::{Call, Operation, get},
};
use control::{Found, ReferenceKind};
use model::Complaints;
use serde::Serialize;
use utoipa::ToSchema;

/// What a search found.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchResult)]
struct SearchView {
    resources: Vec<ResourceView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SearchResource)]
struct ResourceView {
    resource_type: &'static str,
    resource_id: String,
    resource_name: String,
    /// Present when one kind of reference was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_type: Option<&'static str>,
    /// Present when references were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<Vec<ReferenceView>>,
}

/// How much of everything an account has.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
struct UsageView {
    load_balancers: usize,
    monitors: usize,
    /// Endpoints over all pools.
    origins: usize,
    pools: usize,
    /// Endpoints of the largest pool.
    max_origins_per_pool: usize,
    /// Seconds; of the monitor that probes most often, 0 without monitors.
    minimum_monitor_interval: u32,
}

/// Search and usage, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get(
            "/accounts/{account_id}/load_balancers/search",
            "search",
            "Finds resources by a part of their name",
            search,
        )
        .reads(&["query", "references", "page", "per_page"])
        .gives::<SearchView>(),
        get("/accounts/{account_id}/load_balancers/usage", "usage", "Counts what an account has", usage)
            .gives::<UsageView>(),
    ]
}

/// How many hits a page of the search has.
const PER_PAGE: usize = 25;

async fn search(call: Call) -> Outcome {
    let intent = call.intent();
    let account = call.account(&intent)?;
    let mut complaints = Complaints::new();
    let wanted = call.query.word("references", &["*", "referral", "referrer"], &mut complaints);
    complaints.or(()).map_err(Failure::Invalid)?;
    let kinds: &[ReferenceKind] = match wanted {
        Some("referral") => &[ReferenceKind::Referral],
        Some("referrer") => &[ReferenceKind::Referrer],
        Some(_) => &[ReferenceKind::Referrer, ReferenceKind::Referral],
        None => &[],
    };
    let query = call.query.text("query").unwrap_or_default();
    let found = control::search(&intent, account, query, kinds);
    let (shown, info) = Window::from_query(&call.query, Paging::Pages(PER_PAGE))?.cut(found);
    let resources = shown.into_iter().map(|found| view(found, kinds)).collect();
    Ok(Answer::new(&SearchView { resources })?.with_info(info))
}

fn view(found: Found, kinds: &[ReferenceKind]) -> ResourceView {
    ResourceView {
        resource_type: found.resource.kind().as_str(),
        resource_id: found.resource.to_string(),
        resource_name: found.name,
        reference_type: match kinds {
            [one] => Some(one.as_str()),
            _ => None,
        },
        references: (!kinds.is_empty()).then(|| found.references.iter().map(references::view).collect()),
    }
}

async fn usage(call: Call) -> Outcome {
    let intent = call.intent();
    let usage = control::usage(&intent, call.account(&intent)?);
    Answer::new(&UsageView {
        load_balancers: usage.load_balancers,
        monitors: usage.monitors,
        origins: usage.origins,
        pools: usage.pools,
        max_origins_per_pool: usage.max_origins_per_pool,
        minimum_monitor_interval: usage.minimum_monitor_interval,
    })
}
