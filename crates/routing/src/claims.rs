//! Who claims a name: usually one route. Of several, the first by rank has it, and the next when that one goes.

use crate::route::Route;
use model::{LoadBalancerId, Scope};
use std::sync::Arc;

/// The routes that claim one name, by rank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    first: Option<Arc<Route>>,
    /// Nearly always none.
    others: Box<[Arc<Route>]>,
}

impl Claims {
    /// Who has the name.
    pub fn first(&self) -> Option<&Arc<Route>> {
        self.first.as_ref()
    }

    /// Adds a claim, in the place of an older one of the same load balancer.
    pub fn put(&mut self, route: Arc<Route>) {
        self.reorder(route.load_balancer, Some(route));
    }

    /// Takes back the claim of this route's load balancer.
    pub fn remove(&mut self, route: &Route) {
        self.reorder(route.load_balancer, None);
    }

    fn reorder(&mut self, id: LoadBalancerId, route: Option<Arc<Route>>) {
        let all = self.first.take().into_iter().chain(std::mem::take(&mut self.others));
        let mut all: Vec<_> = all.filter(|claim| claim.load_balancer != id).chain(route).collect();
        all.sort_by_key(|claim| rank(claim));
        let mut all = all.into_iter();
        (self.first, self.others) = (all.next(), all.collect());
    }
}

/// Of two with one name, that of a zone wins over that of an account, then the lower id.
fn rank(route: &Route) -> (bool, LoadBalancerId) {
    (matches!(route.scope, Scope::Account(_)), route.load_balancer)
}
