//! The operations on monitors.

use super::{MonitorView, notes, raw, view};
use crate::{
    answer::Note,
    json::Object as Body,
    previews::{PreviewView, preview_of_monitor},
    resource::{Collection, Identity, Resource},
    server::{Operation, post},
};
use model::{AccountId, Intent, Monitor, MonitorId, SharedMap};
use std::sync::Arc;

/// The operations on monitors, below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let monitors = Collection::<Monitor>::at("/accounts/{account_id}/load_balancers/monitors", "monitors");
    let summary = "Tries monitor settings out on the pools of a monitor";
    let preview = post(&monitors.below_one("preview"), "monitors_preview", summary, preview_of_monitor)
        .takes::<MonitorView>()
        .gives::<PreviewView>();
    let mut all = monitors.operations();
    all.extend([preview, monitors.references()]);
    all
}

impl Resource for Monitor {
    type Id = MonitorId;
    type Home = AccountId;
    type View = MonitorView;
    const NOUN: &'static str = "monitor";
    const PART: &'static str = "monitor_id";

    fn kept(intent: &Intent) -> &SharedMap<MonitorId, Arc<Self>> {
        &intent.monitors
    }
    fn identity(&self) -> Identity<Self> {
        Identity { id: self.id, home: self.account, created_on: self.created_on }
    }
    fn name(&self) -> &str {
        &self.description
    }
    fn blank(Identity { id, home, created_on }: Identity<Self>) -> Self {
        Monitor::blank(id, home, created_on)
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
