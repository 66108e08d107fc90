//! One operation of the API: verb, path, handler, and what the OpenAPI document says of it.
//!
//! The table of operations is the only place that names a path; the router and the document both come from it.

use super::Call;
use crate::answer::Outcome;
use axum::http::Method;
use serde_json::{Value, json};
use std::{future::Future, pin::Pin, sync::Arc};
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

/// A handler, whatever its future is called.
type Handler = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

/// The schema of a body or a result, and the named schemas that it refers to.
pub(super) struct Described {
    pub schema: Value,
    pub parts: Vec<(String, RefOr<Schema>)>,
}

impl Described {
    fn of<T: ToSchema>(shape: impl FnOnce(Value) -> Value) -> Option<Arc<Self>> {
        let mut parts = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        let reference = json!({ "$ref": format!("#/components/schemas/{}", T::name()) });
        Some(Arc::new(Self { schema: shape(reference), parts }))
    }
}

/// One operation of the API.
#[derive(Clone)]
pub(crate) struct Operation {
    pub verb: Method,
    /// Below `/client/v4`, with `{names}` for ids.
    pub path: String,
    /// Unique; by custom `resource_verb`.
    pub name: String,
    pub summary: String,
    /// Names of the query parameters that it reads.
    pub query: Vec<&'static str>,
    pub(super) body: Option<Arc<Described>>,
    pub(super) result: Option<Arc<Described>>,
    pub(super) handler: Handler,
}

impl Operation {
    fn new<F, R>(verb: Method, path: &str, name: &str, summary: impl Into<String>, handler: F) -> Self
    where
        F: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        Self {
            verb,
            path: path.to_owned(),
            name: name.to_owned(),
            summary: summary.into(),
            query: Vec::new(),
            body: None,
            result: None,
            handler: Arc::new(move |call| Box::pin(handler(call))),
        }
    }

    /// Names the query parameters that the operation reads.
    pub fn reads(mut self, query: &[&'static str]) -> Self {
        self.query.extend_from_slice(query);
        self
    }

    /// Names the query parameters that choose a window of a list.
    pub fn reads_window(self) -> Self {
        self.reads(&["page", "per_page", "limit", "offset"])
    }

    /// The body has the shape of `T`, but for members that are read only.
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Described::of::<T>(|one| one);
        self
    }

    /// The result has the shape of `T`.
    pub fn gives<T: ToSchema>(mut self) -> Self {
        self.result = Described::of::<T>(|one| one);
        self
    }

    /// The result is a list of `T`.
    pub fn gives_list<T: ToSchema>(mut self) -> Self {
        self.result = Described::of::<T>(|one| json!({ "type": "array", "items": one }));
        self
    }

    /// The result is an object whose members are all `T`.
    pub fn gives_map<T: ToSchema>(mut self) -> Self {
        self.result = Described::of::<T>(|one| json!({ "type": "object", "additionalProperties": one }));
        self
    }

    /// The same operation under another path and name.
    pub fn also_at(&self, path: String, name: String) -> Self {
        Self { path, name, ..self.clone() }
    }
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident $verb:ident;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<F, R>(path: &str, name: &str, summary: impl Into<String>, handler: F) -> Operation
        where
            F: Fn(Call) -> R + Send + Sync + 'static,
            R: Future<Output = Outcome> + Send + 'static,
        {
            Operation::new(Method::$verb, path, name, summary, handler)
        }
    )*};
}

verbs! {
    /// Reads.
    get GET;
    /// Creates.
    post POST;
    /// Overwrites.
    put PUT;
    /// Changes what is supplied.
    patch PATCH;
    /// Removes.
    delete DELETE;
}
