//! The operations on pools.

use super::{
    bulk::pools_amend_all,
    health::{PoolHealthView, pools_health},
    notes, raw,
    view::{PoolView, view},
};
use crate::{
    answer::Note,
    json::Object as Body,
    monitors::MonitorView,
    previews::{PreviewView, preview_of_pool},
    resource::{Collection, Identity, Resource},
    server::{Call, Operation, get, patch, post},
};
use model::{AccountId, Intent, MonitorId, Pool, PoolId, SharedMap};
use std::sync::Arc;

const PATH: &str = "/accounts/{account_id}/load_balancers/pools";

/// The operations on pools, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let pools = Collection::<Pool>::at(PATH, "pools");
    let mut all = pools.operations();
    all.push(bulk());
    all.extend(questions(&pools));
    all
}

fn bulk() -> Operation {
    patch(PATH, "pools_amend_all", "Resets the deprecated notification e-mail of many pools", pools_amend_all)
        .reads_window()
        .gives_list::<PoolView>()
}

fn questions(pools: &Collection<Pool>) -> [Operation; 3] {
    let health = "Tells what every data center sees of a pool";
    let preview = "Tries monitor settings out on a pool";
    [
        get(&pools.below_one("health"), "pools_health", health, pools_health).gives::<PoolHealthView>(),
        post(&pools.below_one("preview"), "pools_preview", preview, preview_of_pool)
            .takes::<MonitorView>()
            .gives::<PreviewView>(),
        pools.references(),
    ]
}

impl Resource for Pool {
    type Id = PoolId;
    type Home = AccountId;
    type View = PoolView;
    const NOUN: &'static str = "pool";
    const PART: &'static str = "pool_id";
    const FILTERS: &'static [&'static str] = &["monitor"];

    fn kept(intent: &Intent) -> &SharedMap<PoolId, Arc<Self>> {
        &intent.pools
    }
    fn identity(&self) -> Identity<Self> {
        Identity { id: self.id, home: self.account, created_on: self.created_on }
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn blank(Identity { id, home, created_on }: Identity<Self>) -> Self {
        Pool::blank(id, home, created_on)
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
    /// `monitor` keeps the pools that this monitor probes, alone. A text that is no id fits no pool.
    fn fits(&self, call: &Call) -> bool {
        let Some(wanted) = call.query.text("monitor") else { return true };
        let wanted = wanted.parse::<MonitorId>().ok();
        wanted.is_some() && self.monitor == wanted
    }
}
