//! Every message of the corpus is read as its row promises. How to add a row: `tests/corpus/README.md`, from the root of
//! the repository. What the whole edge makes of the same messages is tested with the binary.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

/// The messages of one folder, by name.
pub fn messages(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(root().join(folder)).expect("the corpus is part of the repository");
    files
        .map(|file| file.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("the file can be read"))
        })
        .collect()
}

/// The outcomes that a table promises, by name.
fn expectations(table: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join(table)).expect("the corpus is part of the repository");
    text.lines()
        .map(|row| {
            let columns: Vec<_> = row.split(" | ").map(str::trim).collect();
            let [name, edge, outcome, source, what] = columns[..] else { panic!("{table}: not five columns: {row}") };
            assert!(!edge.is_empty(), "{table}: {name} does not say what the edge does");
            assert!(!source.is_empty() && !what.is_empty(), "{table}: {name} does not say where it comes from");
            (name.to_owned(), outcome.to_owned())
        })
        .collect()
}

/// Compares outcomes with promises; every difference is told at once.
fn compare(table: &str, messages: &BTreeMap<String, Vec<u8>>, outcome: impl Fn(&str, &[u8]) -> String) {
    let mut promised = expectations(table);
    let mut complaints = Vec::new();
    for (name, bytes) in messages {
        let got = outcome(name, bytes);
        match promised.remove(name) {
            Some(expected) if expected == got => {}
            Some(expected) => complaints.push(format!("{name}: expected `{expected}`, got `{got}`")),
            None => complaints.push(format!("{name}: no row; got `{got}`")),
        }
    }
    complaints.extend(promised.keys().map(|name| format!("{name}: a row without a file")));
    assert!(complaints.is_empty(), "{table}:\n{}", complaints.join("\n"));
}

#[test]
fn requests_have_the_promised_outcomes() {
    let messages = messages("requests");
    assert!(messages.len() >= 500, "the corpus shrank to {}", messages.len());
    compare("requests.txt", &messages, |_, bytes| outcome::of_request(bytes));
}

#[test]
fn answers_have_the_promised_outcomes() {
    let messages = messages("responses");
    assert!(messages.len() >= 150, "the corpus shrank to {}", messages.len());
    compare("responses.txt", &messages, |name, bytes| outcome::of_response(bytes, name.starts_with("head-of-")));
}
