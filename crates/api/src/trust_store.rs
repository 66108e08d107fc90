//! The custom origin trust store: the certificate authorities that a zone trusts for its origins.

use crate::{
    answer::{Paging, stamp},
    certificates::status,
    json::Object as Body,
    resource::{Collection, Identity, Resource},
    server::Operation,
};
use control::certificate;
use model::{Intent, SharedMap, Timestamp, TrustAnchor, TrustAnchorId, ZoneId};
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

/// The operations on the custom origin trust store, below a zone. An authority is never changed, only renewed by
/// another.
pub(crate) fn operations() -> Vec<Operation> {
    let anchors = Collection::<TrustAnchor>::at("/zones/{zone_id}/acm/custom_trust_store", "trust_store");
    vec![anchors.list(), anchors.create(), anchors.get(), anchors.delete()]
}

impl Resource for TrustAnchor {
    type Id = TrustAnchorId;
    type Home = ZoneId;
    type View = TrustAnchorView;
    const NOUN: &'static str = "trust anchor";
    const PART: &'static str = "custom_origin_trust_store_id";
    const PAGING: Paging = Paging::Pages(20);

    fn kept(intent: &Intent) -> &SharedMap<TrustAnchorId, Arc<Self>> {
        &intent.trust_anchors
    }
    fn identity(&self) -> Identity<Self> {
        Identity { id: self.id, home: self.zone, created_on: self.uploaded_on }
    }
    fn name(&self) -> &str {
        &self.issuer
    }
    fn blank(Identity { id, home, created_on }: Identity<Self>) -> Self {
        Self {
            id,
            zone: home,
            certificate_pem: String::new(),
            issuer: String::new(),
            signature: String::new(),
            expires_on: created_on,
            uploaded_on: created_on,
            updated_on: created_on,
        }
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
}
