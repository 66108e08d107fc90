//! A certificate as it goes out.

use crate::answer::stamp;
use model::{Certificate, Timestamp};
use serde::Serialize;
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

/// The view of a certificate at a moment: whether it has expired depends on it.
pub(super) fn view(certificate: &Certificate, now: Timestamp) -> CertificateView {
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
