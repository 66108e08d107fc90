//! Where values come from: a file, the environment, flags; the later wins. Values are raw here: their form is judged
//! when a key asks for them.

use model::Complaint;
use std::{collections::BTreeMap, fmt};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The prefix of environment variables: `BELLWETHER_SECTION_KEY`.
const PREFIX: &str = "BELLWETHER_";

/// A value before its form is judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    Text(String),
    Whole(i64),
    Truth(bool),
    List(Vec<Raw>),
    Table(BTreeMap<String, Raw>),
    /// From the environment or a flag: text that stands for a value of any form.
    Word(String),
    /// Something that no key takes, such as a date, in the words of the file.
    Other(String),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Text(text) => write!(f, "{text:?}"),
            Raw::Word(text) | Raw::Other(text) => f.write_str(text),
            Raw::Whole(number) => write!(f, "{number}"),
            Raw::Truth(truth) => write!(f, "{truth}"),
            Raw::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Raw::Table(_) => f.write_str("a table"),
        }
    }
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File { name: String, line: usize },
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { name, line } => write!(f, "{name}:{line}"),
            Origin::Environment(variable) => f.write_str(variable),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// Something wrong with the configuration, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigComplaint {
    pub origin: Option<Origin>,
    pub complaint: Complaint,
}

impl fmt::Display for ConfigComplaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: {}", self.complaint),
            None => self.complaint.fmt(f),
        }
    }
}

/// A raw value with its origin.
#[derive(Clone, Debug)]
pub struct Given {
    pub raw: Raw,
    pub origin: Origin,
}

/// Everything that was given, by the path of the key.
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub(super) given: BTreeMap<String, Given>,
    /// Variables with our prefix: which key one means is known only once all keys are.
    pub(super) environment: BTreeMap<String, String>,
    pub(super) complaints: Vec<ConfigComplaint>,
}

impl Source {
    /// Nothing given yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the text of a TOML file. What cannot be read becomes complaints; the rest is kept.
    pub fn with_text(mut self, name: &str, text: &str) -> Self {
        let line = |offset: usize| text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1;
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let origin = Origin::File { name: name.to_owned(), line: line(error.span().map_or(0, |span| span.start)) };
            let remedy = "write it as TOML: `[section]`, then `key = value` lines".to_owned();
            let problem = error.message().replace('\n', ", ");
            let complaint = Complaint { path: String::new(), code: 1002, problem, remedy };
            self.complaints.push(ConfigComplaint { origin: Some(origin), complaint });
        }
        let at = |span: std::ops::Range<usize>| Origin::File { name: name.to_owned(), line: line(span.start) };
        for (section, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::Table(keys) => {
                    for (key, value) in keys {
                        let path = format!("{}.{}", section.get_ref(), key.get_ref());
                        self.given.insert(path, Given { raw: raw(value), origin: at(key.span()) });
                    }
                }
                _ => {
                    let given = Given { raw: raw(value), origin: at(section.span()) };
                    self.given.insert(section.get_ref().to_string(), given);
                }
            }
        }
        self
    }

    /// Adds the environment variables that start with `BELLWETHER_`. They win over a file.
    pub fn with_environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)));
        self
    }

    /// Adds a flag of the command line. It wins over everything before it.
    pub fn with_flag(mut self, flag: &'static str, path: &str, value: impl Into<String>) -> Self {
        let given = Given { raw: Raw::Word(value.into()), origin: Origin::Flag(flag) };
        self.environment.remove(&variable(path));
        self.given.insert(path.to_owned(), given);
        self
    }

    /// Takes what was given for a key: a flag, else the environment, else the file.
    pub(super) fn take(&mut self, path: &str) -> Option<Given> {
        let given = self.given.remove(path);
        let name = variable(path);
        match self.environment.remove(&name) {
            Some(value) => Some(Given { raw: Raw::Word(value), origin: Origin::Environment(name) }),
            None => given,
        }
    }
}

/// The environment variable of a key: `edge.http` becomes `BELLWETHER_EDGE_HTTP`.
pub fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_ascii_uppercase())
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Boolean(truth) => Raw::Truth(*truth),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Raw::Whole(number),
            Err(_) => Raw::Other(number.as_str().to_owned()),
        },
        DeValue::Float(number) => Raw::Other(number.as_str().to_owned()),
        DeValue::Datetime(moment) => Raw::Other(moment.to_string()),
        DeValue::Array(items) => Raw::List(items.iter().map(raw).collect()),
        DeValue::Table(keys) => {
            Raw::Table(keys.iter().map(|(key, value)| (key.get_ref().to_string(), raw(value))).collect())
        }
    }
}
