//! The rules of session affinity.

use super::value;
use crate::Policy;
use model::{Complaints, SameSite, SecureCookie, SessionAffinity, SessionAffinityAttributes, ZeroDowntimeFailover};

/// Seconds that a session with a cookie may last.
const COOKIE_TTL: (f64, f64) = (1_800.0, 604_800.0);
/// Seconds that a session by headers may be idle.
const HEADER_TTL: (f64, f64) = (30.0, 3_600.0);
/// Seconds that the sessions of a disabled endpoint may live on.
const DRAIN_MAX: f64 = 86_400.0;
/// The longest header item, in characters.
const HEADER_MAX: usize = 100;
/// Starts an item that names cookies instead of a header.
const COOKIE_ITEM: &str = "cookie";

pub(super) fn ttl(complaints: &mut Complaints, affinity: SessionAffinity, ttl: Option<f64>) {
    let (low, high) = match affinity {
        SessionAffinity::Cookie | SessionAffinity::IpCookie => COOKIE_TTL,
        SessionAffinity::Header => HEADER_TTL,
        // Without sessions the value waits for the day when there are some.
        SessionAffinity::None => (0.0, COOKIE_TTL.1),
    };
    if let Some(ttl) = ttl {
        value::range(complaints, "session_affinity_ttl", ttl, low, high);
    }
}

pub(super) fn attributes(
    complaints: &mut Complaints,
    affinity: SessionAffinity,
    attributes: Option<&SessionAffinityAttributes>,
    policy: &Policy,
) {
    const PATH: &str = "session_affinity_attributes";
    let default = SessionAffinityAttributes::default();
    let attributes = attributes.unwrap_or(&default);
    if attributes.samesite == SameSite::None && attributes.secure == SecureCookie::Never {
        complaints.add(
            format!("{PATH}.secure"),
            "browsers drop a cookie with SameSite=None that is not Secure",
            "write `Always` or `Auto`, or another `samesite`",
        );
    }
    value::range(complaints, &format!("{PATH}.drain_duration"), attributes.drain_duration, 0.0, DRAIN_MAX);
    if affinity == SessionAffinity::Header {
        if attributes.zero_downtime_failover == ZeroDowntimeFailover::Sticky {
            complaints.add(
                format!("{PATH}.zero_downtime_failover"),
                "`sticky` rewrites a cookie, and sessions by header have none",
                "write `none` or `temporary`",
            );
        }
        if attributes.headers.is_empty() {
            complaints.add(format!("{PATH}.headers"), "names no header", "name the headers that tell sessions apart");
        }
    }
    headers(complaints, &format!("{PATH}.headers"), &attributes.headers, policy);
}

fn headers(complaints: &mut Complaints, path: &str, headers: &[String], policy: &Policy) {
    let allowed = policy.max_affinity_headers;
    if headers.len() > allowed {
        complaints.add(path, format!("names {} headers", headers.len()), format!("name at most {allowed}"));
    }
    for (index, item) in headers.iter().enumerate() {
        let path = format!("{path}[{index}]");
        value::length(complaints, &path, item, HEADER_MAX);
        if !is_item(item) {
            let problem = format!("`{item}` is neither a header nor a list of cookies");
            complaints.add(path, problem, "write `x-user`, `cookie`, or `cookie:a,b`");
        }
    }
}

fn is_item(item: &str) -> bool {
    match item.split_once(':') {
        Some((kind, cookies)) => kind.eq_ignore_ascii_case(COOKIE_ITEM) && cookies.split(',').all(value::is_token),
        None => value::is_token(item),
    }
}
