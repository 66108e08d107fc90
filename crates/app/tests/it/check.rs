//! `bellwether check FILE`.

use crate::command::run;
use std::fs;

fn check(text: &str) -> crate::command::Ran {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("bellwether.toml");
    fs::write(&file, text).expect("write the file");
    run(&["check", file.to_str().expect("UTF-8")])
}

#[test]
fn every_complaint_is_told_with_its_line_and_a_way_out() {
    let ran = check("[edge]\nhttp = \"everywhere\"\n\n[origin]\nconnect_timeout = \"soon\"\nretries = 3\n");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    for (line, path) in [(2, "edge.http"), (5, "origin.connect_timeout"), (6, "origin.retries")] {
        let place = format!("bellwether.toml:{line}: {path}: ");
        let complaint = ran.stderr.lines().find(|line| line.contains(&place));
        assert!(complaint.is_some_and(|line| line.contains("; ")), "{place} in\n{}", ran.stderr);
    }
    assert!(ran.stderr.contains("3 complaints"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_good_file_passes() {
    let ran = check("[node]\ndata_center = \"FRA\"\n[origin]\nconnect_timeout = \"3s\"\n");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
}

#[test]
fn a_missing_file_is_named() {
    let ran = run(&["check", "/no/such/file.toml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("/no/such/file.toml"), "{}", ran.stderr);
}

#[test]
fn serve_refuses_what_check_refuses() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let ran = run(&["serve", "--data-dir", data.to_str().expect("UTF-8"), "--http", "nowhere"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("--http: edge.http: "), "{}", ran.stderr);
    assert!(!data.exists(), "a refused configuration changes nothing");
}
