//! What a certificate says of itself.

use model::{CertificateFacts, Timestamp};
use std::net::IpAddr;
use x509_parser::prelude::*;

/// A certificate taken apart.
pub(super) struct Parsed<'a>(X509Certificate<'a>);

impl<'a> Parsed<'a> {
    /// `None` when the bytes are no certificate.
    pub(super) fn new(der: &'a [u8]) -> Option<Self> {
        parse_x509_certificate(der).ok().map(|(_, certificate)| Self(certificate))
    }

    /// Whether it names itself as its issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.0.subject().as_raw() == self.0.issuer().as_raw()
    }

    /// Whether it says where its issuer's certificate can be fetched (RFC 5280 section 4.2.2.1): only a certificate
    /// issued by an intermediate has use for that.
    pub(super) fn points_to_its_issuer(&self) -> bool {
        self.0.iter_extensions().any(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => access
                .accessdescs
                .iter()
                .any(|description| description.access_method == oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS),
            _ => false,
        })
    }

    /// Seconds since 1970 between which it is valid.
    pub(super) fn validity(&self) -> (i64, i64) {
        (self.0.validity().not_before.timestamp(), self.0.validity().not_after.timestamp())
    }

    /// Whether the common name covers `name`. Counts only when there is no subject alternative name: then it is all
    /// that old certificates have.
    pub(super) fn common_name_covers(&self, name: &str) -> bool {
        if matches!(self.0.subject_alternative_name(), Ok(Some(_)) | Err(_)) {
            return false;
        }
        self.0.subject().iter_common_name().filter_map(|common| common.as_str().ok()).any(|common| covers(common, name))
    }

    /// Its subject, issuer, validity and names, for a person.
    pub(super) fn facts(&self) -> Option<CertificateFacts> {
        let (not_before, not_after) = self.validity();
        Some(CertificateFacts {
            subject: self.0.subject().to_string(),
            issuer: self.0.issuer().to_string(),
            not_before: Timestamp::from_second(not_before).ok()?,
            not_after: Timestamp::from_second(not_after).ok()?,
            names: self.names(),
        })
    }

    fn names(&self) -> Vec<String> {
        let Ok(Some(names)) = self.0.subject_alternative_name() else { return Vec::new() };
        names.value.general_names.iter().filter_map(text).collect()
    }
}

fn text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a pattern, which may begin with `*.` for exactly one label, covers a name.
fn covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        None => pattern.eq_ignore_ascii_case(name),
        Some(parent) => name
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.contains('.') && rest.eq_ignore_ascii_case(parent)),
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        assert!(covers("*.example.com", "WWW.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.com", "example.com"));
        assert!(covers("example.com", "Example.com"));
    }
}
