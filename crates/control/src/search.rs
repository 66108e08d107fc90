//! Finding objects by a part of their name.

use crate::{
    Kind, ObjectId, Reference, ReferenceKind,
    reference::{account_of, name, references},
    slot,
};
use model::{AccountId, Intent};

/// One hit of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub resource: ObjectId,
    pub name: String,
    /// Only those that were asked for.
    pub references: Vec<Reference>,
}

/// The load balancers, monitors and pools of an account whose name (a monitor's description) contains `query`, letter
/// case aside, ordered by kind, name and id. `wanted` says which references to give with each hit: none when empty.
pub fn search(intent: &Intent, account: AccountId, query: &str, wanted: &[ReferenceKind]) -> Vec<Found> {
    let query = query.to_lowercase();
    let kinds = [Kind::LoadBalancer, Kind::Monitor, Kind::Pool];
    let mut hits: Vec<Found> = kinds
        .into_iter()
        .flat_map(|kind| slot::all(intent, kind))
        .filter(|object| account_of(intent, object) == Some(account))
        .map(|object| Found { resource: object.id(), name: name(&object), references: Vec::new() })
        .filter(|found| found.name.to_lowercase().contains(&query))
        .collect();
    hits.sort_by(|a, b| {
        let key = |found: &Found| (found.resource.kind().as_str(), found.name.clone(), found.resource);
        key(a).cmp(&key(b))
    });
    for found in hits.iter_mut().filter(|_| !wanted.is_empty()) {
        let all = references(intent, found.resource).into_iter();
        found.references = all.filter(|reference| wanted.contains(&reference.kind)).collect();
    }
    hits
}
