//! The story of a request, built from its ledger when it is going to be kept.

use crate::{
    connection::Connection,
    ledger::{Attempt, Ledger},
    rules,
    scratch::Scratch,
    upgrade,
    upstream::Vacancy,
    worker::Worker,
};
use jiff::Timestamp;
use model::Evidence;
use routing::{Fitness, Plan, RouteRule, standings};
use std::time::Duration;
use telemetry::{Story, StoryAttempt, StoryCandidate, StoryRule, StoryTunnel};

/// The story of a request.
pub(crate) fn tell(connection: &Connection, scratch: &Scratch, ledger: &Ledger<'_>, took: Duration) -> Story {
    let (head, bytes) = (&scratch.request, scratch.inbound.head());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Story {
        method: text(head.method.of(bytes)),
        host: head.host_name().map(|host| host.as_str().to_owned()).unwrap_or_default(),
        path: text(head.resource.of(bytes)),
        tunnel: ledger.tunnel.as_ref().map(|tunnel| StoryTunnel {
            protocol: text(upgrade::protocol(&scratch.response, scratch.answer.head())),
            ended_by: tunnel.ended_by.as_str().to_owned(),
            from_visitor: tunnel.from_visitor,
            from_origin: tunnel.from_origin,
        }),
        ..tell_unparsed(connection, ledger, took)
    }
}

/// The story of what never became a request.
pub(crate) fn tell_unparsed(connection: &Connection, ledger: &Ledger<'_>, took: Duration) -> Story {
    Story {
        client: Some(connection.facts.peer),
        scheme: connection.facts.scheme.as_str().to_owned(),
        ..of_ledger(&connection.worker, ledger, took)
    }
}

/// What a ledger tells by itself, whoever the visitor was.
pub(crate) fn of_ledger(worker: &Worker, ledger: &Ledger<'_>, took: Duration) -> Story {
    let code = ledger.given.code;
    // A rule that answered left nothing to steer.
    let route = ledger.route.filter(|_| !ledger.is_answered_by_rule());
    let plan = route.map(|route| route.plan(&ledger.applied));
    Story {
        ray_id: ledger.ray.to_string(),
        data_center: worker.settings.node.data_center.to_string(),
        at: Timestamp::try_from(ledger.at).unwrap_or_default(),
        duration: took,
        zone: ledger.zone.map(|zone| zone.name.to_string()),
        load_balancer: ledger.route.map(|route| route.name.to_string()),
        generation: ledger.generation,
        rules: ledger.rules().map(rule).collect(),
        steering: plan.map(|plan| plan.policy.as_str().to_owned()).unwrap_or_default(),
        candidates: plan.map(|plan| candidates(worker, plan)).unwrap_or_default(),
        attempts: ledger.attempts.iter().map(attempt).collect(),
        status: ledger.given.status,
        code: (code != 0).then_some(code),
        reason: ledger.reason,
        retry_refused: ledger.retry_refused,
        evidence: ledger.evidence.clone(),
        response_bytes: ledger.given.bytes,
        ..Story::default()
    }
}

fn rule(rule: &RouteRule) -> StoryRule {
    StoryRule {
        name: rule.name.to_string(),
        condition: rule.condition.to_string(),
        did: if rule.answer.is_some() { rules::FIXED_RESPONSE } else { "overrides" }.to_owned(),
    }
}

/// What could have been chosen. Whether an endpoint is full is told as it is by now: counts are not of the table.
fn candidates(worker: &Worker, plan: Plan<'_>) -> Vec<StoryCandidate> {
    let tell = |standing: routing::Standing<'_>| {
        let fit = matches!(standing.fitness, Fitness::Usable | Fitness::LastResort);
        let full = fit && worker.upstreams.vacancy(standing.pool, standing.endpoint) == Vacancy::Full;
        StoryCandidate {
            pool: standing.pool.name.to_string(),
            endpoint: standing.endpoint.name.to_string(),
            address: standing.endpoint.key.to_string(),
            state: standing.endpoint.state.as_str().to_owned(),
            reason: standing.fitness.reason(),
            eligible: fit && !full,
            why: if full { FULL } else { standing.fitness.as_str() }.to_owned(),
        }
    };
    standings(plan).into_iter().map(tell).collect()
}

/// Why an endpoint was passed over that could have served but for its limit.
const FULL: &str = "at_max_connections";

fn attempt(attempt: &Attempt<'_>) -> StoryAttempt {
    let failure = attempt.failure.as_ref();
    let evidence = failure.map(|failure| (*failure.evidence).clone());
    StoryAttempt {
        pool: attempt.choice.pool.name.to_string(),
        origin: attempt.choice.endpoint.name.to_string(),
        address: attempt.choice.endpoint.key.to_string(),
        remote: attempt.remote,
        why: attempt.choice.why.as_str().to_owned(),
        retried_because: attempt.retried_because,
        reused: attempt.reused,
        tls_version: attempt.tls_version.map(str::to_owned),
        timings: attempt.timings,
        status: attempt.status,
        reason: failure.map(|failure| failure.reason),
        evidence: evidence.unwrap_or_else(|| Evidence { status: attempt.status, ..Evidence::default() }),
    }
}
