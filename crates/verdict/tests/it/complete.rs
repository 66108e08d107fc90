//! Everything that the catalogue must hold is in it.

use std::collections::BTreeSet;
use verdict::{ApiError, Code, HealthReason, LegacyError, Reason, lookup};

fn numbers() -> BTreeSet<u16> {
    Code::all().map(Code::number).collect()
}

#[test]
fn every_client_error_of_the_edge_is_listed() {
    let expected = (400..=417).chain([421]).chain(422..=429).chain([431, 451, 499]);
    assert_eq!(expected.filter(|code| !numbers().contains(code)).collect::<Vec<_>>(), Vec::<u16>::new());
}

#[test]
fn every_server_error_of_the_edge_is_listed() {
    let expected = (500..=505).chain(520..=527).chain([530]);
    assert_eq!(expected.filter(|code| !numbers().contains(code)).collect::<Vec<_>>(), Vec::<u16>::new());
}

#[test]
fn every_1xxx_is_listed() {
    let expected: Vec<u16> = [1000..=1020, 1023..=1023, 1025..=1029, 1033..=1045, 1047..=1047, 1049..=1049]
        .into_iter()
        .chain([1100..=1109, 1200..=1206])
        .flatten()
        .filter(|code| !matches!(code, 1021 | 1022))
        .collect();
    let listed: Vec<u16> = numbers().into_iter().filter(|code| (1000..2000).contains(code)).collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_10xxx_is_listed() {
    let expected: Vec<u16> = [10028].into_iter().chain(10043..=10056).chain(10058..=10060).collect();
    let listed: Vec<u16> = numbers().into_iter().filter(|code| *code >= 10_000).collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_health_vocabulary_has_its_nineteen_spellings() {
    let spellings: Vec<&str> = HealthReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(
        spellings,
        [
            "No failures",
            "TCP connection failed",
            "TCP timeout",
            "HTTP timeout occurred",
            "HTTP invalid response",
            "Response code mismatch error",
            "Response body mismatch error",
            "TLS untrusted certificate error",
            "TLS name mismatch error",
            "TLS protocol error",
            "TLS unrecognized name error",
            "TLS handshake failure",
            "No route to host error",
            "Network unreachable",
            "DNS unknown host",
            "DNS internal",
            "Connection reset by peer",
            "Monitor config error",
            "Other failure",
        ]
    );
}

#[test]
fn the_second_system_has_its_twenty_six_errors_to_the_byte() {
    assert_eq!(LegacyError::ALL.len(), 26);
    for (number, error) in LegacyError::ALL.iter().enumerate() {
        assert_eq!(error.id(), format!("E{}", number + 1));
    }
    let filled = [
        (
            LegacyError::E17.text(&[("backend_ip_address", "10.0.0.2")]),
            "Peer 10.0.0.2 closed connection in SSL handshake",
        ),
        (LegacyError::E18.text(&[("client_ip", "10.0.0.2")]), "Client 10.0.0.2 has SSL certificate verify error."),
        (LegacyError::E25.text(&[("ip_address", "10.0.0.2")]), "Backend 10.0.0.2 abruptly closes connection."),
        (LegacyError::E22.text(&[("client_ip_address", "10.0.0.2")]), "Access for 10.0.0.2 denied by HTTP ACL rule."),
    ];
    for (text, expected) in filled {
        assert_eq!(text, expected);
    }
}

#[test]
fn the_refusals_that_automation_knows_keep_their_numbers() {
    let known = [
        (ApiError::ValidationFailed, 400, 1002),
        (ApiError::StillReferenced, 412, 1005),
        (ApiError::QuotaExceeded, 403, 1006),
        (ApiError::TokenMissing, 401, 10000),
        (ApiError::NotFound, 404, 7003),
    ];
    for (error, status, code) in known {
        assert_eq!((error.status(), error.code()), (status, code), "{}", error.id());
    }
    assert_eq!(ApiError::NotUnique.code(), 1003);
    assert!(ApiError::HealthUnavailable.message(&[]).contains("Health info unavailable"));
    assert!(ApiError::ValidationFailed.message(&[("complaint", "x")]).ends_with(": validation failed"));
}

#[test]
fn no_permanent_refusal_invites_a_retry() {
    // Clients send 408, 409, 429 and 5xx again on their own.
    for error in ApiError::ALL.iter().filter(|error| error.status() < 500 && **error != ApiError::RateLimited) {
        assert!(!matches!(error.status(), 408 | 409 | 429), "{} would be retried", error.id());
    }
}

#[test]
fn every_identifier_leads_to_its_reason() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_id(reason.id()), Some(*reason));
        assert!(lookup(reason.id()).iter().any(|entry| entry.id == reason.id()), "{reason} is not found");
    }
}
