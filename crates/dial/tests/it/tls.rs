//! TLS: what can be wrong with the peer, the protocol and the certificate.

use crate::support::{SHORT, anchors, dial_tls, failure, reason, trusting};
use dial::{DialPlan, Dialer, TlsPlan, Trust};
use testkit::{
    Answer, Origin, rude,
    tls::{Authority, Identity, ServerTls, Validity},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use verdict::{Phase, Reason};

const NAME: &str = "origin.test";

async fn origin(tls: ServerTls) -> Origin {
    Origin::start_tls(tls, |_| Answer::ok("hello")).await
}

#[tokio::test]
async fn a_good_certificate_gives_a_stream_that_says_what_was_agreed() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue(&[NAME]))).await;
    let dialed = dial_tls(origin.address(), Some(NAME), trusting(&authority)).await.unwrap();
    let facts = dialed.tls.unwrap();
    assert_eq!((facts.version, facts.resumed), ("TLSv1.3", false));
    assert!(facts.cipher.starts_with("TLS13_"));
    assert!(dialed.timings.tls.is_some());
    assert_eq!(origin.server_names(), [Some(NAME.to_owned())]);
}

// EDGE-53: a self-signed certificate is good enough for `full`, not for `strict`, and good once it is in the custom
// trust store.
#[tokio::test]
async fn a_self_signed_certificate() {
    let identity = Identity::self_signed(&[NAME]);
    let origin = origin(ServerTls::new(&identity)).await;
    assert!(dial_tls(origin.address(), Some(NAME), Trust::Anything).await.is_ok());
    let error = failure(dial_tls(origin.address(), Some(NAME), Trust::Public).await);
    assert_eq!(error.failure.reason, Reason::CertSelfSigned);
    assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(526));
    let facts = error.failure.evidence.certificate.unwrap();
    assert_eq!(facts.names, [NAME]);
    assert_eq!(facts.subject, facts.issuer);
    assert!(dial_tls(origin.address(), Some(NAME), anchors(&[identity.chain_pem])).await.is_ok());
}

// EDGE-53: also where the certificate calls itself an authority. Trusted as it stands, it must still be in its time.
#[tokio::test]
async fn a_self_signed_certificate_that_calls_itself_an_authority() {
    for (validity, expected) in [
        (Validity::Always, None),
        (Validity::Expired, Some(Reason::CertExpired)),
        (Validity::NotYet, Some(Reason::CertNotYetValid)),
    ] {
        let identity = Identity::self_signed_authority(&[NAME], validity);
        let origin = origin(ServerTls::new(&identity)).await;
        let public = reason(dial_tls(origin.address(), Some(NAME), Trust::Public).await);
        assert_eq!(public, expected.unwrap_or(Reason::CertSelfSigned));
        let trusted = dial_tls(origin.address(), Some(NAME), anchors(&[identity.chain_pem])).await;
        assert_eq!(trusted.err().map(|error| error.failure.reason), expected);
    }
}

#[tokio::test]
async fn the_common_name_counts_only_where_there_is_nothing_else() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue_by_common_name(NAME))).await;
    assert!(dial_tls(origin.address(), Some(NAME), trusting(&authority)).await.is_ok());
    let other = dial_tls(origin.address(), Some("other.test"), trusting(&authority)).await;
    assert_eq!(reason(other), Reason::CertName);
}

// EDGE-54: expired, not yet valid, wrong name and leaf-only are each named under `strict`, and all pass under `full`.
#[tokio::test]
async fn what_can_be_wrong_with_a_certificate() {
    let authority = Authority::new("Test");
    for (identity, expected) in [
        (authority.issue_valid(&[NAME], Validity::Expired), Reason::CertExpired),
        (authority.issue_valid(&[NAME], Validity::NotYet), Reason::CertNotYetValid),
        (authority.issue(&["other.test"]), Reason::CertName),
        (authority.issue_leaf_only(&[NAME]), Reason::CertChain),
    ] {
        let origin = origin(ServerTls::new(&identity)).await;
        let error = failure(dial_tls(origin.address(), Some(NAME), trusting(&authority)).await);
        assert_eq!(error.failure.reason, expected);
        assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(526));
        assert!(error.failure.evidence.certificate.is_some(), "{expected} without the certificate's facts");
        assert_eq!(error.failure.evidence.sni.as_deref(), Some(NAME));
        assert!(dial_tls(origin.address(), Some(NAME), Trust::Anything).await.is_ok(), "{expected} under full");
    }
}

// EDGE-55: when a custom trust store is loaded, only its authorities count; one nobody knows is not trusted either.
#[tokio::test]
async fn an_authority_outside_the_trust_store() {
    let (mine, other) = (Authority::new("Mine"), Authority::new("Other"));
    let origin = origin(ServerTls::new(&other.issue(&[NAME]))).await;
    assert_eq!(reason(dial_tls(origin.address(), Some(NAME), trusting(&mine)).await), Reason::CertUntrusted);
    assert_eq!(reason(dial_tls(origin.address(), Some(NAME), Trust::Public).await), Reason::CertUntrusted);
}

#[tokio::test]
async fn a_trust_store_whose_authorities_have_all_expired_is_empty() {
    let expired = Authority::expired("Old");
    let origin = origin(ServerTls::new(&expired.issue(&[NAME]))).await;
    assert_eq!(reason(dial_tls(origin.address(), Some(NAME), trusting(&expired)).await), Reason::TrustStoreEmpty);
    let fresh = Authority::new("New");
    let both = anchors(&[expired.root_pem(), fresh.root_pem()]);
    assert_eq!(reason(dial_tls(origin.address(), Some(NAME), both).await), Reason::CertUntrusted);
}

#[tokio::test]
async fn any_of_the_accepted_names_will_do_and_addresses_are_names_too() {
    let authority = Authority::new("Test");
    for names in [["requested.test"], ["target.test"], ["127.0.0.1"]] {
        let origin = origin(ServerTls::new(&authority.issue(&names))).await;
        let accepted = ["requested.test", "target.test", "127.0.0.1"];
        let tls = TlsPlan::new(Some("requested.test"), &accepted, trusting(&authority));
        let plan = DialPlan { tls: Some(tls), ..DialPlan::new("127.0.0.1", origin.port()) };
        assert!(Dialer::default().dial(&plan).await.is_ok(), "{names:?}");
    }
}

#[tokio::test]
async fn without_a_server_name_none_is_sent() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::new(&authority.issue(&["127.0.0.1"]))).await;
    let tls = TlsPlan::new(None, &["127.0.0.1"], trusting(&authority));
    let plan = DialPlan { tls: Some(tls), ..DialPlan::new("127.0.0.1", origin.port()) };
    Dialer::default().dial(&plan).await.unwrap();
    assert_eq!(origin.server_names(), [None]);
}

// EDGE-51: alerts are told apart and their numbers kept.
#[tokio::test]
async fn alerts_in_answer_to_the_hello() {
    for (number, expected) in [
        (40, Reason::TlsNoCipher),
        (71, Reason::TlsNoCipher),
        (70, Reason::TlsVersion),
        (112, Reason::TlsSni),
        (80, Reason::TlsAlert),
    ] {
        let server = rude::tls_alert(number).await;
        let error = failure(dial_tls(server.address(), Some(NAME), Trust::Anything).await);
        assert_eq!(error.failure.reason, expected, "alert {number}");
        assert_eq!(error.failure.evidence.alert, Some(number));
        assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(525));
        assert_eq!(server.server_names(), [Some(NAME.to_owned())]);
    }
}

// EDGE-52: plain HTTP on the TLS port is recognised, and what it said is kept.
#[tokio::test]
async fn plain_http_where_tls_is_expected() {
    let server = rude::plain_http_on_tls_port().await;
    let error = failure(dial_tls(server.address(), Some(NAME), Trust::Anything).await);
    assert_eq!(error.failure.reason, Reason::TlsNotTls);
    assert!(error.failure.evidence.first_bytes.starts_with(b"HTTP/1.1 400 Bad Request"));
}

#[tokio::test]
async fn a_handshake_that_the_peer_breaks_off() {
    let closing = rude::tls_closing().await;
    let error = failure(dial_tls(closing.address(), Some(NAME), Trust::Anything).await);
    assert_eq!((error.failure.reason, error.failure.evidence.errno), (Reason::TlsReset, None));
    let resetting = rude::tls_resetting().await;
    let error = failure(dial_tls(resetting.address(), Some(NAME), Trust::Anything).await);
    assert_eq!((error.failure.reason, error.failure.evidence.errno), (Reason::TlsReset, Some(libc::ECONNRESET)));
}

#[tokio::test]
async fn a_peer_that_says_nothing_runs_into_the_handshake_timer() {
    let server = rude::mute().await;
    let error = failure(dial_tls(server.address(), Some(NAME), Trust::Anything).await);
    assert_eq!(error.failure.reason, Reason::TlsTimeout);
    assert_eq!(error.failure.evidence.limit, Some(SHORT));
    assert!(error.timings.connect.is_some() && error.timings.tls.unwrap() >= SHORT);
}

// EDGE-56: in TLS 1.2 the demand for a client certificate fails the handshake; in TLS 1.3 it comes afterwards.
#[tokio::test]
async fn a_demand_for_a_client_certificate() {
    let authority = Authority::new("Test");
    let identity = authority.issue(&[NAME]);
    let old = origin(ServerTls::demanding_client_certificate(&identity, &authority, true)).await;
    let error = failure(dial_tls(old.address(), Some(NAME), trusting(&authority)).await);
    assert_eq!(error.failure.reason, Reason::TlsClientCert);
    assert_eq!(error.failure.reason.code().map(|code| code.number()), Some(525));

    let new = origin(ServerTls::demanding_client_certificate(&identity, &authority, false)).await;
    let mut dialed = dial_tls(new.address(), Some(NAME), trusting(&authority)).await.unwrap();
    dialed.stream.write_all(b"GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n").await.unwrap();
    let error = dialed.stream.read_u8().await.expect_err("an alert instead of an answer");
    let reason = dial::classify_io(&error, Phase::Wait);
    assert_eq!(reason, Reason::OriginWantsClientCert);
    assert_eq!(reason.code().map(|code| code.number()), Some(520));
}

#[tokio::test]
async fn tls_12_is_spoken_where_the_peer_knows_no_better() {
    let authority = Authority::new("Test");
    let origin = origin(ServerTls::tls12_only(&authority.issue(&[NAME]))).await;
    let dialed = dial_tls(origin.address(), Some(NAME), trusting(&authority)).await.unwrap();
    assert_eq!(dialed.stream.tls_version(), Some("TLSv1.2"));
}

/// Sends a request and reads the answer, which also takes in the session tickets.
async fn exchange(stream: &mut dial::Stream) {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n").await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
}

#[tokio::test]
async fn sessions_are_resumed_when_the_plan_allows_it() {
    let authority = Authority::new("Test");
    let trust = trusting(&authority);
    for tls in [ServerTls::tls13_only(&authority.issue(&[NAME])), ServerTls::tls12_only(&authority.issue(&[NAME]))] {
        let origin = origin(tls).await;
        let dialer = Dialer::default();
        let mut resumed = Vec::new();
        for resume in [true, true, false] {
            let tls = TlsPlan { resume, ..TlsPlan::new(Some(NAME), &[NAME], trust.clone()) };
            let plan = DialPlan { tls: Some(tls), ..DialPlan::new("127.0.0.1", origin.port()) };
            let mut dialed = dialer.dial(&plan).await.unwrap();
            exchange(&mut dialed.stream).await;
            resumed.push(dialed.tls.unwrap().resumed);
        }
        assert_eq!(resumed, [false, true, false]);
    }
}

#[tokio::test]
async fn texts_that_are_no_certificates_are_refused_by_number() {
    let good = Authority::new("Test").root_pem();
    for bad in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let texts = [good.clone(), bad.to_owned()];
        assert_eq!(dial::TrustAnchors::from_pems(&texts).unwrap_err().index, 1, "{bad:?}");
    }
}
