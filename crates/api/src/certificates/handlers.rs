//! The operations on certificates.

use super::{
    priorities::{PrioritiesUpload, certificates_prioritize},
    raw::{self, CertificateUpload},
    view::{CertificateView, status, view},
};
use crate::{
    answer::{Answer, Note, Outcome, Paging, Window},
    json::Object as Body,
    resource::{self, Resource, at_home},
    server::{Call, Operation, delete, get, patch, post, put},
};
use model::{Certificate, CertificateId, Intent, Timestamp, ZoneId};
use std::sync::Arc;

/// The operations on custom edge certificates, below a zone.
pub(crate) fn operations() -> Vec<Operation> {
    const LIST: &str = "/zones/{zone_id}/custom_certificates";
    const ONE: &str = "/zones/{zone_id}/custom_certificates/{certificate_id}";
    vec![
        get(LIST, "certificates_list", "Lists the edge certificates of a zone", certificates_list)
            .reads(&["status", "page", "per_page"])
            .gives_list::<CertificateView>(),
        post(LIST, "certificates_create", "Uploads an edge certificate", resource::create::<Certificate>)
            .takes::<CertificateUpload>()
            .gives::<CertificateView>(),
        put(
            &format!("{LIST}/prioritize"),
            "certificates_prioritize",
            "Orders the edge certificates of a zone",
            certificates_prioritize,
        )
        .takes::<PrioritiesUpload>()
        .gives_list::<CertificateView>(),
        get(ONE, "certificates_get", "Reads an edge certificate", resource::get::<Certificate>)
            .gives::<CertificateView>(),
        patch(ONE, "certificates_amend", "Renews an edge certificate", resource::amend::<Certificate>)
            .takes::<CertificateUpload>()
            .gives::<CertificateView>(),
        delete(ONE, "certificates_delete", "Deletes an edge certificate", resource::delete::<Certificate>),
    ]
}

/// Certificates on a page of the list.
const PER_PAGE: usize = 20;

async fn certificates_list(call: Call) -> Outcome {
    let intent = call.intent();
    let window = Window::from_query(&call.query, Paging::Pages(PER_PAGE))?;
    let now = call.control().now();
    let mut all = at_home::<Certificate>(&call, &intent)?;
    if let Some(wanted) = call.query.text("status") {
        all.retain(|certificate| status(certificate.expires_on, now) == wanted);
    }
    Answer::list(all, window, |certificate| view(&certificate, now))
}

impl Resource for Certificate {
    type Id = CertificateId;
    type Home = ZoneId;
    type View = CertificateView;
    const NOUN: &'static str = "certificate";
    const PART: &'static str = "certificate_id";

    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_> {
        Box::new(intent.certificates.values())
    }
    fn find(intent: &Intent, id: CertificateId) -> Option<&Arc<Self>> {
        intent.certificates.get(&id)
    }
    fn home(&self) -> ZoneId {
        self.zone
    }
    fn id(&self) -> CertificateId {
        self.id
    }
    fn created_on(&self) -> Timestamp {
        self.uploaded_on
    }
    fn name(&self) -> &str {
        self.hosts.first().map_or("", String::as_str)
    }
    fn blank(home: ZoneId, now: Timestamp) -> Self {
        raw::blank(home, now)
    }
    fn emptied(&self) -> Self {
        Self { id: self.id, ..raw::blank(self.zone, self.uploaded_on) }
    }
    fn read(&mut self, body: &Body<'_>, _before: Option<&Self>) {
        raw::read(body, self);
    }
    fn view(&self, _intent: &Intent) -> CertificateView {
        view(self, Timestamp::now())
    }
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
}
