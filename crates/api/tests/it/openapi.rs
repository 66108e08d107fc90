//! The OpenAPI document against the router.

use crate::bench::{Bench, TOKEN};
use axum::{
    body::Body,
    http::{Method, Request, header::AUTHORIZATION},
};
use serde_json::Value;
use std::collections::BTreeSet;

async fn document(bench: &Bench) -> Value {
    bench.send(Request::get("/client/v4/openapi.json").body(Body::empty()).unwrap()).await.body
}

/// Every operation of the document is routed: asked with an id that nothing has, it is not "no such path", and its
/// path refuses a verb that the document does not have.
#[tokio::test]
async fn what_the_document_lists_is_what_the_router_knows() {
    let bench = Bench::new().await;
    let document = document(&bench).await;
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 40, "{}", paths.len());
    for (path, item) in paths {
        let real: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "0".repeat(32) } else { part.to_owned() })
            .collect::<Vec<_>>()
            .join("/");
        let verbs: BTreeSet<String> = item.as_object().unwrap().keys().map(|verb| verb.to_uppercase()).collect();
        for verb in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let reply = bench.call(verb.parse::<Method>().unwrap(), &real, None).await;
            let code = reply.body["errors"][0]["code"].as_u64();
            assert_ne!(code, Some(7000), "{verb} {path} has no route");
            assert_eq!(code == Some(7001), !verbs.contains(verb), "{verb} {path}: {}", reply.body);
        }
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let bench = Bench::new().await;
    let document = document(&bench).await;
    let text = document.to_string();
    let prefix = "\"#/components/schemas/";
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        names.insert(text[at + prefix.len()..].split('"').next().unwrap());
    }
    for name in ["Account", "Zone", "Monitor", "MonitorGroup", "Pool", "LoadBalancer", "Story", "HealthEvent", "Usage"]
    {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
    for name in names {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
    let ids: Vec<&Value> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| &operation["operationId"])
        .collect();
    assert_eq!(ids.iter().map(|id| id.to_string()).collect::<BTreeSet<_>>().len(), ids.len());
}

/// The document is for everybody; the operations are not.
#[tokio::test]
async fn the_document_asks_for_a_bearer_token() {
    let bench = Bench::new().await;
    let document = document(&bench).await;
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    assert_eq!(document["servers"][0]["url"], "/client/v4");
    let with = Request::get("/client/v4/openapi.json").header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    assert_eq!(bench.send(with.body(Body::empty()).unwrap()).await.body, document);
}
