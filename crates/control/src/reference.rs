//! Who points at whom.

use crate::{Object, ObjectId, slot};
use model::{Intent, LoadBalancer, Monitor, MonitorGroup, Pool, Scope, Zone};
use std::{collections::BTreeSet, sync::Arc};

/// Which way a reference goes, seen from the object that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReferenceKind {
    /// The resource points at the object.
    Referrer,
    /// The object points at the resource.
    Referral,
}

impl ReferenceKind {
    /// The text form, such as `referrer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReferenceKind::Referrer => "referrer",
            ReferenceKind::Referral => "referral",
        }
    }
}

/// One end of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub kind: ReferenceKind,
    pub resource: ObjectId,
    /// What people call the resource.
    pub name: String,
}

/// Every reference of an object: first who points at it, then what it points at, each by kind and id. What belongs to
/// an account or a zone does not count as pointing at it.
pub fn references(intent: &Intent, id: ObjectId) -> Vec<Reference> {
    let mut all = referrers(intent, id);
    let pointed_at = slot::get(intent, id).map(|object| targets(intent, &object)).unwrap_or_default();
    all.extend(pointed_at.into_iter().filter_map(|resource| found(intent, ReferenceKind::Referral, resource)));
    all
}

/// Who points at an object.
fn referrers(intent: &Intent, id: ObjectId) -> Vec<Reference> {
    let referrers: BTreeSet<ObjectId> = match id {
        ObjectId::Monitor(id) => {
            let groups = intent.monitor_groups.values().filter(|group| has_member(group, id));
            let pools = intent.pools.values().filter(|pool| pool.monitor == Some(id));
            groups.map(|group| group.id.into()).chain(pools.map(|pool| pool.id.into())).collect()
        }
        ObjectId::MonitorGroup(id) => {
            let pools = intent.pools.values().filter(|pool| pool.monitor_group == Some(id));
            pools.map(|pool| pool.id.into()).collect()
        }
        ObjectId::Pool(id) => {
            let balancers = intent.load_balancers.values();
            let pointing = balancers.filter(|balancer| balancer.referenced_pools().any(|pool| pool == id));
            pointing.map(|balancer| balancer.id.into()).collect()
        }
        ObjectId::Zone(id) => {
            let zone = intent.zones.get(&id);
            zone.into_iter().flat_map(|zone| simulating(intent, zone)).map(|monitor| monitor.id.into()).collect()
        }
        ObjectId::Account(_) | ObjectId::LoadBalancer(_) | ObjectId::Certificate(_) | ObjectId::TrustAnchor(_) => {
            BTreeSet::new()
        }
    };
    referrers.into_iter().filter_map(|resource| found(intent, ReferenceKind::Referrer, resource)).collect()
}

/// The monitors that probe as a zone does. They name it, so they do even after it is gone.
fn simulating<'a>(intent: &'a Intent, zone: &Zone) -> impl Iterator<Item = &'a Arc<Monitor>> {
    intent.monitors.values().filter(|monitor| monitor.account == zone.account && monitor.probe_zone == zone.name)
}

/// Who in `after` still points at an object of `before`.
pub(crate) fn left_behind(before: &Intent, after: &Intent, id: ObjectId) -> Vec<Reference> {
    match id {
        ObjectId::Account(account) => owned_by_account(after, account),
        ObjectId::Zone(zone) => {
            let zone = before.zones.get(&zone);
            let monitors = zone.into_iter().flat_map(|zone| simulating(after, zone));
            monitors.filter_map(|monitor| found(after, ReferenceKind::Referrer, monitor.id.into())).collect()
        }
        other => referrers(after, other),
    }
}

fn has_member(group: &MonitorGroup, id: model::MonitorId) -> bool {
    group.members.iter().any(|member| member.monitor_id == id)
}

/// What an object points at.
fn targets(intent: &Intent, object: &Object) -> BTreeSet<ObjectId> {
    match object {
        Object::Monitor(monitor) => probe_zone(intent, monitor).into_iter().collect(),
        Object::MonitorGroup(group) => group.members.iter().map(|member| member.monitor_id.into()).collect(),
        Object::Pool(pool) => monitors(pool).collect(),
        Object::LoadBalancer(balancer) => pools(balancer),
        Object::Account(_) | Object::Zone(_) | Object::Certificate(_) | Object::TrustAnchor(_) => BTreeSet::new(),
    }
}

fn probe_zone(intent: &Intent, monitor: &Monitor) -> Option<ObjectId> {
    intent.zones.values().find(|zone| zone.name == monitor.probe_zone).map(|zone| zone.id.into())
}

fn monitors(pool: &Pool) -> impl Iterator<Item = ObjectId> {
    let single = pool.monitor.map(ObjectId::Monitor);
    single.into_iter().chain(pool.monitor_group.map(ObjectId::MonitorGroup))
}

fn pools(balancer: &LoadBalancer) -> BTreeSet<ObjectId> {
    balancer.referenced_pools().map(ObjectId::Pool).collect()
}

fn found(intent: &Intent, kind: ReferenceKind, resource: ObjectId) -> Option<Reference> {
    slot::get(intent, resource).map(|object| Reference { kind, resource, name: name(&object) })
}

/// What people call an object: its name, or the nearest thing it has to one.
pub(crate) fn name(object: &Object) -> String {
    match object {
        Object::Account(account) => account.name.clone(),
        Object::Zone(zone) => zone.name.clone(),
        Object::Monitor(monitor) => monitor.description.clone(),
        Object::MonitorGroup(group) => group.description.clone(),
        Object::Pool(pool) => pool.name.clone(),
        Object::LoadBalancer(balancer) => balancer.name.clone(),
        Object::Certificate(certificate) => certificate.hosts.join(", "),
        Object::TrustAnchor(anchor) => anchor.issuer.clone(),
    }
}

/// What keeps an account from being removed: everything that it owns.
fn owned_by_account(intent: &Intent, account: model::AccountId) -> Vec<Reference> {
    let zones = intent.zones.values().filter(|zone| zone.account == account).map(|zone| zone.id.into());
    let monitors = intent.monitors.values().filter(|monitor| monitor.account == account);
    let groups = intent.monitor_groups.values().filter(|group| group.account == account);
    let pools = intent.pools.values().filter(|pool| pool.account == account);
    let balancers = intent.load_balancers.values().filter(|balancer| balancer.scope == Scope::Account(account));
    let owned = zones
        .chain(monitors.map(|monitor| monitor.id.into()))
        .chain(groups.map(|group| group.id.into()))
        .chain(pools.map(|pool| pool.id.into()))
        .chain(balancers.map(|balancer| balancer.id.into()));
    owned.filter_map(|id| found(intent, ReferenceKind::Referrer, id)).collect()
}

/// The account that an object belongs to, if what it lives in exists.
pub(crate) fn account_of(intent: &Intent, object: &Object) -> Option<model::AccountId> {
    let of_zone = |zone| intent.zones.get(&zone).map(|zone| zone.account);
    match object {
        Object::Account(account) => Some(account.id),
        Object::Zone(zone) => Some(zone.account),
        Object::Monitor(monitor) => Some(monitor.account),
        Object::MonitorGroup(group) => Some(group.account),
        Object::Pool(pool) => Some(pool.account),
        Object::LoadBalancer(balancer) => match balancer.scope {
            Scope::Account(account) => Some(account),
            Scope::Zone(zone) => of_zone(zone),
        },
        Object::Certificate(certificate) => of_zone(certificate.zone),
        Object::TrustAnchor(anchor) => of_zone(anchor.zone),
    }
}
