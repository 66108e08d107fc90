//! What was seen of a failure, as it goes out: the catalogue's entry, the timings, the evidence.

use crate::answer::{Number, stamp};
use model::{CertificateFacts, Evidence, Timings};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use verdict::Reason;

/// What the catalogue says of a reason.
#[derive(Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonView {
    /// The stable identifier, for `bellwether explain`.
    id: &'static str,
    phase: &'static str,
    party: &'static str,
    title: &'static str,
    remedy: &'static str,
}

impl ReasonView {
    /// The view of a reason.
    pub fn of(reason: Reason) -> Self {
        Self {
            id: reason.id(),
            phase: reason.phase().as_str(),
            party: reason.party().as_str(),
            title: reason.title(),
            remedy: reason.remedy(),
        }
    }
}

/// Milliseconds of each phase; null where it did not happen.
#[derive(Serialize, ToSchema)]
#[schema(as = Timings)]
pub(crate) struct TimingsView {
    dns_ms: Option<Number>,
    connect_ms: Option<Number>,
    tls_ms: Option<Number>,
    first_byte_ms: Option<Number>,
    total_ms: Option<Number>,
}

impl TimingsView {
    /// The view of timings.
    pub fn of(timings: &Timings) -> Self {
        let milliseconds = |time: Option<Duration>| time.map(milliseconds);
        Self {
            dns_ms: milliseconds(timings.dns),
            connect_ms: milliseconds(timings.connect),
            tls_ms: milliseconds(timings.tls),
            first_byte_ms: milliseconds(timings.first_byte),
            total_ms: milliseconds(timings.total),
        }
    }
}

/// Milliseconds, exact to the microsecond.
pub(crate) fn milliseconds(time: Duration) -> Number {
    Number(time.as_micros() as f64 / 1_000.0)
}

/// What was seen. Members that say nothing are left out.
#[derive(Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(crate) struct EvidenceView {
    /// The address that was contacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    /// What the name resolved to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resolved: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<i32>,
    /// The number of the TLS alert that the peer sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sni: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateFactsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// The first bytes of what came, in hexadecimal digits.
    #[serde(skip_serializing_if = "String::is_empty")]
    first_bytes: String,
    bytes_read: u64,
    /// The limit or timer that ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_ms: Option<Number>,
}

/// What a certificate said of itself.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateFacts)]
struct CertificateFactsView {
    subject: String,
    issuer: String,
    not_before: String,
    not_after: String,
    names: Vec<String>,
}

impl EvidenceView {
    /// The view of evidence.
    pub fn of(evidence: &Evidence) -> Self {
        Self {
            remote: evidence.remote.map(|remote| remote.to_string()),
            resolved: evidence.resolved.iter().map(|address| address.to_string()).collect(),
            errno: evidence.errno,
            alert: evidence.alert,
            sni: evidence.sni.clone(),
            certificate: evidence.certificate.as_ref().map(certificate),
            status: evidence.status,
            location: evidence.location.clone(),
            first_bytes: hex::encode(&evidence.first_bytes),
            bytes_read: evidence.bytes_read,
            limit_ms: evidence.limit.map(milliseconds),
        }
    }
}

fn certificate(facts: &CertificateFacts) -> CertificateFactsView {
    CertificateFactsView {
        subject: facts.subject.clone(),
        issuer: facts.issuer.clone(),
        not_before: stamp(facts.not_before),
        not_after: stamp(facts.not_after),
        names: facts.names.clone(),
    }
}
