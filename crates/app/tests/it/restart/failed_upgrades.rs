//! Upgrades that fail: the old process serves on, and says why.

use super::upgradable::{Upgradable, kill, workers};
use crate::{command::run, server::eventually};
use serde_json::json;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

/// The old process serves and takes changes, as if nothing had been.
fn assert_unmoved(upgradable: &Upgradable, pid: u32) {
    let server = &upgradable.server;
    eventually("the old process is in charge", || (upgradable.in_charge() == pid).then_some(()));
    assert_eq!(server.get("nobody.test", "/").expect("an answer").status, 409);
    let account = server.api("GET", "/accounts", None)[0]["id"].clone();
    let zones = server.api("GET", "/zones", None).as_array().map_or(0, Vec::len);
    let zone = json!({"name": format!("zone-{zones}.test"), "account": {"id": account}});
    server.api("POST", "/zones", Some(zone));
}

/// Upgrades, which must fail for a reason of the catalogue, with something of its own in the message.
fn assert_fails(upgradable: &Upgradable, cause: &str, detail: &str) {
    let pid = upgradable.in_charge();
    let (code, said) = upgradable.upgrade();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("[{cause}]")) && said.contains(detail), "{cause}, {detail}: {said}");
    assert_unmoved(upgradable, pid);
    let metrics = upgradable.server.api_text("/metrics");
    let counted = format!("bellwether_upgrades_total{{outcome=\"failed\",cause=\"{cause}\"}}");
    assert!(metrics.contains(&counted), "{counted}");
}

#[test]
fn a_successor_that_fails_or_is_late_leaves_the_old_process_serving() {
    let upgradable = Upgradable::start("[node]\nupgrade_timeout = \"1s\"\n");
    let scripts = [
        ("#!/bin/sh\nexit 7\n", "upgrade_process_ended", "exit status: 7"),
        ("#!/bin/sh\nkill -9 $$\n", "upgrade_process_ended", "signal: 9"),
        ("#!/bin/sh\nexec sleep 60\n", "upgrade_too_late", "1s"),
        // Asks for the store and then never serves: the old process takes the store again.
        ("#!/bin/sh\nprintf prepared >&0\nexec sleep 60\n", "upgrade_too_late", "1s"),
        ("#!/bin/sh\nprintf prepared >&0\nexit 3\n", "upgrade_process_ended", "exit status: 3"),
        ("#!/bin/sh\nprintf 'failed no room' >&0\n", "upgrade_cannot_serve", "no room"),
        ("#!/bin/sh\nprintf 'HTTP/1.1 200 OK' >&0\nexec sleep 60\n", "upgrade_other_program", "HTTP/1.1"),
        ("#!/bin/sh\nprintf ready >&0\nexec sleep 60\n", "upgrade_other_program", "Ready"),
    ];
    for (script, cause, detail) in scripts {
        upgradable.replace_by_script(script);
        assert_fails(&upgradable, cause, detail);
    }
    upgradable.remove_binary();
    assert_fails(&upgradable, "upgrade_program_not_started", "bellwether");
}

#[test]
fn what_the_new_process_cannot_do_is_said_by_the_old_one_which_serves_on() {
    let upgradable = Upgradable::start("");
    upgradable.configure("[edge]\nworker = 2\n");
    assert_fails(&upgradable, "upgrade_configuration_refused", "edge.worker");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound");
    upgradable.configure(&format!("[[tcp]]\nlisten = \"{address}\"\nload_balancer = \"a.test\"\n"));
    assert_fails(&upgradable, "upgrade_cannot_serve", &address.to_string());
    drop(taken);
    let pid = upgradable.in_charge();
    let begun = Instant::now();
    upgradable.signal("USR2");
    eventually("another process serves", || (upgradable.in_charge() != pid).then_some(()));
    eventually("the new listener is there", || TcpStream::connect(address).ok());
    assert_eq!(upgradable.server.get("nobody.test", "/").expect("an answer").status, 409);
    assert!(begun.elapsed() < Duration::from_secs(20));
    let counted = "bellwether_upgrades_total{outcome=\"succeeded\",cause=\"\"} 1";
    eventually("it is counted", || upgradable.server.api_text("/metrics").contains(counted).then_some(()));
    // What is no longer asked for is closed, although the process before still has a handle on it.
    upgradable.configure("");
    let (code, said) = upgradable.upgrade();
    assert_eq!(code, Some(0), "{said}");
    eventually("the listener is gone", || TcpStream::connect(address).err());
}

/// What the new process no longer asked for, it stopped. The old one listens there again when it comes back, and none of
/// its workers keeps waiting at what was stopped.
#[test]
fn who_comes_back_serves_what_the_lost_one_had_stopped() {
    let upgradable = Upgradable::start("");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|any| any.local_addr()).expect("a port");
    upgradable.configure(&format!("[[tcp]]\nlisten = \"{address}\"\nload_balancer = \"a.test\"\n"));
    assert_eq!(upgradable.upgrade().0, Some(0));
    let (old, threads) = (upgradable.in_charge(), workers(upgradable.in_charge()));
    // As long as it stays, the old process does.
    let mut visitor = TcpStream::connect(upgradable.server.http).expect("connected");
    visitor.write_all(b"GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n").expect("asked");
    assert!(visitor.read(&mut [0; 64]).is_ok_and(|count| count > 0), "answered");
    upgradable.configure("");
    assert_eq!(upgradable.upgrade().0, Some(0));
    eventually("the listener is gone", || TcpStream::connect(address).err());
    kill(upgradable.in_charge(), "KILL");
    eventually("the old process is in charge", || (upgradable.in_charge() == old).then_some(()));
    eventually("the listener is back", || TcpStream::connect(address).ok());
    drop(visitor);
    eventually("the workers that drained have ended", || (workers(old) == threads).then_some(()));
}

#[test]
fn there_must_be_a_server_to_upgrade() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("bellwether.pid"), format!("{}\n", std::process::id())).expect("a stale file");
    let ran = run(&["upgrade", "--data-dir", directory.path().to_str().expect("UTF-8")]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("no server runs on"), "{}", ran.stderr);
}
