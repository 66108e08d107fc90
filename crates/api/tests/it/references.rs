//! Who points at whom, and what that keeps from being deleted.

use crate::bench::Bench;
use serde_json::{Value, json};

/// LB-30, LB-31
#[tokio::test]
async fn a_pool_that_a_load_balancer_names_anywhere_stays() {
    let bench = Bench::new().await;
    let zone = bench.zone("example.com").await;
    let (used, other) = (bench.pool("used").await, bench.pool("other").await);
    let list = format!("/zones/{zone}/load_balancers");
    let pool = bench.path(&format!("pools/{used}"));
    let roles = [
        json!({"default_pools": [used]}),
        json!({"fallback_pool": used}),
        json!({"region_pools": {"WEU": [used]}, "steering_policy": "off"}),
        json!({"country_pools": {"FR": [used]}}),
        json!({"pop_pools": {"LAX": [used]}}),
        json!({"pool_sets": [{"name": "s", "overrides": {"pools": [used]}}]}),
        json!({"pool_sets": [{"name": "s", "overrides": {"pools": [other], "fallback_pool": used}}]}),
        json!({"rules": [{"name": "r", "overrides": {"pools": [used]}}]}),
    ];
    for role in roles {
        let mut body = json!({"name": "www.example.com", "default_pools": [other], "fallback_pool": other});
        body.as_object_mut().unwrap().extend(role.as_object().unwrap().clone());
        let balancer = bench.post(&list, body).await.id();
        let reply = bench.delete(&pool).await;
        assert!(reply.refused(412, 1005).errors().contains("www.example.com"), "{}", reply.errors());
        bench.get(&pool).await.result();
        bench.delete(&format!("{list}/{balancer}")).await.result();
    }
    bench.delete(&pool).await.result();
}

#[tokio::test]
async fn a_monitor_in_use_stays_and_so_does_its_group() {
    let bench = Bench::new().await;
    let monitor = bench.monitor(json!({"description": "front page"})).await;
    let member = json!({"monitor_id": monitor, "enabled": true, "monitoring_only": false, "must_be_healthy": false});
    let group = bench.post(&bench.path("monitor_groups"), json!({"description": "g", "members": [member]})).await.id();
    let pool = bench.path(&format!("pools/{}", bench.pool("p").await));
    bench.patch(&pool, json!({"monitor_group": group})).await.result();
    for path in [format!("monitors/{monitor}"), format!("monitor_groups/{group}")] {
        bench.delete(&bench.path(&path)).await.refused(412, 1005);
    }
    bench.patch(&pool, json!({"monitor_group": null})).await.result();
    for path in [format!("monitor_groups/{group}"), format!("monitors/{monitor}")] {
        bench.delete(&bench.path(&path)).await.result();
    }
}

/// LB-36
#[tokio::test]
async fn references_name_both_directions() {
    let bench = Bench::new().await;
    let (zone, pool) = (bench.zone("example.com").await, bench.pool("p").await);
    let monitor = bench.monitor(json!({"description": "m"})).await;
    let path = bench.path(&format!("pools/{pool}"));
    bench.patch(&path, json!({"monitor": monitor})).await.result();
    let body = json!({"name": "www.example.com", "default_pools": [pool], "fallback_pool": pool});
    let balancer = bench.post(&format!("/zones/{zone}/load_balancers"), body).await.id();
    let reference = |direction: &str, kind: &str, id: &str, name: &str| json!({"reference_type": direction, "resource_id": id, "resource_name": name, "resource_type": kind});
    let of_pool = bench.get(&format!("{path}/references")).await;
    let expected: Value = json!([
        reference("referrer", "load_balancer", &balancer, "www.example.com"),
        reference("referral", "monitor", &monitor, "m"),
    ]);
    assert_eq!(of_pool.result(), &expected);
    let of_monitor = bench.get(&bench.path(&format!("monitors/{monitor}/references"))).await;
    assert_eq!(of_monitor.result(), &json!([reference("referrer", "pool", &pool, "p")]));
}
