//! The operations on pools.

use super::{
    bulk::pools_amend_all,
    health::{PoolHealthView, pools_health},
    notes, raw,
    view::{PoolView, view},
};
use crate::{
    answer::{Note, Outcome},
    json::Object as Body,
    monitors::MonitorView,
    previews::{PreviewView, preview_of_pool},
    references::{ReferenceView, references_of},
    resource::{self, Resource, at_home},
    server::{Call, Operation, delete, get, patch, post, put},
};
use model::{AccountId, Intent, MonitorId, Pool, PoolId, Timestamp};
use std::sync::Arc;

const LIST: &str = "/accounts/{account_id}/load_balancers/pools";
const ONE: &str = "/accounts/{account_id}/load_balancers/pools/{pool_id}";

/// The operations on pools, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = objects();
    all.extend(questions());
    all
}

fn objects() -> Vec<Operation> {
    vec![
        get(LIST, "pools_list", "Lists the pools of an account", pools_list)
            .reads(&["monitor", "page", "per_page", "limit", "offset"])
            .gives_list::<PoolView>(),
        post(LIST, "pools_create", "Creates a pool", resource::create::<Pool>).takes::<PoolView>().gives::<PoolView>(),
        patch(LIST, "pools_amend_all", "Resets the deprecated notification e-mail of many pools", pools_amend_all)
            .reads(&["page", "per_page", "limit", "offset"])
            .gives_list::<PoolView>(),
        get(ONE, "pools_get", "Reads a pool", resource::get::<Pool>).gives::<PoolView>(),
        put(ONE, "pools_replace", "Overwrites a pool", resource::replace::<Pool>)
            .takes::<PoolView>()
            .gives::<PoolView>(),
        patch(ONE, "pools_amend", "Changes what is supplied of a pool", resource::amend::<Pool>)
            .takes::<PoolView>()
            .gives::<PoolView>(),
        delete(ONE, "pools_delete", "Deletes a pool that no load balancer uses", resource::delete::<Pool>),
    ]
}

fn questions() -> Vec<Operation> {
    vec![
        get(&format!("{ONE}/health"), "pools_health", "Tells what every data center sees of a pool", pools_health)
            .gives::<PoolHealthView>(),
        post(&format!("{ONE}/preview"), "pools_preview", "Tries monitor settings out on a pool", preview_of_pool)
            .takes::<MonitorView>()
            .gives::<PreviewView>(),
        get(
            &format!("{ONE}/references"),
            "pools_references",
            "Lists what refers to a pool, and what it refers to",
            references_of::<Pool>,
        )
        .gives_list::<ReferenceView>(),
    ]
}

/// `monitor` keeps the pools that this monitor probes, alone. A text that is no id fits no pool.
async fn pools_list(call: Call) -> Outcome {
    let intent = call.intent();
    let mut pools = at_home::<Pool>(&call, &intent)?;
    if let Some(monitor) = call.query.text("monitor") {
        let monitor = monitor.parse::<MonitorId>().ok();
        pools.retain(|pool| monitor.is_some() && pool.monitor == monitor);
    }
    resource::shown(&call, &intent, pools)
}

impl Resource for Pool {
    type Id = PoolId;
    type Home = AccountId;
    type View = PoolView;
    const NOUN: &'static str = "pool";
    const PART: &'static str = "pool_id";

    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_> {
        Box::new(intent.pools.values())
    }
    fn find(intent: &Intent, id: PoolId) -> Option<&Arc<Self>> {
        intent.pools.get(&id)
    }
    fn home(&self) -> AccountId {
        self.account
    }
    fn id(&self) -> PoolId {
        self.id
    }
    fn created_on(&self) -> Timestamp {
        self.created_on
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn blank(home: AccountId, now: Timestamp) -> Self {
        raw::blank(home, now)
    }
    fn emptied(&self) -> Self {
        Self { id: self.id, ..raw::blank(self.account, self.created_on) }
    }
    fn read(&mut self, body: &Body<'_>, _before: Option<&Self>) {
        raw::read(body, self);
    }
    fn view(&self, _intent: &Intent) -> PoolView {
        view(self)
    }
    fn notes(&self) -> Vec<Note> {
        notes::notes(self)
    }
}
