//! Custom edge certificates: what the edge shows to visitors of a zone.

use crate::{
    answer::{Answer, Note, Outcome, Paging, Window, stamp},
    json::{FromJson, Object as Body, Place, Write},
    resource::{self, Resource, at_home, read_over},
    server::{Call, Operation, delete, get, patch, post, put},
};
use control::{Edit, Rejection, certificate};
use model::{Certificate, CertificateId, Complaints, Intent, Secret, Timestamp, ZoneId};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A certificate that the edge shows to visitors. The key is never shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Certificate)]
pub(crate) struct CertificateView {
    #[schema(read_only)]
    id: String,
    #[schema(read_only)]
    zone_id: String,
    #[schema(read_only)]
    hosts: Vec<String>,
    #[schema(read_only)]
    issuer: String,
    #[schema(read_only)]
    signature: String,
    #[schema(read_only)]
    status: &'static str,
    bundle_method: String,
    /// Higher wins among certificates that fit the same name.
    #[schema(read_only)]
    priority: i32,
    #[schema(read_only)]
    uploaded_on: String,
    #[schema(read_only)]
    modified_on: String,
    #[schema(read_only)]
    expires_on: String,
}

/// What an upload consists of.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateUpload)]
struct CertificateUpload {
    /// The chain in PEM, leaf first.
    certificate: String,
    /// In PEM, not encrypted.
    private_key: String,
    /// `ubiquitous`, `optimal` or `force`.
    bundle_method: String,
}

/// The new order of certificates.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificatePriorities)]
struct PrioritiesUpload {
    certificates: Vec<PriorityUpload>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CertificatePriority)]
struct PriorityUpload {
    id: String,
    priority: i32,
}

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

/// PUT: gives certificates of the zone new priorities.
async fn certificates_prioritize(call: Call) -> Outcome {
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
        Self {
            id: CertificateId::random(),
            zone: home,
            hosts: Vec::new(),
            issuer: String::new(),
            signature: String::new(),
            expires_on: now,
            uploaded_on: now,
            modified_on: now,
            bundle_method: BUNDLE_METHOD.to_owned(),
            priority: 0,
            chain_pem: String::new(),
            private_key_pem: Secret::new(""),
        }
    }
    fn emptied(&self) -> Self {
        Self { id: self.id, ..Self::blank(self.zone, self.uploaded_on) }
    }
    fn read(&mut self, body: &Body<'_>, _before: Option<&Self>) {
        body.read_only(&["type", "deploy"]);
        body.require("certificate", &mut self.chain_pem);
        let mut key = self.private_key_pem.expose().to_owned();
        body.require("private_key", &mut key);
        self.private_key_pem = Secret::new(key);
        body.set("bundle_method", &mut self.bundle_method, BUNDLE_METHOD.to_owned());
        // What cannot be read is complained about when the whole is checked.
        if let Ok(facts) = certificate::read(&self.chain_pem, &self.private_key_pem) {
            self.hosts = facts.hosts;
            self.issuer = facts.issuer;
            self.signature = facts.signature;
            self.expires_on = facts.expires_on;
        }
    }
    fn view(&self, _intent: &Intent) -> CertificateView {
        view(self, Timestamp::now())
    }
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
}

const BUNDLE_METHOD: &str = "ubiquitous";

fn view(certificate: &Certificate, now: Timestamp) -> CertificateView {
    CertificateView {
        id: certificate.id.to_string(),
        zone_id: certificate.zone.to_string(),
        hosts: certificate.hosts.clone(),
        issuer: certificate.issuer.clone(),
        signature: certificate.signature.clone(),
        status: status(certificate.expires_on, now),
        bundle_method: certificate.bundle_method.clone(),
        priority: certificate.priority,
        uploaded_on: stamp(certificate.uploaded_on),
        modified_on: stamp(certificate.modified_on),
        expires_on: stamp(certificate.expires_on),
    }
}

/// Whether a certificate still counts.
pub(crate) fn status(expires_on: Timestamp, now: Timestamp) -> &'static str {
    if expires_on > now { "active" } else { "expired" }
}
