//! The local certificate authority: so that HTTPS works for every name from the first minute, before anybody has
//! uploaded a certificate. Its root can be handed to visitors who want to trust it.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::{crypto::aws_lc_rs::sign::any_ecdsa_type, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use std::sync::Arc;

/// Why there is no authority, or no certificate from it.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("the certificate could not be made or read: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("the key does not sign: {0}")]
    Key(#[from] rustls::Error),
    #[error("the text holds no certificate in PEM form")]
    NoCertificate,
}

/// A certificate authority of this installation's own. Cheap to clone.
#[derive(Clone)]
pub struct LocalAuthority(Arc<Authority>);

struct Authority {
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    /// One key for all leaves: making one per name would cost more than signing.
    leaf_key: KeyPair,
}

const ROOT_YEARS: i64 = 10;
const LEAF_DAYS: i64 = 90;

impl LocalAuthority {
    /// A new authority with a key of its own (ECDSA P-256), valid for ten years.
    pub fn generate() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = named("Bellwether local authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid_for(&mut params, ROOT_YEARS * 365);
        let certificate = params.self_signed(&key)?;
        Self::assemble(certificate.pem(), key)
    }

    /// The authority that [`LocalAuthority::to_pem`] wrote.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let begin = pem.find("-----BEGIN CERTIFICATE-----").ok_or(AuthorityError::NoCertificate)?;
        Self::assemble(pem[begin..].to_owned(), KeyPair::from_pem(&pem[..begin])?)
    }

    /// The private key and the certificate, in this order, for keeping. Secret.
    pub fn to_pem(&self) -> String {
        format!("{}{}", self.0.issuer.key().serialize_pem(), self.0.certificate_pem)
    }

    /// The root certificate, for visitors who want to trust this installation.
    pub fn certificate_pem(&self) -> &str {
        &self.0.certificate_pem
    }

    fn assemble(certificate_pem: String, key: KeyPair) -> Result<Self, AuthorityError> {
        let certificate =
            CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(|_| AuthorityError::NoCertificate)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        let leaf_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        Ok(Self(Arc::new(Authority { certificate_pem, certificate, issuer, leaf_key })))
    }

    /// A fresh certificate for these names, with its chain and key. Takes about as long as one signature.
    pub(crate) fn issue(&self, names: &[&str]) -> Result<CertifiedKey, AuthorityError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names.clone())?;
        params.distinguished_name = named(names.first().map_or("bellwether", String::as_str));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        valid_for(&mut params, LEAF_DAYS);
        let leaf = params.signed_by(&self.0.leaf_key, &self.0.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.0.leaf_key.serialize_der()));
        Ok(CertifiedKey::new(vec![leaf.der().clone(), self.0.certificate.clone()], any_ecdsa_type(&key)?))
    }
}

impl std::fmt::Debug for LocalAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalAuthority(..)")
    }
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    // A common name holds at most 64 characters (RFC 5280 appendix A); the alternative name is what counts.
    name.push(DnType::CommonName, common_name.chars().take(64).collect::<String>());
    name
}

/// From yesterday, so that a visitor's slow clock does no harm.
fn valid_for(params: &mut CertificateParams, days: i64) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |date: Date| rcgen::date_time_ymd(i32::from(date.year()), date.month() as u8, date.day() as u8);
    params.not_before = day(today.saturating_sub(1.day()));
    params.not_after = day(today.saturating_add(days.days()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_survives_its_text() {
        let authority = LocalAuthority::generate().expect("keys can be made");
        let again = LocalAuthority::from_pem(&authority.to_pem()).expect("its own text is read");
        assert_eq!(again.certificate_pem(), authority.certificate_pem());
        let leaf = again.issue(&["www.example.com"]).expect("a certificate is issued");
        assert_eq!(leaf.cert.len(), 2);
        assert_eq!(leaf.cert[1], authority.0.certificate);
    }

    #[test]
    fn text_without_a_certificate_is_refused() {
        assert!(matches!(LocalAuthority::from_pem("nothing"), Err(AuthorityError::NoCertificate)));
    }
}
