//! Starting when the store cannot be opened: the node serves from its snapshot, says so, refuses changes, and goes over
//! to the store when that is back.

use crate::{
    command::{BINARY, program},
    server::{Server, eventually},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
};
use testkit::Origin;
use tokio::runtime::Runtime;

const HOST: &str = "www.example.test";
const FILES: [&str; 3] = ["bellwether.db", "bellwether.db-wal", "bellwether.db-shm"];
const CONFIG: &str = "[store]\nsnapshot_gap = \"50ms\"\nretry = \"100ms\"\n[log]\naccess = \"off\"\n";

/// A node that had one site when its store was lost.
struct Scene {
    directory: tempfile::TempDir,
    account: String,
    _origin: Origin,
    _runtime: Runtime,
}

impl Scene {
    fn set() -> Scene {
        let runtime = Runtime::new().expect("a runtime");
        let origin = runtime.block_on(Origin::saying("hello"));
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("bellwether.toml"), CONFIG).expect("a configuration");
        let scene = Scene { directory, account: String::new(), _origin: origin, _runtime: runtime };
        let server = scene.start();
        let account = create_site(&server, &scene._origin);
        eventually("the site is served", || serves(&server).then_some(()));
        eventually("the site is in the snapshot", || {
            let bytes = fs::read(scene.snapshot()).ok()?;
            bytes.windows(HOST.len()).any(|window| window == HOST.as_bytes()).then_some(())
        });
        Scene { account, ..scene }
    }

    fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn database(&self) -> PathBuf {
        self.data_dir().join("bellwether.db")
    }

    fn snapshot(&self) -> PathBuf {
        self.data_dir().join("bellwether.db.snapshot")
    }

    fn start(&self) -> Server {
        let config = self.directory.path().join("bellwether.toml");
        Server::start(&self.data_dir(), &["--config", config.to_str().expect("UTF-8")])
    }

    fn elsewhere(&self) -> PathBuf {
        self.directory.path().join("elsewhere")
    }

    /// Takes the store away, with what SQLite keeps beside it.
    fn put_away(&self) {
        fs::create_dir(self.elsewhere()).expect("a directory");
        for file in FILES {
            // Those beside the database are not always there.
            let _ = fs::rename(self.data_dir().join(file), self.elsewhere().join(file));
        }
    }

    /// Puts it back, the database itself last.
    fn put_back(&self) {
        for file in FILES.into_iter().rev() {
            let _ = fs::rename(self.elsewhere().join(file), self.data_dir().join(file));
        }
    }

    /// A start that must fail.
    fn fails_to_start(&self) -> String {
        let data = self.data_dir();
        let args = ["serve", "--http", "127.0.0.1:0", "--https", "off", "--api", "127.0.0.1:0", "--data-dir"];
        let args = [&args[..], &[data.to_str().expect("UTF-8")]].concat();
        let mut command = program(Path::new(BINARY), &args);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let status = eventually("it ends", || child.try_wait().expect("a status"));
        assert_eq!(status.code(), Some(1));
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
        said
    }

    fn create_pool(&self, server: &Server, name: &str) -> (u16, Value) {
        let pool = json!({"name": name, "origins": [{"name": "one", "address": "192.0.2.1"}]});
        server.api_answer("POST", &format!("/accounts/{}/load_balancers/pools", self.account), Some(pool))
    }
}

/// One load balancer before one endpoint; gives its account.
fn create_site(server: &Server, origin: &Origin) -> String {
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let account = id(&server.api("GET", "/accounts", None)[0]);
    let zone = id(&server.api("POST", "/zones", Some(json!({"name": "example.test", "account": {"id": account}}))));
    let address = origin.address();
    let endpoint = json!({"name": "one", "address": address.ip(), "port": address.port()});
    let pool = json!({"name": "web", "origins": [endpoint]});
    let pool = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/pools"), Some(pool)));
    let balancer = json!({"name": HOST, "default_pools": [pool], "fallback_pool": pool, "proxied": true});
    server.api("POST", &format!("/zones/{zone}/load_balancers"), Some(balancer));
    account
}

fn serves(server: &Server) -> bool {
    server.get(HOST, "/").is_ok_and(|answer| answer.status == 200 && answer.body == "hello")
}

/// Serves, says from what, and refuses changes.
fn assert_stood_in_for(scene: &Scene, server: &Server, why: &str) {
    assert!(serves(server));
    let ready = server.api_text("/readyz");
    assert!(ready.starts_with("ready, from a snapshot of ") && ready.contains(why), "{ready}");
    assert!(server.api_text("/metrics").contains("bellwether_store_snapshot_in_use 1"));
    let (status, refusal) = scene.create_pool(server, "new");
    assert_eq!((status, &refusal["errors"][0]["code"]), (503, &json!(10503)), "{refusal}");
    assert!(refusal["errors"][0]["message"].as_str().is_some_and(|text| text.contains("snapshot")), "{refusal}");
    let pools = server.api("GET", &format!("/accounts/{}/load_balancers/pools", scene.account), None);
    assert_eq!(pools[0]["name"], "web", "what is wanted can be read");
    assert!(server.stderr().iter().any(|line| line.contains("serving from its snapshot")));
}

fn assert_back(scene: &Scene, server: &Server) {
    eventually("the store is back", || (server.api_text("/readyz") == "ready\n").then_some(()));
    assert!(serves(server));
    let told = || server.api_text("/metrics").contains("bellwether_store_snapshot_in_use 0").then_some(());
    eventually("the metric says so", told);
    let (status, answer) = scene.create_pool(server, "new");
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_damaged_store_is_stood_in_for_by_its_snapshot_until_it_is_back() {
    let scene = Scene::set();
    scene.put_away();
    fs::write(scene.database(), "this was a database once".repeat(500)).expect("written");
    let server = scene.start();
    assert_stood_in_for(&scene, &server, "damaged");
    scene.put_back();
    assert_back(&scene, &server);
    drop(server);
    let server = scene.start();
    assert!(serves(&server) && server.api_text("/readyz") == "ready\n");
}

#[test]
fn a_store_that_is_gone_is_not_begun_anew_while_there_is_a_snapshot() {
    let scene = Scene::set();
    scene.put_away();
    let server = scene.start();
    assert_stood_in_for(&scene, &server, "is gone");
    assert!(!scene.database().exists());
    scene.put_back();
    assert_back(&scene, &server);
}

#[test]
fn without_a_snapshot_a_damaged_store_is_a_failure_that_says_so() {
    let scene = Scene::set();
    scene.put_away();
    fs::remove_file(scene.snapshot()).expect("removed");
    fs::write(scene.database(), "this was a database once".repeat(500)).expect("written");
    let said = scene.fails_to_start();
    assert!(said.contains("damaged") && said.contains("no snapshot"), "{said}");
}
