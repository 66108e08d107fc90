//! The rules of edge certificates and trust anchors. What they say of themselves is read from them again, so that the
//! members that repeat it cannot lie.

use super::{Scene, host};
use crate::certificate;
use model::{Certificate, Complaints, Timestamp, TrustAnchor};

/// How a chain is bundled.
const BUNDLE_METHODS: [&str; 3] = ["ubiquitous", "optimal", "force"];

/// Everything that is wrong with an edge certificate.
pub fn check(value: &Certificate, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    scene.require_zone(&mut complaints, value.zone);
    if !BUNDLE_METHODS.contains(&value.bundle_method.as_str()) {
        let problem = format!("unknown bundle method `{}`", value.bundle_method);
        complaints.add("bundle_method", problem, "write `ubiquitous`, `optimal` or `force`");
    }
    for (index, name) in value.hosts.iter().enumerate() {
        if host::address(name).is_none()
            && let Err(problem) = host::pattern(name)
        {
            complaints.add(
                format!("hosts[{index}]"),
                format!("`{name}` {problem}"),
                "use a certificate for host names",
            );
        }
    }
    match certificate::read(&value.chain_pem, &value.private_key_pem) {
        Ok(facts) => expiry(&mut complaints, "certificate", facts.expires_on, scene.now),
        Err(found) => complaints.nest("", found),
    }
    complaints
}

/// Everything that is wrong with a certificate authority of an origin trust store.
pub fn check_trust_anchor(value: &TrustAnchor, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    scene.require_zone(&mut complaints, value.zone);
    match certificate::read_trust_anchor(&value.certificate_pem) {
        Ok(facts) => expiry(&mut complaints, "certificate", facts.expires_on, scene.now),
        Err(found) => complaints.nest("", found),
    }
    complaints
}

fn expiry(complaints: &mut Complaints, path: &str, expires_on: Timestamp, now: Timestamp) {
    if expires_on <= now {
        complaints.add(path, format!("it expired on {expires_on}"), "renew it and upload the new one");
    }
}
