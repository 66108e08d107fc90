//! A body becomes an object: read over what is stored, checked, kept, shown.

use super::Resource;
use crate::{
    answer::{Answer, Failure, Note, Outcome},
    json::{Object as Body, Place, Report, Write},
    server::Call,
};
use control::{Edit, Rejection};
use model::{Complaints, Intent, Timestamp};
use serde_json::Value;
use std::{cell::RefCell, sync::Arc};

/// Where a write starts: the value to read the body over, and the stored one.
type Start<R> = Result<(R, Option<Arc<R>>), Rejection>;

/// Writes one object and shows it. `start` is asked inside the writer, with the newest intent.
pub(super) async fn write<R: Resource>(
    call: &Call,
    write: Write,
    start: impl FnOnce(&Intent, Timestamp) -> Start<R> + Send + 'static,
) -> Outcome {
    let body = call.json()?;
    let control = call.control().clone();
    let applied = call.control().change(move |intent, now| {
        let (mut object, stored) = start(intent, now)?;
        let read = |object: &mut R, body: &Body<'_>| object.read(body, stored.as_deref());
        let ignored = read_over(&mut object, &body, write, read, |object| control.check(object.clone(), intent))?;
        let id = object.identity().id;
        Ok((vec![Edit::put(object)], (id, ignored)))
    });
    let applied = applied.await.map_err(|rejection| {
        let id = call.part(R::PART).unwrap_or_default();
        Failure::from(rejection).about(R::NOUN, id, id)
    })?;
    let (id, ignored) = applied.value;
    let object = R::kept(&applied.intent).get(&id).ok_or(Failure::Internal)?;
    let notes = ignored.iter().map(|path| Note::ignored(path)).chain(object.notes());
    Ok(Answer::new(&object.view(&applied.intent))?.with_notes(notes))
}

/// Reads a body over a value. Gives the paths that were ignored, or every complaint about shape and meaning at once;
/// `check` judges the meaning, and is only asked when the shape already has a complaint: else the writer judges it.
///
/// # Errors
/// [`Rejection::Invalid`].
pub(crate) fn read_over<T>(
    value: &mut T,
    body: &Value,
    write: Write,
    read: impl FnOnce(&mut T, &Body<'_>),
    check: impl FnOnce(&T) -> Complaints,
) -> Result<Vec<String>, Rejection> {
    let report = RefCell::<Report>::default();
    Place::body(body, &report).object_for(write, |body| read(value, body));
    let report = report.into_inner();
    if report.complaints.is_empty() {
        return Ok(report.ignored);
    }
    // A body that is no object at all has no members whose meaning could be judged.
    let meaning = if body.is_object() { check(value) } else { Complaints::new() };
    Err(Rejection::Invalid(report.merge(meaning)))
}
