//! Starting, reading the configuration again, stopping.

use crate::server::{Server, eventually};
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn the_ready_line_is_the_contract_and_the_addresses_are_real() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path(), &[]);
    let line = server.stdout()[0].clone();
    let (http, https, api) = (server.http, server.https, server.api);
    let expected =
        format!("ready http=http://{http} https=https://{https} api=http://{api}/client/v4 dashboard=http://{api}/");
    assert_eq!(line, expected);
    assert!(http.port() != 0 && https.port() != 0 && api.port() != 0);
    let accounts = server.api("GET", "/accounts", None);
    assert_eq!(accounts.as_array().map(Vec::len), Some(1), "a first start creates one account: {accounts}");
}

#[test]
fn what_is_secret_is_for_the_owner_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let _server = Server::start(&data, &[]);
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["secret.key", "bellwether.sock"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_hangup_applies_what_can_change_and_names_what_cannot() {
    let directory = tempfile::tempdir().expect("a directory");
    let (file, log) = (directory.path().join("bellwether.toml"), directory.path().join("access.log"));
    let write = |text: String| fs::write(&file, text).expect("write the file");
    write("[log]\naccess = \"off\"\n".to_owned());
    let server = Server::start(&directory.path().join("data"), &["--config", file.to_str().expect("UTF-8")]);
    server.get("nobody.test", "/before").expect("an answer");

    write(format!("[log]\naccess = \"{}\"\n[edge]\nworkers = 1\n", log.display()));
    server.signal("HUP");
    let told = |key: &str, words: &str| {
        let tells = |line: &String| line.contains(key) && line.contains(words);
        server.stderr().iter().any(tells).then_some(())
    };
    eventually("the log target is told", || told("log.access", "changed"));
    eventually("the workers are told", || told("edge.workers", "next start"));
    eventually("a request is logged to the new place", || {
        server.get("nobody.test", "/after").expect("an answer");
        let text = fs::read_to_string(&log).ok()?;
        text.contains("/after").then(|| assert!(!text.contains("/before"), "{text}"))
    });

    write("[edge]\nworkers = \"many\"\n".to_owned());
    server.signal("HUP");
    eventually("the complaint is told", || told("edge.workers", "complaint"));
    server.get("nobody.test", "/still").expect("it serves on");
}

#[test]
fn a_terminated_server_ends_well_and_leaves_no_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path(), &[]);
    let socket = directory.path().join("bellwether.sock");
    assert!(socket.exists());
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn a_second_server_does_not_take_the_data_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let _first = Server::start(directory.path(), &[]);
    let data = directory.path().to_str().expect("UTF-8");
    let ports = ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--api", "127.0.0.1:0"];
    let second = crate::command::run(&[&["serve", "--data-dir", data], &ports[..]].concat());
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("in use"), "{}", second.stderr);
    assert!(directory.path().join("bellwether.sock").exists(), "the first one's socket is still there");
}
