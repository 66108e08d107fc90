//! Restarts and changes under load: no visitor notices.

mod load;
mod origin;

use crate::{
    command::{BINARY, run},
    server::{Server, TOKEN, eventually, exchange},
};
use load::Load;
use origin::FlappingOrigin;
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const HOST: &str = "www.example.test";
const ENDPOINTS: usize = 1_000;
const CHANGES: usize = 50;
const UPGRADES: usize = 3;

/// A server that was started from a file of its own, so that the file can be replaced.
struct Upgradable {
    server: Server,
    binary: PathBuf,
    directory: TempDir,
}

impl Upgradable {
    fn start(config: &str) -> Upgradable {
        let directory = tempfile::tempdir().expect("a directory");
        let (binary, file) = (directory.path().join("bellwether"), directory.path().join("bellwether.toml"));
        fs::copy(BINARY, &binary).expect("a copy of the binary");
        fs::write(&file, config).expect("a configuration");
        let args = ["--config", file.to_str().expect("UTF-8")];
        let server = Server::start_program(&binary, &directory.path().join("data"), &args);
        Upgradable { server, binary, directory }
    }

    fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Puts another program in the place of the running one, as a package manager would.
    fn replace_binary(&self, put: impl FnOnce(&Path)) {
        let unfinished = self.directory.path().join("bellwether.new");
        put(&unfinished);
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o755)).expect("executable");
        fs::rename(unfinished, &self.binary).expect("replaced");
    }

    fn replace_by_script(&self, script: &str) {
        self.replace_binary(|path| fs::write(path, script).expect("a script"));
    }

    /// Asks for an upgrade; gives the exit code and everything that was said.
    fn upgrade(&self) -> (Option<i32>, String) {
        let ran = run(&["upgrade", "--data-dir", self.data_dir().to_str().expect("UTF-8")]);
        (ran.code, ran.stdout + &ran.stderr)
    }

    /// The process that is in charge.
    fn in_charge(&self) -> u32 {
        let text = fs::read_to_string(self.data_dir().join("bellwether.pid")).expect("a file");
        text.trim().parse().expect("a number")
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.in_charge().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }
}

impl Drop for Upgradable {
    fn drop(&mut self) {
        // A successor is nobody's child any more.
        let pid = self.in_charge();
        if fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path.starts_with(self.directory.path())) {
            self.signal("KILL");
        }
    }
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

/// Makes changes one after the other, each until it is acknowledged.
fn change(server: &Server, balancer: &str) {
    for number in 0..CHANGES {
        let policy = if number % 2 == 0 { "random" } else { "off" };
        let body = json!({"description": format!("change {number}"), "steering_policy": policy}).to_string();
        let request = format!(
            "PATCH /client/v4{balancer} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let status = eventually("a change is acknowledged", || Some(exchange(server.api, &request).ok()?.status));
        assert_eq!(status, 200, "change {number}");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn no_request_is_lost_while_configuration_health_and_binary_change() {
    let origin = FlappingOrigin::start();
    let upgradable = Upgradable::start("[edge]\nworkers = 2\n[log]\naccess = \"off\"\n");
    let server = &upgradable.server;
    let balancer = create_site(server, &origin);
    eventually("the edge answers", || server.get(HOST, "/").ok().filter(|answer| answer.status == 200));

    let load = Load::start(server.http, server.https, &upgradable.data_dir().join("local-ca.pem"));
    let mut processes = vec![upgradable.in_charge()];
    thread::scope(|scope| {
        let changes = scope.spawn(|| change(server, &balancer));
        for _ in 0..UPGRADES {
            let answers = load.answers();
            eventually("the load goes on", || (load.answers() > answers + 200).then_some(()));
            let slow = scope.spawn(|| server.get(HOST, "/slow").expect("a slow answer is not cut off"));
            origin.await_slow_request();
            upgradable.replace_binary(|path| fs::copy(BINARY, path).map(drop).expect("a copy of the binary"));
            let (code, said) = upgradable.upgrade();
            assert_eq!(code, Some(0), "{said}\n{}", server.stderr().join("\n"));
            processes.push(upgradable.in_charge());
            assert_eq!(slow.join().expect("no panic").status, 200);
        }
        changes.join().expect("every change is made");
    });
    for pid in &processes[..UPGRADES] {
        eventually("the process before has left", || is_gone(*pid).then_some(()));
    }
    let answers = load.answers();
    eventually("the last process serves", || (load.answers() > answers + 200).then_some(()));
    let done = load.stop();
    assert_eq!(done.failures, Vec::<String>::new(), "of {} requests", done.answers);
    assert!(done.farewells >= UPGRADES * load::CONNECTIONS / 2, "{} connections ended kindly", done.farewells);
    assert_eq!(processes.iter().collect::<std::collections::BTreeSet<_>>().len(), UPGRADES + 1);
    let balancer = server.api("GET", &balancer, None);
    assert_eq!(balancer["description"], format!("change {}", CHANGES - 1));
    assert!(origin.turns() >= 2, "endpoints flapped");
    println!("{} requests, {} farewells, {} probes", done.answers, done.farewells, origin.probes());
}

/// Whether a process has ended; one that nobody has waited for has.
fn is_gone(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}

#[test]
fn a_successor_that_fails_or_is_late_leaves_the_old_process_serving() {
    let upgradable = Upgradable::start("[node]\nupgrade_timeout = \"1s\"\n");
    let (server, pid) = (&upgradable.server, upgradable.in_charge());
    let scripts = [
        ("#!/bin/sh\nexit 7\n", "exit status: 7"),
        ("#!/bin/sh\nexec sleep 60\n", "in time"),
        // Asks for the store and then never serves: the old process takes the store again.
        ("#!/bin/sh\nprintf prepared >&0\nexec sleep 60\n", "in time"),
        ("#!/bin/sh\nprintf 'failed no room' >&0\n", "no room"),
    ];
    for (number, (script, why)) in scripts.into_iter().enumerate() {
        upgradable.replace_by_script(script);
        let (code, said) = upgradable.upgrade();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(why), "{said}");
        eventually("the old process is in charge", || (upgradable.in_charge() == pid).then_some(()));
        assert_eq!(server.get("nobody.test", "/").expect("an answer").status, 409);
        let account = server.api("GET", "/accounts", None)[0]["id"].clone();
        let zone = json!({"name": format!("zone-{number}.test"), "account": {"id": account}});
        server.api("POST", "/zones", Some(zone));
    }
    upgradable.replace_binary(|path| fs::copy(BINARY, path).map(drop).expect("a copy of the binary"));
    let begun = Instant::now();
    upgradable.signal("USR2");
    eventually("another process serves", || (upgradable.in_charge() != pid).then_some(()));
    assert_eq!(server.get("nobody.test", "/").expect("an answer").status, 409);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn there_must_be_a_server_to_upgrade() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("bellwether.pid"), format!("{}\n", std::process::id())).expect("a stale file");
    let ran = run(&["upgrade", "--data-dir", directory.path().to_str().expect("UTF-8")]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("no server runs on"), "{}", ran.stderr);
}
