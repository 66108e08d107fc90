//! Judging the certificate that an endpoint shows.
//!
//! The library's own verifier stops at one name and at its own error; this one accepts several names, tells apart what
//! it can tell apart, and keeps the facts of the certificate for whoever has to fix it.

use super::{
    certificate::Parsed,
    trust::{PUBLIC, Trust},
};
use model::CertificateFacts;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use std::{fmt, sync::Arc};
use verdict::Reason;

/// Judges certificates for one trust and one set of acceptable names.
#[derive(Debug)]
pub(super) struct Verifier {
    pub trust: Trust,
    pub names: Vec<Box<str>>,
    pub algorithms: WebPkiSupportedAlgorithms,
}

/// A certificate that was not accepted; travels inside the TLS error.
#[derive(Debug)]
pub(super) struct Rejected {
    pub reason: Reason,
    pub facts: Option<CertificateFacts>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.reason, f)
    }
}

impl std::error::Error for Rejected {}

impl Verifier {
    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Reason> {
        match &self.trust {
            Trust::Anything => return Ok(()),
            Trust::Public => self.chain(leaf, intermediates, &PUBLIC, now)?,
            Trust::Anchors(anchors) if anchors.holds(leaf) => timely(leaf, now)?,
            Trust::Anchors(anchors) => anchors
                .valid_at(now, |roots| self.chain(leaf, intermediates, roots, now))
                .unwrap_or(Err(Reason::TrustStoreEmpty))?,
        }
        self.name(leaf)
    }

    fn chain(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        roots: &RootCertStore,
        now: UnixTime,
    ) -> Result<(), Reason> {
        let parsed = ParsedCertificate::try_from(leaf).map_err(|_| malformed(leaf))?;
        verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, self.algorithms.all)
            .map_err(|error| self.tell(&error, leaf, intermediates))
    }

    fn tell(&self, error: &Error, leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Reason {
        match error {
            Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
                Reason::CertExpired
            }
            Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
                Reason::CertNotYetValid
            }
            Error::InvalidCertificate(CertificateError::Revoked) => Reason::CertRevoked,
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)) => {
                self.tell_issuer(leaf, intermediates)
            }
            _ => Reason::CertInvalid,
        }
    }

    /// Why nobody trusted stands behind a certificate. One that came alone lacks its intermediates when it says where
    /// its issuer is to be found, or when the site owner named the authorities that must stand behind it; else its
    /// issuer is simply unknown.
    fn tell_issuer(&self, leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Reason {
        let Some(parsed) = Parsed::new(leaf) else { return Reason::CertInvalid };
        let alone = intermediates.iter().all(|other| other == leaf);
        if parsed.is_self_issued() {
            Reason::CertSelfSigned
        } else if alone && (parsed.points_to_its_issuer() || matches!(self.trust, Trust::Anchors(_))) {
            Reason::CertChain
        } else {
            Reason::CertUntrusted
        }
    }

    fn name(&self, leaf: &CertificateDer<'_>) -> Result<(), Reason> {
        let accepted = self.names.iter().any(|name| covers(leaf, name));
        if accepted || self.names.is_empty() { Ok(()) } else { Err(Reason::CertName) }
    }
}

/// Whether a certificate is for `name`, a host name or an address.
fn covers(leaf: &CertificateDer<'_>, name: &str) -> bool {
    let by_alternative_name = ServerName::try_from(name).is_ok_and(|server_name| {
        ParsedCertificate::try_from(leaf).is_ok_and(|parsed| verify_server_name(&parsed, &server_name).is_ok())
    });
    by_alternative_name || Parsed::new(leaf).is_some_and(|parsed| parsed.common_name_covers(name))
}

/// A certificate that the chain builder cannot read: a self-signed one of the oldest version is still just that.
fn malformed(leaf: &CertificateDer<'_>) -> Reason {
    match Parsed::new(leaf) {
        Some(parsed) if parsed.is_self_issued() => Reason::CertSelfSigned,
        _ => Reason::CertInvalid,
    }
}

/// Whether a certificate that is trusted as it stands is within its validity.
fn timely(leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), Reason> {
    let Some((not_before, not_after)) = Parsed::new(leaf).map(|parsed| parsed.validity()) else {
        return Err(Reason::CertInvalid);
    };
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match (now < not_before, now > not_after) {
        (true, _) => Err(Reason::CertNotYetValid),
        (_, true) => Err(Reason::CertExpired),
        _ => Ok(()),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(leaf, intermediates, now).map(|()| ServerCertVerified::assertion()).map_err(|reason| {
            let facts = Parsed::new(leaf).and_then(|parsed| parsed.facts());
            CertificateError::Other(OtherError(Arc::new(Rejected { reason, facts }))).into()
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.trust {
            // A certificate that nobody checks proves nothing, however well it signs; some cannot even be read.
            Trust::Anything => Ok(HandshakeSignatureValid::assertion()),
            _ => verify_tls12_signature(message, certificate, signature, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.trust {
            Trust::Anything => Ok(HandshakeSignatureValid::assertion()),
            _ => verify_tls13_signature(message, certificate, signature, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.algorithms.supported_schemes();
        if matches!(self.trust, Trust::Anything) {
            // Where nothing is checked, a server that can only sign the old way need not be turned away.
            schemes.extend([SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1_Legacy]);
        }
        schemes
    }
}
