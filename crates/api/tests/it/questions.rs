//! Search, usage, regions, accounts, the user, stories, and what machines ask.

use crate::bench::{Bench, TOKEN};
use axum::{
    body::Body,
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use serde_json::{Value, json};
use telemetry::{Story, StoryAttempt};

/// LB-42
#[tokio::test]
async fn search_finds_the_three_kinds_by_a_part_of_the_name() {
    let bench = Bench::new().await;
    let (zone, pool) = (bench.zone("example.com").await, bench.pool("my-web-pool").await);
    bench.pool("other").await;
    bench.monitor(json!({"description": "Web front page"})).await;
    let body = json!({"name": "web.example.com", "default_pools": [pool], "fallback_pool": pool});
    bench.post(&format!("/zones/{zone}/load_balancers"), body).await.result();
    let found = bench.get(&bench.path("search?query=web")).await;
    let resources = found.result()["resources"].as_array().unwrap();
    let kinds: Vec<&str> = resources.iter().filter_map(|found| found["resource_type"].as_str()).collect();
    assert_eq!(kinds, ["load_balancer", "monitor", "pool"]);
    assert_eq!(found.body["result_info"]["per_page"], 25);
    assert!(resources.iter().all(|found| found.get("references").is_none()));

    let with = bench.get(&bench.path("search?query=my-web&references=referrer")).await;
    assert_eq!(with.result()["resources"][0]["references"][0]["resource_name"], "web.example.com");
    assert_eq!(
        bench.get(&bench.path("search?per_page=1&page=2")).await.result()["resources"].as_array().unwrap().len(),
        1
    );
    bench.get(&bench.path("search?per_page=1001")).await.invalid(&["/per_page"]);
    bench.get(&bench.path("search?references=all")).await.invalid(&["/references"]);
}

/// LB-43
#[tokio::test]
async fn regions_are_found_by_country() {
    let bench = Bench::new().await;
    let regions =
        async |query: &str| bench.get(&bench.path(&format!("regions{query}"))).await.result()["regions"].clone();
    assert_eq!(regions("").await.as_array().unwrap().len(), 13);
    let of_us = regions("?country_code_a2=US").await;
    let of_us = of_us.as_array().unwrap();
    assert_eq!(of_us.len(), 2);
    for region in of_us {
        let countries = region["countries"].as_array().unwrap();
        let us = countries.iter().find(|country| country["country_code_a2"] == "US").unwrap();
        assert!(!us["country_subdivisions"].as_array().unwrap().is_empty());
    }
    let of_france = regions("?country_code_a2=FR").await;
    let france = of_france[0]["countries"].as_array().unwrap();
    let france = france.iter().find(|country| country["country_code_a2"] == "FR").unwrap();
    assert_eq!((&of_france[0]["region_code"], france.get("country_subdivisions")), (&json!("WEU"), None));
    assert_eq!(regions("/WNAM").await[0]["region_code"], "WNAM");
}

/// LB-44
#[tokio::test]
async fn usage_counts_everything() {
    let bench = Bench::new().await;
    let empty = json!({
        "load_balancers": 0, "monitors": 0, "origins": 0, "pools": 0, "max_origins_per_pool": 0,
        "minimum_monitor_interval": 0,
    });
    assert_eq!(bench.get(&bench.path("usage")).await.result(), &empty);
    bench.monitor(json!({"interval": 90})).await;
    bench.monitor(json!({"interval": 30})).await;
    let pool = bench.pool("a").await;
    let two =
        json!({"name": "b", "origins": [{"name": "x", "address": "192.0.2.1"}, {"name": "y", "address": "192.0.2.2"}]});
    bench.post(&bench.path("pools"), two).await.result();
    let zone = bench.zone("example.com").await;
    let body = json!({"name": "example.com", "default_pools": [pool], "fallback_pool": pool});
    bench.post(&format!("/zones/{zone}/load_balancers"), body).await.result();
    let counts = json!({
        "load_balancers": 1, "monitors": 2, "origins": 3, "pools": 2, "max_origins_per_pool": 2,
        "minimum_monitor_interval": 30,
    });
    assert_eq!(bench.get(&bench.path("usage")).await.result(), &counts);
}

#[tokio::test]
async fn the_caller_learns_who_it_is() {
    let bench = Bench::new().await;
    let token = bench.get("/user/tokens/verify").await;
    assert_eq!(token.result()["status"], "active");
    assert_eq!(bench.get("/user").await.result()["id"], token.result()["id"]);
    let account = bench.get(&format!("/accounts/{}", bench.account)).await;
    assert_eq!((account.id(), &account.result()["type"]), (bench.account.clone(), &json!("standard")));
    assert!(bench.get("/accounts?name=nobody").await.ids().is_empty());
    assert!(bench.get("/accounts?page=2").await.ids().is_empty(), "clients ask on until a page is empty");
}

#[tokio::test]
async fn a_story_is_told_by_its_ray() {
    let bench = Bench::new().await;
    let attempt =
        StoryAttempt { pool: "web".to_owned(), reason: Some(verdict::Reason::TcpRefused), ..Default::default() };
    bench.telemetry.stories.record(Story {
        ray_id: "0123456789abcdef".to_owned(),
        data_center: "LCL".to_owned(),
        status: 521,
        reason: Some(verdict::Reason::TcpRefused),
        attempts: vec![attempt],
        ..Default::default()
    });
    for ray in ["0123456789abcdef", "0123456789ABCDEF-LCL"] {
        let story = bench.get(&format!("/bellwether/stories/{ray}")).await;
        assert_eq!(story.result()["attempts"][0]["reason"]["id"], "tcp_refused");
        assert!(story.result()["text"].as_str().is_some_and(|text| text.contains("521")));
    }
    let list = bench.get("/bellwether/stories?limit=5").await;
    assert_eq!(list.result()[0]["status"], 521);
    assert_eq!(list.result()[0].get("text"), None);
    bench.get("/bellwether/stories/ffffffffffffffff").await.refused(404, 7003);
}

#[tokio::test]
async fn some_things_are_told_without_a_token() {
    let bench = Bench::new().await;
    for (path, content_type) in [
        ("/", "text/plain"),
        ("/healthz", "text/plain"),
        ("/readyz", "text/plain"),
        ("/metrics", "application/openmetrics-text"),
        ("/client/v4/openapi.json", "application/json"),
    ] {
        let reply = bench.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.headers["content-type"].to_str().unwrap().starts_with(content_type), "{path}");
    }
    let outside =
        Request::get("/elsewhere").header(AUTHORIZATION, format!("Bearer {TOKEN}")).body(Body::empty()).unwrap();
    let outside = bench.send(outside).await;
    assert_eq!((outside.status, &outside.body["result"]), (StatusCode::NOT_FOUND, &Value::Null));
}
