//! Stories: everything that is known of a recent request. This is ours, so it lives below `/bellwether`.

use crate::answer::Number;
use crate::{
    answer::{Answer, Failure, Outcome, Paging, Window, stamp},
    evidence::{EvidenceView, ReasonView, TimingsView, milliseconds},
    server::{Call, Operation, get},
};
use serde::Serialize;
use std::sync::Arc;
use telemetry::{Story, StoryAttempt, StoryCandidate, StoryTunnel};
use utoipa::ToSchema;

/// One request from its arrival to its end.
#[derive(Serialize, ToSchema)]
#[schema(as = Story)]
struct StoryView {
    ray_id: String,
    data_center: String,
    at: String,
    duration_ms: Number,
    client: Option<String>,
    scheme: String,
    method: String,
    host: String,
    path: String,
    zone: Option<String>,
    load_balancer: Option<String>,
    /// The routing table that the request was served by.
    generation: u64,
    steering: String,
    status: u16,
    /// The code that the visitor read in the answer.
    code: Option<u16>,
    reason: Option<ReasonView>,
    /// Why a further attempt that would have been harmless was not made.
    retry_refused: Option<ReasonView>,
    evidence: EvidenceView,
    response_bytes: u64,
    /// The tunnel that an upgrade opened, when one did.
    tunnel: Option<TunnelView>,
    candidates: Vec<CandidateView>,
    attempts: Vec<AttemptView>,
    /// The whole story for a person. Only where one story was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A tunnel, from the 101 to its end.
#[derive(Serialize, ToSchema)]
#[schema(as = StoryTunnel)]
struct TunnelView {
    /// What was switched to, such as `websocket`.
    protocol: String,
    /// Who ended it: `visitor`, `origin` or `edge`.
    ended_by: String,
    from_visitor: u64,
    from_origin: u64,
}

/// An endpoint that could have been asked.
#[derive(Serialize, ToSchema)]
#[schema(as = StoryCandidate)]
struct CandidateView {
    pool: String,
    endpoint: String,
    address: String,
    state: String,
    reason: Option<ReasonView>,
    eligible: bool,
    why: String,
}

/// One attempt at an endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = StoryAttempt)]
struct AttemptView {
    pool: String,
    origin: String,
    address: String,
    remote: Option<String>,
    why: String,
    retried_because: Option<ReasonView>,
    reused: bool,
    tls_version: Option<String>,
    timings: TimingsView,
    status: Option<u16>,
    reason: Option<ReasonView>,
    evidence: EvidenceView,
}

/// The operations on stories.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get(
            "/bellwether/stories",
            "stories_list",
            "Lists recent requests that are remembered, newest first",
            stories_list,
        )
        .reads_window()
        .gives_list::<StoryView>(),
        get("/bellwether/stories/{ray}", "stories_get", "Tells the whole story of a request", stories_get)
            .gives::<StoryView>(),
    ]
}

/// Stories that a list shows when the query does not say.
const PER_PAGE: usize = 25;

async fn stories_list(call: Call) -> Outcome {
    let window = Window::from_query(&call.query, Paging::Pages(PER_PAGE))?;
    let recent = call.state.telemetry.stories.recent(usize::MAX);
    Answer::list(recent, window, |story: Arc<Story>| view(&story))
}

/// A Ray ID may carry its data center, `8f1c...-LCL`.
async fn stories_get(call: Call) -> Outcome {
    let ray = call.part("ray").unwrap_or_default();
    let id = ray.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let story = call.state.telemetry.stories.find(&id);
    let story = story.ok_or_else(|| Failure::NoObject { noun: "remembered request", id: ray.to_owned() })?;
    Answer::new(&StoryView { text: Some(telemetry::tell(&story)), ..view(&story) })
}

fn view(story: &Story) -> StoryView {
    StoryView {
        ray_id: story.ray_id.clone(),
        data_center: story.data_center.clone(),
        at: stamp(story.at),
        duration_ms: milliseconds(story.duration),
        client: story.client.map(|client| client.to_string()),
        scheme: story.scheme.clone(),
        method: story.method.clone(),
        host: story.host.clone(),
        path: story.path.clone(),
        zone: story.zone.clone(),
        load_balancer: story.load_balancer.clone(),
        generation: story.generation,
        steering: story.steering.clone(),
        status: story.status,
        code: story.code,
        reason: story.reason.map(ReasonView::of),
        retry_refused: story.retry_refused.map(ReasonView::of),
        evidence: EvidenceView::of(&story.evidence),
        response_bytes: story.response_bytes,
        tunnel: story.tunnel.as_ref().map(tunnel),
        candidates: story.candidates.iter().map(candidate).collect(),
        attempts: story.attempts.iter().map(attempt).collect(),
        text: None,
    }
}

fn tunnel(tunnel: &StoryTunnel) -> TunnelView {
    TunnelView {
        protocol: tunnel.protocol.clone(),
        ended_by: tunnel.ended_by.clone(),
        from_visitor: tunnel.from_visitor,
        from_origin: tunnel.from_origin,
    }
}

fn candidate(candidate: &StoryCandidate) -> CandidateView {
    CandidateView {
        pool: candidate.pool.clone(),
        endpoint: candidate.endpoint.clone(),
        address: candidate.address.clone(),
        state: candidate.state.clone(),
        reason: candidate.reason.map(ReasonView::of),
        eligible: candidate.eligible,
        why: candidate.why.clone(),
    }
}

fn attempt(attempt: &StoryAttempt) -> AttemptView {
    AttemptView {
        pool: attempt.pool.clone(),
        origin: attempt.origin.clone(),
        address: attempt.address.clone(),
        remote: attempt.remote.map(|remote| remote.to_string()),
        why: attempt.why.clone(),
        retried_because: attempt.retried_because.map(ReasonView::of),
        reused: attempt.reused,
        tls_version: attempt.tls_version.clone(),
        timings: TimingsView::of(&attempt.timings),
        status: attempt.status,
        reason: attempt.reason.map(ReasonView::of),
        evidence: EvidenceView::of(&attempt.evidence),
    }
}
