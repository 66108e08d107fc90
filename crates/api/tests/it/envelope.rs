//! The envelope, ids, times, verbs and paths: what holds for every call.

use crate::bench::Bench;
use axum::http::Method;
use serde_json::json;

/// LB-1
#[tokio::test]
async fn a_success_has_result_success_and_two_empty_lists() {
    let bench = Bench::new().await;
    let reply = bench.get("/accounts").await;
    assert_eq!(reply.body["success"], json!(true));
    assert_eq!((&reply.body["errors"], &reply.body["messages"]), (&json!([]), &json!([])));
    assert_eq!(reply.ids(), [bench.account.as_str()]);
    let reply = bench.post(&bench.path("monitors"), json!({"type": "http"})).await;
    assert_eq!((&reply.body["errors"], &reply.body["messages"]), (&json!([]), &json!([])));
}

/// LB-4
#[tokio::test]
async fn ids_and_times_have_their_form() {
    let bench = Bench::new().await;
    let reply = bench.post(&bench.path("monitors"), json!({})).await;
    let id = reply.id();
    assert!(id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    for name in ["created_on", "modified_on"] {
        let text = reply.result()[name].as_str().unwrap();
        assert!(text.ends_with('Z') && text.parse::<model::Timestamp>().is_ok(), "{text}");
    }
}

/// LB-9
#[tokio::test]
async fn unknown_and_deleted_ids_are_404() {
    let bench = Bench::new().await;
    let monitor = bench.monitor(json!({})).await;
    let path = bench.path(&format!("monitors/{monitor}"));
    bench.delete(&path).await.result();
    let nobody = "0".repeat(32);
    for path in [
        path,
        bench.path(&format!("monitors/{nobody}")),
        bench.path("monitors/not-an-id"),
        bench.path(&format!("pools/{nobody}/health")),
        bench.path(&format!("preview/{nobody}")),
        bench.path("regions/XX"),
        bench.path(&nobody),
        format!("/zones/{nobody}"),
        format!("/zones/{nobody}/load_balancers"),
        format!("/accounts/{nobody}/load_balancers/pools"),
    ] {
        let reply = bench.get(&path).await;
        reply.refused(404, 7003);
    }
}

/// An object of one account or zone is not found below another.
#[tokio::test]
async fn ids_are_looked_up_in_their_own_home() {
    let bench = Bench::new().await;
    let (here, there) = (bench.zone("here.example").await, bench.zone("there.example").await);
    let pool = bench.pool("p").await;
    let body = json!({"name": "www.here.example", "default_pools": [pool], "fallback_pool": pool});
    let balancer = bench.post(&format!("/zones/{here}/load_balancers"), body).await.id();
    bench.get(&format!("/zones/{here}/load_balancers/{balancer}")).await.result();
    bench.get(&format!("/zones/{there}/load_balancers/{balancer}")).await.refused(404, 7003);
    bench.get(&bench.path(&balancer)).await.refused(404, 7003);
}

#[tokio::test]
async fn paths_and_verbs_that_do_not_exist_say_so_in_the_envelope() {
    let bench = Bench::new().await;
    for path in ["", "/nothing", "/zones/", "/accounts/x/y/z"] {
        bench.get(path).await.refused(404, 7000);
    }
    let reply = bench.call(Method::DELETE, "/accounts", None).await;
    reply.refused(405, 7001);
    assert_eq!(reply.headers["allow"], "GET");
    // A literal word wins over an id, so this is not a load balancer called "monitors".
    bench.call(Method::DELETE, &bench.path("monitors"), None).await.refused(405, 7001);
}

/// LB-5, LB-6
#[tokio::test]
async fn patch_changes_what_is_supplied_and_put_resets_the_rest() {
    let bench = Bench::new().await;
    let body = json!({"type": "https", "path": "/health", "interval": 90, "header": {"Host": ["a.example"]}});
    let before = bench.post(&bench.path("monitors"), body).await;
    let path = bench.path(&format!("monitors/{}", before.id()));
    let after = bench.patch(&path, json!({"description": "new"})).await;
    let (mut expected, mut seen) = (before.result().clone(), after.result().clone());
    assert_ne!(expected["modified_on"], seen["modified_on"]);
    assert_eq!(seen["description"], "new");
    for value in [&mut expected, &mut seen] {
        let members = value.as_object_mut().unwrap();
        members.retain(|name, _| !["modified_on", "description"].contains(&name.as_str()));
    }
    assert_eq!(seen, expected);

    let put = bench.put(&path, json!({"type": "https"})).await;
    let result = put.result();
    assert_eq!((&result["path"], &result["interval"], &result["header"]), (&json!("/"), &json!(60), &json!({})));
    assert_eq!((&result["id"], &result["created_on"]), (&before.result()["id"], &before.result()["created_on"]));
}

/// LB-7, LB-8
#[tokio::test]
async fn a_deletion_gives_the_id_and_that_of_a_group_the_group() {
    let bench = Bench::new().await;
    let monitor = bench.monitor(json!({})).await;
    let member = json!({"monitor_id": monitor, "enabled": true, "monitoring_only": false, "must_be_healthy": true});
    let group = bench.post(&bench.path("monitor_groups"), json!({"description": "g", "members": [member]})).await;
    let gone = bench.delete(&bench.path(&format!("monitor_groups/{}", group.id()))).await;
    assert_eq!(gone.result(), group.result());

    let (zone, pool) = (bench.zone("a.example").await, bench.pool("p").await);
    let body = json!({"name": "a.example", "default_pools": [pool], "fallback_pool": pool});
    let balancer = bench.post(&format!("/zones/{zone}/load_balancers"), body).await.id();
    for (path, id) in [
        (format!("/zones/{zone}/load_balancers/{balancer}"), &balancer),
        (bench.path(&format!("pools/{pool}")), &pool),
        (bench.path(&format!("monitors/{monitor}")), &monitor),
        (format!("/zones/{zone}"), &zone),
    ] {
        assert_eq!(bench.delete(&path).await.result(), &json!({"id": id}), "{path}");
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored_and_named() {
    let bench = Bench::new().await;
    let body = json!({
        "name": "p", "colour": "red", "id": "repeated", "created_on": "repeated",
        "origins": [{"name": "one", "address": "192.0.2.1", "wieght": 0.5}],
    });
    let reply = bench.post(&bench.path("pools"), body).await;
    assert_eq!(reply.result()["origins"][0]["weight"], json!(1));
    assert_eq!(reply.body["messages"].as_array().unwrap().len(), 2, "{}", reply.notes());
    assert!(reply.notes().contains("`origins[0].wieght`") && reply.notes().contains("`colour`"));
}

#[tokio::test]
async fn lists_have_pages_when_asked_for() {
    let bench = Bench::new().await;
    let mut all = Vec::new();
    for number in 0..30 {
        all.push(bench.pool(&format!("pool-{number}")).await);
    }
    assert_eq!(bench.get(&bench.path("pools")).await.ids(), all, "all of them, oldest first");
    let page = bench.get(&bench.path("pools?page=2&per_page=20")).await;
    assert_eq!(page.ids(), all[20..]);
    let info = json!({"page": 2, "per_page": 20, "count": 10, "total_count": 30, "total_pages": 2});
    assert_eq!(page.body["result_info"], info);
    assert_eq!(bench.get(&bench.path("pools?limit=3&offset=28")).await.ids(), all[28..]);
    bench.get(&bench.path("pools?per_page=1001")).await.invalid(&["/per_page"]);
}

#[tokio::test]
async fn the_paths_below_the_user_mean_the_first_account() {
    let bench = Bench::new().await;
    let monitor = bench.post("/user/load_balancers/monitors", json!({"type": "tcp", "port": 80})).await.id();
    assert_eq!(bench.get(&bench.path("monitors")).await.ids(), [monitor.as_str()]);
    let pool = bench.pool("p").await;
    assert_eq!(bench.get("/user/load_balancers/pools").await.ids(), [pool.as_str()]);
    bench.patch("/user/load_balancers/pools", json!({"notification_email": ""})).await.result();
    bench.get(&format!("/user/load_balancers/pools/{pool}/references")).await.result();
    bench.get(&format!("/user/load_balancers/monitors/{monitor}/references")).await.result();
    bench.delete(&format!("/user/load_balancers/monitors/{monitor}")).await.result();
}
