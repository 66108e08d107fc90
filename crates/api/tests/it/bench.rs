//! The workbench of these tests: a router with everything behind it, and short ways to ask it.

use api::{ApiSettings, ApiState};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header::AUTHORIZATION},
};
use control::{Control, Options};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use store::SqliteStore;
use telemetry::Telemetry;
use tower::ServiceExt;

pub const TOKEN: &str = "the-token-of-these-tests";

/// A router, the control plane behind it, and the account that a first start makes.
pub struct Bench {
    pub router: Router,
    pub control: Control,
    pub telemetry: Telemetry,
    pub account: String,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Bench {
    /// With default settings.
    pub async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// With settings of the control plane and of the API changed.
    pub async fn with(options: impl FnOnce(&mut Options), settings: impl FnOnce(&mut ApiSettings)) -> Self {
        let mut control_options = Options::new(SqliteStore::in_memory().expect("a store in memory").shared());
        options(&mut control_options);
        let telemetry = Telemetry::silent();
        let control = Control::start(control_options, telemetry.clone()).await.expect("a control plane");
        control.ensure_token(Some(TOKEN)).await.expect("a token");
        let mut api_settings = ApiSettings::default();
        settings(&mut api_settings);
        let account = control.intent().accounts.keys().next().expect("an account").to_string();
        let state =
            ApiState { control: control.clone(), telemetry: telemetry.clone(), settings: Arc::new(api_settings) };
        Self { router: api::router(state), control, telemetry, account }
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body from memory").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Calls the API with the token. `path` begins below `/client/v4`.
    pub async fn call(&self, verb: Method, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder()
            .method(verb)
            .uri(format!("/client/v4{path}"))
            .header(AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a request");
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    /// The path of something below the account's load balancers.
    pub fn path(&self, rest: &str) -> String {
        format!("/accounts/{}/load_balancers/{rest}", self.account)
    }

    /// Creates a monitor and gives its id.
    pub async fn monitor(&self, body: Value) -> String {
        self.post(&self.path("monitors"), body).await.id()
    }

    /// Creates a pool with one endpoint and gives its id.
    pub async fn pool(&self, name: &str) -> String {
        let body = json!({"name": name, "origins": [{"name": "one", "address": "192.0.2.1"}]});
        self.post(&self.path("pools"), body).await.id()
    }

    /// Creates a zone and gives its id.
    pub async fn zone(&self, name: &str) -> String {
        self.post("/zones", json!({"name": name, "account": {"id": self.account}})).await.id()
    }
}

impl Reply {
    /// The result of a call that succeeded.
    pub fn result(&self) -> &Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        &self.body["result"]
    }

    /// The id of the result.
    pub fn id(&self) -> String {
        self.result()["id"].as_str().expect("an id").to_owned()
    }

    /// The ids of a list.
    pub fn ids(&self) -> Vec<String> {
        let list = self.result().as_array().expect("a list");
        list.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Checks that the call was refused with this status and number.
    pub fn refused(&self, status: u16, code: u32) -> &Self {
        let seen = (self.status.as_u16(), self.body["errors"][0]["code"].as_u64());
        assert_eq!(seen, (status, Some(code.into())), "{}", self.body);
        assert_eq!((&self.body["success"], &self.body["result"]), (&json!(false), &Value::Null));
        self
    }

    /// Checks that the call was refused because of these places, and no others.
    pub fn invalid(&self, pointers: &[&str]) -> &Self {
        self.refused(400, 1002);
        let errors = self.body["errors"].as_array().expect("errors");
        let mut seen: Vec<&str> = errors.iter().filter_map(|error| error["source"]["pointer"].as_str()).collect();
        seen.dedup();
        assert_eq!(seen, pointers, "{}", self.body);
        for error in errors {
            assert!(error["message"].as_str().is_some_and(|text| text.ends_with(": validation failed")), "{error}");
        }
        self
    }

    /// The texts of all errors.
    pub fn errors(&self) -> String {
        self.body["errors"].to_string()
    }

    /// The texts of all notes.
    pub fn notes(&self) -> String {
        self.body["messages"].to_string()
    }
}

impl Reply {
    /// The numbers of a list of events.
    pub fn numbers(&self) -> Vec<u64> {
        let list = self.result().as_array().expect("a list");
        list.iter().map(|item| item["id"].as_u64().expect("a number")).collect()
    }
}
