//! The order of a zone's certificates: which one wins when several fit a name.

use super::view::{CertificateView, view};
use crate::{
    answer::{Answer, Note, Outcome},
    json::{FromJson, Object as Body, Place, Write},
    resource::{at_home, read_over},
    server::Call,
};
use control::{Edit, Rejection};
use model::{Certificate, Complaints, Intent, ZoneId};
use serde::Serialize;
use utoipa::ToSchema;

/// The new order of certificates.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificatePriorities)]
pub(super) struct PrioritiesUpload {
    certificates: Vec<PriorityUpload>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CertificatePriority)]
struct PriorityUpload {
    id: String,
    priority: i32,
}

/// PUT: gives certificates of the zone new priorities.
pub(super) async fn certificates_prioritize(call: Call) -> Outcome {
    let zone = call.zone(&call.intent())?.id;
    let body = call.json()?;
    let applied = call.control().change(move |intent, _| {
        let mut order: Vec<Priority> = Vec::new();
        let read = |order: &mut Vec<Priority>, body: &Body<'_>| body.require("certificates", order);
        let ignored = read_over(&mut order, &body, Write::Replace, read, |_| Complaints::new())?;
        Ok((prioritized(intent, zone, &order)?, ignored))
    });
    let applied = applied.await?;
    let now = call.control().now();
    let mut all = at_home::<Certificate>(&call, &applied.intent)?;
    all.sort_by_key(|certificate| (-i64::from(certificate.priority), certificate.id));
    let views: Vec<CertificateView> = all.iter().map(|certificate| view(certificate, now)).collect();
    Ok(Answer::new(&views)?.with_notes(applied.value.iter().map(|path| Note::ignored(path))))
}

fn prioritized(intent: &Intent, zone: ZoneId, order: &[Priority]) -> Result<Vec<Edit>, Rejection> {
    let mut complaints = Complaints::new();
    let mut edits = Vec::new();
    for (index, wanted) in order.iter().enumerate() {
        let known = intent.certificates.values().find(|known| known.zone == zone && known.id.to_string() == wanted.id);
        match known {
            Some(known) => edits.push(Edit::put(Certificate { priority: wanted.priority, ..(**known).clone() })),
            None => complaints.add(
                format!("certificates[{index}].id"),
                format!("`{}` is not a certificate of this zone", wanted.id),
                "list the certificates of the zone to see which exist",
            ),
        }
    }
    complaints.or(edits).map_err(Rejection::Invalid)
}

struct Priority {
    id: String,
    priority: i32,
}

impl FromJson for Priority {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut priority = Priority { id: String::new(), priority: 0 };
            body.require("id", &mut priority.id);
            body.set("priority", &mut priority.priority, 0);
            priority
        })
    }
}
