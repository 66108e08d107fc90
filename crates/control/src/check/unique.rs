//! Names that there may be only one of.

use crate::{Rejection, apply::Next};
use model::{AccountId, Complaint, Intent, LoadBalancer, Scope};
use std::collections::BTreeMap;
use store::{Edit, Kind, Object, ObjectId};

/// The number of a name that is taken.
const NOT_UNIQUE: u16 = 1003;

/// Within what a name may be there once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Realm {
    Zones,
    Pools(AccountId),
    /// A host name leads to one load balancer, whichever zone it was made in.
    ZoneBalancers,
    AccountBalancers(AccountId),
}

type Name<'a> = (Realm, &'a str);

/// Every object that the change puts must have a name of its own.
pub(super) fn names(next: &Next) -> Result<(), Rejection> {
    let put: Vec<(ObjectId, Name<'_>)> = next.edits.iter().filter_map(put_name).collect();
    if put.is_empty() {
        return Ok(());
    }
    let holders = holders(&next.intent);
    let taken = put.into_iter().find(|(id, name)| holders.get(name).is_some_and(|holder| holder.is_not_only(*id)));
    taken.map_or(Ok(()), |(id, name)| Err(Rejection::NotUnique(complaint(id.kind(), name))))
}

fn put_name(edit: &Edit) -> Option<(ObjectId, Name<'_>)> {
    let Edit::Put(object) = edit else { return None };
    let name = match object {
        Object::Zone(zone) => (Realm::Zones, zone.name.as_str()),
        Object::Pool(pool) => (Realm::Pools(pool.account), pool.name.as_str()),
        Object::LoadBalancer(balancer) => balancer_name(balancer),
        _ => return None,
    };
    Some((object.id(), name))
}

fn balancer_name(balancer: &LoadBalancer) -> Name<'_> {
    match balancer.scope {
        Scope::Zone(_) => (Realm::ZoneBalancers, balancer.name.as_str()),
        Scope::Account(account) => (Realm::AccountBalancers(account), balancer.name.as_str()),
    }
}

/// Who has a name.
enum Holder {
    One(ObjectId),
    Several,
}

impl Holder {
    fn is_not_only(&self, id: ObjectId) -> bool {
        match self {
            Holder::One(holder) => *holder != id,
            Holder::Several => true,
        }
    }
}

/// Who has each name of the intent.
fn holders(intent: &Intent) -> BTreeMap<Name<'_>, Holder> {
    let zones = intent.zones.values().map(|zone| ((Realm::Zones, zone.name.as_str()), ObjectId::Zone(zone.id)));
    let pools = intent.pools.values();
    let pools = pools.map(|pool| ((Realm::Pools(pool.account), pool.name.as_str()), ObjectId::Pool(pool.id)));
    let balancers = intent.load_balancers.values();
    let balancers = balancers.map(|balancer| (balancer_name(balancer), ObjectId::LoadBalancer(balancer.id)));
    let mut holders = BTreeMap::new();
    for (name, id) in zones.chain(pools).chain(balancers) {
        holders.entry(name).and_modify(|holder| *holder = Holder::Several).or_insert(Holder::One(id));
    }
    holders
}

fn complaint(kind: Kind, (realm, name): Name<'_>) -> Complaint {
    let noun = kind.noun();
    let within = match realm {
        Realm::Zones => "on this node",
        Realm::ZoneBalancers => "in the zones of this node",
        Realm::Pools(_) | Realm::AccountBalancers(_) => "in the account",
    };
    Complaint {
        path: "name".to_owned(),
        code: NOT_UNIQUE,
        problem: format!("{noun} name `{name}` is already taken {within}"),
        remedy: format!("choose another name, or change the {noun} that has it"),
    }
}
