//! Complaints: what is wrong with an input, where, and the way out. Always collected in full, never one at a time.

use std::fmt;

/// One thing wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where: `origins[0].weight`, or empty for the whole input.
    pub path: String,
    /// The API error number, such as 1002 for a failed validation.
    pub code: u16,
    /// What is wrong, with the offending value.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

/// All complaints about one input, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaints(Vec<Complaint>);

impl Complaints {
    /// No complaint yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a failed validation (1002) at `path`.
    pub fn add(&mut self, path: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) {
        self.push(Complaint { path: path.into(), code: 1002, problem: problem.into(), remedy: remedy.into() });
    }

    /// Adds a complaint with a code of its own.
    pub fn push(&mut self, complaint: Complaint) {
        self.0.push(complaint);
    }

    /// Adds every complaint of `other`, with `prefix` put before its path.
    pub fn nest(&mut self, prefix: &str, other: Complaints) {
        for mut complaint in other.0 {
            complaint.path = match (prefix.is_empty(), complaint.path.is_empty()) {
                (true, _) => complaint.path,
                (false, true) => prefix.to_owned(),
                (false, false) if complaint.path.starts_with('[') => format!("{prefix}{}", complaint.path),
                (false, false) => format!("{prefix}.{}", complaint.path),
            };
            self.0.push(complaint);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The complaints, first found first.
    pub fn iter(&self) -> std::slice::Iter<'_, Complaint> {
        self.0.iter()
    }

    /// `Ok(value)` when nothing is wrong, else all complaints.
    pub fn or<T>(self, value: T) -> Result<T, Complaints> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl IntoIterator for Complaints {
    type Item = Complaint;
    type IntoIter = std::vec::IntoIter<Complaint>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, complaint) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{complaint}")?;
        }
        Ok(())
    }
}
