//! Zones and their settings.

use crate::bench::Bench;
use serde_json::json;

#[tokio::test]
async fn a_zone_is_created_listed_read_and_deleted_with_what_lives_in_it() {
    let bench = Bench::new().await;
    let created =
        bench.post("/zones", json!({"name": "Example.COM.", "account": {"id": bench.account}, "type": "full"})).await;
    assert_eq!((&created.result()["name"], &created.result()["status"]), (&json!("example.com"), &json!("active")));
    assert_eq!(created.body["messages"], json!([]));
    let id = created.id();
    assert_eq!(bench.get(&format!("/zones/{id}")).await.result(), created.result());
    bench.zone("another.example").await;
    for (query, count) in
        [("", 2), ("?name=example.com", 1), ("?status=pending", 0), ("?page=2", 0), ("?per_page=1&page=2", 1)]
    {
        assert_eq!(bench.get(&format!("/zones{query}")).await.ids().len(), count, "{query}");
    }
    let by_account = format!("/zones?account.id={}&order=name&direction=desc", bench.account);
    assert_eq!(bench.get(&by_account).await.ids()[0], id);
    bench.post("/zones", json!({"name": "example.com"})).await.refused(400, 1003);

    let pool = bench.pool("p").await;
    let body = json!({"name": "example.com", "default_pools": [pool], "fallback_pool": pool});
    bench.post(&format!("/zones/{id}/load_balancers"), body).await.result();
    assert_eq!(bench.delete(&format!("/zones/{id}")).await.result(), &json!({"id": id}));
    bench.get(&format!("/zones/{id}")).await.refused(404, 7003);
    bench.delete(&bench.path(&format!("pools/{pool}"))).await.result();
}

#[tokio::test]
async fn a_zone_that_makes_no_sense_is_refused() {
    let bench = Bench::new().await;
    bench.post("/zones", json!({})).await.invalid(&["/name"]);
    bench.post("/zones", json!({"name": "not a name"})).await.invalid(&["/name"]);
    bench.post("/zones", json!({"name": "a.example", "account": {}})).await.invalid(&["/account/id"]);
    bench.post("/zones", json!({"name": "a.example", "account": {"id": "0".repeat(32)}})).await.refused(400, 1002);
}

#[tokio::test]
async fn settings_are_read_changed_and_reset() {
    let bench = Bench::new().await;
    let zone = bench.zone("example.com").await;
    for (name, default, value) in [
        ("ssl", json!("full"), json!("origin_pull")),
        ("always_use_https", json!("off"), json!("on")),
        ("proxy_read_timeout", json!(120), json!(6000)),
        ("max_upload", json!(100), json!(500)),
        ("pseudo_ipv4", json!("off"), json!("overwrite_header")),
        ("origin_error_page_pass_thru", json!("off"), json!("on")),
        ("origin_max_http_version", json!("1"), json!("2")),
        ("websockets", json!("on"), json!("off")),
    ] {
        let path = format!("/zones/{zone}/settings/{name}");
        let before = bench.get(&path).await;
        assert_eq!(before.result(), &json!({"id": name, "value": default, "editable": true, "modified_on": null}));
        let after = bench.patch(&path, json!({"value": value})).await;
        assert_eq!(after.result()["value"], value);
        assert!(after.result()["modified_on"].is_string());
        assert_eq!(bench.get(&path).await.result(), after.result());
        bench.patch(&path, json!({"value": ["odd"]})).await.invalid(&["/value"]);
        bench.patch(&path, json!({})).await.invalid(&["/value"]);
        assert_eq!(bench.patch(&path, json!({"value": null})).await.result()["value"], default);
    }
    assert_eq!(bench.get(&format!("/zones/{zone}/settings")).await.ids().len(), 8);
    bench.get(&format!("/zones/{zone}/settings/rocket_loader")).await.refused(404, 7003);
    let path = format!("/zones/{zone}/settings/proxy_read_timeout");
    for wrong in [0, 6001] {
        bench.patch(&path, json!({"value": wrong})).await.refused(400, 1002);
    }
}
