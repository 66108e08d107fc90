//! The operations on zones.

use super::{
    raw, settings,
    view::{ZoneView, view},
};
use crate::{
    answer::{Answer, Failure, Note, Outcome, Paging, Window},
    json::{Object as Body, Write},
    resource::read_over,
    server::{Call, Operation, Query, delete, get, post},
};
use control::Edit;
use model::{Complaints, Intent, Zone};
use serde_json::json;
use std::sync::Arc;

/// The operations on zones and their settings.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![
        get("/zones", "zones_list", "Lists zones", zones_list).reads(&FILTERS).gives_list::<ZoneView>(),
        post("/zones", "zones_create", "Creates a zone", zones_create).takes::<ZoneView>().gives::<ZoneView>(),
        get("/zones/{zone_id}", "zones_get", "Reads a zone", zones_get).gives::<ZoneView>(),
        delete("/zones/{zone_id}", "zones_delete", "Deletes a zone and all that lives in it", zones_delete),
    ];
    all.extend(settings::operations());
    all
}

/// Zones on a page of the list.
const PER_PAGE: usize = 20;

const FILTERS: [&str; 8] = ["name", "account.id", "account.name", "status", "order", "direction", "page", "per_page"];

async fn zones_list(call: Call) -> Outcome {
    let intent = call.intent();
    let window = Window::from_query(&call.query, Paging::Pages(PER_PAGE))?;
    let mut zones: Vec<Arc<Zone>> =
        intent.zones.values().filter(|zone| fits(zone, &call.query, &intent)).cloned().collect();
    let mut complaints = Complaints::new();
    let order = call.query.word("order", &["name", "status", "account.id", "account.name", "plan.id"], &mut complaints);
    let direction = call.query.word("direction", &["asc", "desc"], &mut complaints);
    complaints.or(()).map_err(Failure::Invalid)?;
    zones.sort_by(|a, b| match order {
        Some("account.id" | "account.name") => (a.account, &a.name).cmp(&(b.account, &b.name)),
        _ => a.name.cmp(&b.name),
    });
    if direction == Some("desc") {
        zones.reverse();
    }
    Answer::list(zones, window, |zone| view(&zone, &intent))
}

/// Every zone is active, so a filter for another status fits none.
fn fits(zone: &Zone, query: &Query, intent: &Intent) -> bool {
    let account = intent.accounts.get(&zone.account).map(|account| account.name.as_str());
    query.text("name").is_none_or(|name| name.eq_ignore_ascii_case(&zone.name))
        && query.text("account.id").is_none_or(|id| id == zone.account.to_string())
        && query.text("account.name").is_none_or(|name| Some(name) == account)
        && query.text("status").is_none_or(|status| status == "active")
}

/// POST: a zone of the account in the body, else of the default account.
async fn zones_create(call: Call) -> Outcome {
    let account = call.account(&call.intent())?;
    let (body, control) = (call.json()?, call.control().clone());
    let applied = call.control().change(move |intent, now| {
        let mut zone = raw::blank(account, now);
        let read = |zone: &mut Zone, body: &Body<'_>| raw::read(body, zone);
        let ignored = read_over(&mut zone, &body, Write::Create, read, |zone| control.check(zone.clone(), intent))?;
        let id = zone.id;
        Ok((vec![Edit::put(zone)], (id, ignored)))
    });
    let applied = applied.await?;
    let (id, ignored) = applied.value;
    let zone = applied.intent.zones.get(&id).ok_or(Failure::Internal)?;
    Ok(Answer::new(&view(zone, &applied.intent))?.with_notes(ignored.iter().map(|path| Note::ignored(path))))
}

async fn zones_get(call: Call) -> Outcome {
    let intent = call.intent();
    Answer::new(&view(&*call.zone(&intent)?, &intent))
}

/// DELETE: what lives in the zone goes with it.
async fn zones_delete(call: Call) -> Outcome {
    let zone = call.zone(&call.intent())?;
    let id = zone.id;
    let removed = call.control().change(move |_, _| Ok((vec![Edit::delete(id)], ()))).await;
    removed.map_err(|rejection| Failure::from(rejection).about("zone", &zone.name, &id.to_string()))?;
    Answer::new(&json!({ "id": id.to_string() }))
}
