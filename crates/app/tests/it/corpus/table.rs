//! The tables of the corpus: one row per message, and what the edge makes of it. The language is told in
//! `tests/corpus/README.md`, from the root of the repository.

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
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let table = fs::read_to_string(root.join(format!("{kind}.txt"))).expect("the table is part of the repository");
    let row = |line: &str| {
        let columns: Vec<_> = line.split(" | ").map(str::trim).collect();
        let [name, edge, reading, ..] = columns[..] else { panic!("not a row: {line}") };
        let bytes = fs::read(root.join(kind).join(format!("{name}.http"))).expect("a message for every row");
        Row {
            name: name.to_owned(),
            bytes,
            outcomes: edge.split(" ; then ").map(outcome).collect(),
            reading: reading.to_owned(),
        }
    };
    table.lines().map(row).collect()
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

/// Words between blanks; a word that begins with a quote ends with one, and may hold escapes.
fn words(text: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                (word.as_bytes().to_vec(), after)
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// The bytes up to the closing quote, and the text behind it. Escapes are those of Rust's byte strings.
fn unquote(text: &str) -> (Vec<u8>, &str) {
    let mut bytes = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (bytes, &text[at + 1..]),
            '\\' => match chars.next().expect("something is escaped").1 {
                'r' => bytes.push(b'\r'),
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                'x' => {
                    let digits: String = chars.by_ref().take(2).map(|(_, digit)| digit).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
                }
                plain => bytes.push(u8::try_from(plain).expect("ASCII")),
            },
            plain => bytes.push(u8::try_from(plain).expect("ASCII")),
        }
    }
    panic!("a quote without an end: {text}")
}
