//! The envelope that every answer of the API comes in.

use super::{Failure, Note, Window, paging::ResultInfo};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// A result on its way out.
#[derive(Debug)]
pub(crate) struct Answer {
    result: Box<RawValue>,
    notes: Vec<Note>,
    info: Option<ResultInfo>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    result: &'a RawValue,
    success: bool,
    errors: [(); 0],
    messages: &'a [Note],
    #[serde(skip_serializing_if = "Option::is_none")]
    result_info: Option<ResultInfo>,
}

impl Answer {
    /// One result.
    ///
    /// # Errors
    /// [`Failure::Internal`] when the view has no JSON form, which only a map with structured keys lacks.
    pub fn new(result: &impl Serialize) -> Result<Self, Failure> {
        let result = serde_json::value::to_raw_value(result).map_err(|_| Failure::Internal)?;
        Ok(Self { result, notes: Vec::new(), info: None })
    }

    /// The part of a list that `window` shows, each item made ready by `view`.
    ///
    /// # Errors
    /// As [`Answer::new`].
    pub fn list<T, V: Serialize>(items: Vec<T>, window: Window, view: impl Fn(T) -> V) -> Result<Self, Failure> {
        let (shown, info) = window.cut(items);
        let views: Vec<V> = shown.into_iter().map(view).collect();
        Ok(Self { info: Some(info), ..Self::new(&views)? })
    }

    /// The same answer, as a part of a list.
    pub fn with_info(self, info: ResultInfo) -> Self {
        Self { info: Some(info), ..self }
    }

    /// The same answer with more notes.
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = Note>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The bytes of the whole envelope.
    pub fn to_bytes(&self) -> Vec<u8> {
        let envelope =
            Envelope { result: &self.result, success: true, errors: [], messages: &self.notes, result_info: self.info };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct FailureEnvelope {
    result: (),
    success: bool,
    errors: Vec<Value>,
    messages: [(); 0],
}

/// The bytes of the envelope of a failure. Arguments as in [`Failure::errors`].
pub(crate) fn failure_body(failure: &Failure, request: &str, most: usize) -> Vec<u8> {
    let errors = failure.errors(request, most);
    serde_json::to_vec(&FailureEnvelope { result: (), success: false, errors, messages: [] }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// LB-1
    #[test]
    fn a_success_has_the_four_members() {
        let body = Answer::new(&json!({"id": 1})).unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, json!({"result": {"id": 1}, "success": true, "errors": [], "messages": []}));
    }

    /// LB-2
    #[test]
    fn a_failure_has_no_result_and_at_least_one_numbered_error() {
        let body: Value = serde_json::from_slice(&failure_body(&Failure::Internal, "id", 10)).unwrap();
        assert_eq!((&body["success"], &body["result"]), (&json!(false), &Value::Null));
        assert!(body["errors"][0]["code"].is_u64() && body["errors"][0]["message"].is_string());
    }
}
