//! The demo's zone, monitor, pools and load balancer, made through the API like anybody would.

use super::{certificates::Certificates, origin::Origin};
use crate::local_call::Api;
use anyhow::{Context, bail};
use hyper::Method;
use serde_json::{Value, json};

/// The zone of the demo. `.test` is reserved for this (RFC 6761).
pub const ZONE: &str = "demo.test";
/// The host name that the load balancer answers for.
pub const HOST: &str = "www.demo.test";

/// Creates everything. The origins are grouped into pools by their names: `oak-1` belongs to the pool `oak`.
///
/// # Errors
/// When the API refuses something; its complaints are in the message.
pub async fn create(api: &Api, certificates: &Certificates, origins: &[Origin]) -> anyhow::Result<()> {
    let accounts = get(api, "/accounts").await?;
    let account = accounts.pointer("/0/id").and_then(Value::as_str).context("there is no account")?.to_owned();
    let zone = create_zone(api, &account, certificates).await?;
    let monitor = json!({
        "type": "https", "method": "GET", "path": "/health", "expected_codes": "200", "probe_zone": ZONE,
        "header": { "Host": [HOST] }, "interval": 2, "timeout": 1, "retries": 0,
        "description": "Is it there, and does it answer 200 under a valid certificate?",
    });
    let monitor = post(api, &format!("/accounts/{account}/load_balancers/monitors"), &monitor).await?;
    let oak = create_pool(api, &account, &monitor, "oak", origins).await?;
    let birch = create_pool(api, &account, &monitor, "birch", origins).await?;
    let load_balancer = json!({
        "name": HOST, "proxied": true, "steering_policy": "random", "default_pools": [oak, birch],
        "fallback_pool": oak, "adaptive_routing": { "failover_across_pools": true },
    });
    post(api, &format!("/zones/{zone}/load_balancers"), &load_balancer).await.map(drop)
}

/// A zone that speaks TLS to its origins always, trusts the demo's authority alone, and loses patience after 2 s.
async fn create_zone(api: &Api, account: &str, certificates: &Certificates) -> anyhow::Result<String> {
    let zone = post(api, "/zones", &json!({ "name": ZONE, "account": { "id": account } })).await?;
    for (setting, value) in [("ssl", json!("origin_pull")), ("proxy_read_timeout", json!(2))] {
        let path = format!("/zones/{zone}/settings/{setting}");
        call(api, Method::PATCH, &path, Some(&json!({ "value": value }))).await?;
    }
    let anchor = json!({ "certificate": certificates.authority_pem });
    post(api, &format!("/zones/{zone}/acm/custom_trust_store"), &anchor).await?;
    Ok(zone)
}

async fn create_pool(
    api: &Api,
    account: &str,
    monitor: &str,
    name: &str,
    origins: &[Origin],
) -> anyhow::Result<String> {
    let members = origins.iter().filter(|origin| origin.name.split('-').next() == Some(name));
    let endpoints: Vec<Value> = members
        .map(|origin| json!({ "name": origin.name, "address": origin.address.ip(), "port": origin.address.port() }))
        .collect();
    let pool = json!({ "name": name, "origins": endpoints, "monitor": monitor, "minimum_origins": 1 });
    post(api, &format!("/accounts/{account}/load_balancers/pools"), &pool).await
}

async fn get(api: &Api, path: &str) -> anyhow::Result<Value> {
    call(api, Method::GET, path, None).await
}

/// Creates something and gives its id.
async fn post(api: &Api, path: &str, body: &Value) -> anyhow::Result<String> {
    let made = call(api, Method::POST, path, Some(body)).await?;
    let id = made.get("id").and_then(Value::as_str);
    id.map(str::to_owned).with_context(|| format!("the answer of {path} has no id"))
}

async fn call(api: &Api, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
    let (status, mut answer) = api.call(method.clone(), path, body).await?;
    if !status.is_success() {
        bail!("{method} {path} was answered {status}: {}", answer["errors"]);
    }
    Ok(answer["result"].take())
}
