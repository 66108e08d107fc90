//! A certificate as it comes in.

use crate::{json::Object as Body, resource::Identity};
use control::certificate;
use model::{Certificate, Secret};
use serde::Serialize;
use utoipa::ToSchema;

const BUNDLE_METHOD: &str = "ubiquitous";

/// What an upload consists of.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateUpload)]
pub(super) struct CertificateUpload {
    /// The chain in PEM, leaf first.
    certificate: String,
    /// In PEM, not encrypted.
    private_key: String,
    /// `ubiquitous`, `optimal` or `force`.
    bundle_method: String,
}

/// A certificate of which nothing was said.
pub(super) fn blank(Identity { id, home, created_on }: Identity<Certificate>) -> Certificate {
    Certificate {
        id,
        zone: home,
        hosts: Vec::new(),
        issuer: String::new(),
        signature: String::new(),
        expires_on: created_on,
        uploaded_on: created_on,
        modified_on: created_on,
        bundle_method: BUNDLE_METHOD.to_owned(),
        priority: 0,
        chain_pem: String::new(),
        private_key_pem: Secret::new(""),
    }
}

/// Reads what the body says over `uploaded`, and what the certificate says of itself. What cannot be read is
/// complained about when the whole is checked.
pub(super) fn read(body: &Body<'_>, uploaded: &mut Certificate) {
    body.read_only(&["type", "deploy"]);
    body.require("certificate", &mut uploaded.chain_pem);
    let mut key = uploaded.private_key_pem.expose().to_owned();
    body.require("private_key", &mut key);
    uploaded.private_key_pem = Secret::new(key);
    body.set("bundle_method", &mut uploaded.bundle_method, BUNDLE_METHOD.to_owned());
    if let Ok(facts) = certificate::read(&uploaded.chain_pem, &uploaded.private_key_pem) {
        uploaded.hosts = facts.hosts;
        uploaded.issuer = facts.issuer;
        uploaded.signature = facts.signature;
        uploaded.expires_on = facts.expires_on;
    }
}
