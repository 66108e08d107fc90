//! Reads declared keys out of a source, and remembers what was declared.

use super::{
    forms::Form,
    source::{ConfigComplaint, Given, Origin, Source, variable},
};
use crate::nearest::nearest;
use model::Complaint;
use std::collections::BTreeSet;

/// Whether a changed value takes effect when the configuration is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    Applies,
    NeedsRestart,
}

/// A key, as its declaration says.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    path: &'static str,
    about: &'static str,
    reload: Reload,
    secret: bool,
}

/// A key that needs a restart to change.
pub const fn key(path: &'static str, about: &'static str) -> Key {
    Key { path, about, reload: Reload::NeedsRestart, secret: false }
}

impl Key {
    /// The same, taking effect on reload.
    pub const fn live(self) -> Key {
        Key { reload: Reload::Applies, ..self }
    }

    /// The same, with a value that must not be shown.
    pub const fn secret(self) -> Key {
        Key { secret: true, ..self }
    }
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    pub path: &'static str,
    pub about: &'static str,
    pub reload: Reload,
    /// What a value looks like.
    pub expects: String,
    /// The value without any configuration, as it would be written.
    pub default: String,
    /// The value in force, as it would be written; a digest for a secret.
    pub value: String,
}

impl KeyReport {
    /// The environment variable of the key.
    pub fn variable(&self) -> String {
        variable(self.path)
    }
}

/// Takes keys out of a source one by one and collects every complaint.
pub struct Reader {
    source: Source,
    reports: Vec<KeyReport>,
    complaints: Vec<ConfigComplaint>,
}

impl Reader {
    pub fn new(source: Source) -> Self {
        Self { source, reports: Vec::new(), complaints: Vec::new() }
    }

    /// Declares a key. `slot` holds the default and is overwritten by what was given; a wrong value leaves it alone.
    pub fn read<F: Form>(&mut self, key: Key, slot: &mut F::Value, form: F) {
        let default = form.show(slot);
        if let Some(Given { raw, origin }) = self.source.take(key.path) {
            let faults = form.faults(&raw);
            match form.read(&raw) {
                Some(value) => *slot = value,
                None if !faults.is_empty() => {
                    for fault in faults {
                        let path = format!("{}{}", key.path, fault.place);
                        self.complain(Some(origin.clone()), &path, fault.problem, fault.remedy);
                    }
                }
                None => {
                    let shown = if key.secret { "the value".to_owned() } else { format!("`{raw}`") };
                    let expects = form.expects();
                    self.complain(Some(origin), key.path, format!("{shown} is not {expects}"), form.remedy());
                }
            }
        }
        let (default, value) = match key.secret {
            true => (String::new(), digest(&form.show(slot))),
            false => (default, form.show(slot)),
        };
        let Key { path, about, reload, .. } = key;
        self.reports.push(KeyReport { path, about, reload, expects: form.expects(), default, value });
    }

    /// Adds a complaint about values that are well-formed one by one and do not go together.
    pub fn complain(
        &mut self,
        origin: Option<Origin>,
        path: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let complaint = Complaint { path: path.to_owned(), code: 1002, problem: problem.into(), remedy: remedy.into() };
        self.complaints.push(ConfigComplaint { origin, complaint });
    }

    /// What was declared, or every complaint: about the text, about values, and about what nobody asked for.
    pub fn finish(mut self) -> Result<Vec<KeyReport>, Vec<ConfigComplaint>> {
        self.complain_of_leftovers();
        let mut complaints = std::mem::take(&mut self.source.complaints);
        complaints.append(&mut self.complaints);
        if complaints.is_empty() { Ok(self.reports) } else { Err(complaints) }
    }

    fn complain_of_leftovers(&mut self) {
        let paths: Vec<&str> = self.reports.iter().map(|report| report.path).collect();
        for (path, given) in std::mem::take(&mut self.source.given) {
            let remedy = match nearest(&path, paths.iter().copied()) {
                Some(known) => format!("did you mean `{known}`? Else remove it"),
                None => "remove it, or see docs/CONFIGURATION.md for the keys there are".to_owned(),
            };
            self.complain(Some(given.origin), &path, "there is no such key", remedy);
        }
        let variables: Vec<String> = self.reports.iter().map(KeyReport::variable).collect();
        let sections: BTreeSet<&str> = paths.iter().filter_map(|path| path.split('.').next()).collect();
        for (name, _) in std::mem::take(&mut self.source.environment) {
            let ours = sections.iter().any(|section| name.starts_with(&format!("{}_", variable(section))));
            if !ours {
                continue;
            }
            let remedy = match nearest(&name, variables.iter().map(String::as_str)) {
                Some(known) => format!("did you mean `{known}`? Else unset it"),
                None => "unset it".to_owned(),
            };
            self.complain(Some(Origin::Environment(name)), "", "no key has this variable", remedy);
        }
    }
}

/// Tells whether a secret changed without telling the secret.
fn digest(text: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("(hidden, {:x})", hasher.finish())
}
