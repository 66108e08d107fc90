//! Reading the members of one JSON object.

use super::{FromJson, Place, Report};
use serde_json::{Map, Value};
use std::cell::RefCell;

/// What a request does with the object that it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// POST: a new object; what is absent takes its default.
    Create,
    /// PUT: the whole object anew; what is absent goes back to its default.
    Replace,
    /// PATCH: only what is supplied changes.
    Amend,
}

/// What an object says about a member.
#[derive(Debug, PartialEq)]
pub(crate) enum Given<T> {
    Absent,
    Null,
    Value(T),
    /// Supplied, but not readable; the complaint has been made.
    Wrong,
}

/// A JSON object being read. Every accessor marks its member as known.
pub(crate) struct Object<'a> {
    members: &'a Map<String, Value>,
    path: &'a str,
    report: &'a RefCell<Report>,
    known: RefCell<Vec<&'static str>>,
    write: Write,
}

impl<'a> Object<'a> {
    pub(super) fn new(
        members: &'a Map<String, Value>,
        path: &'a str,
        report: &'a RefCell<Report>,
        write: Write,
    ) -> Self {
        Self { members, path, report, known: RefCell::default(), write }
    }

    /// What the object says about a member.
    pub fn given<T: FromJson>(&self, name: &'static str) -> Given<T> {
        self.given_with(name, T::from_json)
    }

    /// Like [`Object::given`], read by a function.
    pub fn given_with<T>(&self, name: &'static str, read: impl FnOnce(&Place<'_>) -> Option<T>) -> Given<T> {
        self.known.borrow_mut().push(name);
        match self.members.get(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => match read(&self.place(name, value)) {
                Some(value) => Given::Value(value),
                None => Given::Wrong,
            },
        }
    }

    /// Reads a member into `slot`; null puts it back to `default`.
    pub fn set<T: FromJson>(&self, name: &'static str, slot: &mut T, default: T) {
        match self.given(name) {
            Given::Value(value) => *slot = value,
            Given::Null => *slot = default,
            Given::Absent | Given::Wrong => {}
        }
    }

    /// Reads a member that may be unset; null unsets it.
    pub fn set_optional<T: FromJson>(&self, name: &'static str, slot: &mut Option<T>) {
        match self.given(name) {
            Given::Value(value) => *slot = Some(value),
            Given::Null => *slot = None,
            Given::Absent | Given::Wrong => {}
        }
    }

    /// Reads a member that a new or replaced object must have. Null is never enough.
    pub fn require<T: FromJson>(&self, name: &'static str, slot: &mut T) {
        match self.given(name) {
            Given::Value(value) => *slot = value,
            Given::Null => {
                self.complain(name, "null where a value is required", "supply a value, or leave it out of a PATCH")
            }
            Given::Absent if self.write != Write::Amend => {
                self.complain(name, "is missing", "supply it; it has no default")
            }
            Given::Absent | Given::Wrong => {}
        }
    }

    /// Names members that answers carry and requests may repeat, and that a request cannot change.
    pub fn read_only(&self, names: &[&'static str]) {
        self.known.borrow_mut().extend_from_slice(names);
    }

    /// Complains about a member of this object.
    pub fn complain(&self, name: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        let path = self.member_path(name);
        self.report.borrow_mut().complaints.add(path, problem, remedy);
    }

    /// The members that no accessor has asked for so far.
    pub fn unknown(&self) -> Vec<&'a str> {
        let known = self.known.borrow();
        self.members.keys().map(String::as_str).filter(|name| !known.contains(name)).collect()
    }

    pub(super) fn remember_ignored(&self) {
        let unknown = self.unknown().into_iter().map(|name| self.member_path(name));
        self.report.borrow_mut().ignored.extend(unknown);
    }

    fn place(&self, name: &str, value: &'a Value) -> Place<'a> {
        Place { value, path: self.member_path(name), report: self.report }
    }

    fn member_path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T>(body: Value, write: Write, read: impl FnOnce(&Object<'_>) -> T) -> (Option<T>, Report) {
        let report = RefCell::default();
        let value = Place::body(&body, &report).object_for(write, read);
        (value, report.into_inner())
    }

    #[test]
    fn absent_keeps_null_resets_and_wrong_complains() {
        let (values, report) = read(json!({"b": null, "c": 5, "d": "x"}), Write::Amend, |object| {
            let mut values = [1u32, 1, 1, 1];
            for (slot, name) in values.iter_mut().zip(["a", "b", "c", "d"]) {
                object.set(name, slot, 9);
            }
            values
        });
        assert_eq!(values, Some([1, 9, 5, 1]));
        let paths: Vec<_> = report.complaints.iter().map(|complaint| complaint.path.as_str()).collect();
        assert_eq!(paths, ["d"]);
    }

    #[test]
    fn what_nobody_asked_for_is_remembered() {
        let (_, report) = read(json!({"id": "x", "deep": {"odd": 1}, "odd": 2}), Write::Create, |object| {
            object.read_only(&["id"]);
            object.given_with("deep", |place| place.object(|_| ()))
        });
        assert_eq!(report.ignored, ["deep.odd", "odd"]);
    }

    #[test]
    fn a_required_member_may_be_left_out_of_an_amendment_only() {
        for (write, complaints) in [(Write::Create, 1), (Write::Replace, 1), (Write::Amend, 0)] {
            let (_, report) = read(json!({}), write, |object| object.require("name", &mut String::new()));
            assert_eq!(report.complaints.iter().count(), complaints, "{write:?}");
        }
        let (_, report) =
            read(json!({"name": null}), Write::Amend, |object| object.require("name", &mut String::new()));
        assert!(!report.complaints.is_empty());
    }

    #[test]
    fn a_body_that_is_no_object_is_one_complaint() {
        let (value, report) = read(json!([1]), Write::Create, |_| ());
        assert_eq!((value, report.complaints.iter().count()), (None, 1));
    }
}
