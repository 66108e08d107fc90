//! Applying edits to an intent: the next intent, and the edits as they are to be stored.

use crate::{Rejection, slot, stamp};
use model::{Intent, Scope, Timestamp, ZoneId};
use store::{Edit, ObjectId};

/// An intent that is not in force yet.
#[derive(Debug)]
pub(crate) struct Next {
    /// Carries the revision that it will have.
    pub(crate) intent: Intent,
    /// Stamped, and with everything that goes together with what is removed.
    pub(crate) edits: Vec<Edit>,
}

/// What `edits` make of `current`. Nothing is judged here but that what is removed exists.
pub(crate) fn apply(current: &Intent, edits: Vec<Edit>, now: Timestamp) -> Result<Next, Rejection> {
    let mut intent = Intent { revision: current.revision + 1, ..current.clone() };
    let mut done = Vec::with_capacity(edits.len());
    for edit in edits {
        match edit {
            Edit::Put(object) => {
                let before = slot::get(&intent, object.id());
                let stamped = stamp::stamp(object, before.as_ref(), now);
                slot::put(&mut intent, stamped.clone());
                done.push(Edit::Put(stamped));
            }
            Edit::Delete(id) => {
                for id in with_belongings(&intent, id) {
                    if !slot::remove(&mut intent, id) {
                        return Err(Rejection::NotFound);
                    }
                    done.push(Edit::Delete(id));
                }
            }
        }
    }
    Ok(Next { intent, edits: done })
}

/// What is removed along with `id`, itself last: what lives in a zone goes with the zone.
fn with_belongings(intent: &Intent, id: ObjectId) -> Vec<ObjectId> {
    let mut all = match id {
        ObjectId::Zone(zone) => belongings(intent, zone),
        _ => Vec::new(),
    };
    all.push(id);
    all
}

fn belongings(intent: &Intent, zone: ZoneId) -> Vec<ObjectId> {
    let balancers = intent.load_balancers.values().filter(|balancer| balancer.scope == Scope::Zone(zone));
    let certificates = intent.certificates.values().filter(|certificate| certificate.zone == zone);
    let anchors = intent.trust_anchors.values().filter(|anchor| anchor.zone == zone);
    let balancers = balancers.map(|balancer| balancer.id.into());
    let certificates = certificates.map(|certificate| certificate.id.into());
    balancers.chain(certificates).chain(anchors.map(|anchor| anchor.id.into())).collect()
}
