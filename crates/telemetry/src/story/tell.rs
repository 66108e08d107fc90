//! A story told to a person: what was asked, where it could have gone, what was tried, what came of it, what to do.
//!
//! Plain text without colour, in the order in which things happened, with the conclusion after the evidence. The words
//! for the failure itself come from `verdict`; everything here is a fact of the story with a label before it.

use super::{
    Story, StoryAttempt, StoryCandidate, StoryRule, StoryTunnel,
    names::{alert_name, errno_name, named},
};
use model::{CertificateFacts, Evidence, Timings};
use std::{
    fmt::{self, Write},
    time::Duration,
};
use verdict::Reason;

/// The whole story as text, ending in a line end.
pub fn tell(story: &Story) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_story(&mut out, story);
    out
}

/// The verdict on a failure: what it is called, whose side it is on, its cause and its remedy. Ends in a line end.
pub fn tell_verdict(reason: Reason) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = verdict(&mut out, reason);
    out
}

/// The phases that happened, in order: `dns 1.2 ms, connect 0.3 ms`. `None` when none did.
pub fn tell_timings(timings: &Timings) -> Option<String> {
    let phases = [
        ("dns", timings.dns),
        ("connect", timings.connect),
        ("tls", timings.tls),
        ("first byte", timings.first_byte),
        ("total", timings.total),
    ];
    let told: Vec<_> = phases.iter().filter_map(|(name, took)| Some(format!("{name} {}", span((*took)?)))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// What was seen, one fact per line.
pub fn tell_evidence(evidence: &Evidence) -> Vec<String> {
    let mut facts = Vec::new();
    // One address that was then contacted is no news.
    let contacted = evidence.remote.map(|remote| remote.ip());
    if !evidence.resolved.is_empty() && contacted.is_none_or(|ip| evidence.resolved != [ip]) {
        let addresses: Vec<_> = evidence.resolved.iter().map(ToString::to_string).collect();
        facts.push(format!("the name resolved to {}", addresses.join(", ")));
    }
    if let Some(errno) = evidence.errno {
        facts.push(format!("the system said {}", named(errno.into(), errno_name(errno))));
    }
    if let Some(alert) = evidence.alert {
        facts.push(format!("the origin sent the TLS alert {}", named(alert.into(), alert_name(alert))));
    }
    if let Some(sni) = &evidence.sni {
        facts.push(format!("the server name asked for was {}", printable(sni)));
    }
    if let Some(shown) = &evidence.certificate {
        facts.extend(certificate(shown));
    }
    if let Some(status) = evidence.status {
        facts.push(format!("the status was {status}"));
    }
    if let Some(location) = &evidence.location {
        facts.push(format!("it redirected to {}", printable(location)));
    }
    if !evidence.first_bytes.is_empty() {
        facts.push(format!("the first bytes were \"{}\"", evidence.first_bytes.escape_ascii()));
    }
    if evidence.bytes_read > 0 {
        facts.push(format!("{} bytes of the answer were read", evidence.bytes_read));
    }
    if let Some(limit) = evidence.limit {
        facts.push(format!("the limit that ran out was {}", span(limit)));
    }
    facts
}

fn write_story(out: &mut String, story: &Story) -> fmt::Result {
    heading(out, story)?;
    rules(out, story)?;
    candidates(out, story)?;
    attempts(out, story)?;
    ending(out, story)
}

fn heading(out: &mut String, story: &Story) -> fmt::Result {
    let Story { ray_id, data_center, method, scheme, host, path, at, .. } = story;
    writeln!(out, "Ray {ray_id}-{data_center}")?;
    writeln!(out, "{method} {scheme}://{}{}", printable(host), printable(path))?;
    let client = story.client.map_or_else(|| "an unknown address".to_owned(), |client| client.to_string());
    writeln!(out, "  at {at:.3}, from {client}")?;
    match (&story.zone, &story.load_balancer) {
        (_, Some(name)) => write!(out, "  load balancer {name}")?,
        (Some(zone), None) => write!(out, "  zone {zone}, no load balancer")?,
        (None, None) => write!(out, "  no zone")?,
    }
    writeln!(out, ", routing table {}", story.generation)
}

fn rules(out: &mut String, story: &Story) -> fmt::Result {
    if story.rules.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhich rules applied")?;
    for (index, rule) in story.rules.iter().enumerate() {
        let StoryRule { name, condition, did } = rule;
        let name = if name.is_empty() { "(unnamed)".to_owned() } else { printable(name) };
        let condition = if condition.is_empty() { "always".to_owned() } else { printable(condition) };
        writeln!(out, "  {}. {name}: {} ({condition})", index + 1, words(did))?;
    }
    Ok(())
}

fn candidates(out: &mut String, story: &Story) -> fmt::Result {
    if story.candidates.is_empty() {
        return Ok(());
    }
    let policy = if story.steering.is_empty() { String::new() } else { format!(" (steering: {})", story.steering) };
    writeln!(out, "\nWhere it could go{policy}")?;
    let name = |candidate: &StoryCandidate| format!("{}/{}", candidate.pool, candidate.endpoint);
    let width = story.candidates.iter().map(|candidate| name(candidate).chars().count()).max().unwrap_or(0);
    for candidate in &story.candidates {
        let mark = if candidate.eligible { "yes" } else { "no " };
        let StoryCandidate { address, state, why, .. } = candidate;
        write!(out, "  {mark}  {:width$}  {address}  {state}", name(candidate))?;
        if let Some(reason) = candidate.reason {
            write!(out, " ({})", reason.id())?;
        }
        if why.is_empty() || why == state { writeln!(out)? } else { writeln!(out, ": {}", words(why))? }
    }
    Ok(())
}

fn attempts(out: &mut String, story: &Story) -> fmt::Result {
    if story.attempts.is_empty() {
        return match story.reason {
            Some(_) => writeln!(out, "\nNo endpoint was asked."),
            None => Ok(()),
        };
    }
    writeln!(out, "\nWhat was tried")?;
    story.attempts.iter().enumerate().try_for_each(|(index, attempt)| write_attempt(out, index + 1, attempt))
}

fn write_attempt(out: &mut String, number: usize, attempt: &StoryAttempt) -> fmt::Result {
    let StoryAttempt { pool, origin, address, why, .. } = attempt;
    write!(out, "  {number}. {pool}/{origin} at {address}")?;
    if !why.is_empty() {
        write!(out, ", chosen by {}", words(why))?;
    }
    writeln!(out)?;
    if let Some(reason) = attempt.retried_because {
        writeln!(out, "     tried because the attempt before it ended with {}", reason.id())?;
    }
    let connection = if attempt.reused { "over a connection already open" } else { "over a new connection" };
    let remote = attempt.remote.map_or_else(String::new, |remote| format!(" to {remote}"));
    let tls = attempt.tls_version.as_ref().map_or_else(String::new, |version| format!(", {version}"));
    writeln!(out, "     {connection}{remote}{tls}")?;
    if let Some(timings) = tell_timings(&attempt.timings) {
        writeln!(out, "     {timings}")?;
    }
    let status = attempt.status.map_or_else(String::new, |status| format!("answered {status}"));
    match (attempt.reason, attempt.status) {
        (None, _) => writeln!(out, "     {status}")?,
        (Some(reason), None) => writeln!(out, "     failed: {}", reason.id())?,
        (Some(reason), Some(_)) => writeln!(out, "     {status}, then: {}", reason.id())?,
    }
    tell_evidence(&attempt.evidence).into_iter().try_for_each(|fact| writeln!(out, "       {fact}"))
}

fn ending(out: &mut String, story: &Story) -> fmt::Result {
    writeln!(out, "\nWhat came of it")?;
    let answer = match (story.status, story.code) {
        (499, _) => "The visitor left before an answer could be sent.".to_owned(),
        (status, Some(code)) if code != status => format!("The visitor was answered {status} with error {code}."),
        (status, _) => format!("The visitor was answered {status}."),
    };
    let (bytes, took) = (story.response_bytes, span(story.duration));
    writeln!(out, "  {answer} {bytes} bytes were sent, {took} after the request began.")?;
    if let Some(tunnel) = &story.tunnel {
        let StoryTunnel { protocol, ended_by, from_visitor, from_origin } = tunnel;
        writeln!(out, "  A tunnel for {} was open: {from_visitor} bytes came from the visitor,", printable(protocol))?;
        writeln!(out, "  {from_origin} bytes came from the origin, and the {ended_by} ended it.")?;
    }
    if let Some(refused) = story.retry_refused {
        writeln!(out, "  {} ({}): {}", refused.title(), refused.id(), refused.cause())?;
    }
    let told_by_attempt = story.attempts.iter().any(|attempt| attempt.reason == story.reason);
    if !told_by_attempt {
        tell_evidence(&story.evidence).into_iter().try_for_each(|fact| writeln!(out, "  {fact}"))?;
    }
    match story.reason {
        Some(reason) => {
            writeln!(out)?;
            verdict(out, reason)
        }
        None => writeln!(out, "  Nothing failed."),
    }
}

fn verdict(out: &mut String, reason: Reason) -> fmt::Result {
    writeln!(out, "Verdict: {} [{}]", reason.title(), reason.id())?;
    writeln!(out, "  side:   {}", reason.party())?;
    writeln!(out, "  phase:  {}", reason.phase())?;
    paragraph(out, "cause:", reason.cause())?;
    paragraph(out, "remedy:", reason.remedy())
}

/// A labelled paragraph, wrapped to the width of a terminal with an indent that keeps the labels free.
fn paragraph(out: &mut String, label: &str, text: &str) -> fmt::Result {
    const WIDTH: usize = 100;
    const INDENT: usize = 10;
    write!(out, "  {label:<width$}", width = INDENT - 2)?;
    let mut column = INDENT;
    for (index, word) in text.split_whitespace().enumerate() {
        let length = word.chars().count();
        if index > 0 && column + 1 + length > WIDTH {
            write!(out, "\n{:INDENT$}", "")?;
            column = INDENT;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    writeln!(out)
}

fn certificate(facts: &CertificateFacts) -> [String; 3] {
    let CertificateFacts { subject, issuer, not_before, not_after, names } = facts;
    let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
    [
        format!("the certificate is for {} ({})", printable(&names), printable(subject)),
        format!("it was issued by {}", printable(issuer)),
        format!("it is valid from {not_before:.0} to {not_after:.0}"),
    ]
}

/// A duration with a unit that fits: `340 us`, `12.3 ms`, `19.0 s`.
fn span(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ 0..1_000 => format!("{micros} us"),
        1_000..1_000_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// An identifier as words.
fn words(identifier: &str) -> String {
    identifier.replace('_', " ")
}

/// A stranger's text without anything that could move a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, SocketAddr};

    fn at(address: &str) -> Option<SocketAddr> {
        Some(address.parse().expect("an address"))
    }

    fn refused_then_expired() -> Story {
        let ms = |ms| Some(Duration::from_micros(ms));
        let facts = CertificateFacts {
            subject: "CN=app.example.com".into(),
            issuer: "CN=Example CA".into(),
            not_before: "2026-01-01T00:00:00Z".parse().expect("a moment"),
            not_after: "2026-02-01T00:00:00Z".parse().expect("a moment"),
            names: vec!["app.example.com".into()],
        };
        let first = StoryAttempt {
            pool: "primary".into(),
            origin: "app-1".into(),
            address: "10.0.0.1:443".into(),
            remote: at("10.0.0.1:443"),
            why: "random".into(),
            timings: Timings { connect: ms(350), total: ms(360), ..Timings::default() },
            reason: Some(Reason::TcpRefused),
            evidence: Evidence { errno: Some(111), ..Evidence::default() },
            ..StoryAttempt::default()
        };
        let second = StoryAttempt {
            origin: "app-2".into(),
            address: "app-2.internal:443".into(),
            remote: at("10.0.0.2:443"),
            why: "failover".into(),
            retried_because: Some(Reason::TcpRefused),
            timings: Timings {
                dns: ms(1_250),
                connect: ms(400),
                tls: ms(2_100),
                total: ms(3_800),
                ..Timings::default()
            },
            reason: Some(Reason::CertExpired),
            evidence: Evidence {
                resolved: vec![IpAddr::from([10, 0, 0, 2]), IpAddr::from([10, 0, 0, 3])],
                sni: Some("app.example.com".into()),
                certificate: Some(facts),
                ..Evidence::default()
            },
            ..first.clone()
        };
        let candidate = |endpoint: &str, address: &str, state: &str, why: &str| StoryCandidate {
            pool: "primary".into(),
            endpoint: endpoint.into(),
            address: address.into(),
            state: state.into(),
            eligible: state == "healthy",
            why: why.into(),
            reason: (state == "unhealthy").then_some(Reason::ReadTimeout),
        };
        Story {
            ray_id: "230b030023ae2822".into(),
            data_center: "LCL".into(),
            at: "2026-03-01T09:30:00.125Z".parse().expect("a moment"),
            duration: Duration::from_micros(4_400),
            client: at("203.0.113.7:50312"),
            scheme: "https".into(),
            method: "GET".into(),
            host: "www.example.com".into(),
            path: "/cart?id=\u{1b}[2J".into(),
            zone: Some("example.com".into()),
            load_balancer: Some("www.example.com".into()),
            generation: 7,
            steering: "off".into(),
            candidates: vec![
                candidate("app-1", "10.0.0.1:443", "healthy", "weight 1"),
                candidate("app-2", "app-2.internal:443", "healthy", "weight 1"),
                candidate("app-10", "10.0.0.3:443", "unhealthy", "health checks fail"),
            ],
            attempts: vec![first, second],
            status: 526,
            code: Some(526),
            reason: Some(Reason::CertExpired),
            response_bytes: 2_048,
            ..Story::default()
        }
    }

    #[test]
    fn the_golden_story() {
        let told = tell(&refused_then_expired());
        // The verdict's own words belong to `verdict` and may improve there.
        let (facts, verdict) = told.split_once("Verdict: ").expect("a verdict");
        assert_eq!(facts, include_str!("../../tests/golden/story.txt"));
        for word in ["[cert_expired]", "side:   origin", "phase:  tls", "cause:  ", "remedy: "] {
            assert!(verdict.contains(word), "{word} is missing in:\n{verdict}");
        }
    }

    #[test]
    fn a_success_says_that_nothing_failed() {
        let mut story = refused_then_expired();
        story.attempts.truncate(1);
        story.attempts[0].reason = None;
        story.attempts[0].status = Some(200);
        story.attempts[0].evidence = Evidence::default();
        (story.reason, story.status, story.code) = (None, 200, None);
        let told = tell(&story);
        assert!(told.contains("answered 200\n"), "{told}");
        assert!(told.ends_with("Nothing failed.\n"), "{told}");
    }

    #[test]
    fn a_failure_without_an_attempt_keeps_its_evidence() {
        let evidence = Evidence { first_bytes: b"\x16\x03\x01".to_vec(), ..Evidence::default() };
        let told = tell(&Story { reason: Some(Reason::BadRequestLine), status: 400, evidence, ..Story::default() });
        assert!(told.contains("No endpoint was asked."), "{told}");
        assert!(told.contains(r#"the first bytes were "\x16\x03\x01""#), "{told}");
    }

    /// A visitor must not be able to write to the terminal of whoever reads the story.
    #[test]
    fn control_characters_are_spelled_out() {
        assert!(!tell(&refused_then_expired()).contains('\u{1b}'));
    }

    #[test]
    fn a_story_survives_json() {
        let story = refused_then_expired();
        let text = serde_json::to_string(&story).expect("JSON");
        assert_eq!(serde_json::from_str::<Story>(&text).expect("a story"), story);
    }
}
