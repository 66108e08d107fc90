//! What went wrong in a handshake.

use super::{Socket, socket::Heard, verifier::Rejected};
use crate::classify::{classify_io, is_about_our_certificate, tls_error, witness};
use model::{Evidence, Failure};
use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible, SignatureScheme,
    client::ResolvesClientCert, sign::CertifiedKey,
};
use std::{
    cell::Cell,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio_rustls::{Connect, FallibleConnect, client::TlsStream};
use verdict::{Phase, Reason};

thread_local! {
    /// Whether the handshake that this thread is polling was asked for a client certificate.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Has no client certificate to show, and notes that one was wanted. Shared by every session: resumption is only
/// possible under one and the same resolver, so the note goes to whoever is being polled.
#[derive(Debug)]
pub(super) struct NoCertificateToShow;

impl ResolvesClientCert for NoCertificateToShow {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        ASKED.set(true);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// A handshake under way that knows whether it was asked for a client certificate.
pub(super) struct Shaking {
    connect: FallibleConnect<Socket>,
    asked: bool,
}

impl Shaking {
    pub(super) fn new(connect: Connect<Socket>) -> Self {
        Self { connect: connect.into_fallible(), asked: false }
    }

    pub(super) fn asked(&self) -> bool {
        self.asked
    }
}

impl Future for Shaking {
    type Output = Result<TlsStream<Socket>, (io::Error, Socket)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let shaking = self.get_mut();
        ASKED.set(false);
        let polled = Pin::new(&mut shaking.connect).poll(cx);
        shaking.asked |= ASKED.get();
        polled
    }
}

/// The reason and the evidence for a handshake that ended in `error`. `asked`: the peer wanted a client certificate.
pub(super) fn classify(error: &io::Error, asked: bool, socket: Socket, mut evidence: Evidence) -> Failure {
    witness(error, &mut evidence);
    let heard = socket.into_heard();
    let reason = match tls_error(error) {
        None => classify_io(error, Phase::Tls),
        Some(_) if !speaks_tls(&heard) => Reason::TlsNotTls,
        Some(error) => {
            let (reason, certificate) = tell(error, asked);
            evidence.certificate = certificate;
            reason
        }
    };
    evidence.bytes_read = heard.bytes_read;
    evidence.first_bytes = heard.first_bytes;
    Failure::new(reason, evidence)
}

/// Whether what came begins like a TLS record (RFC 8446 section 5.1): a known type, and major version 3.
fn speaks_tls(heard: &Heard) -> bool {
    match heard.first_bytes.as_slice() {
        [] => true,
        [kind] => (20..=24).contains(kind),
        [kind, major, ..] => (20..=24).contains(kind) && *major == 3,
    }
}

fn tell(error: &Error, asked: bool) -> (Reason, Option<model::CertificateFacts>) {
    if let Error::InvalidCertificate(CertificateError::Other(other)) = error
        && let Some(rejected) = other.0.downcast_ref::<Rejected>()
    {
        return (rejected.reason, rejected.facts.clone());
    }
    let reason = match error {
        Error::AlertReceived(alert) => tell_alert(*alert, asked),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            Reason::TlsNotTls
        }
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Reason::TlsVersion,
        Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoSignatureSchemesInCommon,
        ) => Reason::TlsNoCipher,
        Error::NoCertificatesPresented => Reason::TlsNoCert,
        Error::InvalidCertificate(_) => Reason::CertInvalid,
        _ => Reason::TlsMisbehaved,
    };
    (reason, None)
}

/// The alert that a peer ended the handshake with (EDGE section 2.4). A peer that asked for a certificate, got none
/// and then gave up wanted that certificate, even where it only says "handshake failure".
fn tell_alert(alert: AlertDescription, asked: bool) -> Reason {
    match alert {
        AlertDescription::HandshakeFailure if asked => Reason::TlsClientCert,
        AlertDescription::CertificateRequired | AlertDescription::BadCertificate => Reason::TlsClientCert,
        alert if asked && is_about_our_certificate(alert) => Reason::TlsClientCert,
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => Reason::TlsNoCipher,
        AlertDescription::ProtocolVersion => Reason::TlsVersion,
        AlertDescription::UnrecognisedName => Reason::TlsSni,
        _ => Reason::TlsAlert,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // EDGE-51, EDGE-56: alerts of the handshake.
    #[test]
    fn alerts_are_told_apart() {
        for (number, asked, reason) in [
            (40, false, Reason::TlsNoCipher),
            (71, false, Reason::TlsNoCipher),
            (70, false, Reason::TlsVersion),
            (112, false, Reason::TlsSni),
            (80, false, Reason::TlsAlert),
            (50, false, Reason::TlsAlert),
            (47, false, Reason::TlsAlert),
            (10, false, Reason::TlsAlert),
            (116, false, Reason::TlsClientCert),
            (42, false, Reason::TlsClientCert),
            (40, true, Reason::TlsClientCert),
            (46, true, Reason::TlsClientCert),
            (46, false, Reason::TlsAlert),
        ] {
            assert_eq!(tell_alert(AlertDescription::from(number), asked), reason, "alert {number}, asked {asked}");
        }
    }
}
