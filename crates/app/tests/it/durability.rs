//! Nothing acknowledged is lost: not when the process is killed, not when the disk is full.

use crate::server::{Server, TOKEN, eventually, exchange};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How often the process is killed.
const ROUNDS: usize = 200;
/// How many callers write at a time.
const WRITERS: usize = 4;
/// The kill comes within this many microseconds of the first write.
const KILL_WITHIN: u64 = 40_000;
/// How many objects a writer keeps before it deletes one.
const KEPT: usize = 8;

/// Small random numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What a writer asks for.
#[derive(Clone, Debug)]
enum Write {
    Create { description: String },
    Update { id: String, description: String },
    Delete { id: String },
}

/// What a writer was told, and what it asked for last without being told.
struct Writer {
    /// `pools` or `monitors`.
    kind: &'static str,
    name: String,
    made: u64,
    random: Random,
    /// Descriptions of its objects by their id, as acknowledged.
    known: BTreeMap<String, String>,
    unanswered: Option<Write>,
    acknowledged: u64,
}

impl Writer {
    fn new(number: usize, seed: u64) -> Self {
        let kind = if number.is_multiple_of(2) { "pools" } else { "monitors" };
        Self {
            kind,
            name: format!("writer{number}"),
            made: 0,
            random: Random(seed.wrapping_add(number as u64)),
            known: BTreeMap::new(),
            unanswered: None,
            acknowledged: 0,
        }
    }

    /// Writes one thing after the other until the server is gone.
    fn write_until_gone(mut self, api: SocketAddr, account: &str) -> Self {
        loop {
            let write = self.next();
            self.unanswered = Some(write.clone());
            let Some(answer) = self.ask(api, account, &write) else { return self };
            self.note(write, answer["result"]["id"].as_str().expect("an id"));
            self.unanswered = None;
            self.acknowledged += 1;
        }
    }

    fn next(&mut self) -> Write {
        self.made += 1;
        let description = format!("{}-{}", self.name, self.made);
        let choice = self.random.below(3);
        let picked = self.random.below(self.known.len().max(1) as u64) as usize;
        let id = self.known.keys().nth(picked).cloned();
        match (id, choice) {
            (Some(id), 0) => Write::Update { id, description },
            (Some(id), 1) if self.known.len() > KEPT / 2 => Write::Delete { id },
            (Some(id), _) if self.known.len() >= KEPT => Write::Delete { id },
            _ => Write::Create { description },
        }
    }

    /// The answer to a write; `None` when none came, or none whole.
    fn ask(&self, api: SocketAddr, account: &str, write: &Write) -> Option<Value> {
        let objects = format!("/accounts/{account}/load_balancers/{}", self.kind);
        let (method, path, body) = match write {
            Write::Create { description } => ("POST", objects, Some(self.object(description))),
            Write::Update { id, description } => {
                ("PATCH", format!("{objects}/{id}"), Some(json!({ "description": description })))
            }
            Write::Delete { id } => ("DELETE", format!("{objects}/{id}"), None),
        };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let answer = exchange(
            api,
            &format!(
                "{method} /client/v4{path} HTTP/1.1\r\nHost: {api}\r\nAuthorization: Bearer {TOKEN}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ),
        );
        let answer = answer.ok()?;
        let envelope: Value = serde_json::from_str(&answer.body).ok()?;
        assert_eq!((answer.status, &envelope["success"]), (200, &json!(true)), "{write:?}: {envelope}");
        Some(envelope)
    }

    fn object(&self, description: &str) -> Value {
        match self.kind {
            "pools" => json!({
                "name": description, "description": description,
                "origins": [{ "name": "one", "address": "192.0.2.1" }],
            }),
            _ => json!({ "type": "http", "description": description }),
        }
    }

    fn note(&mut self, write: Write, id: &str) {
        match write {
            Write::Create { description } => drop(self.known.insert(id.to_owned(), description)),
            Write::Update { id, description } => drop(self.known.insert(id, description)),
            Write::Delete { id } => drop(self.known.remove(&id)),
        }
    }

    /// Compares what was acknowledged with what is there, and goes on from there. The write that was never answered
    /// may have been made or not; every other difference is a loss.
    fn compare(&mut self, stored: &BTreeMap<String, String>) {
        let prefix = format!("{}-", self.name);
        let own = stored.iter().filter(|(_, description)| description.starts_with(&prefix));
        let own: BTreeMap<String, String> = own.map(|(id, text)| (id.clone(), text.clone())).collect();
        if own != self.known {
            let mut with_last = self.known.clone();
            match self.unanswered.clone() {
                Some(Write::Create { description }) => {
                    let made = own.iter().find(|(_, stored)| **stored == description);
                    with_last.extend(made.map(|(id, text)| (id.clone(), text.clone())));
                }
                Some(Write::Update { id, description }) => drop(with_last.insert(id, description)),
                Some(Write::Delete { id }) => drop(with_last.remove(&id)),
                None => {}
            }
            assert_eq!(own, with_last, "{} last asked for {:?}", self.name, self.unanswered);
        }
        (self.known, self.unanswered) = (own, None);
    }
}

/// The descriptions of all objects of a kind, by their id.
fn stored(server: &Server, account: &str, kind: &str) -> BTreeMap<String, String> {
    let all = server.api("GET", &format!("/accounts/{account}/load_balancers/{kind}"), None);
    let text = |object: &Value, member: &str| object[member].as_str().expect("a text").to_owned();
    all.as_array().expect("a list").iter().map(|object| (text(object, "id"), text(object, "description"))).collect()
}

fn account(server: &Server) -> String {
    server.api("GET", "/accounts", None)[0]["id"].as_str().expect("an id").to_owned()
}

fn assert_sound(data_dir: &Path) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(data_dir.join("bellwether.db"), flags).expect("it opens");
    let verdict: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("it can be checked");
    assert_eq!(verdict, "ok");
}

/// A configuration without limits on calls, which would only slow the writers down.
fn unlimited(directory: &Path) -> PathBuf {
    let file = directory.join("bellwether.toml");
    let text = "[api]\ntoken_calls = 1000000000\naddress_calls = 1000000000\n[log]\naccess = \"off\"\n";
    fs::write(&file, text).expect("write the configuration");
    file
}

/// The seed is printed; set `DURABILITY_SEED` to it to choose the same writes and moments again.
#[test]
fn every_acknowledged_write_survives_a_kill_at_any_moment() {
    let given = std::env::var("DURABILITY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| RandomState::new().hash_one("seed"));
    println!("DURABILITY_SEED={seed}");
    let mut random = Random(seed);
    let directory = tempfile::tempdir().expect("a directory");
    let (config, data_dir) = (unlimited(directory.path()), directory.path().join("data"));
    let args = ["--config", config.to_str().expect("UTF-8")];
    let mut server = Server::start(&data_dir, &args);
    let account = account(&server);
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(number, seed)).collect();
    let mut restarts = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let api = server.api;
        let start = |writer: Writer| {
            let account = account.clone();
            thread::spawn(move || writer.write_until_gone(api, &account))
        };
        let writing: Vec<_> = writers.into_iter().map(start).collect();
        thread::sleep(Duration::from_micros(random.below(KILL_WITHIN)));
        // Dropping a server is SIGKILL.
        drop(server);
        writers = writing.into_iter().map(|writer| writer.join().expect("every answer was a success")).collect();
        let started = Instant::now();
        server = Server::start(&data_dir, &args);
        restarts.push(started.elapsed());
        let stored =
            [("pools", stored(&server, &account, "pools")), ("monitors", stored(&server, &account, "monitors"))];
        let stored = BTreeMap::from(stored);
        writers.iter_mut().for_each(|writer| writer.compare(&stored[writer.kind]));
        let known: usize = writers.iter().map(|writer| writer.known.len()).sum();
        assert_eq!(stored.values().map(BTreeMap::len).sum::<usize>(), known, "objects that nobody made");
        assert_sound(&data_dir);
    }
    let acknowledged: u64 = writers.iter().map(|writer| writer.acknowledged).sum();
    restarts.sort();
    println!(
        "{acknowledged} writes acknowledged; restart: median {:?}, longest {:?}",
        restarts[ROUNDS / 2],
        restarts[ROUNDS - 1]
    );
    assert!(acknowledged > ROUNDS as u64, "hardly anything was written, so hardly anything was tested");
}

/// Needs the right to mount a small disk; what SQLite does when it is full is tested in `store` without it.
#[test]
fn a_full_disk_refuses_changes_and_serving_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let data_dir = directory.path().join("data");
    fs::create_dir(&data_dir).expect("make the mount point");
    let Some(disk) = SmallDisk::mount(&data_dir, "2m") else {
        eprintln!("not allowed to mount a small disk here: nothing was tested");
        return;
    };
    let config = unlimited(directory.path());
    let server = Server::start(&data_dir, &["--config", config.to_str().expect("UTF-8")]);
    let account = account(&server);
    let monitors = format!("/accounts/{account}/load_balancers/monitors");
    let create = |text: &str| {
        let body = json!({ "type": "http", "expected_body": "x".repeat(4_000), "description": text });
        server.api_answer("POST", &monitors, Some(body))
    };
    assert_eq!(create("before").0, 200);
    let served = |server: &Server| server.get("nobody.test", "/").expect("the edge answers").status;
    let served_before = served(&server);
    let ballast = data_dir.join("ballast");
    assert!(fs::write(&ballast, vec![0; 4 << 20]).is_err(), "the disk is full now");
    // What fits into the pages that the database has is still taken.
    let mut accepted = 1;
    let (status, refusal) = eventually("a change is refused", || {
        let (status, answer) = create("while full");
        accepted += usize::from(status == 200);
        (status != 200).then_some((status, answer))
    });
    assert_eq!((status, &refusal["errors"][0]["code"]), (503, &json!(10503)), "{refusal}");
    assert!(refusal["errors"][0]["message"].as_str().is_some_and(|text| text.contains("full")), "{refusal}");
    assert_eq!(stored(&server, &account, "monitors").len(), accepted, "nothing was half applied");
    assert_eq!(served(&server), served_before, "traffic goes on");

    fs::remove_file(&ballast).expect("make room");
    assert_eq!(create("after").0, 200);
    drop(server);
    let server = Server::start(&data_dir, &["--config", config.to_str().expect("UTF-8")]);
    assert_eq!(stored(&server, &account, "monitors").len(), accepted + 1);
    assert_sound(&data_dir);
    drop(server);
    drop(disk);
}

/// A tmpfs, where the test may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: &Path, size: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(path).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(path.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
