//! Upgrades that fail: the old process serves on, and says why.

use super::upgradable::Upgradable;
use crate::{command::run, server::eventually};
use serde_json::json;
use std::{
    fs,
    time::{Duration, Instant},
};

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
    upgradable.replace_by_itself();
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
