//! The operations on monitors.

use super::{MonitorView, notes, raw, view};
use crate::{
    answer::Note,
    json::Object as Body,
    previews::{PreviewView, preview_of_monitor},
    references::{ReferenceView, references_of},
    resource::{self, Resource},
    server::{Operation, delete, get, patch, post, put},
};
use model::{AccountId, Intent, Monitor, MonitorId, Timestamp};
use std::sync::Arc;

/// The operations on monitors, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    const LIST: &str = "/accounts/{account_id}/load_balancers/monitors";
    const ONE: &str = "/accounts/{account_id}/load_balancers/monitors/{monitor_id}";
    vec![
        get(LIST, "monitors_list", "Lists the monitors of an account", resource::list::<Monitor>)
            .gives_list::<MonitorView>(),
        post(LIST, "monitors_create", "Creates a monitor", resource::create::<Monitor>)
            .takes::<MonitorView>()
            .gives::<MonitorView>(),
        get(ONE, "monitors_get", "Reads a monitor", resource::get::<Monitor>).gives::<MonitorView>(),
        put(ONE, "monitors_replace", "Overwrites a monitor", resource::replace::<Monitor>)
            .takes::<MonitorView>()
            .gives::<MonitorView>(),
        patch(ONE, "monitors_amend", "Changes what is supplied of a monitor", resource::amend::<Monitor>)
            .takes::<MonitorView>()
            .gives::<MonitorView>(),
        delete(ONE, "monitors_delete", "Deletes a monitor that nothing refers to", resource::delete::<Monitor>),
        post(
            &format!("{ONE}/preview"),
            "monitors_preview",
            "Tries monitor settings out on the pools of a monitor",
            preview_of_monitor,
        )
        .takes::<MonitorView>()
        .gives::<PreviewView>(),
        get(
            &format!("{ONE}/references"),
            "monitors_references",
            "Lists what refers to a monitor, and what it refers to",
            references_of::<Monitor>,
        )
        .gives_list::<ReferenceView>(),
    ]
}

impl Resource for Monitor {
    type Id = MonitorId;
    type Home = AccountId;
    type View = MonitorView;
    const NOUN: &'static str = "monitor";
    const PART: &'static str = "monitor_id";

    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_> {
        Box::new(intent.monitors.values())
    }
    fn find(intent: &Intent, id: MonitorId) -> Option<&Arc<Self>> {
        intent.monitors.get(&id)
    }
    fn home(&self) -> AccountId {
        self.account
    }
    fn id(&self) -> MonitorId {
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
    fn view(&self, _intent: &Intent) -> MonitorView {
        view(self)
    }
    fn notes(&self) -> Vec<Note> {
        notes(self)
    }
}
