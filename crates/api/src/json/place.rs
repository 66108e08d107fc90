//! One JSON value with its path, and the conversion of it to a typed value.

use super::{Object, Report, Write};
use serde_json::Value;
use std::cell::RefCell;

/// A JSON value, where it stands, and where complaints about it go.
pub(crate) struct Place<'a> {
    pub value: &'a Value,
    /// `origins[0].weight`; empty for the body itself.
    pub path: String,
    pub(super) report: &'a RefCell<Report>,
}

/// A type that can be read from JSON. `None` means that at least one complaint was made.
pub(crate) trait FromJson: Sized {
    /// Reads the value, or complains.
    fn from_json(place: &Place<'_>) -> Option<Self>;
}

impl<'a> Place<'a> {
    /// The body of a request.
    pub fn body(value: &'a Value, report: &'a RefCell<Report>) -> Self {
        Self { value, path: String::new(), report }
    }

    /// Complains about this value.
    pub fn complain(&self, problem: impl Into<String>, remedy: impl Into<String>) {
        self.report.borrow_mut().complaints.add(self.path.clone(), problem, remedy);
    }

    /// Complains that the value has the wrong kind. Returns `None` so that a conversion can end with it.
    pub fn wrong_kind<T>(&self, wanted: &str) -> Option<T> {
        self.complain(format!("{} where {wanted} belongs", describe(self.value)), format!("write {wanted}"));
        None
    }

    /// Reads an object that stands inside another: what it leaves out takes its defaults, in amendments too.
    pub fn object<T>(&self, read: impl FnOnce(&Object<'_>) -> T) -> Option<T> {
        self.object_for(Write::Create, read)
    }

    /// Reads an object, given what is being done with it.
    pub fn object_for<T>(&self, write: Write, read: impl FnOnce(&Object<'_>) -> T) -> Option<T> {
        let Value::Object(members) = self.value else { return self.wrong_kind("an object") };
        let object = Object::new(members, &self.path, self.report, write);
        let value = read(&object);
        object.remember_ignored();
        Some(value)
    }

    pub(super) fn member(&self, path: &str, name: &str, value: &'a Value) -> Place<'a> {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        Place { value, path, report: self.report }
    }

    fn item(&self, index: usize, value: &'a Value) -> Place<'a> {
        Place { value, path: format!("{}[{index}]", self.path), report: self.report }
    }

    /// Reads every item of an array. A list in which one item is wrong is wrong, but every item is looked at.
    pub fn items<T>(&self, read: impl Fn(&Place<'_>) -> Option<T>) -> Option<Vec<T>> {
        let Value::Array(values) = self.value else { return self.wrong_kind("an array") };
        let read: Vec<Option<T>> =
            values.iter().enumerate().map(|(index, value)| read(&self.item(index, value))).collect();
        read.into_iter().collect()
    }

    /// Reads every member of an object whose member names are data, such as a map of regions.
    pub fn entries<T>(&self, read: impl Fn(&str, &Place<'_>) -> Option<T>) -> Option<Vec<T>> {
        let Value::Object(members) = self.value else { return self.wrong_kind("an object") };
        let read: Vec<Option<T>> =
            members.iter().map(|(name, value)| read(name, &self.member(&self.path, name, value))).collect();
        read.into_iter().collect()
    }
}

/// The value in a few words, for complaints: its kind, and its text when that is short.
pub(super) fn describe(value: &Value) -> String {
    /// Longer texts are cut here; a complaint is a line, not a copy of the input.
    const SHOWN: usize = 60;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(answer) => answer.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() > SHOWN => {
            format!("the text `{}...`", text.chars().take(SHOWN).collect::<String>())
        }
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
