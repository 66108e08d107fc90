//! Pools and their endpoints.

use crate::bench::Bench;
use serde_json::{Value, json};

fn origin(address: &str) -> Value {
    json!({"name": address, "address": address})
}

#[tokio::test]
async fn a_pool_of_which_little_is_said_has_its_defaults() {
    let bench = Bench::new().await;
    let reply = bench.post(&bench.path("pools"), json!({"name": "p", "origins": [origin("192.0.2.1")]})).await;
    let mut result = reply.result().clone();
    for name in ["id", "created_on", "modified_on"] {
        assert!(result.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    let expected = json!({
        "name": "p", "description": "", "enabled": true, "minimum_origins": 1, "monitor": null, "monitor_group": null,
        "check_regions": null, "health_sources": null, "latitude": null, "longitude": null, "load_shedding": null,
        "origin_steering": {"policy": "random"}, "notification_filter": null, "notification_email": "",
        "networks": ["cloudflare"], "origin_max_connections": 0,
        "origins": [{
            "name": "192.0.2.1", "address": "192.0.2.1", "enabled": true, "weight": 1, "port": 0, "header": null,
            "virtual_network_id": null, "flatten_cname": true, "max_connections": null,
        }],
    });
    assert_eq!(result, expected);
}

#[tokio::test]
async fn a_read_returns_what_a_write_said() {
    let bench = Bench::new().await;
    let monitor = bench.monitor(json!({})).await;
    let body = json!({
        "name": "full", "description": "d", "enabled": false, "minimum_origins": 2, "monitor": monitor,
        "check_regions": ["WEU", "ENAM"], "latitude": 52.5, "longitude": -13, "health_sources": ["regional", "global"],
        "load_shedding": {"default_percent": 5.5, "default_policy": "hash", "session_percent": 1, "session_policy": "hash"},
        "origin_steering": {"policy": "least_connections"},
        "notification_filter": {"pool": {"disable": false, "healthy": false}, "origin": {"disable": true, "healthy": null}},
        "notification_email": "a@example.com", "origin_max_connections": 1000,
        "origins": [
            {"name": "b", "address": "b.example", "enabled": false, "weight": 0.25, "port": 8443,
             "header": {"Host": ["www.b.example"]}, "flatten_cname": false, "max_connections": 300},
            {"name": "a", "address": "2001:db8::5", "weight": 0},
        ],
    });
    let written = bench.post(&bench.path("pools"), body.clone()).await;
    let read = bench.get(&bench.path(&format!("pools/{}", written.id()))).await;
    assert_eq!(read.result(), written.result());
    let mut seen = read.result().clone();
    seen["origins"][0].as_object_mut().unwrap().remove("disabled_at");
    for (name, value) in body.as_object().unwrap() {
        if name == "origins" {
            for (seen, said) in seen["origins"].as_array().unwrap().iter().zip(value.as_array().unwrap()) {
                for (name, value) in said.as_object().unwrap() {
                    assert_eq!(&seen[name], value, "{name}");
                }
            }
        } else {
            assert_eq!(&seen[name], value, "{name}");
        }
    }
    for path in
        ["origin_steering.policy", "load_shedding", "notification_filter", "health_sources", "origins[0].flatten_cname"]
    {
        assert!(read.notes().contains(&format!("`{path}` is stored but not in force")), "{path}: {}", read.notes());
    }
}

// OCI-21: 255 is rejected, 0 and 256 are accepted, of the endpoint as of the pool; null inherits.
#[tokio::test]
async fn a_limit_of_connections_is_none_or_256_at_least() {
    let bench = Bench::new().await;
    let body = |of_pool: Value, of_origin: Value| {
        let mut origin = origin("192.0.2.1");
        origin["max_connections"] = of_origin;
        json!({"name": "p", "origin_max_connections": of_pool, "origins": [origin]})
    };
    let path = bench.path("pools");
    bench
        .post(&path, body(json!(255), json!(1)))
        .await
        .invalid(&["/origins/0/max_connections", "/origin_max_connections"]);
    bench.post(&path, body(json!(-1), json!("many"))).await.refused(400, 1002);
    let pool = bench.post(&path, body(json!(256), Value::Null)).await.id();
    let path = bench.path(&format!("pools/{pool}"));
    for (of_pool, of_origin) in [(256, Value::Null), (0, json!(0)), (4_000, json!(256))] {
        let reply = bench.put(&path, body(json!(of_pool), of_origin.clone())).await;
        assert_eq!(reply.result()["origin_max_connections"], of_pool);
        assert_eq!(reply.result()["origins"][0]["max_connections"], of_origin);
    }
}

/// LB-14
#[tokio::test]
async fn a_pool_needs_endpoints() {
    let bench = Bench::new().await;
    for body in [json!({"name": "p"}), json!({"name": "p", "origins": []}), json!({"name": "p", "origins": null})] {
        bench.post(&bench.path("pools"), body).await.invalid(&["/origins"]);
    }
    let pool = bench.pool("p").await;
    bench.patch(&bench.path(&format!("pools/{pool}")), json!({"origins": []})).await.invalid(&["/origins"]);
}

/// LB-15
#[tokio::test]
async fn a_name_is_letters_digits_dashes_and_underscores() {
    let bench = Bench::new().await;
    for name in ["a b", "a.b", "", "ä"] {
        let body = json!({"name": name, "origins": [origin("192.0.2.1")]});
        bench.post(&bench.path("pools"), body).await.invalid(&["/name"]);
    }
    bench.pool("Az-09_z").await;
}

/// LB-16
#[tokio::test]
async fn a_name_is_taken_once() {
    let bench = Bench::new().await;
    let (_, second) = (bench.pool("one").await, bench.pool("two").await);
    let body = json!({"name": "one", "origins": [origin("192.0.2.1")]});
    bench.post(&bench.path("pools"), body).await.refused(400, 1003);
    bench.patch(&bench.path(&format!("pools/{second}")), json!({"name": "one"})).await.refused(400, 1003);
    assert_eq!(bench.get(&bench.path("pools")).await.ids().len(), 2);
}

/// LB-17
#[tokio::test]
async fn an_endpoint_is_in_a_pool_once() {
    let bench = Bench::new().await;
    let twice =
        json!({"name": "p", "origins": [{"name": "a", "address": "192.0.2.1"}, {"name": "b", "address": "192.0.2.1"}]});
    bench.post(&bench.path("pools"), twice).await.refused(400, 1002);
    // Ours: two ports of one host are two endpoints.
    let ports = json!({"name": "p", "origins": [
        {"name": "a", "address": "192.0.2.1", "port": 8001}, {"name": "b", "address": "192.0.2.1", "port": 8002},
    ]});
    bench.post(&bench.path("pools"), ports).await.result();
}

/// LB-18
#[tokio::test]
async fn a_place_has_both_coordinates_in_range() {
    let bench = Bench::new().await;
    for place in [json!({"latitude": 1}), json!({"longitude": 1}), json!({"latitude": 91, "longitude": 0})] {
        let mut body = json!({"name": "p", "origins": [origin("192.0.2.1")]});
        body.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        bench.post(&bench.path("pools"), body).await.refused(400, 1002);
    }
}

/// LB-19
#[tokio::test]
async fn private_addresses_need_a_virtual_network_unless_allowed() {
    let body = json!({"name": "p", "origins": [origin("10.0.0.1")]});
    let strict = Bench::with(|options| options.policy.allow_private = false, |_| {}).await;
    strict.post(&strict.path("pools"), body.clone()).await.invalid(&["/origins/0/address"]);
    let bench = Bench::new().await;
    bench.post(&bench.path("pools"), body).await.result();
}

/// LB-20
#[tokio::test]
async fn a_weight_is_from_0_to_1() {
    let bench = Bench::new().await;
    for (weight, good) in
        [(json!(1.01), false), (json!(-0.1), false), (json!("1"), false), (json!(0), true), (json!(1), true)]
    {
        let name = format!("p{weight}").replace(['.', '"', '-'], "_");
        let body = json!({"name": name, "origins": [{"name": "a", "address": "192.0.2.1", "weight": weight}]});
        let reply = bench.post(&bench.path("pools"), body).await;
        match good {
            true => assert_eq!(reply.result()["origins"][0]["weight"], weight),
            false => drop(reply.invalid(&["/origins/0/weight"])),
        }
    }
}

/// LB-21, LB-22
#[tokio::test]
async fn health_sources_are_regional_then_global_or_nothing() {
    let bench = Bench::new().await;
    let pool = bench.path(&format!("pools/{}", bench.pool("p").await));
    bench.patch(&pool, json!({"check_regions": ["WEU"]})).await.result();
    for wrong in [json!(["regional"]), json!(["global", "regional"]), json!(["local", "global"])] {
        bench.patch(&pool, json!({"health_sources": wrong})).await.invalid(&["/health_sources"]);
    }
    for right in [json!(["regional", "global"]), json!(null)] {
        let reply = bench.patch(&pool, json!({"health_sources": right})).await;
        assert_eq!(reply.result()["health_sources"], right);
    }
    let reply = bench.patch(&pool, json!({"check_regions": null, "health_sources": ["regional", "global"]})).await;
    reply.refused(400, 1002);
}

/// LB-23
#[tokio::test]
async fn what_is_disabled_says_since_when() {
    let bench = Bench::new().await;
    let pool = bench.path(&format!("pools/{}", bench.pool("p").await));
    let off = bench.patch(&pool, json!({"enabled": false})).await;
    let since = off.result()["disabled_at"].clone();
    assert!(since.is_string());
    let still = bench.patch(&pool, json!({"description": "still off"})).await;
    assert_eq!(still.result()["disabled_at"], since);
    let on = bench.patch(&pool, json!({"enabled": true})).await;
    assert_eq!(on.result().get("disabled_at"), None);

    let mut endpoint = json!({"name": "one", "address": "192.0.2.1", "enabled": false});
    let off = bench.patch(&pool, json!({"origins": [endpoint]})).await;
    assert!(off.result()["origins"][0]["disabled_at"].is_string());
    endpoint["enabled"] = json!(true);
    let on = bench.patch(&pool, json!({"origins": [endpoint]})).await;
    assert_eq!(on.result()["origins"][0].get("disabled_at"), None);
}

#[tokio::test]
async fn host_is_the_only_header_of_an_endpoint_and_has_one_value() {
    let bench = Bench::new().await;
    for (header, good) in [
        (json!({"Host": ["a.example"]}), true),
        (json!({}), true),
        (json!(null), true),
        (json!({"Host": []}), true),
        (json!({"Host": ["a.example", "b.example"]}), false),
        (json!({"X-Other": ["1"]}), false),
        (json!({"Host": "a.example"}), false),
        (json!(["Host"]), false),
    ] {
        let body = json!({"name": "p", "origins": [{"name": "a", "address": "a.example", "header": header}]});
        let reply = bench.post(&bench.path("pools"), body).await;
        assert_eq!(reply.status == 200, good, "{header}: {}", reply.body);
        if good {
            bench.delete(&bench.path(&format!("pools/{}", reply.id()))).await.result();
        }
    }
}

#[tokio::test]
async fn a_pool_takes_an_empty_monitor_as_none() {
    let bench = Bench::new().await;
    let monitor = bench.monitor(json!({})).await;
    let pool = bench.path(&format!("pools/{}", bench.pool("p").await));
    assert_eq!(bench.patch(&pool, json!({"monitor": monitor})).await.result()["monitor"], json!(monitor));
    assert_eq!(bench.patch(&pool, json!({"monitor": ""})).await.result()["monitor"], Value::Null);
    bench.patch(&pool, json!({"monitor": "nope"})).await.invalid(&["/monitor"]);
    bench.patch(&pool, json!({"monitor": "0".repeat(32)})).await.invalid(&["/monitor"]);
}

/// LB-33
#[tokio::test]
async fn a_list_can_be_narrowed_to_a_monitor() {
    let bench = Bench::new().await;
    let monitor = bench.monitor(json!({})).await;
    let (watched, _) = (bench.pool("watched").await, bench.pool("not").await);
    bench.patch(&bench.path(&format!("pools/{watched}")), json!({"monitor": monitor})).await.result();
    assert_eq!(bench.get(&bench.path(&format!("pools?monitor={monitor}"))).await.ids(), [watched]);
    assert!(bench.get(&bench.path(&format!("pools?monitor={}", "0".repeat(32)))).await.ids().is_empty());
    assert!(bench.get(&bench.path("pools?monitor=x")).await.ids().is_empty());
}

/// LB-34, LB-35
#[tokio::test]
async fn the_bulk_reset_takes_the_first_25_by_name() {
    let bench = Bench::new().await;
    for number in (0..30).rev() {
        let body = json!({
            "name": format!("pool-{number:02}"), "notification_email": "a@example.com", "origins": [origin("192.0.2.1")],
        });
        bench.post(&bench.path("pools"), body).await.result();
    }
    let path = bench.path("pools");
    for wrong in [json!({"enabled": false}), json!({"notification_email": "b@example.com"}), json!({})] {
        bench.patch(&path, wrong).await.refused(400, 1002);
    }
    let reply = bench.patch(&path, json!({"notification_email": ""})).await;
    let names: Vec<&str> = reply.result().as_array().unwrap().iter().filter_map(|pool| pool["name"].as_str()).collect();
    let expected: Vec<String> = (0..25).map(|number| format!("pool-{number:02}")).collect();
    assert_eq!(names, expected);
    let all = bench.get(&path).await;
    let left = |pool: &&Value| pool["notification_email"] != "";
    assert_eq!(all.result().as_array().unwrap().iter().filter(left).count(), 5);
    let reply = bench.patch(&bench.path("pools?per_page=50"), json!({"notification_email": ""})).await;
    assert_eq!(reply.ids().len(), 30);
    let reply = bench.patch(&bench.path("pools?limit=2&offset=1"), json!({"notification_email": ""})).await;
    assert_eq!(reply.result()[0]["name"], "pool-01");
}
