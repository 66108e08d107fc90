//! From the error of a system call or a TLS session to the reason that tells it apart.

use model::Evidence;
use rustls::AlertDescription;
use std::io::{self, ErrorKind};
use verdict::{Phase, Reason};

/// The reason for an I/O error that happened in `phase`: one of `Connect`, `Tls`, `Send`, `Wait` or `Body`.
///
/// The same errno means different things at different moments: a reset while connecting is a refusal, during the
/// handshake it breaks TLS, and later it cuts the answer off. Sources: EDGE sections 2.3 to 2.6.
pub fn classify_io(error: &io::Error, phase: Phase) -> Reason {
    if let Some(reason) = error.raw_os_error().and_then(edge_fault) {
        return reason;
    }
    match phase {
        Phase::Connect => connect(error),
        Phase::Tls => handshake(error),
        Phase::Send => send(error),
        Phase::Body => body(error),
        _ => wait(error),
    }
}

/// Notes the errno or the TLS alert inside an I/O error.
pub fn witness(error: &io::Error, evidence: &mut Evidence) {
    evidence.errno = error.raw_os_error().or(evidence.errno);
    if let Some(rustls::Error::AlertReceived(alert)) = tls_error(error) {
        evidence.alert = Some(u8::from(*alert));
    }
}

/// The TLS error that an I/O error carries, if it carries one.
pub(crate) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Whether an alert from a server speaks of the certificate that we did not show.
pub(crate) fn is_about_our_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}

/// What this machine lacks is never the endpoint's fault.
fn edge_fault(errno: i32) -> Option<Reason> {
    let ours = matches!(errno, libc::EADDRNOTAVAIL | libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM);
    ours.then_some(Reason::EdgeResource)
}

fn connect(error: &io::Error) -> Reason {
    match error.raw_os_error() {
        Some(libc::ECONNREFUSED) => Reason::TcpRefused,
        Some(libc::ECONNRESET) => Reason::TcpResetConnect,
        Some(libc::ETIMEDOUT) => Reason::TcpConnectTimeout,
        Some(libc::EHOSTUNREACH | libc::EHOSTDOWN) => Reason::NoRouteHost,
        Some(libc::ENETUNREACH | libc::ENETDOWN | libc::EAFNOSUPPORT) => Reason::NoRouteNet,
        Some(libc::EACCES | libc::EPERM) => Reason::ConnectProhibited,
        Some(libc::EAGAIN) => Reason::EdgeResource,
        _ if error.kind() == ErrorKind::TimedOut => Reason::TcpConnectTimeout,
        _ => Reason::Other,
    }
}

fn handshake(error: &io::Error) -> Reason {
    match error.kind() {
        ErrorKind::TimedOut => Reason::TlsTimeout,
        _ if tls_error(error).is_some() => Reason::TlsMisbehaved,
        _ => Reason::TlsReset,
    }
}

fn send(error: &io::Error) -> Reason {
    match (error.raw_os_error(), error.kind()) {
        (Some(libc::ETIMEDOUT), _) => Reason::AckTimeout,
        (_, ErrorKind::TimedOut) => Reason::WriteTimeout,
        _ => wait(error),
    }
}

/// A request that was never acknowledged and a peer that vanished while it was thinking end in the same errno. The
/// first is by far the more usual: it is what a pooled connection to a dead machine gives.
fn wait(error: &io::Error) -> Reason {
    match (error.raw_os_error(), error.kind(), tls_error(error)) {
        (Some(libc::ETIMEDOUT), ..) => Reason::AckTimeout,
        (Some(libc::EHOSTUNREACH | libc::ENETUNREACH), ..) => Reason::KeepaliveLost,
        (None, ErrorKind::TimedOut, _) => Reason::ReadTimeout,
        (_, _, Some(rustls::Error::AlertReceived(alert))) if is_about_our_certificate(*alert) => {
            Reason::OriginWantsClientCert
        }
        (_, ErrorKind::UnexpectedEof, None) => Reason::EmptyReply,
        _ => Reason::ResetBeforeHeaders,
    }
}

fn body(error: &io::Error) -> Reason {
    match (error.raw_os_error(), error.kind()) {
        (Some(libc::ETIMEDOUT | libc::EHOSTUNREACH | libc::ENETUNREACH), _) => Reason::KeepaliveLost,
        (None, ErrorKind::TimedOut) => Reason::BodyReadTimeout,
        _ => Reason::BodyTruncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(number: i32, phase: Phase) -> Reason {
        classify_io(&io::Error::from_raw_os_error(number), phase)
    }

    // EDGE-29, EDGE-30: each errno of `connect` has its own reason.
    #[test]
    fn connect_errnos() {
        for (number, reason) in [
            (libc::ECONNREFUSED, Reason::TcpRefused),
            (libc::ECONNRESET, Reason::TcpResetConnect),
            (libc::EHOSTUNREACH, Reason::NoRouteHost),
            (libc::ENETUNREACH, Reason::NoRouteNet),
            (libc::EACCES, Reason::ConnectProhibited),
            (libc::EPERM, Reason::ConnectProhibited),
            (libc::ETIMEDOUT, Reason::TcpConnectTimeout),
            (libc::EINVAL, Reason::Other),
        ] {
            assert_eq!(errno(number, Phase::Connect), reason, "errno {number}");
        }
    }

    #[test]
    fn what_the_edge_lacks_is_the_edges_fault_in_every_phase() {
        for number in [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM, libc::EADDRNOTAVAIL] {
            for phase in [Phase::Connect, Phase::Tls, Phase::Send, Phase::Wait, Phase::Body] {
                assert_eq!(errno(number, phase), Reason::EdgeResource, "errno {number} in {phase}");
            }
        }
    }

    #[test]
    fn a_reset_means_what_its_phase_makes_of_it() {
        for (phase, reason) in [
            (Phase::Connect, Reason::TcpResetConnect),
            (Phase::Tls, Reason::TlsReset),
            (Phase::Send, Reason::ResetBeforeHeaders),
            (Phase::Wait, Reason::ResetBeforeHeaders),
            (Phase::Body, Reason::BodyTruncated),
        ] {
            assert_eq!(errno(libc::ECONNRESET, phase), reason, "{phase}");
        }
    }

    #[test]
    fn bytes_that_are_never_acknowledged_are_told_from_a_peer_that_does_not_read() {
        assert_eq!(errno(libc::ETIMEDOUT, Phase::Send), Reason::AckTimeout);
        assert_eq!(classify_io(&ErrorKind::TimedOut.into(), Phase::Send), Reason::WriteTimeout);
    }

    // EDGE-56: a demand for a client certificate that arrives after the handshake (TLS 1.3).
    #[test]
    fn a_late_demand_for_a_client_certificate_is_named() {
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
        let error = io::Error::new(ErrorKind::InvalidData, alert);
        assert_eq!(classify_io(&error, Phase::Wait), Reason::OriginWantsClientCert);
        let mut evidence = Evidence::default();
        witness(&error, &mut evidence);
        assert_eq!(evidence.alert, Some(116));
    }
}
