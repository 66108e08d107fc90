//! The verbs: what a list, a look, a creation, a replacement, an amendment and a deletion do, whatever the kind.

use super::{Farewell, Home, Identity, Resource, write::write};
use crate::{
    answer::{Answer, Failure, Outcome, Window},
    json::Write,
    server::Call,
};
use control::{Edit, Rejection};
use model::Intent;
use serde_json::json;
use std::sync::Arc;

/// The objects of the home that the path names, oldest first.
///
/// # Errors
/// As [`Home::of_call`].
pub(crate) fn at_home<R: Resource>(call: &Call, intent: &Intent) -> Result<Vec<Arc<R>>, Failure> {
    let home = R::Home::of_call(call, intent)?;
    let mut all: Vec<Arc<R>> =
        R::kept(intent).values().filter(|object| object.identity().home == home).cloned().collect();
    all.sort_by_key(|object| {
        let identity = object.identity();
        (identity.created_on, identity.id)
    });
    Ok(all)
}

/// The object of the path, if it belongs to the home of the path.
///
/// # Errors
/// As [`Home::of_call`], and [`Failure::NoObject`] when there is no such object there.
pub(crate) fn of_path<R: Resource>(call: &Call, intent: &Intent) -> Result<Arc<R>, Failure> {
    let home = R::Home::of_call(call, intent)?;
    let id = call.id::<R::Id>(R::PART, R::NOUN)?;
    let found = R::kept(intent).get(&id).filter(|object| object.identity().home == home);
    found.cloned().ok_or_else(|| Failure::NoObject { noun: R::NOUN, id: id.to_string() })
}

/// GET: those that fit the query, in its window.
pub(super) async fn list<R: Resource>(call: Call) -> Outcome {
    let intent = call.intent();
    let mut objects = at_home::<R>(&call, &intent)?;
    objects.retain(|object| object.fits(&call));
    let window = Window::from_query(&call.query, R::PAGING)?;
    Answer::list(objects, window, |object| object.view(&intent))
}

/// GET: one object.
pub(super) async fn get<R: Resource>(call: Call) -> Outcome {
    let intent = call.intent();
    let object = of_path::<R>(&call, &intent)?;
    Ok(Answer::new(&object.view(&intent))?.with_notes(object.notes()))
}

/// POST: a new object.
pub(super) async fn create<R: Resource>(call: Call) -> Outcome {
    let home = R::Home::of_call(&call, &call.intent())?;
    write::<R>(&call, Write::Create, move |_, now| Ok((R::blank(Identity::fresh(home, now)), None))).await
}

/// PUT: the whole object anew.
pub(super) async fn replace<R: Resource>(call: Call) -> Outcome {
    let id = of_path::<R>(&call, &call.intent())?.identity().id;
    write::<R>(&call, Write::Replace, move |intent, _| {
        let stored = R::kept(intent).get(&id).ok_or(Rejection::NotFound)?;
        Ok((R::blank(stored.identity()), Some(stored.clone())))
    })
    .await
}

/// PATCH: what is supplied.
pub(super) async fn amend<R: Resource>(call: Call) -> Outcome {
    let id = of_path::<R>(&call, &call.intent())?.identity().id;
    write::<R>(&call, Write::Amend, move |intent, _| {
        let stored = R::kept(intent).get(&id).ok_or(Rejection::NotFound)?;
        Ok(((**stored).clone(), Some(stored.clone())))
    })
    .await
}

/// DELETE: the object goes, unless others point at it.
pub(super) async fn delete<R: Resource>(call: Call) -> Outcome {
    let intent = call.intent();
    let object = of_path::<R>(&call, &intent)?;
    let id = object.identity().id;
    let removed = call.control().change(move |_, _| Ok((vec![Edit::delete(id)], ()))).await;
    let text = id.to_string();
    let name = if object.name().is_empty() { &text } else { object.name() };
    removed.map_err(|rejection| Failure::from(rejection).about(R::NOUN, name, &text))?;
    match R::FAREWELL {
        Farewell::Id => Answer::new(&json!({ "id": text })),
        Farewell::Object => Answer::new(&object.view(&intent)),
    }
}
