//! Probing, and what probes are made into.

use super::SECOND;
use crate::config::{
    forms::{NAME, Size, Span, Text, Whole},
    reader::{Reader, key},
};
use dial::DialerSettings;
use health::{QuorumPolicy, TieRule};
use model::Region;
use std::time::Duration;

/// The prober, but for what it shares with the node: see [`probe::ProberSettings`] for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProberConfig {
    pub user_agent: String,
    pub redirect_hops: usize,
    pub body_window: usize,
    pub interim_answers: usize,
    pub head_limits: probe::HeadLimits,
    pub concurrency: usize,
    pub first_within: Duration,
    pub helo_name: String,
}

pub fn prober(reader: &mut Reader) -> ProberConfig {
    let settings = {
        // The defaults are the prober's own; this dialer reaches nobody.
        let dialer = dial::Dialer::new(DialerSettings::default());
        probe::ProberSettings::new("", Region::WesternNorthAmerica, dialer)
    };
    let mut prober = ProberConfig {
        user_agent: settings.user_agent,
        redirect_hops: settings.redirect_hops,
        body_window: settings.body_window,
        interim_answers: settings.interim_answers,
        head_limits: settings.head_limits,
        concurrency: settings.concurrency,
        first_within: settings.first_within,
        helo_name: settings.helo_name,
    };
    reader.read(
        key("probe.user_agent", "How HTTP probes name themselves; {pool} stands for the start of the pool's id"),
        &mut prober.user_agent,
        NAME,
    );
    reader.read(key("probe.concurrency", "Checks under way at once"), &mut prober.concurrency, Whole(1..=1_000_000));
    reader.read(
        key("probe.first_within", "New targets get their first check within this time, spread out"),
        &mut prober.first_within,
        Span(Duration::ZERO..=3600 * SECOND),
    );
    reader.read(
        key("probe.redirects", "Redirects that are followed, when a monitor follows them"),
        &mut prober.redirect_hops,
        Whole(0..=100),
    );
    reader.read(
        key("probe.body_window", "The part of a body that is searched for the expected text"),
        &mut prober.body_window,
        Size(1..=16 << 20),
    );
    reader.read(
        key("probe.interim_answers", "Interim (1xx) answers before a final one"),
        &mut prober.interim_answers,
        Whole(0..=10_000),
    );
    reader.read(
        key("probe.head_bytes", "The longest head of an answer"),
        &mut prober.head_limits.head_bytes,
        Size(1 << 10..=1 << 20),
    );
    reader.read(
        key("probe.header_count", "The most header fields of an answer"),
        &mut prober.head_limits.header_count,
        Whole(1..=1_000_000),
    );
    reader.read(key("probe.helo_name", "The name that SMTP probes give"), &mut prober.helo_name, NAME);
    prober
}

pub fn quorum(reader: &mut Reader) -> QuorumPolicy {
    let mut quorum = QuorumPolicy::default();
    reader.read(
        key("health.tie", "What an even split of data centers or regions makes of an endpoint"),
        &mut quorum.tie,
        Text { parse: tie, show: tie_text, expects: "\"unhealthy\" or \"healthy\"" },
    );
    reader.read(
        key("health.missed_intervals", "Intervals that a result outlives its check before it no longer counts"),
        &mut quorum.missed_intervals,
        Whole(1..=1000),
    );
    quorum
}

fn tie(text: &str) -> Option<TieRule> {
    match text {
        "unhealthy" => Some(TieRule::Unhealthy),
        "healthy" => Some(TieRule::Healthy),
        _ => None,
    }
}

fn tie_text(tie: &TieRule) -> String {
    match tie {
        TieRule::Unhealthy => "unhealthy".to_owned(),
        TieRule::Healthy => "healthy".to_owned(),
    }
}
