//! Every rule that a change must satisfy, each in the file of the kind of object it is about.
//!
//! A check looks at one value in the intent that it would be part of, and collects all complaints with their paths. Ids
//! that point at nothing are complaints too; whether something may be removed is asked of the references.

mod affinity;
mod certificate;
mod endpoint;
mod fixed;
mod host;
mod load_balancer;
mod monitor;
mod monitor_group;
mod pool;
mod pool_set;
mod quota;
mod rule;
mod steering;
mod unique;
mod value;
mod zone;

pub use certificate::{check as certificate, check_trust_anchor as trust_anchor};
pub use endpoint::check as endpoint;
pub use load_balancer::check as load_balancer;
pub use monitor::check as monitor;
pub use monitor_group::check as monitor_group;
pub use pool::check as pool;
pub use zone::{check as zone, check_account as account};

use crate::{
    Policy, Quotas, Rejection,
    apply::Next,
    reference::{account_of, left_behind},
    slot,
};
use model::{AccountId, Complaints, Intent, Timestamp, ZoneId};
use store::{Edit, Object};

/// What a value is checked against.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The intent that the value is, or would be, part of.
    pub intent: &'a Intent,
    /// The account that the value belongs to; `None` when what it lives in does not exist.
    pub account: Option<AccountId>,
    pub policy: &'a Policy,
    pub quotas: &'a Quotas,
    pub now: Timestamp,
}

impl<'a> Scene<'a> {
    /// The scene of one object.
    pub fn of(object: &Object, intent: &'a Intent, policy: &'a Policy, quotas: &'a Quotas, now: Timestamp) -> Self {
        Self { intent, account: account_of(intent, object), policy, quotas, now }
    }

    fn require_account(&self, complaints: &mut Complaints, account: AccountId) {
        if !self.intent.accounts.contains_key(&account) {
            complaints.add("account", format!("there is no account {account}"), "name an account of this node");
        }
    }

    fn require_zone(&self, complaints: &mut Complaints, zone: ZoneId) {
        if !self.intent.zones.contains_key(&zone) {
            complaints.add("zone", format!("there is no zone {zone}"), "create the zone first");
        }
    }
}

/// Checks a whole change before it is stored.
///
/// # Errors
/// All complaints about all values; else what keeps something from being removed; else a name that is taken; else a
/// quota that is used up.
pub(crate) fn change(
    before: &Intent,
    next: &Next,
    policy: &Policy,
    quotas: &Quotas,
    now: Timestamp,
) -> Result<(), Rejection> {
    complaints(before, next, policy, quotas, now).or(()).map_err(Rejection::Invalid)?;
    unreferenced(before, next)?;
    unique::names(before, next)?;
    quota::counts(before, next, quotas)
}

fn complaints(before: &Intent, next: &Next, policy: &Policy, quotas: &Quotas, now: Timestamp) -> Complaints {
    let put: Vec<&Object> = next.edits.iter().filter_map(as_put).collect();
    let mut all = Complaints::new();
    for object in put.iter().copied() {
        // One object speaks of its own members; among several each says which one it is.
        let prefix = if put.len() == 1 { String::new() } else { format!("{}[{}]", object.kind(), object.id()) };
        let mut found = self::object(object, &Scene::of(object, &next.intent, policy, quotas, now));
        if let Some(before) = slot::get(before, object.id()) {
            fixed::members(&mut found, &before, object);
        }
        all.nest(&prefix, found);
    }
    all
}

fn as_put(edit: &Edit) -> Option<&Object> {
    match edit {
        Edit::Put(object) => Some(object),
        Edit::Delete(_) => None,
    }
}

/// Everything that is wrong with one object in the intent that it is, or would be, part of.
pub fn object(object: &Object, scene: &Scene<'_>) -> Complaints {
    match object {
        Object::Account(value) => account(value),
        Object::Zone(value) => zone(value, scene),
        Object::Monitor(value) => monitor(value, scene),
        Object::MonitorGroup(value) => monitor_group(value, scene),
        Object::Pool(value) => pool(value, scene),
        Object::LoadBalancer(value) => load_balancer(value, scene),
        Object::Certificate(value) => certificate(value, scene),
        Object::TrustAnchor(value) => trust_anchor(value, scene),
    }
}

/// What is removed must not be pointed at by what stays.
fn unreferenced(before: &Intent, next: &Next) -> Result<(), Rejection> {
    let removed = next.edits.iter().filter_map(|edit| match edit {
        // What is put anew in the same change was only replaced.
        Edit::Delete(id) => slot::get(&next.intent, *id).is_none().then_some(*id),
        Edit::Put(_) => None,
    });
    let by: Vec<_> = removed.flat_map(|id| left_behind(before, &next.intent, id)).collect();
    if by.is_empty() { Ok(()) } else { Err(Rejection::Referenced { by }) }
}
