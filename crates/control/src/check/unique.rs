//! Names that there may be only one of.

use crate::{Rejection, apply::Next};
use model::{Complaint, Intent, LoadBalancer, Pool, Scope, Zone};
use store::{Edit, Object};

/// The number of a name that is taken.
const NOT_UNIQUE: u16 = 1003;

/// Every object that the change puts must have a name of its own.
pub(super) fn names(next: &Next) -> Result<(), Rejection> {
    let taken = next.edits.iter().find_map(|edit| match edit {
        Edit::Put(object) => taken(&next.intent, object),
        Edit::Delete(_) => None,
    });
    taken.map_or(Ok(()), |complaint| Err(Rejection::NotUnique(complaint)))
}

fn taken(intent: &Intent, object: &Object) -> Option<Complaint> {
    match object {
        Object::Zone(zone) => same_zone(intent, zone).then(|| complaint("zone", &zone.name, "this node")),
        Object::Pool(pool) => same_pool(intent, pool).then(|| complaint("pool", &pool.name, "the account")),
        Object::LoadBalancer(balancer) => {
            same_balancer(intent, balancer).then(|| complaint("load balancer", &balancer.name, owner(balancer.scope)))
        }
        _ => None,
    }
}

fn same_zone(intent: &Intent, zone: &Zone) -> bool {
    intent.zones.values().any(|other| other.id != zone.id && other.name == zone.name)
}

fn same_pool(intent: &Intent, pool: &Pool) -> bool {
    intent.pools.values().any(|other| other.id != pool.id && other.account == pool.account && other.name == pool.name)
}

/// A host name leads to one load balancer, whichever zone it was made in; an account's own are among themselves.
fn same_balancer(intent: &Intent, balancer: &LoadBalancer) -> bool {
    let competes = |other: &LoadBalancer| match (other.scope, balancer.scope) {
        (Scope::Zone(_), Scope::Zone(_)) => true,
        (Scope::Account(other), Scope::Account(own)) => other == own,
        _ => false,
    };
    intent
        .load_balancers
        .values()
        .any(|other| other.id != balancer.id && other.name == balancer.name && competes(other))
}

fn owner(scope: Scope) -> &'static str {
    match scope {
        Scope::Zone(_) => "the zones of this node",
        Scope::Account(_) => "the account",
    }
}

fn complaint(noun: &str, name: &str, within: &str) -> Complaint {
    Complaint {
        path: "name".to_owned(),
        code: NOT_UNIQUE,
        problem: format!("{noun} name `{name}` is already taken in {within}"),
        remedy: format!("choose another name, or change the {noun} that has it"),
    }
}
