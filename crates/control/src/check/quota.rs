//! How many objects there may be. A quota only ever refuses another object; it never gets in the way of those there are.

use crate::{Quotas, Rejection, apply::Next, reference::account_of, slot};
use model::{AccountId, Intent, ZoneId};
use std::collections::BTreeSet;
use store::{Edit, Kind, Object};

/// Whom a quota is counted for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Node,
    Account(AccountId),
    Zone(ZoneId),
}

/// The change may not make more objects than the quotas allow.
pub(super) fn counts(before: &Intent, next: &Next, quotas: &Quotas) -> Result<(), Rejection> {
    let mut grown: BTreeSet<(Owner, Kind)> = BTreeSet::new();
    for edit in &next.edits {
        if let Edit::Put(object) = edit
            && slot::get(before, object.id()).is_none()
            && let Some(owner) = owner(&next.intent, object)
        {
            grown.insert((owner, object.kind()));
        }
    }
    for (owner, kind) in grown {
        let allowed = quotas.of(kind);
        let count = count(&next.intent, owner, kind);
        if count > allowed && count > self::count(before, owner, kind) {
            return Err(Rejection::Quota { kind, allowed });
        }
    }
    Ok(())
}

fn owner(intent: &Intent, object: &Object) -> Option<Owner> {
    match object {
        Object::Account(_) => Some(Owner::Node),
        Object::Certificate(certificate) => Some(Owner::Zone(certificate.zone)),
        Object::TrustAnchor(anchor) => Some(Owner::Zone(anchor.zone)),
        other => account_of(intent, other).map(Owner::Account),
    }
}

fn count(intent: &Intent, whose: Owner, kind: Kind) -> usize {
    slot::all(intent, kind).iter().filter(|object| owner(intent, object) == Some(whose)).count()
}
