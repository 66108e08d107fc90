//! Certificates for the sample origins, from an authority that only the demo's zone trusts.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{ServerConfig, crypto::aws_lc_rs::default_provider};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

/// A good and an expired set-up for TLS, and the authority behind both.
pub struct Certificates {
    pub authority_pem: String,
    pub good: Arc<ServerConfig>,
    pub expired: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes an authority and two certificates for the demo's host.
    ///
    /// # Errors
    /// When the cryptography refuses.
    pub fn make() -> anyhow::Result<Certificates> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "Bellwether demo authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        valid(&mut params, -30, 365);
        let authority_pem = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Certificates { authority_pem, good: leaf(&issuer, -1, 30)?, expired: leaf(&issuer, -20, -2)? })
    }
}

/// A server's set-up with a certificate that is valid from and until so many days from now.
fn leaf(issuer: &Issuer<'_, KeyPair>, from: i64, until: i64) -> anyhow::Result<Arc<ServerConfig>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![super::setup::HOST.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, super::setup::HOST);
    valid(&mut params, from, until);
    let certificate = params.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(Arc::new(config))
}

/// Makes a certificate valid from and until midnights so many days from today.
fn valid(params: &mut CertificateParams, from: i64, until: i64) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let midnight = |offset: i64| {
        let date = today.saturating_add(offset.days());
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (midnight(from), midnight(until));
}
