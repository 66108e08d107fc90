//! The operations on certificates.

use super::{
    priorities::{PrioritiesUpload, certificates_prioritize},
    raw::{self, CertificateUpload},
    view::{CertificateView, status, view},
};
use crate::{
    answer::Paging,
    json::Object as Body,
    resource::{Collection, Identity, Resource},
    server::{Call, Operation, put},
};
use model::{Certificate, CertificateId, Intent, SharedMap, Timestamp, ZoneId};
use std::sync::Arc;

/// The operations on custom edge certificates, below a zone. A certificate is renewed by an amendment, never replaced.
pub(crate) fn operations() -> Vec<Operation> {
    const PATH: &str = "/zones/{zone_id}/custom_certificates";
    let certificates = Collection::<Certificate>::at(PATH, "certificates");
    let summary = "Orders the edge certificates of a zone";
    vec![
        certificates.list(),
        certificates.create().takes::<CertificateUpload>(),
        put(&format!("{PATH}/prioritize"), "certificates_prioritize", summary, certificates_prioritize)
            .takes::<PrioritiesUpload>()
            .gives_list::<CertificateView>(),
        certificates.get(),
        certificates.amend().takes::<CertificateUpload>(),
        certificates.delete(),
    ]
}

impl Resource for Certificate {
    type Id = CertificateId;
    type Home = ZoneId;
    type View = CertificateView;
    const NOUN: &'static str = "certificate";
    const PART: &'static str = "certificate_id";
    const PAGING: Paging = Paging::Pages(20);
    const FILTERS: &'static [&'static str] = &["status"];

    fn kept(intent: &Intent) -> &SharedMap<CertificateId, Arc<Self>> {
        &intent.certificates
    }
    fn identity(&self) -> Identity<Self> {
        Identity { id: self.id, home: self.zone, created_on: self.uploaded_on }
    }
    fn name(&self) -> &str {
        self.hosts.first().map_or("", String::as_str)
    }
    fn blank(identity: Identity<Self>) -> Self {
        raw::blank(identity)
    }
    fn read(&mut self, body: &Body<'_>, _before: Option<&Self>) {
        raw::read(body, self);
    }
    fn view(&self, _intent: &Intent) -> CertificateView {
        view(self, Timestamp::now())
    }
    /// `status` keeps the certificates that count still, or those that no longer do.
    fn fits(&self, call: &Call) -> bool {
        call.query.text("status").is_none_or(|wanted| wanted == status(self.expires_on, call.control().now()))
    }
}
