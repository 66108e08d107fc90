//! Complaints about a condition: where, what, and the way out.

use crate::limits;
use std::fmt;

/// One thing wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// Where it begins: the number of the character, the first being 1.
    pub character: usize,
    /// What is wrong, with what was written.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}; {}", self.character, self.problem, self.remedy)
    }
}

/// The complaints found so far about one text.
pub(crate) struct Found<'s> {
    text: &'s str,
    complaints: Vec<Complaint>,
}

impl<'s> Found<'s> {
    pub(crate) fn new(text: &'s str) -> Self {
        Self { text, complaints: Vec::new() }
    }

    /// Adds a complaint about what begins at this byte, unless there are enough.
    pub(crate) fn add(&mut self, at: usize, problem: impl Into<String>, remedy: impl Into<String>) {
        if self.complaints.len() < limits::COMPLAINTS {
            let before = self.text.char_indices().take_while(|(index, _)| *index < at).count();
            let (problem, remedy) = (problem.into(), remedy.into());
            self.complaints.push(Complaint { character: before + 1, problem, remedy });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.complaints.is_empty()
    }

    /// The complaints in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Complaint> {
        self.complaints.sort_by_key(|complaint| complaint.character);
        self.complaints
    }
}
