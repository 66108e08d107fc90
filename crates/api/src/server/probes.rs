//! What is asked without a token: what this address is, whether the process is alive and ready, and its metrics.

use crate::ApiState;
use axum::{
    Router,
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use control::{Control, StandIn};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];

/// What a person sees who opens the address in a browser.
const FRONT_PAGE: &str = "\
This is the management address of a Bellwether node. There is no dashboard yet.

/client/v4                the API; every call but its description needs a token
/client/v4/openapi.json   what the API offers
/metrics                  counters and gauges, in OpenMetrics
/healthz, /readyz         whether the process is alive, and whether it can route

Why did a request fail? On this machine: bellwether explain RAY-ID
";

/// Adds `/`, `/healthz`, `/readyz` and `/metrics`.
pub(super) fn add(router: Router, state: ApiState) -> Router {
    let ready = state.control.clone();
    router
        .route("/", get(async || (TEXT, FRONT_PAGE)))
        .route("/healthz", get(async || (TEXT, "alive\n")))
        .route(
            "/readyz",
            get(move || {
                let answer = readiness(&ready);
                async move { answer }
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

/// Ready means that there is a routing table, wherever it comes from.
fn readiness(control: &Control) -> impl IntoResponse + use<> {
    if control.tables().load().generation == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, TEXT, "there is no routing table yet\n".to_owned());
    }
    let text = match control.stand_in() {
        None => "ready\n".to_owned(),
        Some(StandIn { taken, why }) => {
            let age = control.now().duration_since(*taken).as_secs();
            format!("ready, from a snapshot of {age} s ago; changes are refused, because the store is gone: {why}\n")
        }
    };
    (StatusCode::OK, TEXT, text)
}
