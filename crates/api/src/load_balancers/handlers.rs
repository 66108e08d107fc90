//! The operations on load balancers.

use super::{
    notes, raw,
    view::{LoadBalancerView, view},
};
use crate::{
    answer::Note,
    json::Object as Body,
    resource::{Collection, Identity, Resource},
    server::Operation,
};
use model::{Intent, LoadBalancer, LoadBalancerId, Scope, SharedMap};
use std::sync::Arc;

/// The operations on load balancers, below a zone and below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let of_zone = Collection::<LoadBalancer>::at("/zones/{zone_id}/load_balancers", "zone_load_balancers");
    let of_account = Collection::<LoadBalancer>::at("/accounts/{account_id}/load_balancers", "account_load_balancers");
    of_zone.operations().into_iter().chain(of_account.operations()).collect()
}

impl Resource for LoadBalancer {
    type Id = LoadBalancerId;
    type Home = Scope;
    type View = LoadBalancerView;
    const NOUN: &'static str = "load balancer";
    const PART: &'static str = "load_balancer_id";

    fn kept(intent: &Intent) -> &SharedMap<LoadBalancerId, Arc<Self>> {
        &intent.load_balancers
    }
    fn identity(&self) -> Identity<Self> {
        Identity { id: self.id, home: self.scope, created_on: self.created_on }
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn blank(Identity { id, home, created_on }: Identity<Self>) -> Self {
        LoadBalancer::blank(id, home, created_on)
    }
    fn read(&mut self, body: &Body<'_>, before: Option<&Self>) {
        raw::read(body, self, before);
    }
    fn view(&self, intent: &Intent) -> LoadBalancerView {
        view(self, intent)
    }
    fn notes(&self) -> Vec<Note> {
        notes::notes(self)
    }
}
