//! What the kinds of object have in common: read from a body, checked, kept, shown, listed, deleted.
//!
//! A resource says how its body is read, how it is shown and where it lives; the verbs are written once, here. A body
//! is read inside the writer, over the newest stored value, so two amendments at once never undo each other.

use crate::{
    answer::{Answer, Failure, Note, Outcome, Paging, Window},
    json::{Object as Body, Place, Report, Write},
    server::Call,
};
use control::{Edit, Object, ObjectId, Rejection};
use model::{AccountId, Complaints, Intent, Scope, Timestamp, ZoneId};
use serde::Serialize;
use serde_json::{Value, json};
use std::{cell::RefCell, str::FromStr, sync::Arc};

/// A kind of object that the API reads and shows.
pub(crate) trait Resource: Clone + Send + Sync + Into<Object> + 'static {
    type Id: Copy + Ord + FromStr + std::fmt::Display + Into<ObjectId> + Send + 'static;
    /// What it belongs to.
    type Home: Home;
    type View: Serialize;
    /// As it is called in a sentence.
    const NOUN: &'static str;
    /// The name of its id in paths.
    const PART: &'static str;

    /// Every object of the kind.
    fn all(intent: &Intent) -> Box<dyn Iterator<Item = &Arc<Self>> + '_>;
    /// The object with this id.
    fn find(intent: &Intent, id: Self::Id) -> Option<&Arc<Self>>;
    /// What it belongs to.
    fn home(&self) -> Self::Home;
    /// Its id.
    fn id(&self) -> Self::Id;
    /// When it was made.
    fn created_on(&self) -> Timestamp;
    /// What people call it.
    fn name(&self) -> &str;
    /// A new one, of which nothing has been said.
    fn blank(home: Self::Home, now: Timestamp) -> Self;
    /// The defaults, with the identity of this one: what a PUT starts from.
    fn emptied(&self) -> Self;
    /// Reads a body over `self`; `before` is the stored one.
    fn read(&mut self, body: &Body<'_>, before: Option<&Self>);
    /// As it goes out.
    fn view(&self, intent: &Intent) -> Self::View;
    /// What of it nothing acts on yet.
    fn notes(&self) -> Vec<Note>;
}

/// What objects belong to. A path names one.
pub(crate) trait Home: Copy + PartialEq + Send + 'static {
    /// The one that the path of a call names.
    ///
    /// # Errors
    /// [`Failure::NoObject`] when it does not exist.
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure>;
}

impl Home for AccountId {
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure> {
        call.account(intent)
    }
}

impl Home for ZoneId {
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure> {
        call.zone(intent).map(|zone| zone.id)
    }
}

impl Home for Scope {
    fn of_call(call: &Call, intent: &Intent) -> Result<Self, Failure> {
        call.scope(intent)
    }
}

/// The objects of the home that the path names, oldest first.
///
/// # Errors
/// As [`Home::of_call`].
pub(crate) fn at_home<R: Resource>(call: &Call, intent: &Intent) -> Result<Vec<Arc<R>>, Failure> {
    let home = R::Home::of_call(call, intent)?;
    let mut all: Vec<Arc<R>> = R::all(intent).filter(|object| object.home() == home).cloned().collect();
    all.sort_by_key(|object| (object.created_on(), object.id()));
    Ok(all)
}

/// The object of the path, if it belongs to the scope of the path.
pub(crate) fn of_path<R: Resource>(call: &Call, intent: &Intent) -> Result<Arc<R>, Failure> {
    let home = R::Home::of_call(call, intent)?;
    let id = call.id::<R::Id>(R::PART, R::NOUN)?;
    let found = R::find(intent, id).filter(|object| object.home() == home);
    found.cloned().ok_or_else(|| Failure::NoObject { noun: R::NOUN, id: id.to_string() })
}

/// A list of objects, as the query's window shows it.
pub(crate) fn shown<R: Resource>(call: &Call, intent: &Intent, objects: Vec<Arc<R>>) -> Outcome {
    let window = Window::from_query(&call.query, Paging::Everything)?;
    Answer::list(objects, window, |object| object.view(intent))
}

/// GET: all of them.
pub(crate) async fn list<R: Resource>(call: Call) -> Outcome {
    let intent = call.intent();
    let objects = at_home::<R>(&call, &intent)?;
    shown(&call, &intent, objects)
}

/// GET: one object.
pub(crate) async fn get<R: Resource>(call: Call) -> Outcome {
    let intent = call.intent();
    let object = of_path::<R>(&call, &intent)?;
    Ok(Answer::new(&object.view(&intent))?.with_notes(object.notes()))
}

/// POST: a new object.
pub(crate) async fn create<R: Resource>(call: Call) -> Outcome {
    let home = R::Home::of_call(&call, &call.intent())?;
    write::<R>(&call, Write::Create, move |_, now| Ok((R::blank(home, now), None))).await
}

/// PUT: the whole object anew.
pub(crate) async fn replace<R: Resource>(call: Call) -> Outcome {
    let id = of_path::<R>(&call, &call.intent())?.id();
    write::<R>(&call, Write::Replace, move |intent, _| {
        let stored = R::find(intent, id).ok_or(Rejection::NotFound)?;
        Ok((stored.emptied(), Some(stored.clone())))
    })
    .await
}

/// PATCH: what is supplied.
pub(crate) async fn amend<R: Resource>(call: Call) -> Outcome {
    let id = of_path::<R>(&call, &call.intent())?.id();
    write::<R>(&call, Write::Amend, move |intent, _| {
        let stored = R::find(intent, id).ok_or(Rejection::NotFound)?;
        Ok(((**stored).clone(), Some(stored.clone())))
    })
    .await
}

/// DELETE: the object goes, unless others point at it.
pub(crate) async fn delete<R: Resource>(call: Call) -> Outcome {
    Answer::new(&json!({ "id": remove::<R>(&call).await?.id().to_string() }))
}

/// Removes the object of the path and gives it back.
pub(crate) async fn remove<R: Resource>(call: &Call) -> Result<Arc<R>, Failure> {
    let object = of_path::<R>(call, &call.intent())?;
    let id = object.id();
    let removed = call.control().change(move |_, _| Ok((vec![Edit::delete(id.into())], ()))).await;
    let id = id.to_string();
    let name = if object.name().is_empty() { &id } else { object.name() };
    removed.map_err(|rejection| Failure::from(rejection).about(R::NOUN, name, &id))?;
    Ok(object)
}

/// Where a write starts: the value to read the body over, and the stored one.
type Start<R> = Result<(R, Option<Arc<R>>), Rejection>;

async fn write<R: Resource>(
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
        let id = object.id();
        Ok((vec![Edit::put(object)], (id, ignored)))
    });
    let applied = applied.await.map_err(|rejection| {
        let id = call.part(R::PART).unwrap_or_default();
        Failure::from(rejection).about(R::NOUN, id, id)
    })?;
    let (id, ignored) = applied.value;
    let object = R::find(&applied.intent, id).ok_or(Failure::Internal)?;
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
