//! Reading certificates: what an uploaded chain, key or certificate authority says of itself.

use model::{Complaints, Secret, Timestamp};
use rustls::{crypto::aws_lc_rs::sign::any_supported_type, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    oid_registry::{
        OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
        OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512, OID_SIG_ED25519, Oid,
    },
    prelude::FromDer as _,
};

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// DNS names and addresses of the subject alternative name, lower-case, in the certificate's order.
    pub hosts: Vec<String>,
    /// The name of who signed it: organization or common name, else all of it.
    pub issuer: String,
    /// Hash and key kind, such as `ECDSAWithSHA256`.
    pub signature: String,
    pub expires_on: Timestamp,
}

/// Reads an edge certificate: the chain (leaf first) and the private key that belongs to the leaf, both in PEM.
///
/// # Errors
/// Everything that is wrong, at `certificate` or `private_key`.
pub fn read(chain_pem: &str, private_key_pem: &Secret) -> Result<Facts, Complaints> {
    let mut complaints = Complaints::new();
    let chain = chain(&mut complaints, chain_pem);
    let key = PrivateKeyDer::from_pem_slice(private_key_pem.expose().as_bytes())
        .ok()
        .and_then(|key| any_supported_type(&key).ok());
    if key.is_none() {
        let remedy = "paste an unencrypted RSA, ECDSA or Ed25519 key in PEM";
        complaints.add("private_key", "is not a private key that can be read", remedy);
    }
    let facts = chain.first().and_then(|leaf| facts(&mut complaints, leaf));
    if facts.as_ref().is_some_and(|facts| facts.hosts.is_empty()) {
        let remedy = "use a certificate with subject alternative names";
        complaints.add("certificate", "names no host that it could be shown for", remedy);
    }
    if let (Some(key), false) = (key, chain.is_empty())
        && CertifiedKey::new(chain, key).keys_match().is_err()
    {
        complaints.add("private_key", "does not belong to the certificate", "paste the key that it was issued for");
    }
    finish(complaints, facts)
}

/// Reads a certificate authority: one certificate in PEM that may sign others.
///
/// # Errors
/// Everything that is wrong, at `certificate`.
pub fn read_trust_anchor(certificate_pem: &str) -> Result<Facts, Complaints> {
    let mut complaints = Complaints::new();
    let chain = chain(&mut complaints, certificate_pem);
    if chain.len() > 1 {
        complaints.add("certificate", format!("holds {} certificates", chain.len()), "upload them one by one");
    }
    let facts = chain.first().and_then(|only| facts(&mut complaints, only));
    finish(complaints, facts)
}

fn finish(complaints: Complaints, facts: Option<Facts>) -> Result<Facts, Complaints> {
    match facts {
        Some(facts) => complaints.or(facts),
        None => Err(complaints),
    }
}

fn chain(complaints: &mut Complaints, pem: &str) -> Vec<CertificateDer<'static>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let chain = read.unwrap_or_default();
    if chain.is_empty() {
        let remedy = "paste the text from BEGIN CERTIFICATE to END CERTIFICATE";
        complaints.add("certificate", "holds no certificate in PEM that can be read", remedy);
    }
    chain
}

fn facts(complaints: &mut Complaints, der: &[u8]) -> Option<Facts> {
    let parsed = X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate);
    let facts = parsed.as_ref().and_then(|certificate| {
        Some(Facts {
            hosts: hosts(certificate),
            issuer: issuer(certificate),
            signature: signature(&certificate.signature_algorithm.algorithm),
            expires_on: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?,
        })
    });
    if facts.is_none() {
        complaints.add("certificate", "is not a certificate (X.509) that can be read", "paste it again, unaltered");
    }
    facts
}

fn hosts(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    extension.value.general_names.iter().filter_map(host).collect()
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        },
        _ => None,
    }
}

fn issuer(certificate: &X509Certificate<'_>) -> String {
    let issuer = certificate.issuer();
    let organization = issuer.iter_organization().chain(issuer.iter_common_name()).next();
    organization.and_then(|part| part.as_str().ok()).map_or_else(|| issuer.to_string(), str::to_owned)
}

fn signature(algorithm: &Oid<'_>) -> String {
    let known = [
        (&OID_PKCS1_SHA1WITHRSA, "SHA1WithRSA"),
        (&OID_PKCS1_SHA256WITHRSA, "SHA256WithRSA"),
        (&OID_PKCS1_SHA384WITHRSA, "SHA384WithRSA"),
        (&OID_PKCS1_SHA512WITHRSA, "SHA512WithRSA"),
        (&OID_SIG_ECDSA_WITH_SHA256, "ECDSAWithSHA256"),
        (&OID_SIG_ECDSA_WITH_SHA384, "ECDSAWithSHA384"),
        (&OID_SIG_ECDSA_WITH_SHA512, "ECDSAWithSHA512"),
        (&OID_SIG_ED25519, "Ed25519"),
    ];
    let found = known.into_iter().find(|(oid, _)| *oid == algorithm);
    found.map_or_else(|| algorithm.to_id_string(), |(_, name)| name.to_owned())
}
