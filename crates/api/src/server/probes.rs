//! What machines ask without a token: is the process alive, is it ready, and its metrics.

use crate::ApiState;
use axum::{
    Router,
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];

/// Adds `/healthz`, `/readyz` and `/metrics`.
pub(super) fn add(router: Router, state: ApiState) -> Router {
    let ready = state.control.clone();
    router
        .route("/healthz", get(async || (TEXT, "alive\n")))
        .route(
            "/readyz",
            get(move || {
                let ready = ready.tables().load().generation > 0;
                async move { readiness(ready) }
            }),
        )
        .route(
            "/metrics",
            get(move || {
                let text = state.telemetry.scrape();
                async move { ([(CONTENT_TYPE, OPEN_METRICS)], text) }
            }),
        )
}

/// Ready means that there is a routing table.
fn readiness(ready: bool) -> impl IntoResponse {
    match ready {
        true => (StatusCode::OK, TEXT, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, TEXT, "there is no routing table yet\n"),
    }
}
