//! References: who points at an object, and what it points at.

use crate::{
    answer::{Answer, Outcome, Paging, Window},
    resource::{Resource, of_path},
    server::Call,
};
use control::Reference;
use serde::Serialize;
use utoipa::ToSchema;

/// One end of a reference.
#[derive(Serialize, ToSchema)]
#[schema(as = Reference)]
pub(crate) struct ReferenceView {
    /// `referrer` points at the object, a `referral` is pointed at by it.
    reference_type: &'static str,
    resource_id: String,
    resource_name: String,
    resource_type: &'static str,
}

/// The view of a reference.
pub(crate) fn view(reference: &Reference) -> ReferenceView {
    ReferenceView {
        reference_type: reference.kind.as_str(),
        resource_id: reference.resource.to_string(),
        resource_name: reference.name.clone(),
        resource_type: reference.resource.kind().as_str(),
    }
}

/// GET: the references of the object of the path.
pub(crate) async fn references_of<R: Resource>(call: Call) -> Outcome {
    let intent = call.intent();
    let object = of_path::<R>(&call, &intent)?;
    let window = Window::from_query(&call.query, Paging::Everything)?;
    Answer::list(control::references(&intent, object.identity().id.into()), window, |reference| view(&reference))
}
