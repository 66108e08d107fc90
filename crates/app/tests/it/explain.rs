//! `bellwether explain` without a server.

use crate::command::run;

#[test]
fn codes_reasons_and_messages_of_the_second_system_are_explained() {
    for (what, expected) in [
        (vec!["522"], "522 - "),
        (vec!["tls_name_mismatch"], "tls_name_mismatch"),
        (vec!["tcp_refused"], "tcp_refused"),
        (vec!["E7"], "E7"),
        (vec!["Error", "1016"], "1016"),
    ] {
        let ran = run(&[vec!["explain"], what.clone()].concat());
        assert_eq!(ran.code, Some(0), "{what:?}: {}", ran.stderr);
        assert!(ran.stdout.contains(expected) && ran.stdout.contains("What to do"), "{what:?}:\n{}", ran.stdout);
    }
}

#[test]
fn a_misspelling_is_answered_with_what_it_may_have_meant() {
    let ran = run(&["explain", "tcp_refusd"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("tcp_refused"), "{}", ran.stderr);
}

#[test]
fn nonsense_is_told_what_can_be_asked() {
    let ran = run(&["explain", "banana"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("Ray ID"), "{}", ran.stderr);
}

#[test]
fn a_ray_without_a_server_says_how_to_reach_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().to_str().expect("UTF-8");
    let ran = run(&["explain", "230b030023ae2822-LCL", "--data-dir", data]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("--data-dir") && ran.stderr.contains("--api"), "{}", ran.stderr);
}
