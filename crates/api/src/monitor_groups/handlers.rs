//! The operations on monitor groups.

use super::{
    raw,
    view::{MonitorGroupView, view},
};
use crate::{
    json::Object as Body,
    resource::{Collection, Farewell, Identity, Resource},
    server::Operation,
};
use model::{AccountId, Intent, MonitorGroup, MonitorGroupId, SharedMap};
use std::sync::Arc;

/// The operations on monitor groups, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    const PATH: &str = "/accounts/{account_id}/load_balancers/monitor_groups";
    let groups = Collection::<MonitorGroup>::at(PATH, "monitor_groups");
    let mut all = groups.operations();
    all.push(groups.references());
    all
}

impl Resource for MonitorGroup {
    type Id = MonitorGroupId;
    type Home = AccountId;
    type View = MonitorGroupView;
    const NOUN: &'static str = "monitor group";
    const PART: &'static str = "monitor_group_id";
    const FAREWELL: Farewell = Farewell::Object;

    fn kept(intent: &Intent) -> &SharedMap<MonitorGroupId, Arc<Self>> {
        &intent.monitor_groups
    }
    fn identity(&self) -> Identity<Self> {
        Identity { id: self.id, home: self.account, created_on: self.created_on }
    }
    fn name(&self) -> &str {
        &self.description
    }
    fn blank(identity: Identity<Self>) -> Self {
        raw::blank(identity)
    }
    fn read(&mut self, body: &Body<'_>, _before: Option<&Self>) {
        raw::read(body, self);
    }
    fn view(&self, _intent: &Intent) -> MonitorGroupView {
        view(self)
    }
}
