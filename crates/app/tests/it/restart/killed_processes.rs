//! `kill -9` of either process at each step of the handover: the door is never closed, and the other one serves.

use super::upgradable::{Upgradable, copy, kill};
use crate::{command::BINARY, server::eventually};
use rusqlite::Connection;
use serde_json::json;
use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Between two knocks at the door.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a knock may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody who knocks at the door all the time.
struct Knocking {
    over: Arc<AtomicBool>,
    knocks: JoinHandle<Vec<String>>,
}

impl Knocking {
    fn at(door: SocketAddr) -> Knocking {
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let knocks = thread::spawn(move || {
            let mut closed = Vec::new();
            while !stop.load(SeqCst) {
                closed.extend(TcpStream::connect_timeout(&door, PATIENCE).err().map(|error| error.to_string()));
                thread::sleep(PAUSE);
            }
            closed
        });
        Knocking { over, knocks }
    }

    /// Stops, and sees whether the door was ever closed.
    fn found_it_open(self) {
        self.over.store(true, SeqCst);
        assert_eq!(self.knocks.join().expect("no panic"), Vec::<String>::new());
    }
}

/// A server, and a successor that goes no further than it is told to.
struct Scene {
    upgradable: Upgradable,
    knocking: Knocking,
    old: u32,
}

impl Scene {
    /// With a script in the place of the new program, in which `{real}`, `{pid}` and `{go}` stand for paths.
    fn set(script: &str) -> Scene {
        let upgradable = Upgradable::start("");
        let knocking = Knocking::at(upgradable.server.http);
        let scene = Scene { old: upgradable.in_charge(), upgradable, knocking };
        let real = scene.path("real");
        copy(Path::new(BINARY), &real);
        let script = script.replace("{real}", &real.display().to_string());
        let script = script.replace("{pid}", &scene.path("pid").display().to_string());
        let script = script.replace("{go}", &scene.path("go").display().to_string());
        scene.upgradable.replace_by_script(&format!("#!/bin/sh\n{script}\n"));
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.upgradable.directory().join(name)
    }

    /// Begins an upgrade; gives the new process when it has come to where its script notes its number, and when the old
    /// one has handed all sockets over: those that the new one would have to bind anew get other ports here.
    fn begin(&self) -> u32 {
        self.upgradable.signal("USR2");
        let pid = || fs::read_to_string(self.path("pid")).ok()?.trim().parse().ok();
        let pid = eventually("the new process is there", pid);
        let lines = || self.upgradable.server.stderr();
        let begun = || lines().iter().any(|line| line.contains("a new process is to take over")).then_some(());
        eventually("the sockets are handed over", begun);
        pid
    }

    fn go(&self) {
        File::create(self.path("go")).expect("a file");
    }

    /// Waits until the old process has let go of the store.
    fn await_release(&self) {
        let path = self.upgradable.data_dir().join("bellwether.pid");
        eventually("the old process lets go", || File::open(&path).ok()?.try_lock_shared().ok());
    }

    /// The end of every scene: one process serves, takes changes, and the door was open all the time.
    fn ends_served_by(self, pid: u32) {
        let server = &self.upgradable.server;
        eventually("somebody is in charge", || (self.upgradable.in_charge() == pid).then_some(()));
        assert_eq!(server.get("nobody.test", "/").expect("an answer").status, 409);
        let account = eventually("the API answers", || {
            let (status, answer) = server.api_answer("GET", "/accounts", None);
            (status == 200).then(|| answer["result"][0]["id"].clone())
        });
        server.api("POST", "/zones", Some(json!({"name": "kept.test", "account": {"id": account}})));
        self.knocking.found_it_open();
    }
}

const STARTS: &str = "echo $$ > {pid}; while [ ! -e {go} ]; do sleep 0.02; done; exec {real} \"$@\"";
/// Stops when it has asked for the store.
const ASKS: &str = "printf prepared >&0; echo $$ > {pid}; exec sleep 60";

#[test]
fn the_new_process_is_killed_before_it_can_start() {
    let scene = Scene::set(STARTS);
    kill(scene.begin(), "KILL");
    let old = scene.old;
    scene.ends_served_by(old);
}

#[test]
fn the_new_process_is_killed_when_it_was_given_the_store() {
    let scene = Scene::set(ASKS);
    let new = scene.begin();
    scene.await_release();
    kill(new, "KILL");
    let old = scene.old;
    scene.ends_served_by(old);
}

#[test]
fn the_old_process_is_killed_before_the_new_one_starts() {
    let scene = Scene::set(STARTS);
    let new = scene.begin();
    kill(scene.old, "KILL");
    scene.go();
    scene.ends_served_by(new);
}

#[test]
fn the_old_process_is_killed_when_it_was_asked_for_the_store() {
    let scene = Scene::set(STARTS);
    let new = scene.begin();
    kill(scene.old, "STOP");
    scene.go();
    let program = scene.path("real");
    eventually("the new program runs", || {
        fs::read_link(format!("/proc/{new}/exe")).is_ok_and(|exe| exe == program).then_some(())
    });
    kill(scene.old, "KILL");
    scene.ends_served_by(new);
}

#[test]
fn the_old_process_is_killed_while_the_new_one_opens_the_store() {
    let scene = Scene::set(STARTS);
    let database = Connection::open(scene.upgradable.data_dir().join("bellwether.db")).expect("the database");
    database.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    let new = scene.begin();
    scene.go();
    scene.await_release();
    kill(scene.old, "KILL");
    database.execute_batch("ROLLBACK").expect("nothing was written");
    scene.ends_served_by(new);
}

/// A visitor without a request keeps the old process from leaving at once.
fn stay(door: SocketAddr) -> TcpStream {
    let mut visitor = TcpStream::connect(door).expect("the door is open");
    visitor.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    visitor.write_all(b"GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n").expect("the door is open");
    assert!(visitor.read(&mut [0; 12]).is_ok_and(|read| read > 0), "an answer");
    visitor
}

#[test]
fn the_old_process_is_killed_while_it_drains() {
    let scene = Scene::set(STARTS);
    let visitor = stay(scene.upgradable.server.http);
    let new = scene.begin();
    scene.go();
    eventually("the new process is in charge", || (scene.upgradable.in_charge() == new).then_some(()));
    kill(scene.old, "KILL");
    drop(visitor);
    scene.ends_served_by(new);
}

#[test]
fn the_new_process_is_killed_while_the_old_one_drains() {
    let scene = Scene::set(STARTS);
    let visitor = stay(scene.upgradable.server.http);
    let new = scene.begin();
    scene.go();
    let told = scene.upgradable.data_dir().join("bellwether.upgrade");
    let says = |what: &str| fs::read_to_string(&told).is_ok_and(|line| line.starts_with(what)).then_some(());
    eventually("the new process has taken over", || says("done: "));
    kill(new, "KILL");
    eventually("the old process misses it", || says("failed: "));
    let line = fs::read_to_string(&told).expect("a line");
    assert!(line.contains("[upgrade_ended_early]"), "{line}");
    let old = scene.old;
    scene.ends_served_by(old);
    drop(visitor);
}

/// Somebody who stops the new process in good order does not want the old one back.
#[test]
fn a_new_process_that_is_stopped_is_not_missed() {
    let scene = Scene::set(STARTS);
    let visitor = stay(scene.upgradable.server.http);
    let new = scene.begin();
    scene.go();
    let told = scene.upgradable.data_dir().join("bellwether.upgrade");
    let done = || fs::read_to_string(&told).is_ok_and(|line| line.starts_with("done: ")).then_some(());
    eventually("the new process has taken over", done);
    kill(new, "TERM");
    let door = scene.upgradable.server.http;
    eventually("the door is closed", || TcpStream::connect_timeout(&door, PATIENCE).err());
    drop(visitor);
}
