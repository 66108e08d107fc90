//! Monitors and monitor groups.

use crate::bench::Bench;
use serde_json::{Value, json};

/// LB-3
#[tokio::test]
async fn a_monitor_of_which_only_the_type_is_said_has_its_defaults() {
    let bench = Bench::new().await;
    let reply = bench.post(&bench.path("monitors"), json!({"type": "http"})).await;
    for (name, value) in [
        ("type", json!("http")),
        ("method", json!("GET")),
        ("path", json!("/")),
        ("port", json!(0)),
        ("interval", json!(60)),
        ("retries", json!(2)),
        ("timeout", json!(5)),
        ("expected_codes", json!("200")),
        ("expected_body", json!("")),
        ("follow_redirects", json!(false)),
        ("allow_insecure", json!(false)),
        ("consecutive_up", json!(0)),
        ("consecutive_down", json!(0)),
        ("header", json!({})),
    ] {
        assert_eq!(reply.result()[name], value, "{name}");
    }
    let tcp = bench.post(&bench.path("monitors"), json!({"type": "tcp", "port": 22})).await;
    assert_eq!(tcp.result()["method"], "connection_established");
}

/// LB-11, LB-12, LB-13
#[tokio::test]
async fn values_out_of_range_are_refused_and_nothing_is_created() {
    let bench = Bench::new().await;
    let path = bench.path("monitors");
    // With the default two retries, 15 seconds are three attempts of 5.
    for (body, pointer) in [
        (json!({"interval": 15, "timeout": 5}), "/interval"),
        (json!({"interval": 10, "timeout": 10, "retries": 0}), "/interval"),
        (json!({"timeout": 0}), "/timeout"),
        (json!({"timeout": 11}), "/timeout"),
        (json!({"retries": 6}), "/retries"),
        (json!({"type": "ldap"}), "/type"),
        (json!({"type": "tcp"}), "/port"),
        (json!({"type": "smtp"}), "/port"),
        (json!({"type": "udp_icmp"}), "/port"),
        (json!({"port": 65536}), "/port"),
        (json!({"port": "80"}), "/port"),
        (json!({"expected_codes": "2000"}), "/expected_codes"),
    ] {
        bench.post(&path, body).await.invalid(&[pointer]);
    }
    assert_eq!(bench.get(&path).await.result(), &json!([]));
    bench.post(&path, json!({"interval": 16, "timeout": 5})).await.result();
    bench.post(&path, json!({"interval": 2, "timeout": 1, "retries": 0})).await.result();
}

#[tokio::test]
async fn complaints_about_shape_and_meaning_come_together() {
    let bench = Bench::new().await;
    let body = json!({"type": 5, "timeout": 11, "header": {"Host": "a.example"}, "retries": "two"});
    let reply = bench.post(&bench.path("monitors"), body).await;
    reply.refused(400, 1002);
    for pointer in ["/type", "/timeout", "/header/Host", "/retries"] {
        assert!(reply.errors().contains(&format!("\"{pointer}\"")), "{pointer} in {}", reply.errors());
    }
}

#[tokio::test]
async fn null_puts_a_member_back_to_its_default() {
    let bench = Bench::new().await;
    let id = bench.monitor(json!({"port": 8080, "expected_codes": "2xx", "header": {"X": ["1"]}})).await;
    let body = json!({"port": null, "expected_codes": null, "header": null});
    let reply = bench.patch(&bench.path(&format!("monitors/{id}")), body).await;
    let result = reply.result();
    assert_eq!((&result["port"], &result["expected_codes"], &result["header"]), (&json!(0), &json!("200"), &json!({})));
}

#[tokio::test]
async fn the_default_method_follows_the_type() {
    let bench = Bench::new().await;
    let id = bench.monitor(json!({"type": "http"})).await;
    let path = bench.path(&format!("monitors/{id}"));
    let reply = bench.patch(&path, json!({"type": "tcp", "port": 80})).await;
    assert_eq!(reply.result()["method"], "connection_established");
    let reply = bench.patch(&path, json!({"type": "https", "method": "HEAD"})).await;
    assert_eq!(reply.result()["method"], "HEAD");
}

#[tokio::test]
async fn a_type_that_nothing_probes_yet_is_stored_with_a_note() {
    let bench = Bench::new().await;
    let reply = bench.post(&bench.path("monitors"), json!({"type": "icmp_ping"})).await;
    assert_eq!(reply.result()["type"], "icmp_ping");
    assert!(reply.notes().contains("`type` is stored but not in force"), "{}", reply.notes());
}

fn member(monitor: &str) -> Value {
    json!({"monitor_id": monitor, "enabled": true, "monitoring_only": false, "must_be_healthy": false})
}

#[tokio::test]
async fn a_group_returns_what_was_written() {
    let bench = Bench::new().await;
    let (a, b) = (bench.monitor(json!({})).await, bench.monitor(json!({})).await);
    let path = bench.path("monitor_groups");
    let group = bench.post(&path, json!({"description": "votes", "members": [member(&b), member(&a)]})).await;
    let members = group.result()["members"].as_array().unwrap();
    assert_eq!((&members[0]["monitor_id"], &members[1]["monitor_id"]), (&json!(b), &json!(a)));
    assert!(members[0]["created_at"].is_string() && members[0]["updated_at"].is_string());
    let one = format!("{path}/{}", group.id());
    let changed = bench.patch(&one, json!({"members": [member(&a)]})).await;
    assert_eq!(changed.result()["description"], "votes");
    assert_eq!(changed.result()["members"][0]["created_at"], members[1]["created_at"], "it has been a member since");
    assert_eq!(bench.get(&one).await.result(), changed.result());
}

#[tokio::test]
async fn a_group_needs_members_with_every_say() {
    let bench = Bench::new().await;
    let path = bench.path("monitor_groups");
    bench.post(&path, json!({"description": "none"})).await.invalid(&["/members"]);
    bench.post(&path, json!({"description": "none", "members": []})).await.invalid(&["/members"]);
    let reply = bench.post(&path, json!({"description": "x", "members": [{"enabled": true}]})).await;
    for name in ["monitor_id", "monitoring_only", "must_be_healthy"] {
        assert!(reply.refused(400, 1002).errors().contains(&format!("/members/0/{name}")), "{}", reply.errors());
    }
    let unknown = member(&"0".repeat(32));
    bench.post(&path, json!({"description": "x", "members": [unknown]})).await.refused(400, 1002);
}

/// LB-32
#[tokio::test]
async fn one_more_than_the_quota_is_refused() {
    let bench = Bench::with(|options| options.quotas.monitors = 2, |_| {}).await;
    for _ in 0..2 {
        bench.monitor(json!({})).await;
    }
    let reply = bench.post(&bench.path("monitors"), json!({})).await;
    reply.refused(403, 1006);
    assert!(reply.errors().contains("2 monitors"), "{}", reply.errors());
    assert_eq!(bench.get(&bench.path("monitors")).await.ids().len(), 2);
}
