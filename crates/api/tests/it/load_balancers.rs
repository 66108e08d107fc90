//! Load balancers of zones and accounts.

use crate::bench::{Bench, Reply};
use serde_json::{Value, json};

/// A bench with a zone and two pools.
struct Stage {
    bench: Bench,
    list: String,
    a: String,
    b: String,
}

impl Stage {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let zone = bench.zone("example.com").await;
        let (a, b) = (bench.pool("a").await, bench.pool("b").await);
        Self { bench, list: format!("/zones/{zone}/load_balancers"), a, b }
    }

    /// The least that a load balancer needs, and more.
    fn with(&self, more: Value) -> Value {
        let mut body = json!({"name": "www.example.com", "default_pools": [self.a], "fallback_pool": self.b});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    async fn create(&self, more: Value) -> Reply {
        self.bench.post(&self.list, self.with(more)).await
    }
}

#[tokio::test]
async fn a_load_balancer_of_which_little_is_said_has_its_defaults() {
    let stage = Stage::new().await;
    let reply = stage.create(json!({"name": "WWW.example.COM."})).await;
    let mut result = reply.result().clone();
    for name in ["id", "created_on", "modified_on"] {
        assert!(result.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    let expected = json!({
        "zone_name": "example.com", "name": "www.example.com", "description": "", "enabled": true, "proxied": false,
        "ttl": 30, "default_pools": [stage.a], "fallback_pool": stage.b, "region_pools": {}, "country_pools": {},
        "pop_pools": {}, "steering_policy": "", "random_steering": null, "location_strategy": null,
        "adaptive_routing": null, "session_affinity": "none", "session_affinity_ttl": null,
        "session_affinity_attributes": null, "rules": [], "pool_sets": [], "networks": ["cloudflare"],
    });
    assert_eq!(result, expected);
    assert!(reply.notes().contains("`proxied` is stored but not in force"), "{}", reply.notes());
}

#[tokio::test]
async fn a_read_returns_what_a_write_said() {
    let stage = Stage::new().await;
    let (a, b) = (&stage.a, &stage.b);
    let attributes = json!({
        "samesite": "Lax", "secure": "Always", "drain_duration": 60, "zero_downtime_failover": "sticky",
        "headers": [], "require_all_headers": false,
    });
    let body = stage.with(json!({
        "description": "d", "enabled": false, "proxied": true, "ttl": 60, "steering_policy": "geo",
        "region_pools": {"WEU": [a, b], "ENAM": [b]}, "country_pools": {"US": [a]}, "pop_pools": {"LAX": [b]},
        "random_steering": {"default_weight": 0.2, "pool_weights": {a: 0.5}},
        "location_strategy": {"prefer_ecs": "always", "mode": "resolver_ip"},
        "adaptive_routing": {"failover_across_pools": true},
        "session_affinity": "cookie", "session_affinity_ttl": 5000, "session_affinity_attributes": attributes,
        "rules": [
            {"name": "r", "condition": "http.host eq \"a\"", "disabled": true, "priority": 5, "terminates": false,
             "overrides": {"steering_policy": "random", "pools": [b], "pool_weights": {b: 0.5}, "ttl": 45}},
            {"name": "f", "condition": "", "disabled": false, "priority": 0, "terminates": true,
             "fixed_response": {"status_code": 418, "message_body": "no", "content_type": "text/plain", "location": "/"}},
        ],
        "pool_sets": [
            {"name": "eu", "disabled": false, "match": {"default": false, "topology": {"regions": ["WEU"]}},
             "overrides": {"pools": [a], "pool_default_weight": 0.5, "fallback_pool": b, "steering_policy": "random"}},
        ],
    }));
    let written = stage.bench.post(&stage.list, body.clone()).await;
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&written.result()[name], value, "{name}");
    }
    let path = format!("{}/{}", stage.list, written.id());
    let read = stage.bench.get(&path).await;
    assert_eq!(read.result(), written.result());
    for name in ["steering_policy", "session_affinity", "rules[0].overrides.ttl", "pool_sets", "location_strategy"] {
        assert!(read.notes().contains(&format!("`{name}` is stored but not in force")), "{name}");
    }
    // What was read can be written back as it is.
    let again = stage.bench.put(&path, read.result().clone()).await;
    let (mut before, mut after) = (read.result().clone(), again.result().clone());
    for value in [&mut before, &mut after] {
        value.as_object_mut().unwrap().remove("modified_on");
    }
    assert_eq!(after, before);
}

/// LB-24
#[tokio::test]
async fn name_default_pools_and_fallback_pool_are_required() {
    let stage = Stage::new().await;
    for name in ["name", "default_pools", "fallback_pool"] {
        let mut body = stage.with(json!({}));
        body.as_object_mut().unwrap().remove(name);
        stage.bench.post(&stage.list, body.clone()).await.invalid(&[&format!("/{name}")]);
        body[name] = Value::Null;
        stage.bench.post(&stage.list, body).await.invalid(&[&format!("/{name}")]);
    }
    stage.create(json!({"default_pools": []})).await.invalid(&["/default_pools"]);
}

/// LB-25
#[tokio::test]
async fn pools_must_exist() {
    let stage = Stage::new().await;
    let nobody = "0".repeat(32);
    stage.create(json!({"default_pools": [stage.a, nobody]})).await.invalid(&["/default_pools/1"]);
    stage.create(json!({"fallback_pool": nobody})).await.invalid(&["/fallback_pool"]);
    stage.create(json!({"default_pools": ["b"]})).await.invalid(&["/default_pools/0"]);
    assert!(stage.bench.get(&stage.list).await.ids().is_empty());
}

#[tokio::test]
async fn the_name_lies_in_the_zone() {
    let stage = Stage::new().await;
    stage.create(json!({"name": "www.example.org"})).await.invalid(&["/name"]);
    for name in ["example.com", "*.example.com", "a.b.example.com"] {
        stage.create(json!({"name": name})).await.result();
    }
    stage.create(json!({"name": "example.com"})).await.refused(400, 1003);
}

/// LB-26, LB-27
#[tokio::test]
async fn the_time_of_a_session_has_bounds_by_its_kind() {
    let stage = Stage::new().await;
    let headers = json!({"headers": ["X-User"]});
    for (number, (affinity, ttl, attributes, good)) in [
        ("cookie", 1799, json!(null), false),
        ("cookie", 604_801, json!(null), false),
        ("cookie", 1800, json!(null), true),
        ("cookie", 604_800, json!(null), true),
        ("header", 29, headers.clone(), false),
        ("header", 3601, headers.clone(), false),
        ("header", 30, headers.clone(), true),
        ("header", 3600, headers, true),
        ("header", 1800, json!(null), false),
        ("header", 1800, json!({"headers": []}), false),
    ]
    .into_iter()
    .enumerate()
    {
        let more = json!({
            "name": format!("n{number}.example.com"), "session_affinity": affinity, "session_affinity_ttl": ttl,
            "session_affinity_attributes": attributes, "proxied": true,
        });
        let reply = stage.create(more).await;
        match good {
            true => assert_eq!(reply.result()["session_affinity_ttl"], json!(ttl)),
            false => drop(reply.refused(400, 1002)),
        }
    }
    let reply = stage.create(json!({"session_affinity": "ip_cookie", "proxied": true})).await;
    assert_eq!(reply.result()["session_affinity_ttl"], json!(82_800));
}

/// LB-28, LB-29
#[tokio::test]
async fn affinity_attributes_that_contradict_each_other_are_refused() {
    let stage = Stage::new().await;
    let none_never = json!({"samesite": "None", "secure": "Never"});
    let more = json!({"session_affinity": "cookie", "proxied": true, "session_affinity_attributes": none_never});
    stage.create(more).await.refused(400, 1002);
    let sticky = json!({"headers": ["X-User"], "zero_downtime_failover": "sticky"});
    let more = json!({"session_affinity": "header", "proxied": true, "session_affinity_attributes": sticky});
    stage.create(more).await.refused(400, 1002);
}

/// LB-45
#[tokio::test]
async fn null_leaves_pool_sets_and_an_empty_list_clears_them() {
    let stage = Stage::new().await;
    let sets = json!([{"name": "all", "disabled": false, "overrides": {"pools": [stage.b]}}]);
    let path = format!("{}/{}", stage.list, stage.create(json!({"pool_sets": sets})).await.id());
    let reply = stage.bench.patch(&path, json!({"pool_sets": null})).await;
    assert_eq!(reply.result()["pool_sets"], sets);
    let reply = stage.bench.put(&path, stage.with(json!({"pool_sets": null}))).await;
    assert_eq!(reply.result()["pool_sets"], sets);
    let reply = stage.bench.patch(&path, json!({"pool_sets": []})).await;
    assert_eq!(reply.result()["pool_sets"], json!([]));
}

/// LB-46
#[tokio::test]
async fn a_pool_set_that_means_nothing_is_refused_by_its_name() {
    let stage = Stage::new().await;
    let pools = json!({"pools": [stage.b]});
    for (set, label) in [
        (json!({"name": "x"}), "POOL_SET_NO_INTENT"),
        (json!({"name": "x", "overrides": {}}), "POOL_SET_NO_INTENT"),
        (json!({"name": "x", "match": {}, "overrides": pools}), "POOL_SET_EMPTY_MATCH"),
        (
            json!({"name": "x", "match": {"default": true, "topology": {"countries": ["FR"]}}, "overrides": pools}),
            "POOL_SET_DEFAULT_WITH_MATCH",
        ),
    ] {
        let reply = stage.create(json!({"pool_sets": [set]})).await;
        assert!(reply.refused(400, 1002).errors().contains(label), "{label}: {}", reply.errors());
    }
}

#[tokio::test]
async fn rules_without_priorities_take_those_of_their_order() {
    let stage = Stage::new().await;
    let rule = |name: &str| json!({"name": name, "fixed_response": {"status_code": 200}});
    let reply = stage.create(json!({"rules": [rule("first"), rule("second")], "proxied": true})).await;
    let rules = reply.result()["rules"].as_array().unwrap();
    assert_eq!((&rules[0]["priority"], &rules[1]["priority"]), (&json!(0), &json!(1)));
    assert_eq!(rules[0]["terminates"], true, "an answer ends the evaluation");
}

#[tokio::test]
async fn a_condition_that_means_nothing_is_refused_with_its_place_and_a_way_out() {
    let stage = Stage::new().await;
    let rule = |condition: &str| json!({"name": "r", "condition": condition, "fixed_response": {"status_code": 200}});
    let reply = stage.create(json!({"rules": [rule(""), rule("http.hots eq \"a\" and http.host eq 7")]})).await;
    reply.refused(400, 1002);
    let errors = reply.errors().to_string();
    for part in [
        "/rules/1/condition",
        "at character 1: there is no field `http.hots`; did you mean `http.host`?",
        "at character 35: `7` is no text",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[tokio::test]
async fn overrides_of_rules_that_nothing_acts_on_are_named_and_the_others_are_not() {
    let stage = Stage::new().await;
    let pools = json!({"WEU": [stage.a]});
    let waiting = json!({"steering_policy": "geo", "region_pools": pools, "session_affinity_ttl": 2000, "ttl": 45});
    let acting = json!({
        "default_pools": [stage.b], "fallback_pool": stage.a, "steering_policy": "random",
        "random_steering": {"default_weight": 0.5}, "adaptive_routing": {"failover_across_pools": true},
    });
    let rule = |overrides: &Value| json!({"name": "r", "overrides": overrides});
    let reply = stage.create(json!({"proxied": true, "rules": [rule(&acting), rule(&waiting)]})).await;
    let notes = reply.notes().to_string();
    assert!(!notes.contains("rules[0]") && !notes.contains("affinity_attributes"), "{notes}");
    for name in ["steering_policy", "region_pools", "session_affinity_ttl", "ttl"] {
        assert!(notes.contains(&format!("`rules[1].overrides.{name}` is stored but not in force")), "{name}: {notes}");
    }
}

#[tokio::test]
async fn a_wrong_member_deep_inside_is_named_with_its_whole_path() {
    let stage = Stage::new().await;
    let rules = json!([{"name": "r", "overrides": {"session_affinity_attributes": {"samesite": "Loose"}}}]);
    let reply = stage.create(json!({"rules": rules})).await;
    reply.refused(400, 1002);
    assert!(reply.errors().contains("/rules/0/overrides/session_affinity_attributes/samesite"), "{}", reply.errors());
}

#[tokio::test]
async fn an_account_has_load_balancers_of_its_own() {
    let stage = Stage::new().await;
    let list = format!("/accounts/{}/load_balancers", stage.bench.account);
    let body = stage.with(json!({"name": "private.internal.example"}));
    let reply = stage.bench.post(&list, body).await;
    assert_eq!(reply.result().get("zone_name"), None);
    assert_eq!(stage.bench.get(&list).await.ids(), [reply.id()]);
    assert!(stage.bench.get(&stage.list).await.ids().is_empty());
    let one = format!("{list}/{}", reply.id());
    assert_eq!(stage.bench.patch(&one, json!({"enabled": false})).await.result()["enabled"], false);
    stage.bench.delete(&one).await.result();
}
