//! The operations on load balancers.

use super::{
    notes, raw,
    view::{LoadBalancerView, view},
};
use crate::{
    answer::Note,
    json::Object as Body,
    resource::{self, Resource},
    server::{Operation, delete, get, patch, post, put},
};
use model::{Intent, LoadBalancer, LoadBalancerId, Scope, Timestamp};
use std::sync::Arc;

/// The operations on load balancers, below a zone and below an account.
pub(crate) fn operations() -> Vec<Operation> {
    let of_zone = below("/zones/{zone_id}/load_balancers", "zone_load_balancers");
    let of_account = below("/accounts/{account_id}/load_balancers", "account_load_balancers");
    of_zone.into_iter().chain(of_account).collect()
}

fn below(list: &str, name: &str) -> Vec<Operation> {
    let one = format!("{list}/{{load_balancer_id}}");
    let named = |verb: &str| format!("{name}_{verb}");
    vec![
        get(list, &named("list"), "Lists load balancers", resource::list::<LoadBalancer>)
            .gives_list::<LoadBalancerView>(),
        post(list, &named("create"), "Creates a load balancer", resource::create::<LoadBalancer>)
            .takes::<LoadBalancerView>()
            .gives::<LoadBalancerView>(),
        get(&one, &named("get"), "Reads a load balancer", resource::get::<LoadBalancer>).gives::<LoadBalancerView>(),
        put(&one, &named("replace"), "Overwrites a load balancer", resource::replace::<LoadBalancer>)
            .takes::<LoadBalancerView>()
            .gives::<LoadBalancerView>(),
        patch(&one, &named("amend"), "Changes what is supplied of a load balancer", resource::amend::<LoadBalancer>)
            .takes::<LoadBalancerView>()
            .gives::<LoadBalancerView>(),
        delete(&one, &named("delete"), "Deletes a load balancer", resource::delete::<LoadBalancer>),
    ]
}

impl Resource for LoadBalancer {
    type Id = LoadBalancerId;
    type Home = Scope;
    type View = LoadBalancerView;
    const NOUN: &'static str = "load balancer";
    const PART: &'static str = "load_balancer_id";

    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_> {
        Box::new(intent.load_balancers.values())
    }
    fn find(intent: &Intent, id: LoadBalancerId) -> Option<&Arc<Self>> {
        intent.load_balancers.get(&id)
    }
    fn home(&self) -> Scope {
        self.scope
    }
    fn id(&self) -> LoadBalancerId {
        self.id
    }
    fn created_on(&self) -> Timestamp {
        self.created_on
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn blank(home: Scope, now: Timestamp) -> Self {
        raw::blank(home, now)
    }
    fn emptied(&self) -> Self {
        Self { id: self.id, ..raw::blank(self.scope, self.created_on) }
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
