//! HTTPS checks: server names, trust, and every way a handshake can fail.

use crate::support::{Check, SECOND, https};
use testkit::{
    Answer, Origin, rude,
    tls::{Authority, Identity, ServerTls, Validity},
};
use verdict::{HealthReason, Reason};

const NAME: &str = "origin.test";

async fn origin(tls: ServerTls) -> Origin {
    Origin::start_tls(tls, |_| Answer::ok("hello")).await
}

/// A check of `origin` by name, trusting `authority`.
fn strict(origin: &Origin, authority: &Authority) -> Check {
    https(origin.address()).host(NAME).trusting(authority.root_pem())
}

#[tokio::test]
async fn a_good_certificate_passes_with_the_timing_of_its_handshake() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue(&[NAME]))).await;
    let seen = strict(&origin, &authority).passes().await;
    assert!(seen.timings.tls.is_some() && seen.timings.first_byte.is_some());
    assert_eq!(seen.evidence.sni.as_deref(), Some(NAME));
}

// LB-63: a server name is sent when a host is configured, on the endpoint or the monitor, and none otherwise.
#[tokio::test]
async fn the_server_name_is_the_configured_host_or_nothing() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue(&[NAME, "monitor.test", "127.0.0.1"]))).await;
    let trusting = || https(origin.address()).trusting(authority.root_pem());
    trusting().host(NAME).passes().await;
    let by_monitor = trusting().monitor(|monitor| {
        monitor.header.insert("Host".to_owned(), vec!["monitor.test".to_owned()]);
    });
    by_monitor.passes().await;
    let seen = trusting().passes().await;
    assert_eq!(seen.evidence.sni, None);
    assert_eq!(origin.server_names(), [Some(NAME.to_owned()), Some("monitor.test".to_owned()), None]);
}

// LB-61: a self-signed certificate fails, unless the monitor allows it.
#[tokio::test]
async fn self_signed() {
    let origin = origin(ServerTls::new(&Identity::self_signed(&[NAME]))).await;
    let check = https(origin.address()).host(NAME);
    let seen = check.fails(Reason::CertSelfSigned, HealthReason::TlsUntrustedCertificate).await;
    assert_eq!(seen.evidence.certificate.unwrap().names, [NAME]);
    check.monitor(|monitor| monitor.allow_insecure = true).passes().await;
}

#[tokio::test]
async fn untrusted() {
    let (trusted, other) = (Authority::new("Trusted"), Authority::new("Other"));
    let origin = origin(ServerTls::new(&other.issue(&[NAME]))).await;
    let untrusted = HealthReason::TlsUntrustedCertificate;
    let seen = strict(&origin, &trusted).fails(Reason::CertUntrusted, untrusted).await;
    assert!(seen.evidence.certificate.unwrap().issuer.contains("Other intermediate"));
    https(origin.address()).host(NAME).fails(Reason::CertUntrusted, untrusted).await;
}

#[tokio::test]
async fn expired_and_not_yet_valid() {
    let authority = Authority::new("Test");
    for (validity, reason) in [(Validity::Expired, Reason::CertExpired), (Validity::NotYet, Reason::CertNotYetValid)] {
        let origin = origin(ServerTls::new(&authority.issue_valid(&[NAME], validity))).await;
        let check = strict(&origin, &authority);
        let seen = check.fails(reason, HealthReason::TlsUntrustedCertificate).await;
        let certificate = seen.evidence.certificate.unwrap();
        assert!(certificate.not_before < certificate.not_after);
        check.monitor(|monitor| monitor.allow_insecure = true).passes().await;
    }
}

#[tokio::test]
async fn chain_without_its_intermediate() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue_leaf_only(&[NAME]))).await;
    strict(&origin, &authority).fails(Reason::CertChain, HealthReason::TlsUntrustedCertificate).await;
}

#[tokio::test]
async fn name_mismatch() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue(&["other.test"]))).await;
    let seen = strict(&origin, &authority).fails(Reason::CertName, HealthReason::TlsNameMismatch).await;
    assert_eq!(seen.evidence.certificate.unwrap().names, ["other.test"]);
    // Without a configured host the certificate must be for the address.
    let by_address = https(origin.address()).trusting(authority.root_pem());
    by_address.fails(Reason::CertName, HealthReason::TlsNameMismatch).await;
}

#[tokio::test]
async fn alerts() {
    for (alert, reason, health) in [
        (70, Reason::TlsVersion, HealthReason::TlsProtocolError),
        (40, Reason::TlsNoCipher, HealthReason::TlsHandshakeFailure),
        (112, Reason::TlsSni, HealthReason::TlsUnrecognizedName),
        (80, Reason::TlsAlert, HealthReason::TlsHandshakeFailure),
    ] {
        let server = rude::tls_alert(alert).await;
        let seen = https(server.address()).fails(reason, health).await;
        assert_eq!(seen.evidence.alert, Some(alert));
        // LB-63 once more, this time in the bytes on the wire.
        assert_eq!(server.server_names(), [None]);
        assert!(seen.timings.connect.is_some() && seen.timings.tls.is_some());
    }
}

#[tokio::test]
async fn plain_http_on_the_tls_port() {
    let server = rude::plain_http_on_tls_port().await;
    let seen = https(server.address()).fails(Reason::TlsNotTls, HealthReason::TlsProtocolError).await;
    assert!(seen.evidence.first_bytes.starts_with(b"HTTP/1.1 400"));
}

#[tokio::test]
async fn handshake_closed_or_reset() {
    let closing = rude::tls_closing().await;
    https(closing.address()).fails(Reason::TlsReset, HealthReason::TlsHandshakeFailure).await;
    let resetting = rude::tls_resetting().await;
    let seen = https(resetting.address()).fails(Reason::TlsReset, HealthReason::TlsHandshakeFailure).await;
    assert_eq!(seen.evidence.errno, Some(libc::ECONNRESET));
}

#[tokio::test]
async fn handshake_silent() {
    let server = rude::mute().await;
    let seen = https(server.address()).fails(Reason::TlsTimeout, HealthReason::TlsHandshakeFailure).await;
    assert_eq!(seen.evidence.limit, Some(SECOND));
}

#[tokio::test]
async fn client_certificate_demanded() {
    let authority = Authority::new("Test");
    let identity = authority.issue(&[NAME]);
    for (tls12, reason) in [(true, Reason::TlsClientCert), (false, Reason::OriginWantsClientCert)] {
        let origin = origin(ServerTls::demanding_client_certificate(&identity, &authority, tls12)).await;
        let seen = strict(&origin, &authority).fails(reason, HealthReason::TlsHandshakeFailure).await;
        assert_eq!(seen.evidence.alert, Some(116));
    }
}

#[tokio::test]
async fn every_check_makes_the_server_show_its_certificate_again() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue(&[NAME]))).await;
    let check = strict(&origin, &authority);
    let prober = probe::Prober::new(check.settings.clone());
    prober.probe(&check.target(), 1).await;
    drop(origin);
    let expired =
        Origin::start_tls(ServerTls::new(&authority.issue_valid(&[NAME], Validity::Expired)), |_| Answer::ok("hello"))
            .await;
    let moved = Check { endpoint: https(expired.address()).endpoint, ..check }.host(NAME);
    let seen = prober.probe(&moved.target(), 1).await;
    assert_eq!(seen.outcome, model::Outcome::Fail(Reason::CertExpired));
}
