//! Properties: no body panics anything, and what is written is what is read.

use crate::bench::{Bench, TOKEN};
use axum::{
    body::Body,
    http::{Request, header::AUTHORIZATION},
};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// One bench for every case, and the places to write to: a fresh one per case would be most of the work.
static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let (bench, places) = runtime.block_on(async {
        let wide = |settings: &mut api::ApiSettings| settings.token_rate.calls = u32::MAX;
        let bench = Bench::with(|_| {}, wide).await;
        let places = places(&bench).await;
        (bench, places)
    });
    Stage { runtime, bench, places }
});

struct Stage {
    runtime: Runtime,
    bench: Bench,
    /// Verb and path.
    places: Vec<(String, String)>,
}

/// Verb and path of every write, with ids of things that exist.
async fn places(bench: &Bench) -> Vec<(String, String)> {
    let (zone, pool, monitor) =
        (bench.zone("fuzz.example").await, bench.pool("fuzz").await, bench.monitor(json!({})).await);
    let member = json!({"monitor_id": monitor, "enabled": true, "monitoring_only": false, "must_be_healthy": true});
    let group = bench.post(&bench.path("monitor_groups"), json!({"description": "", "members": [member]})).await.id();
    let body = json!({"name": "fuzz.example", "default_pools": [pool], "fallback_pool": pool});
    let balancer = bench.post(&format!("/zones/{zone}/load_balancers"), body).await.id();
    let one = |kind: &str, id: &str| bench.path(&format!("{kind}/{id}"));
    let mut places = vec![
        ("POST", bench.path("monitors")),
        ("POST", bench.path("monitor_groups")),
        ("POST", bench.path("pools")),
        ("PATCH", bench.path("pools")),
        ("POST", format!("{}/preview", one("pools", &pool))),
        ("POST", format!("{}/preview", one("monitors", &monitor))),
        ("POST", "/zones".to_owned()),
        ("POST", format!("/zones/{zone}/load_balancers")),
        ("POST", bench.path("").trim_end_matches('/').to_owned()),
        ("POST", format!("/zones/{zone}/custom_certificates")),
        ("PUT", format!("/zones/{zone}/custom_certificates/prioritize")),
        ("POST", format!("/zones/{zone}/acm/custom_trust_store")),
    ];
    for path in [
        one("monitors", &monitor),
        one("monitor_groups", &group),
        one("pools", &pool),
        format!("/zones/{zone}/load_balancers/{balancer}"),
    ] {
        places.extend([("PUT", path.clone()), ("PATCH", path)]);
    }
    for name in ["ssl", "max_upload", "proxy_read_timeout", "always_use_https"] {
        places.push(("PATCH", format!("/zones/{zone}/settings/{name}")));
    }
    places.into_iter().map(|(verb, path)| (verb.to_owned(), path)).collect()
}

/// Member names that some resource knows, so that random bodies reach the readers behind them.
const NAMES: [&str; 40] = [
    "name",
    "origins",
    "address",
    "weight",
    "port",
    "header",
    "Host",
    "type",
    "interval",
    "timeout",
    "retries",
    "expected_codes",
    "default_pools",
    "fallback_pool",
    "region_pools",
    "WEU",
    "rules",
    "overrides",
    "pool_sets",
    "match",
    "topology",
    "regions",
    "fixed_response",
    "status_code",
    "session_affinity",
    "session_affinity_attributes",
    "headers",
    "random_steering",
    "pool_weights",
    "load_shedding",
    "default_percent",
    "check_regions",
    "health_sources",
    "notification_filter",
    "pool",
    "members",
    "monitor_id",
    "value",
    "latitude",
    "certificates",
];

fn any_json() -> impl Strategy<Value = Value> {
    let words = select(vec!["", "http", "GET", "a.example", "192.0.2.1", "WEU", "random", "off", "cookie", "global"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9a-f]{32}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 5, |inner| {
        let name = prop_oneof![4 => select(NAMES.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn send(place: &(String, String), body: Vec<u8>) -> crate::bench::Reply {
    let Stage { runtime, bench, .. } = &*STAGE;
    let request = Request::builder()
        .method(place.0.as_str())
        .uri(format!("/client/v4{}", place.1))
        .header(AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Body::from(body))
        .unwrap();
    runtime.block_on(bench.send(request))
}

/// The envelope, and no answer that blames us.
fn is_an_envelope(reply: &crate::bench::Reply) -> Result<(), TestCaseError> {
    prop_assert!(reply.status.as_u16() < 500, "{} {}", reply.status, reply.body);
    for name in ["result", "success", "errors", "messages"] {
        prop_assert!(reply.body.get(name).is_some(), "{name} in {}", reply.body);
    }
    let failed = reply.body["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    prop_assert_eq!(reply.body["success"].as_bool(), Some(!failed));
    prop_assert_eq!(reply.status.is_success(), !failed);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// EDGE-133
    #[test]
    fn any_json_to_any_write_gets_an_envelope(body in any_json(), place in 0usize..1000) {
        let places = &STAGE.places;
        is_an_envelope(&send(&places[place % places.len()], body.to_string().into_bytes()))?;
    }

    #[test]
    fn any_bytes_to_any_write_get_an_envelope(body: Vec<u8>, place in 0usize..1000) {
        let places = &STAGE.places;
        is_an_envelope(&send(&places[place % places.len()], body))?;
    }

    #[test]
    fn any_path_and_query_get_an_envelope(path in "[a-z0-9/%._~-]{0,40}", query in "[a-z_0-9=&%+.:-]{0,40}") {
        let bytes = format!("/accounts/{}/load_balancers/{path}?{query}", STAGE.bench.account);
        if bytes.parse::<axum::http::Uri>().is_ok() {
            is_an_envelope(&send(&("GET".to_owned(), bytes), Vec::new()))?;
        }
    }

    #[test]
    fn a_monitor_reads_as_it_was_written(
        (timeout, retries, slack) in (1u32..=10, 0u32..=5, 1u32..=1000),
        description in "[ -~]{0,40}",
        path in "/[a-z0-9/]{0,20}",
        (follow, insecure) in (any::<bool>(), any::<bool>()),
        codes in select(vec!["200", "2xx", "200,301-304", "5xx, 404"]),
        (up, down) in (0u32..9, 0u32..9),
    ) {
        let body = json!({
            "type": "https", "timeout": timeout, "retries": retries, "interval": (retries + 1) * timeout + slack,
            "description": description, "path": path, "follow_redirects": follow, "allow_insecure": insecure,
            "expected_codes": codes, "consecutive_up": up, "consecutive_down": down,
        });
        // A PUT says everything, so one monitor is enough.
        let place = STAGE.places.iter().find(|(verb, path)| verb == "PUT" && path.contains("/monitors/")).unwrap();
        let written = send(place, body.to_string().into_bytes());
        let read = send(&("GET".to_owned(), place.1.clone()), Vec::new());
        for (name, value) in body.as_object().unwrap() {
            prop_assert_eq!(&written.result()[name], value, "{}", name);
        }
        prop_assert_eq!(read.result(), written.result());
    }

    #[test]
    fn a_pool_reads_as_it_was_written(
        weights in prop::collection::vec(0u32..=100, 1..6),
        place in prop::option::of((-90i32..=90, -180i32..=180)),
        (enabled, shed) in (any::<bool>(), prop::option::of(0u32..=100)),
        minimum in 0u32..5,
    ) {
        let origins: Vec<Value> = weights.iter().enumerate().map(|(index, weight)| json!({
            "name": format!("o{index}"), "address": format!("192.0.2.{index}"), "weight": f64::from(*weight) / 100.0,
            "port": index, "enabled": weight % 2 == 0,
        })).collect();
        let body = json!({
            "name": "fuzz", "origins": origins, "enabled": enabled, "minimum_origins": minimum,
            "latitude": place.map(|place| place.0), "longitude": place.map(|place| place.1),
            "load_shedding": shed.map(|percent| json!({"default_percent": percent})),
        });
        let place = STAGE.places.iter().find(|(verb, path)| verb == "PUT" && path.contains("/pools/")).unwrap();
        let written = send(place, body.to_string().into_bytes());
        let result = written.result();
        for name in ["name", "enabled", "minimum_origins", "latitude", "longitude"] {
            prop_assert_eq!(&result[name], &body[name], "{}", name);
        }
        prop_assert_eq!(result["load_shedding"]["default_percent"].as_u64(), shed.map(u64::from));
        for (seen, said) in result["origins"].as_array().unwrap().iter().zip(&origins) {
            for name in ["name", "address", "port", "enabled"] {
                prop_assert_eq!(&seen[name], &said[name]);
            }
            prop_assert_eq!(seen["weight"].as_f64(), said["weight"].as_f64());
        }
        let read = send(&("GET".to_owned(), place.1.clone()), Vec::new());
        prop_assert_eq!(read.result(), result);
    }

    #[test]
    fn a_load_balancer_reads_as_it_was_written(
        policy in select(vec!["off", "geo", "random", "dynamic_latency", "proximity", "least_connections", ""]),
        (affinity, session_ttl) in select(vec![("none", None), ("cookie", Some(1800)), ("ip_cookie", Some(604_800))]),
        (enabled, proxied, across) in (any::<bool>(), any::<bool>(), any::<bool>()),
        weight in prop::option::of(0u32..=100),
        regions in prop::sample::subsequence(vec!["WEU", "ENAM", "OC", "SAS"], 0..=4),
        ecs in prop::option::of(select(vec!["always", "never", "proximity", "geo"])),
        description in "[ -~]{0,40}",
    ) {
        let place = STAGE.places.iter().find(|(verb, path)| verb == "PUT" && path.contains("/load_balancers/") && path.contains("/zones/")).unwrap();
        let stored = send(&("GET".to_owned(), place.1.clone()), Vec::new());
        let pool = stored.result()["fallback_pool"].clone();
        let maps: Map<String, Value> = regions.iter().map(|region| ((*region).to_owned(), json!([pool]))).collect();
        let body = json!({
            "name": "fuzz.example", "default_pools": [pool], "fallback_pool": pool, "steering_policy": policy,
            "session_affinity": affinity, "session_affinity_ttl": session_ttl, "enabled": enabled, "proxied": proxied,
            "description": description, "region_pools": maps, "adaptive_routing": {"failover_across_pools": across},
            "random_steering": weight.map(|weight| json!({"default_weight": f64::from(weight) / 100.0, "pool_weights": {}})),
            "location_strategy": ecs.map(|ecs| json!({"prefer_ecs": ecs, "mode": "pop"})),
        });
        let written = send(place, body.to_string().into_bytes());
        for (name, value) in body.as_object().unwrap() {
            let (seen, said) = (&written.result()[name], value);
            let same_weight = seen["default_weight"].as_f64() == said["default_weight"].as_f64();
            prop_assert!(seen == said || (name == "random_steering" && same_weight), "{} {} {}", name, seen, said);
        }
        let read = send(&("GET".to_owned(), place.1.clone()), Vec::new());
        prop_assert_eq!(read.result(), written.result());
    }
}
