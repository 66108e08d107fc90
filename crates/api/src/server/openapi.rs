//! The OpenAPI document, made from the table of operations.

use super::{Operation, operation::Described};
use crate::BASE;
use axum::{
    http::header::CONTENT_TYPE,
    routing::{MethodRouter, get},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The document as bytes.
pub(super) struct Document(Arc<str>);

impl Document {
    /// The document of these operations.
    pub fn of(table: &[Operation]) -> Self {
        Self(describe(table).to_string().into())
    }

    /// Serves it to everybody: it says nothing that this program's documentation does not say.
    pub fn route(self) -> MethodRouter {
        get(move || {
            let text = self.0.to_string();
            async move { ([(CONTENT_TYPE, "application/json")], text) }
        })
    }
}

fn describe(table: &[Operation]) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for operation in table {
        for described in [&operation.body, &operation.result].into_iter().flatten() {
            remember(&mut schemas, described);
        }
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(operation.verb.as_str().to_ascii_lowercase(), describe_operation(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bellwether",
            "description": "Load balancing in the shape of the v4 API. See docs/API.md.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": BASE }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": with_envelope(schemas),
        },
    })
}

fn remember(schemas: &mut Map<String, Value>, described: &Described) {
    for (name, schema) in &described.parts {
        schemas.entry(name.clone()).or_insert_with(|| json!(schema));
    }
}

fn describe_operation(operation: &Operation) -> Value {
    let mut value = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": {
            "200": { "description": "It was done.", "content": content(success(operation.result.as_deref())) },
            "default": { "description": "It was not done.", "content": content(reference("Failure")) },
        },
    });
    if let Some(body) = operation.body.as_deref() {
        value["requestBody"] = json!({ "required": true, "content": content(body.schema.clone()) });
    }
    value
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let ids = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let ids = ids.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let query = operation.query.iter();
    let query = query.map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
    ids.chain(query).collect()
}

fn content(schema: Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn success(result: Option<&Described>) -> Value {
    let result = result.map_or_else(|| json!({}), |described| described.schema.clone());
    json!({ "allOf": [reference("Success"), { "type": "object", "properties": { "result": result } }] })
}

fn with_envelope(mut schemas: Map<String, Value>) -> Map<String, Value> {
    let note = json!({
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "integer" },
            "message": { "type": "string" },
            "source": { "type": "object", "properties": { "pointer": { "type": "string" } } },
        },
    });
    let envelope = |success: bool| {
        json!({
            "type": "object",
            "required": ["result", "success", "errors", "messages"],
            "properties": {
                "success": { "const": success },
                "errors": { "type": "array", "items": reference("Note") },
                "messages": { "type": "array", "items": reference("Note") },
                "result_info": {
                    "type": "object",
                    "properties": {
                        "page": { "type": "integer" }, "per_page": { "type": "integer" },
                        "count": { "type": "integer" }, "total_count": { "type": "integer" },
                        "total_pages": { "type": "integer" },
                    },
                },
            },
        })
    };
    schemas.insert("Note".to_owned(), note);
    schemas.insert("Success".to_owned(), envelope(true));
    schemas.insert("Failure".to_owned(), envelope(false));
    schemas
}
