//! The custom origin trust store: the certificate authorities that a zone trusts for its origins.

use crate::{
    answer::{Answer, Note, Outcome, Paging, Window, stamp},
    certificates::status,
    json::Object as Body,
    resource::{self, Resource, at_home},
    server::{Call, Operation, delete, get, post},
};
use control::certificate;
use model::{Intent, Timestamp, TrustAnchor, TrustAnchorId, ZoneId};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A certificate authority that a zone trusts for its origins.
#[derive(Serialize, ToSchema)]
#[schema(as = TrustAnchor)]
pub(crate) struct TrustAnchorView {
    #[schema(read_only)]
    id: String,
    /// In PEM.
    certificate: String,
    #[schema(read_only)]
    issuer: String,
    #[schema(read_only)]
    signature: String,
    #[schema(read_only)]
    status: &'static str,
    #[schema(read_only)]
    uploaded_on: String,
    #[schema(read_only)]
    updated_at: String,
    #[schema(read_only)]
    expires_on: String,
}

/// The operations on the custom origin trust store, below a zone.
pub(crate) fn operations() -> Vec<Operation> {
    const LIST: &str = "/zones/{zone_id}/acm/custom_trust_store";
    const ONE: &str = "/zones/{zone_id}/acm/custom_trust_store/{custom_origin_trust_store_id}";
    vec![
        get(LIST, "trust_store_list", "Lists the authorities that a zone trusts", trust_store_list)
            .reads(&["page", "per_page", "limit", "offset"])
            .gives_list::<TrustAnchorView>(),
        post(LIST, "trust_store_create", "Uploads an authority", resource::create::<TrustAnchor>)
            .takes::<TrustAnchorView>()
            .gives::<TrustAnchorView>(),
        get(ONE, "trust_store_get", "Reads an authority", resource::get::<TrustAnchor>).gives::<TrustAnchorView>(),
        delete(ONE, "trust_store_delete", "Deletes an authority", resource::delete::<TrustAnchor>),
    ]
}

/// Authorities on a page of the list.
const PER_PAGE: usize = 20;

async fn trust_store_list(call: Call) -> Outcome {
    let intent = call.intent();
    let window = Window::from_query(&call.query, Paging::Pages(PER_PAGE))?;
    let all = at_home::<TrustAnchor>(&call, &intent)?;
    Answer::list(all, window, |anchor| anchor.view(&intent))
}

impl Resource for TrustAnchor {
    type Id = TrustAnchorId;
    type Home = ZoneId;
    type View = TrustAnchorView;
    const NOUN: &'static str = "trust anchor";
    const PART: &'static str = "custom_origin_trust_store_id";

    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_> {
        Box::new(intent.trust_anchors.values())
    }
    fn find(intent: &Intent, id: TrustAnchorId) -> Option<&Arc<Self>> {
        intent.trust_anchors.get(&id)
    }
    fn home(&self) -> ZoneId {
        self.zone
    }
    fn id(&self) -> TrustAnchorId {
        self.id
    }
    fn created_on(&self) -> Timestamp {
        self.uploaded_on
    }
    fn name(&self) -> &str {
        &self.issuer
    }
    fn blank(home: ZoneId, now: Timestamp) -> Self {
        Self {
            id: TrustAnchorId::random(),
            zone: home,
            certificate_pem: String::new(),
            issuer: String::new(),
            signature: String::new(),
            expires_on: now,
            uploaded_on: now,
            updated_on: now,
        }
    }
    fn emptied(&self) -> Self {
        Self { id: self.id, ..Self::blank(self.zone, self.uploaded_on) }
    }
    fn read(&mut self, body: &Body<'_>, _before: Option<&Self>) {
        body.require("certificate", &mut self.certificate_pem);
        // What cannot be read is complained about when the whole is checked.
        if let Ok(facts) = certificate::read_trust_anchor(&self.certificate_pem) {
            self.issuer = facts.issuer;
            self.signature = facts.signature;
            self.expires_on = facts.expires_on;
        }
    }
    fn view(&self, _intent: &Intent) -> TrustAnchorView {
        TrustAnchorView {
            id: self.id.to_string(),
            certificate: self.certificate_pem.clone(),
            issuer: self.issuer.clone(),
            signature: self.signature.clone(),
            status: status(self.expires_on, Timestamp::now()),
            uploaded_on: stamp(self.uploaded_on),
            updated_at: stamp(self.updated_on),
            expires_on: stamp(self.expires_on),
        }
    }
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
}
