//! The router, made from the table of operations.

use super::{
    Call, Operation, Query,
    gate::{Gate, Visit},
    listener::Peer,
    openapi, probes,
};
use crate::{
    ApiState, BASE,
    answer::{Failure, Outcome},
};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, RawPathParams},
    http::{Method, Request, Response},
    routing::{MethodFilter, MethodRouter},
};
use std::{collections::BTreeMap, sync::Arc, time::Instant};
use telemetry::ApiAnswered;

/// Through which door requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// A network listener: everybody needs the token and is counted.
    Public,
    /// A socket that only the owner of the machine can open.
    Local,
}

/// The router of every operation in `table`, with the OpenAPI document that describes them.
pub(crate) fn build(state: ApiState, door: Door, table: Vec<Operation>) -> Router {
    let document = openapi::Document::of(&table);
    let gate = Arc::new(Gate::new(state.clone(), door));
    let mut by_path: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for operation in table {
        by_path.entry(operation.path.clone()).or_default().push(operation);
    }
    let mut router = Router::new();
    for (path, operations) in by_path {
        router = router.route(&format!("{BASE}{path}"), methods(&gate, operations));
    }
    router = router.route(&format!("{BASE}/openapi.json"), document.route());
    probes::add(router, state).fallback(move |request: Request<Body>| {
        let gate = gate.clone();
        async move { turn_away(&gate, request, |path, _| Failure::NoRoute { path }).await }
    })
}

/// The operations of one path, and the refusal of every other verb.
fn methods(gate: &Arc<Gate>, operations: Vec<Operation>) -> MethodRouter {
    let allowed = operations.iter().map(|operation| operation.verb.as_str()).collect::<Vec<_>>().join(", ");
    let mut methods = MethodRouter::new();
    for operation in operations {
        let Ok(filter) = MethodFilter::try_from(operation.verb.clone()) else { continue };
        let (gate, operation) = (gate.clone(), Arc::new(operation));
        methods = methods.on(filter, move |params: Result<RawPathParams, _>, request: Request<Body>| {
            let params = params.map(|params: RawPathParams| owned(&params)).unwrap_or_default();
            serve(gate, operation, params, request)
        });
    }
    let gate = gate.clone();
    methods.fallback(move |request: Request<Body>| {
        let (gate, allowed) = (gate.clone(), allowed.clone());
        async move { turn_away(&gate, request, |path, verb| Failure::WrongVerb { verb, path, allowed }).await }
    })
}

fn owned(params: &RawPathParams) -> Vec<(String, String)> {
    params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The way of a request whose operation is known.
async fn serve(
    gate: Arc<Gate>,
    operation: Arc<Operation>,
    path: Vec<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    through(&gate, request, async |caller, request| {
        let (parts, body) = request.into_parts();
        let query = Query::parse(parts.uri.query());
        let body = gate.read_body(body).await?;
        (operation.handler)(Call { state: gate.state.clone(), caller, path, query, body }).await
    })
    .await
}

/// The way of a request that has no operation. Strangers learn nothing of which paths exist: they are asked for the
/// token first.
async fn turn_away(
    gate: &Gate,
    request: Request<Body>,
    failure: impl FnOnce(String, Method) -> Failure,
) -> Response<Body> {
    through(gate, request, async |_, request| Err(failure(request.uri().path().to_owned(), request.method().clone())))
        .await
}

/// Lets the request in, has it answered, and tells telemetry.
async fn through(
    gate: &Gate,
    request: Request<Body>,
    answer: impl AsyncFnOnce(super::call::Caller, Request<Body>) -> Outcome,
) -> Response<Body> {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut visit = Visit::new();
    let peer = request.extensions().get::<ConnectInfo<Peer>>().copied();
    let outcome = match gate.admit(&mut visit, peer.as_ref(), request.headers()) {
        Ok(caller) => answer(caller, request).await,
        Err(failure) => Err(failure),
    };
    if matches!(outcome, Err(Failure::Internal)) {
        tracing::error!(request = visit.id, method = %method, path, "an API call failed because of a defect");
    }
    let response = gate.respond(&visit, outcome);
    let status = response.status().as_u16();
    ApiAnswered { method: method.as_str(), path: &path, status, duration: started.elapsed() }
        .emit(&gate.state.telemetry);
    response
}
