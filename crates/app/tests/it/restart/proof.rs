//! Everything at once: visitors of every protocol, changes of the configuration, endpoints that come and go, and
//! upgrades.

use super::{
    HOST,
    load::{Done, Lifetime, Load},
    origin::FlappingOrigin,
    upgradable::{Upgradable, is_gone},
};
use crate::server::{Server, TOKEN, eventually, exchange};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

const ENDPOINTS: usize = 1_000;
const CHANGES: usize = 50;
const UPGRADES: usize = 3;
/// How many answers each protocol has had between two upgrades, at least.
const PROGRESS: usize = 200;
const CONFIG: &str = "[node]\ndrain_timeout = \"6s\"\ndrain_idle = \"2s\"\n[edge]\nworkers = 2\nh2c = true\n[log]\n\
    access = \"off\"\n";
/// `node.drain_timeout` in there.
const DRAIN: Duration = Duration::from_secs(6);
/// An upgrade is told of before the process before has closed its doors.
const DOOR_CLOSES: Duration = Duration::from_secs(1);

/// From being asked for to being told of.
struct Upgrade {
    asked: Instant,
    done: Instant,
}

/// A site with one pool of many endpoints behind one origin; gives the path of its load balancer.
fn create_site(server: &Server, origin: &FlappingOrigin) -> String {
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let account = id(&server.api("GET", "/accounts", None)[0]);
    let zone = id(&server.api("POST", "/zones", Some(json!({"name": "example.test", "account": {"id": account}}))));
    // The origin speaks no TLS, whatever visitors speak.
    server.api("PATCH", &format!("/zones/{zone}/settings/ssl"), Some(json!({"value": "flexible"})));
    let monitor = json!({
        "type": "http", "path": "/health", "expected_codes": "200", "interval": 2, "timeout": 1, "retries": 0,
    });
    let monitor = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/monitors"), Some(monitor)));
    let endpoints: Vec<Value> = (0..ENDPOINTS)
        .map(|number| {
            let address = format!("127.0.{}.{}", 1 + number / 250, 1 + number % 250);
            json!({"name": format!("e-{number}"), "address": address, "port": origin.port()})
        })
        .collect();
    let pool = json!({"name": "many", "origins": endpoints, "monitor": monitor});
    let pool = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/pools"), Some(pool)));
    let balancer = json!({
        "name": HOST, "default_pools": [pool], "fallback_pool": pool, "proxied": true, "steering_policy": "off",
    });
    let balancers = format!("/zones/{zone}/load_balancers");
    format!("{balancers}/{}", id(&server.api("POST", &balancers, Some(balancer))))
}

/// Makes changes one after the other, each until it is acknowledged; gives how long each took.
fn change(server: &Server, balancer: &str) -> Vec<Duration> {
    let mut taken = Vec::new();
    for number in 0..CHANGES {
        let begun = Instant::now();
        let policy = if number % 2 == 0 { "random" } else { "off" };
        let body = json!({"description": format!("change {number}"), "steering_policy": policy}).to_string();
        let request = format!(
            "PATCH /client/v4{balancer} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let status = eventually("a change is acknowledged", || Some(exchange(server.api, &request).ok()?.status));
        assert_eq!(status, 200, "change {number}");
        taken.push(begun.elapsed());
        thread::sleep(Duration::from_millis(100));
    }
    taken
}

#[test]
fn no_request_is_lost_while_configuration_health_and_binary_change() {
    let origin = FlappingOrigin::start();
    let upgradable = Upgradable::start(CONFIG);
    let server = &upgradable.server;
    let balancer = create_site(server, &origin);
    eventually("the edge answers", || server.get(HOST, "/").ok().filter(|answer| answer.status == 200));

    let load = Load::start(server.http, server.https, &upgradable.data_dir().join("local-ca.pem"));
    let mut processes = vec![upgradable.in_charge()];
    let mut upgrades = Vec::new();
    let changing = thread::scope(|scope| {
        let changes = scope.spawn(|| change(server, &balancer));
        for _ in 0..UPGRADES {
            progress(&load, "the load goes on");
            let slow = scope.spawn(|| server.get(HOST, "/slow").expect("a slow answer is not cut off"));
            origin.await_slow_request();
            upgradable.replace_by_itself();
            let asked = Instant::now();
            let (code, said) = upgradable.upgrade();
            assert_eq!(code, Some(0), "{said}\n{}", server.stderr().join("\n"));
            upgrades.push(Upgrade { asked, done: Instant::now() });
            processes.push(upgradable.in_charge());
            assert_eq!(slow.join().expect("no panic").status, 200);
            if let [first] = processes[..processes.len() - 1] {
                // Its WebSockets live as long as they may; the others come while the one before them still drains.
                eventually("the first process has left", || is_gone(first).then_some(()));
            }
        }
        changes.join().expect("every change is made")
    });
    for pid in &processes[..UPGRADES] {
        eventually("the process before has left", || is_gone(*pid).then_some(()));
    }
    progress(&load, "the last process serves");
    let done = load.stop();
    tell(&done, &changing, &origin);
    assert_eq!(done.failures, Vec::<String>::new());
    let early: Vec<&Lifetime> = done.cuts.iter().filter(|cut| !was_due(cut, &upgrades)).collect();
    assert!(early.is_empty(), "WebSockets that were ended before the time to drain was over: {early:?}");
    assert!(done.http1.answers.min(done.http2.answers).min(done.messages) > UPGRADES * PROGRESS);
    assert!(done.http1.farewells >= UPGRADES * super::load::HTTP1 / 2, "{:?}", done.http1);
    assert!(done.http2.farewells >= UPGRADES * super::load::HTTP2 / 2, "{:?}", done.http2);
    assert!(done.cuts.len() >= 2 * super::load::WEBSOCKETS, "{} cuts", done.cuts.len());
    assert_eq!(processes.iter().collect::<BTreeSet<_>>().len(), UPGRADES + 1);
    let balancer = server.api("GET", &balancer, None);
    assert_eq!(balancer["description"], format!("change {}", CHANGES - 1));
    assert!(origin.turns() >= 2, "endpoints flapped");
}

/// Waits until every protocol has been answered for a while.
fn progress(load: &Load, what: &str) {
    let before = load.progress();
    eventually(what, || (load.progress() > before + PROGRESS).then_some(()));
}

/// Whether a WebSocket was ended when the process that carried it had drained for as long as it may.
fn was_due(cut: &Lifetime, upgrades: &[Upgrade]) -> bool {
    let replaced = upgrades.iter().find(|upgrade| upgrade.done + DOOR_CLOSES > cut.began);
    replaced.is_some_and(|upgrade| cut.ended >= upgrade.asked + DRAIN)
}

fn tell(done: &Done, changing: &[Duration], origin: &FlappingOrigin) {
    let mut sorted = changing.to_vec();
    sorted.sort();
    println!("HTTP/1.1: {:?}; HTTP/2: {:?}, {} sent again after GOAWAY", done.http1, done.http2, done.refused);
    println!("WebSocket: {} messages, {} ended at the end of a drain", done.messages, done.cuts.len());
    println!("changes: median {:.0?}, longest {:.0?}", sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    println!("{} probes, {} turns of half of the endpoints", origin.probes(), origin.turns());
    println!("{} failures", done.failures.len());
}
