//! What cannot be changed once an object exists: what it belongs to, and the name of a zone, on which others rest.

use model::Complaints;
use store::Object;

/// Compares an object with what it replaces.
pub(super) fn members(complaints: &mut Complaints, before: &Object, after: &Object) {
    let moved = match (before, after) {
        (Object::Zone(before), Object::Zone(after)) => {
            if before.name != after.name {
                let problem = format!("the zone is called {}", before.name);
                complaints.add("name", problem, "create another zone, and delete this one");
            }
            before.account != after.account
        }
        (Object::Monitor(before), Object::Monitor(after)) => before.account != after.account,
        (Object::MonitorGroup(before), Object::MonitorGroup(after)) => before.account != after.account,
        (Object::Pool(before), Object::Pool(after)) => before.account != after.account,
        (Object::LoadBalancer(before), Object::LoadBalancer(after)) => before.scope != after.scope,
        (Object::Certificate(before), Object::Certificate(after)) => before.zone != after.zone,
        (Object::TrustAnchor(before), Object::TrustAnchor(after)) => before.zone != after.zone,
        _ => false,
    };
    if moved {
        let noun = after.kind().noun();
        complaints.add(
            "",
            format!("a {noun} cannot move to another account or zone"),
            "create it there, and delete it here",
        );
    }
}
