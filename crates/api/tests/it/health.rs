//! Health, previews and events, from observations that a test makes up.

use crate::bench::Bench;
use model::{Evidence, Observation, Outcome, Region, Timings};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use verdict::Reason;

/// Makes a pool with a monitor and gives its id.
async fn watched_pool(bench: &Bench) -> String {
    let monitor = bench.monitor(json!({"description": "m", "interval": 60})).await;
    let body = json!({
        "name": "web", "monitor": monitor, "minimum_origins": 1,
        "origins": [
            {"name": "one", "address": "192.0.2.1"}, {"name": "two", "address": "192.0.2.2", "port": 8080},
            {"name": "off", "address": "192.0.2.3", "enabled": false},
        ],
    });
    bench.post(&bench.path("pools"), body).await.id()
}

fn observation(bench: &Bench, endpoint: &str, outcome: Outcome, status: Option<u16>) -> Observation {
    let plan = bench.control.plans().borrow().clone();
    let target = plan.targets().find(|target| target.endpoint.name == endpoint).expect("the endpoint is probed");
    Observation {
        target: target.id(),
        revision: plan.revision,
        data_center: "LCL".into(),
        region: Region::WesternEurope,
        at: bench.control.now(),
        outcome,
        attempts: 1,
        timings: Timings { total: Some(Duration::from_micros(12_100)), ..Timings::default() },
        evidence: Evidence { status, ..Evidence::default() },
    }
}

/// Tells the control plane, and waits until all of it is digested: a control plane that is shut down takes what has
/// been queued, and can be read as before.
async fn observe(bench: &Bench, observations: Vec<Observation>) {
    let channel = bench.control.observations();
    for observation in observations {
        channel.send(observation).await.expect("the control plane listens");
    }
    drop(channel);
    bench.control.shutdown().await;
}

/// LB-38, LB-39
#[tokio::test]
async fn health_is_shown_by_data_center_and_address() {
    let bench = Bench::new().await;
    let pool = watched_pool(&bench).await;
    let up = observation(&bench, "one", Outcome::Pass, Some(200));
    let down = observation(&bench, "two", Outcome::Fail(Reason::StatusMismatch), Some(500));
    observe(&bench, vec![up, down]).await;
    let reply = bench.get(&bench.path(&format!("pools/{pool}/health"))).await;
    let origin = |healthy: bool, reason: &str, code: u16| json!({"healthy": healthy, "rtt": "12.1ms", "failure_reason": reason, "response_code": code});
    let expected = json!({
        "pool_id": pool,
        "pop_health": {"LCL": {"healthy": true, "origins": [
            {"192.0.2.1": origin(true, "No failures", 200)},
            {"192.0.2.2:8080": origin(false, "Response code mismatch error", 500)},
        ]}},
    });
    assert_eq!(reply.result(), &expected);
}

#[tokio::test]
async fn a_pool_that_nothing_probes_has_no_health() {
    let bench = Bench::new().await;
    let pool = bench.pool("p").await;
    let reply = bench.get(&bench.path(&format!("pools/{pool}/health"))).await;
    reply.refused(404, 10404);
    assert!(reply.errors().contains("Health info unavailable"), "{}", reply.errors());
}

/// LB-40, LB-41
#[tokio::test]
async fn a_change_is_one_event_and_the_list_is_filtered() {
    let bench = Bench::new().await;
    let pool = watched_pool(&bench).await;
    let fail = || observation(&bench, "one", Outcome::Fail(Reason::TcpRefused), None);
    let pass = || observation(&bench, "one", Outcome::Pass, Some(200));
    let observations = vec![pass(), fail(), fail(), fail()];
    observe(&bench, observations).await;
    let path = "/user/load_balancing_analytics/events";
    let all = bench.get(path).await;
    let events = all.result().as_array().unwrap();
    let down: Vec<&Value> = events
        .iter()
        .filter(|event| event["origins"][0]["healthy"] == false && event["origins"][0]["changed"] == true)
        .collect();
    assert_eq!(down.len(), 1, "three failures in a row are one change: {}", all.body);
    let origin = &down[0]["origins"][0];
    assert_eq!(
        (&origin["failure_reason"], &origin["reason"]["id"]),
        (&json!("TCP connection failed"), &json!("tcp_refused"))
    );
    assert_eq!(origin["data_centers"][0]["data_center"], "LCL");
    assert_eq!(down[0]["pool"]["id"], json!(pool));
    assert_eq!((&down[0]["pool"]["healthy"], &down[0]["pool"]["minimum_origins"]), (&json!(false), &json!(1)));

    let count = async |query: &str| bench.get(&format!("{path}?{query}")).await.numbers();
    let everything = count("").await;
    assert!(everything.len() >= 2, "up, then down: {}", all.body);
    let at = down[0]["timestamp"].as_str().unwrap().replace('Z', "%2B00:00");
    for (query, expected) in [
        (format!("pool_id={pool}"), everything.len()),
        (format!("identifier={pool}"), everything.len()),
        ("pool_name=web".to_owned(), everything.len()),
        ("pool_name=other".to_owned(), 0),
        (format!("pool_id={}", "0".repeat(32)), 0),
        ("pool_id=x".to_owned(), 0),
        ("origin_name=one&origin_healthy=false".to_owned(), 1),
        ("origin_name=one&origin_healthy=true".to_owned(), everything.len() - 1),
        ("pool_healthy=false&origin_healthy=true".to_owned(), 0),
        ("since=2999-01-01".to_owned(), 0),
        ("until=1999-01-01".to_owned(), 0),
        (format!("since={at}"), 1),
        (format!("until={at}"), everything.len()),
        (format!("since=1999-01-01&until={at}&limit=1"), 1),
    ] {
        assert_eq!(count(&query).await.len(), expected, "{query}");
    }
    bench.get(&format!("{path}?since=yesterday&pool_healthy=maybe")).await.invalid(&["/since", "/pool_healthy"]);
}

/// LB-37
#[tokio::test]
async fn a_preview_probes_and_stores_nothing() {
    let bench = Bench::new().await;
    let pool = watched_pool(&bench).await;
    let mut jobs = bench.control.take_preview_jobs().expect("nobody else takes them");
    let monitor = bench.get(&bench.path("monitors")).await.ids().remove(0);
    let path = bench.path(&format!("monitors/{monitor}"));
    let before = bench.get(&path).await;
    let begun = bench.post(&format!("{path}/preview"), json!({"expected_codes": "418", "type": "https"})).await;
    assert_eq!(begun.result()["pools"], json!({pool.clone(): "web"}));
    assert_eq!(bench.get(&path).await.result(), before.result());

    let result = bench.path(&format!("preview/{}", begun.result()["preview_id"].as_str().unwrap()));
    let pending = bench.get(&result).await;
    assert_eq!(pending.result(), &json!({pool.clone(): {"healthy": null, "origins": []}}));

    for _ in 0..2 {
        let job = jobs.recv().await.expect("one job per enabled endpoint");
        assert_eq!(job.target.monitor.expected_codes.as_str(), "418");
        let evidence = Evidence { status: Some(418), ..Evidence::default() };
        let seen = Observation {
            target: job.target.id(),
            revision: job.revision,
            data_center: Arc::from("LCL"),
            region: Region::WesternEurope,
            at: bench.control.now(),
            outcome: Outcome::Pass,
            attempts: 1,
            timings: Timings { total: Some(Duration::from_millis(66)), ..Timings::default() },
            evidence,
        };
        job.reply.send(seen).expect("the preview waits");
    }
    let done = async {
        loop {
            let reply = bench.get(&result).await;
            if reply.result()[&pool]["healthy"] == json!(true) {
                return reply;
            }
            tokio::task::yield_now().await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(10), done).await.expect("the answers arrive");
    let entry = json!({"healthy": true, "rtt": "66.0ms", "failure_reason": "No failures", "response_code": 418});
    assert_eq!(done.result()[&pool]["origins"], json!([{"192.0.2.1": entry}, {"192.0.2.2:8080": entry}]));
}

#[tokio::test]
async fn a_preview_of_a_pool_takes_settings_of_its_own_and_checks_them() {
    let bench = Bench::new().await;
    let pool = bench.pool("p").await;
    let path = bench.path(&format!("pools/{pool}/preview"));
    let reply = bench.post(&path, json!({"expected_codes": "200"})).await;
    assert_eq!(reply.result()["pools"], json!({pool: "p"}));
    bench.post(&path, json!({"timeout": 11})).await.refused(400, 1002);
    bench.post(&path, json!({"timeout": "x", "retries": 9})).await.invalid(&["/timeout", "/retries"]);
}
