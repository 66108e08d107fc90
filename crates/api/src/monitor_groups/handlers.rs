//! The operations on monitor groups.

use super::{
    raw,
    view::{MonitorGroupView, view},
};
use crate::{
    answer::{Answer, Note, Outcome},
    json::Object as Body,
    references::{ReferenceView, references_of},
    resource::{self, Resource},
    server::{Call, Operation, delete, get, patch, post, put},
};
use model::{AccountId, Intent, MonitorGroup, MonitorGroupId, Timestamp};
use std::sync::Arc;

/// The operations on monitor groups, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    const LIST: &str = "/accounts/{account_id}/load_balancers/monitor_groups";
    const ONE: &str = "/accounts/{account_id}/load_balancers/monitor_groups/{monitor_group_id}";
    vec![
        get(LIST, "monitor_groups_list", "Lists the monitor groups of an account", resource::list::<MonitorGroup>)
            .gives_list::<MonitorGroupView>(),
        post(LIST, "monitor_groups_create", "Creates a monitor group", resource::create::<MonitorGroup>)
            .takes::<MonitorGroupView>()
            .gives::<MonitorGroupView>(),
        get(ONE, "monitor_groups_get", "Reads a monitor group", resource::get::<MonitorGroup>)
            .gives::<MonitorGroupView>(),
        put(ONE, "monitor_groups_replace", "Overwrites a monitor group", resource::replace::<MonitorGroup>)
            .takes::<MonitorGroupView>()
            .gives::<MonitorGroupView>(),
        patch(
            ONE,
            "monitor_groups_amend",
            "Changes what is supplied of a monitor group",
            resource::amend::<MonitorGroup>,
        )
        .takes::<MonitorGroupView>()
        .gives::<MonitorGroupView>(),
        delete(ONE, "monitor_groups_delete", "Deletes a monitor group that no pool uses", monitor_groups_delete)
            .gives::<MonitorGroupView>(),
        get(
            &format!("{ONE}/references"),
            "monitor_groups_references",
            "Lists what refers to a monitor group, and what it refers to",
            references_of::<MonitorGroup>,
        )
        .gives_list::<ReferenceView>(),
    ]
}

/// Unlike other deletions, this one answers with the whole object.
async fn monitor_groups_delete(call: Call) -> Outcome {
    Answer::new(&view(&*resource::remove::<MonitorGroup>(&call).await?))
}

impl Resource for MonitorGroup {
    type Id = MonitorGroupId;
    type Home = AccountId;
    type View = MonitorGroupView;
    const NOUN: &'static str = "monitor group";
    const PART: &'static str = "monitor_group_id";

    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_> {
        Box::new(intent.monitor_groups.values())
    }
    fn find(intent: &Intent, id: MonitorGroupId) -> Option<&Arc<Self>> {
        intent.monitor_groups.get(&id)
    }
    fn home(&self) -> AccountId {
        self.account
    }
    fn id(&self) -> MonitorGroupId {
        self.id
    }
    fn created_on(&self) -> Timestamp {
        self.created_on
    }
    fn name(&self) -> &str {
        &self.description
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
    fn view(&self, _intent: &Intent) -> MonitorGroupView {
        view(self)
    }
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
}
