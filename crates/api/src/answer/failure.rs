//! Every way a call can fail, and what the client is told. The numbers and the words are the catalogue's.

use crate::json::Malformed;
use axum::http::{Method, StatusCode};
use control::{Reference, Rejection};
use model::{Complaint, Complaints};
use serde_json::{Value, json};
use std::time::Duration;
use verdict::ApiError;

/// What a handler gives back.
pub(crate) type Outcome = Result<super::Answer, Failure>;

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No `Authorization` header.
    NoToken,
    /// An account's e-mail address and key, or a service key, in place of a token.
    KeyInsteadOfToken,
    /// An `Authorization` header that is not `Bearer TOKEN`.
    NotBearer,
    /// A token that is not ours.
    WrongToken,
    /// No operation has this path.
    NoRoute { path: String },
    /// The path exists, but not with this verb.
    WrongVerb { verb: Method, path: String, allowed: String },
    /// The path names an object that does not exist.
    NoObject { noun: &'static str, id: String },
    /// The body is not JSON, or nested too deep.
    NotJson(Malformed),
    /// The body is longer than the limit, in bytes.
    BodyTooLarge { limit: usize },
    /// The body broke off, or took too long.
    BodyLost,
    /// The client asked too often; `limit` is the limit in words.
    TooMany { limit: String, retry_after: Duration },
    /// The input does not pass validation.
    Invalid(Complaints),
    /// A value is taken.
    NotUnique(Complaint),
    /// The object is still needed.
    Referenced { noun: &'static str, name: String, by: String },
    /// There are as many objects of the kind as the quota allows.
    Quota { noun: &'static str, allowed: usize },
    /// Nobody probes the pool.
    NoHealth { pool: String },
    /// The store refused or is gone.
    Store(String),
    /// A broken invariant of ours.
    Internal,
}

impl Failure {
    /// The catalogue entry that the failure falls under.
    pub fn kind(&self) -> ApiError {
        match self {
            Failure::NoToken | Failure::KeyInsteadOfToken => ApiError::TokenMissing,
            Failure::NotBearer => ApiError::BadHeaders,
            Failure::WrongToken => ApiError::TokenInvalid,
            Failure::NoRoute { .. } => ApiError::NoRoute,
            Failure::WrongVerb { .. } => ApiError::MethodNotAllowed,
            Failure::NoObject { .. } => ApiError::NotFound,
            Failure::NotJson(_) | Failure::BodyLost => ApiError::MalformedBody,
            Failure::BodyTooLarge { .. } => ApiError::BodyTooLarge,
            Failure::TooMany { .. } => ApiError::RateLimited,
            Failure::Invalid(_) => ApiError::ValidationFailed,
            Failure::NotUnique(_) => ApiError::NotUnique,
            Failure::Referenced { .. } => ApiError::StillReferenced,
            Failure::Quota { .. } => ApiError::QuotaExceeded,
            Failure::NoHealth { .. } => ApiError::HealthUnavailable,
            Failure::Store(_) => ApiError::StoreUnavailable,
            Failure::Internal => ApiError::Internal,
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The items of `errors[]`: one, or one per complaint. At most `most` complaints are shown, and then how many more
    /// there are. `request` is the id of the request, by which the log can be searched.
    pub fn errors(&self, request: &str, most: usize) -> Vec<Value> {
        match self {
            Failure::Invalid(complaints) => invalid(complaints, most),
            Failure::NotUnique(complaint) => vec![json!({
                "code": self.kind().code(),
                "message": format!("{complaint}: not unique"),
                "source": { "pointer": pointer(&complaint.path) },
            })],
            other => vec![json!({ "code": other.kind().code(), "message": other.message(request) })],
        }
    }

    fn message(&self, request: &str) -> String {
        let say = |values: &[(&str, &str)]| self.kind().message(values);
        match self {
            Failure::NoRoute { path } => say(&[("path", path)]),
            Failure::WrongVerb { verb, path, allowed } => {
                say(&[("method", verb.as_str()), ("path", path), ("allowed", allowed)])
            }
            Failure::NoObject { noun, id } => say(&[("kind", noun), ("id", id)]),
            Failure::NotBearer => say(&[("problem", "`Authorization` must be `Bearer` and a token")]),
            Failure::NotJson(malformed) => say(&[("problem", &malformed.to_string())]),
            Failure::BodyLost => say(&[("problem", "the body broke off or came too slowly")]),
            Failure::BodyTooLarge { limit } => say(&[("limit", &limit.to_string())]),
            Failure::TooMany { limit, retry_after } => {
                say(&[("limit", limit), ("seconds", &retry_after.as_secs().max(1).to_string())])
            }
            Failure::Referenced { noun, name, by } => say(&[("kind", noun), ("name", name), ("referrers", by)]),
            Failure::Quota { noun, allowed } => {
                say(&[("allowed", &allowed.to_string()), ("kind", &format!("{noun}s"))])
            }
            Failure::NoHealth { pool } => say(&[("pool", pool)]),
            Failure::Store(problem) => say(&[("problem", problem)]),
            Failure::Internal => say(&[("request", request)]),
            Failure::KeyInsteadOfToken => format!("{}; keys and e-mail addresses are not accepted here", say(&[])),
            Failure::NoToken | Failure::WrongToken | Failure::Invalid(_) | Failure::NotUnique(_) => say(&[]),
        }
    }
}

fn invalid(complaints: &Complaints, most: usize) -> Vec<Value> {
    let kind = ApiError::ValidationFailed;
    let mut errors: Vec<Value> = complaints.iter().take(most).map(complaint).collect();
    let beyond = complaints.iter().count().saturating_sub(most);
    if beyond > 0 {
        let message = kind.message(&[("complaint", &format!("{beyond} more complaints are not shown"))]);
        errors.push(json!({ "code": kind.code(), "message": message }));
    }
    errors
}

fn complaint(complaint: &Complaint) -> Value {
    json!({
        "code": complaint.code,
        "message": ApiError::ValidationFailed.message(&[("complaint", &complaint.to_string())]),
        "source": { "pointer": pointer(&complaint.path) },
    })
}

/// A path such as `origins[0].weight` as a JSON pointer (RFC 6901), `/origins/0/weight`.
fn pointer(path: &str) -> String {
    let mut pointer = String::with_capacity(path.len() + 1);
    if !path.is_empty() {
        pointer.push('/');
    }
    for character in path.chars() {
        match character {
            '.' | '[' => pointer.push('/'),
            ']' => {}
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Invalid(complaints) => Failure::Invalid(complaints),
            Rejection::NotFound => Failure::NoObject { noun: "object", id: "of the path".to_owned() },
            Rejection::Referenced { by } => Failure::Referenced { noun: "object", name: String::new(), by: names(&by) },
            Rejection::NotUnique(complaint) => Failure::NotUnique(complaint),
            Rejection::Quota { kind, allowed } => Failure::Quota { noun: kind.noun(), allowed },
            Rejection::Store(error) => Failure::Store(error.to_string()),
            Rejection::Defect => Failure::Internal,
        }
    }
}

impl Failure {
    /// The same failure, knowing which object the call was about.
    pub fn about(self, subject_noun: &'static str, subject_name: &str, id: &str) -> Self {
        match self {
            Failure::Referenced { by, .. } => {
                Failure::Referenced { noun: subject_noun, name: subject_name.to_owned(), by }
            }
            Failure::NoObject { .. } => Failure::NoObject { noun: subject_noun, id: id.to_owned() },
            other => other,
        }
    }
}

fn names(references: &[Reference]) -> String {
    let name = |reference: &Reference| {
        format!("{} {} ({})", reference.resource.kind().noun(), reference.name, reference.resource)
    };
    references.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_pointer() {
        for (path, expected) in [("", ""), ("name", "/name"), ("origins[0].header.a/b", "/origins/0/header/a~1b")] {
            assert_eq!(pointer(path), expected);
        }
    }

    #[test]
    fn a_complaint_ends_the_way_clients_look_for() {
        let mut complaints = Complaints::new();
        complaints.add("origins[0].weight", "1.01 is out of range", "write 0 to 1");
        complaints.add("name", "is missing", "supply it");
        let errors = Failure::Invalid(complaints).errors("", 1);
        assert_eq!(errors[0]["code"], 1002);
        assert_eq!(errors[0]["source"]["pointer"], "/origins/0/weight");
        assert_eq!(errors[0]["message"], "origins[0].weight: 1.01 is out of range; write 0 to 1: validation failed");
        assert_eq!(errors.len(), 2);
    }
}
