//! The main journey: a load balancer made through the API, traffic through the edge, an endpoint that dies.

use crate::{
    command::run,
    server::{Server, eventually, exchange},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use testkit::Origin;
use tokio::runtime::Runtime;

const HOST: &str = "www.example.test";

const POOLS: [&str; 2] = ["first", "second"];

/// A monitor's interval and timeout in seconds: the shortest there are.
const INTERVAL: u64 = 2;
const TIMEOUT: u64 = 1;

struct Site {
    server: Server,
    account: String,
    /// In the order of [`POOLS`].
    pools: Vec<String>,
}

impl Site {
    /// A zone with one load balancer over two pools with one endpoint each.
    fn create(server: Server, origins: [&Origin; 2], interval: u64) -> Site {
        let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
        let account = id(&server.api("GET", "/accounts", None)[0]);
        let zone = id(&server.api("POST", "/zones", Some(json!({"name": "example.test", "account": {"id": account}}))));
        let monitor = json!({
            "type": "http", "path": "/health", "expected_codes": "200", "interval": interval, "timeout": TIMEOUT,
            "retries": 0,
        });
        let monitor = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/monitors"), Some(monitor)));
        let pools: Vec<String> = POOLS
            .into_iter()
            .zip(origins)
            .map(|(name, origin)| {
                let address = origin.address();
                let endpoint = json!({"name": format!("{name}-1"), "address": address.ip(), "port": address.port()});
                let pool = json!({"name": name, "origins": [endpoint], "monitor": monitor});
                id(&server.api("POST", &format!("/accounts/{account}/load_balancers/pools"), Some(pool)))
            })
            .collect();
        let load_balancer = json!({
            "name": HOST, "default_pools": pools, "fallback_pool": pools[1], "proxied": true,
            "steering_policy": "random", "adaptive_routing": {"failover_across_pools": true},
        });
        server.api("POST", &format!("/zones/{zone}/load_balancers"), Some(load_balancer));
        Site { server, account, pools }
    }

    /// Waits until health checks of both pools pass.
    fn await_health(&self) {
        for pool in &self.pools {
            let path = format!("/accounts/{}/load_balancers/pools/{pool}/health", self.account);
            eventually("a pool is healthy", || {
                let health = self.server.api("GET", &path, None);
                (health["pop_health"]["LCL"]["healthy"] == true).then_some(())
            });
        }
    }

    /// The reason in the event that took the first pool out of rotation, once there is one.
    fn reason_first_is_out(&self) -> Option<String> {
        let events = self.server.api("GET", "/user/load_balancing_analytics/events?pool_healthy=false", None);
        let event = events.as_array()?.iter().find(|event| event["pool"]["name"] == "first")?;
        event["origins"][0]["failure_reason"].as_str().map(str::to_owned)
    }

    /// Which origin answers, by the body it sends.
    fn ask(&self) -> String {
        let answer = self.server.get(HOST, "/").expect("an answer");
        assert_eq!(answer.status, 200, "{}\n{}", answer.head, answer.body);
        answer.body
    }
}

fn origins(runtime: &Runtime) -> (Origin, Origin) {
    runtime.block_on(async { (Origin::saying("first").await, Origin::saying("second").await) })
}

/// Ends an origin, and waits until its port refuses.
fn kill(origin: Origin) {
    let address = origin.address();
    drop(origin);
    eventually("the port refuses", || std::net::TcpStream::connect(address).err());
}

/// The main promise: an endpoint that dies is out of rotation within interval and timeout, no GET fails in between,
/// the event names the reason, and the story of a rescued or failed request can be told.
// LB-97: when the endpoint refuses, the visitor gets another one's answer and one retry is counted.
#[test]
fn an_endpoint_that_dies_costs_no_get_and_is_named() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = origins(&runtime);
    let directory = tempfile::tempdir().expect("a directory");
    let site = Site::create(Server::start(directory.path(), &[]), [&first, &second], INTERVAL);
    site.await_health();
    let reached: BTreeSet<String> = (0..40).map(|_| site.ask()).collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), POOLS, "random steering reaches both pools");

    kill(first);
    let died = Instant::now();
    // What the prober needs is the interval and the timeout; the rest is for a busy machine.
    let patience = Duration::from_secs(INTERVAL + TIMEOUT + 3);
    let reason = loop {
        // So many that some are steered to the first, unless it is out of rotation already.
        for _ in 0..20 {
            assert_eq!(site.ask(), "second");
        }
        match site.reason_first_is_out() {
            Some(reason) => break reason,
            None => assert!(died.elapsed() < patience, "still in rotation {:?} after it died", died.elapsed()),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(reason, "TCP connection failed");
    assert_eq!(site.ask(), "second");
    let metrics = exchange(site.server.api, "GET /metrics HTTP/1.0\r\n\r\n").expect("metrics").body;
    let retries = metrics.lines().find_map(|line| line.strip_prefix("bellwether_request_retries_total "));
    assert!(retries.is_some_and(|count| count != "0"), "{metrics}");
}

// EDGE-29: a closed port is answered 521, and the record says that no origin answered.
/// Every endpoint refuses: the status, the page, `Proxy-Status`, the access record and `explain` tell the same.
#[test]
fn a_failed_request_is_told_alike_everywhere() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = origins(&runtime);
    let directory = tempfile::tempdir().expect("a directory");
    // No probe comes between the end of the origins and the request, so both are still tried.
    let site = Site::create(Server::start(directory.path(), &[]), [&first, &second], 3600);
    site.await_health();
    kill(first);
    kill(second);
    let answer = site.server.get(HOST, "/cart?id=7").expect("an answer");
    assert_eq!(answer.status, 521, "{}", answer.head);
    assert!(answer.header("proxy-status").is_some_and(|value| value.contains("tcp_refused")), "{}", answer.head);
    let ray = answer.header("cf-ray").expect("a Ray ID").to_owned();
    assert!(answer.body.contains("521") && answer.body.contains(&ray[..16]), "{}", answer.body);

    let record = eventually("the record is written", || {
        let records = site.server.stdout();
        let found = records.iter().find(|line| line.contains(&ray[..16]))?;
        Some(serde_json::from_str::<Value>(found).expect("JSON"))
    });
    assert_eq!(record["EdgeResponseStatus"], 521, "{record}");
    assert_eq!(record["OriginResponseStatus"], 0, "{record}");
    assert_eq!(record["EdgeErrorCode"], 521, "{record}");
    assert_eq!(record["FailureReason"], "tcp_refused", "{record}");
    assert_eq!(record["FailureParty"], "origin", "{record}");
    assert_eq!(record["FailurePhase"], "connect", "{record}");
    assert_eq!(record["Attempts"], 2, "{record}");
    assert_eq!(record["ClientRequestURI"], "/cart?id=7", "{record}");

    let data = directory.path().to_str().expect("UTF-8");
    let told = run(&["explain", &ray, "--data-dir", data]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    for word in [
        "GET http://www.example.test/cart?id=7",
        "first/first-1",
        "second/second-1",
        "ECONNREFUSED (111)",
        "answered 521",
        "[tcp_refused]",
        "side:   origin",
        "remedy:",
    ] {
        assert!(told.stdout.contains(word), "{word} is missing in:\n{}", told.stdout);
    }
    let json = run(&["explain", &ray, "--data-dir", data, "--json"]);
    let story: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(story["attempts"].as_array().map(Vec::len), Some(2), "{story}");

    let unknown = run(&["explain", "0123456789abcdef", "--data-dir", data]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("does not know"), "{}", unknown.stderr);
}

/// HTTPS works for any name from the first minute: the local authority issues what is missing, and its root is laid
/// out in the data directory. It survives a restart.
#[test]
fn https_is_served_under_the_local_authority() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path(), &[]);
    let root = std::fs::read_to_string(server.data_dir.join("local-ca.pem")).expect("the root certificate");
    assert!(root.contains("BEGIN CERTIFICATE") && !root.contains("PRIVATE"));
    server.signal("TERM");
    assert!(server.wait().success());
    let again = Server::start(directory.path(), &[]);
    let kept = std::fs::read_to_string(again.data_dir.join("local-ca.pem")).expect("the root certificate");
    assert_eq!(kept, root);

    let account = again.api("GET", "/accounts", None)[0]["id"].clone();
    again.api("POST", "/zones", Some(json!({"name": "example.test", "account": {"id": account}})));
    let port = again.https.port();
    let mut curl = std::process::Command::new("curl");
    curl.args(["--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}"]);
    curl.arg("--cacert").arg(again.data_dir.join("local-ca.pem"));
    curl.args(["--resolve", &format!("{HOST}:{port}:127.0.0.1"), &format!("https://{HOST}:{port}/")]);
    let output = curl.output().expect("curl runs");
    let (code, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // The zone has no load balancer yet; what counts is that curl accepted the certificate.
    assert_eq!((code.as_ref(), told.as_ref()), ("530", ""));
}
