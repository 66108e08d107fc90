//! `bellwether demo` without a terminal.

use crate::command::bellwether;
use std::process::Stdio;

/// A short cycle shows at least one misbehaviour, its reason and the recovery, and ends by itself.
#[test]
fn the_demo_runs_without_a_terminal_and_shows_what_it_measures() {
    let mut command = bellwether(&["demo", "--any-port", "--for", "12s", "--cycle", "5s", "--rate", "50"]);
    let output = command.stdin(Stdio::null()).output().expect("the binary runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let has = |words: &[&str]| out.lines().any(|line| words.iter().all(|word| line.contains(word)));
    for words in [
        &["ready http=http://127.0.0.1:"][..],
        &["try: curl", "Host: www.demo.test"],
        &["[health]", "oak-1 is healthy"],
        &["[origin]", "oak-1 now refuses connections"],
        &["[health]", "oak-1 is unhealthy", "[tcp_refused]"],
        &["[origin]", "oak-1 now answers as it should"],
        &["[traffic]", "oak-2"],
        &["done after", "requests answered"],
    ] {
        assert!(has(words), "{words:?} is missing in:\n{out}\n{err}");
    }
    assert!(!out.contains('\u{1b}'), "no escape sequences without a terminal:\n{out}");
}
