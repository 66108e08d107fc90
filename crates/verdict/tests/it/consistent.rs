//! The entries agree with each other and with the tables they come from.

use std::collections::{BTreeMap, BTreeSet};
use verdict::{Category, Code, Entry, HealthReason, LegacyError, Maker, Party, Reason};

#[test]
fn no_identifier_is_used_twice() {
    let mut seen = BTreeSet::new();
    for entry in Entry::all() {
        assert!(seen.insert(entry.id), "{} is used twice", entry.id);
    }
    let names: BTreeSet<&str> = Code::entries().map(|entry| entry.name).collect();
    assert_eq!(names.len(), Code::entries().count(), "two codes share an error_name");
}

#[test]
fn every_code_that_a_reason_leads_to_has_an_entry() {
    for reason in Reason::ALL {
        if let Some(code) = reason.code() {
            assert!(code.entry().is_some(), "{reason} leads to {code}, which has no entry");
        }
    }
}

#[test]
fn every_code_that_the_second_system_leads_to_has_an_entry() {
    for error in LegacyError::ALL {
        for code in error.entry().codes {
            assert!(code.entry().is_some(), "{} leads to {code}, which has no entry", error.id());
        }
    }
}

#[test]
fn every_link_leads_somewhere_and_back() {
    let all: BTreeMap<&str, Entry> = Entry::all().into_iter().map(|entry| (entry.id, entry)).collect();
    for entry in all.values() {
        for id in &entry.see {
            let other = all.get(id).unwrap_or_else(|| panic!("{} links to {id}, which does not exist", entry.id));
            assert!(other.see.contains(&entry.id), "{} links to {id}, which does not link back", entry.id);
            assert_ne!(*id, entry.id, "{id} links to itself");
        }
    }
}

#[test]
fn every_entry_tells_a_cause_and_another_way_out() {
    for entry in Entry::all() {
        for (name, text) in [("title", entry.title), ("cause", entry.cause), ("remedy", entry.remedy)] {
            assert!(!text.trim().is_empty(), "{} has no {name}", entry.id);
            assert!(!text.contains("  "), "{}: the {name} has a run of spaces", entry.id);
        }
        assert_ne!(entry.cause, entry.remedy, "{}", entry.id);
        assert!(entry.remedy.ends_with('.') && entry.cause.ends_with('.'), "{} does not end in a full stop", entry.id);
    }
}

#[test]
fn no_reason_repeats_the_words_of_another() {
    let mut remedies = BTreeMap::new();
    for reason in Reason::ALL {
        if let Some(other) = remedies.insert(reason.remedy(), reason) {
            panic!("{reason} and {other} have the same remedy: say what is different about them");
        }
    }
}

#[test]
fn codes_go_out_with_their_status() {
    let expected = [
        (1000, 403),
        (1001, 409),
        (1002, 403),
        (1003, 403),
        (1004, 403),
        (1005, 403),
        (1006, 403),
        (1009, 403),
        (1013, 403),
        (1014, 403),
        (1015, 429),
        (1016, 530),
        (1018, 409),
        (1019, 500),
        (1020, 403),
        (1023, 503),
        (1025, 429),
        (1026, 451),
        (1027, 429),
        (1033, 530),
        (1034, 403),
        (1035, 403),
        (1038, 400),
        (1039, 451),
        (1101, 500),
        (1102, 503),
        (1104, 400),
        (1105, 503),
        (1106, 403),
        (1200, 429),
        (1201, 500),
        (1205, 503),
        (10028, 400),
        (10060, 400),
    ];
    for (code, status) in expected {
        assert_eq!(Code::new(code).entry().map(|entry| entry.status()), Some(status), "{code}");
    }
    for entry in Code::entries().filter(|entry| entry.code.number() < 1000) {
        assert_eq!(entry.status(), entry.code.number());
    }
}

#[test]
fn retry_after_has_the_documented_seconds() {
    let table: &[(u32, &[u16])] = &[
        (5, &[1205]),
        (30, &[500, 1015]),
        (60, &[502, 520, 1038, 1200]),
        (120, &[504, 521, 522, 523, 524, 1004, 1033]),
    ];
    let expected: BTreeMap<u16, u32> =
        table.iter().flat_map(|(seconds, codes)| codes.iter().map(|code| (*code, *seconds))).collect();
    let found: BTreeMap<u16, u32> =
        Code::entries().filter_map(|entry| Some((entry.code.number(), entry.retry_after()?))).collect();
    assert_eq!(found, expected);
}

#[test]
fn categories_are_the_documented_ones() {
    let table: &[(Category, &[u16])] = &[
        (Category::Origin, &[502, 504, 520, 521, 522, 523, 524]),
        (Category::Edge, &[500]),
        (Category::Ssl, &[525, 526]),
        (Category::AccessDenied, &[1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1020, 1106, 1107, 1108, 1109]),
        (Category::RateLimit, &[1015, 1025, 1027, 1200]),
        (Category::Dns, &[1001, 1016]),
        (Category::Config, &[1000, 1002, 1003, 1004, 1013, 1014, 1018, 1023, 1033, 1034, 1043, 1047, 1049]),
        (Category::Tls, &[1017, 1028, 1029, 1044]),
        (Category::Legal, &[1026, 1039]),
        (Category::Worker, &[1019, 1042, 1100, 1101, 1102, 1103, 1105]),
        (Category::Rewrite, &[1035, 1036, 1037, 1040, 1041]),
        (Category::Snippet, &[1201, 1202, 1203, 1204, 1205, 1206]),
        (Category::Unsupported, &[1045]),
    ];
    for (category, codes) in table {
        for code in *codes {
            assert_eq!(Code::new(*code).entry().map(|entry| entry.category()), Some(*category), "{code}");
        }
    }
}

#[test]
fn proxy_status_tokens_are_registered() {
    // RFC 9209 section 2.3.
    let registered = [
        "dns_timeout",
        "dns_error",
        "destination_not_found",
        "destination_unavailable",
        "destination_ip_prohibited",
        "destination_ip_unroutable",
        "connection_refused",
        "connection_terminated",
        "connection_timeout",
        "connection_read_timeout",
        "connection_write_timeout",
        "connection_limit_reached",
        "tls_protocol_error",
        "tls_certificate_error",
        "tls_alert_received",
        "http_request_error",
        "http_request_denied",
        "http_response_incomplete",
        "http_response_header_section_size",
        "http_response_header_size",
        "http_response_body_size",
        "http_response_trailer_section_size",
        "http_response_trailer_size",
        "http_response_transfer_coding",
        "http_response_content_coding",
        "http_response_timeout",
        "http_upgrade_failed",
        "http_protocol_error",
        "proxy_internal_response",
        "proxy_internal_error",
        "proxy_configuration_error",
        "proxy_loop_detected",
    ];
    for entry in Entry::all() {
        if let Some(token) = entry.proxy_status {
            assert!(registered.contains(&token), "{}: {token} is not in the registry", entry.id);
        }
    }
}

#[test]
fn a_code_without_a_reason_has_the_token_that_fits_most_of_its_reasons() {
    for (code, token) in [
        (521, "connection_refused"),
        (522, "connection_timeout"),
        (523, "destination_ip_unroutable"),
        (524, "http_response_timeout"),
        (526, "tls_certificate_error"),
        (1016, "dns_error"),
        (1020, "http_request_denied"),
    ] {
        assert_eq!(Code::new(code).entry().map(|entry| entry.proxy_status()), Some(token), "{code}");
    }
}

#[test]
fn a_visitor_or_the_edge_is_never_held_against_an_endpoint() {
    for reason in Reason::ALL {
        let innocent = matches!(reason.party(), Party::Visitor | Party::Edge | Party::Prober);
        assert!(!(innocent && reason.counts_against_endpoint()), "{reason}");
    }
}

#[test]
fn every_health_reason_but_none_at_all_has_a_reason_behind_it() {
    for health in HealthReason::ALL {
        assert!(Reason::ALL.iter().any(|reason| reason.health() == *health), "nothing is ever spelled {health}");
    }
}

#[test]
fn what_only_the_api_answers_has_no_page() {
    for entry in Code::entries() {
        let is_api_only = entry.maker == Maker::Api;
        assert_eq!(is_api_only, entry.code.number() >= 10_000 || entry.code.number() == 1104, "{}", entry.code);
        assert!(!(is_api_only && entry.has_page()), "{}", entry.code);
    }
}
