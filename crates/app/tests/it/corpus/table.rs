//! The tables of the corpus: one row per message, and what the edge makes of it. The language is told in
//! `tests/corpus/README.md`, from the root of the repository.

use super::words::words;
use std::{fmt, fs, path::PathBuf};

/// One message, and what becomes of it at the edge.
pub struct Row {
    pub name: String,
    /// As it arrives.
    pub bytes: Vec<u8>,
    /// One outcome for each message within the bytes.
    pub outcomes: Vec<Outcome>,
    /// How the bytes are read, without the edge around it.
    pub reading: String,
}

/// What becomes of one message.
pub struct Outcome {
    /// As it stands in the table.
    text: String,
    pub verb: String,
    pub words: Vec<Vec<u8>>,
    /// The answer's interim statuses, the fields that must arrive and the trailers, each behind its word.
    pub extras: Vec<(String, Vec<u8>)>,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.text)
    }
}

impl Outcome {
    /// The word at this place.
    pub fn word(&self, at: usize) -> &str {
        let word = self.words.get(at).unwrap_or_else(|| panic!("{self:?} has no word {at}"));
        std::str::from_utf8(word).expect("outcomes are text")
    }

    /// The status in first place.
    pub fn status(&self) -> u16 {
        self.word(0).parse().unwrap_or_else(|_| panic!("{self:?} has no status"))
    }

    /// What stands behind this word.
    pub fn extra(&self, name: &str) -> Option<&[u8]> {
        self.extras.iter().find(|(word, _)| word == name).map(|(_, value)| &value[..])
    }
}

/// The rows of `requests` or `responses`.
pub fn rows(kind: &str) -> Vec<Row> {
    let row = |line: &str| {
        let [name, edge, reading, ..] = columns(line)[..] else { panic!("not a row: {line}") };
        let bytes = fs::read(root().join(kind).join(format!("{name}.http"))).expect("a message for every row");
        Row { name: name.to_owned(), bytes, outcomes: outcomes(edge), reading: reading.to_owned() }
    };
    table(kind).lines().map(row).collect()
}

/// The rows of `http2`, each with its message as it is written.
pub fn http2_rows() -> Vec<(Row, String)> {
    let row = |line: &str| {
        let [name, edge, ..] = columns(line)[..] else { panic!("not a row: {line}") };
        let file = root().join("http2").join(format!("{name}.frames"));
        let message = fs::read_to_string(file).expect("a message for every row");
        let outcomes = outcomes(edge);
        (Row { name: name.to_owned(), bytes: Vec::new(), outcomes, reading: String::new() }, message)
    };
    table("http2").lines().map(row).collect()
}

/// Names of the messages of HTTP/2, whether they have a row or not.
pub fn http2_messages() -> Vec<String> {
    let entries = fs::read_dir(root().join("http2")).expect("the messages are part of the repository");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").path();
    entries.map(|entry| name(entry).file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

fn table(kind: &str) -> String {
    fs::read_to_string(root().join(format!("{kind}.txt"))).expect("the table is part of the repository")
}

fn columns(line: &str) -> Vec<&str> {
    line.split(" | ").map(str::trim).collect()
}

fn outcomes(text: &str) -> Vec<Outcome> {
    text.split(" ; then ").map(outcome).collect()
}

/// Words that say what stands behind them.
const EXTRAS: [&str; 3] = ["with", "trailers", "interim"];

fn outcome(text: &str) -> Outcome {
    let mut words = words(text).into_iter();
    let text = text.to_owned();
    let mut outcome = Outcome { text, verb: String::new(), words: Vec::new(), extras: Vec::new() };
    outcome.verb = String::from_utf8(words.next().unwrap_or_default()).expect("outcomes are text");
    while let Some(word) = words.next() {
        match EXTRAS.iter().find(|extra| extra.as_bytes() == word) {
            Some(extra) => outcome.extras.push(((*extra).to_owned(), words.next().unwrap_or_default())),
            None => outcome.words.push(word),
        }
    }
    outcome
}
