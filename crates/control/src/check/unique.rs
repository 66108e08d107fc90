//! Names that there may be only one of.

use super::as_put;
use crate::{Rejection, apply::Next, slot};
use model::{AccountId, Complaint, Intent, LoadBalancer, Scope};
use std::collections::{BTreeMap, BTreeSet};
use store::{Kind, Object, ObjectId};

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

/// Every object that the change gives a name must be the only one with it. What keeps its name is not asked: the
/// intent before had been checked.
pub(super) fn names(before: &Intent, next: &Next) -> Result<(), Rejection> {
    let put = next.edits.iter().filter_map(as_put).filter_map(|object| Some((object.id(), name(object)?)));
    let had = |id| slot::get(before, id);
    let new: Vec<(ObjectId, Name<'_>)> =
        put.filter(|(id, new)| had(*id).as_ref().and_then(name).as_ref() != Some(new)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let holders = holders(&next.intent, &new.iter().map(|(_, name)| *name).collect());
    let taken = new.into_iter().find(|(id, name)| holders.get(name).is_some_and(|holder| holder.is_not_only(*id)));
    taken.map_or(Ok(()), |(id, name)| Err(Rejection::NotUnique(complaint(id.kind(), name))))
}

fn name(object: &Object) -> Option<Name<'_>> {
    match object {
        Object::Zone(zone) => Some((Realm::Zones, zone.name.as_str())),
        Object::Pool(pool) => Some((Realm::Pools(pool.account), pool.name.as_str())),
        Object::LoadBalancer(balancer) => Some(balancer_name(balancer)),
        _ => None,
    }
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

/// Who in the intent has each of these names.
fn holders<'a>(intent: &'a Intent, names: &BTreeSet<Name<'_>>) -> BTreeMap<Name<'a>, Holder> {
    let zones = intent.zones.values().map(|zone| ((Realm::Zones, zone.name.as_str()), ObjectId::Zone(zone.id)));
    let pools = intent.pools.values();
    let pools = pools.map(|pool| ((Realm::Pools(pool.account), pool.name.as_str()), ObjectId::Pool(pool.id)));
    let balancers = intent.load_balancers.values();
    let balancers = balancers.map(|balancer| (balancer_name(balancer), ObjectId::LoadBalancer(balancer.id)));
    let mut holders = BTreeMap::new();
    for (name, id) in zones.chain(pools).chain(balancers).filter(|(name, _)| names.contains(name)) {
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
