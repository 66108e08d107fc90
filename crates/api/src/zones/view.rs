//! A zone as it goes out. Members about plans, owners and DNS are there because clients insist on them.

use crate::answer::stamp;
use model::{Intent, Zone};
use serde::Serialize;
use utoipa::ToSchema;

/// A domain that the edge serves.
#[derive(Serialize, ToSchema)]
#[schema(as = Zone)]
pub(super) struct ZoneView {
    #[schema(read_only)]
    id: String,
    name: String,
    #[schema(read_only)]
    status: &'static str,
    #[schema(read_only)]
    paused: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    #[schema(read_only)]
    development_mode: u32,
    #[schema(read_only)]
    name_servers: Vec<String>,
    #[schema(read_only)]
    original_name_servers: Option<Vec<String>>,
    #[schema(read_only)]
    created_on: String,
    #[schema(read_only)]
    modified_on: String,
    #[schema(read_only)]
    activated_on: String,
    account: ZoneAccountView,
    #[schema(read_only)]
    owner: ZoneOwnerView,
    #[schema(read_only)]
    plan: ZonePlanView,
    #[schema(read_only)]
    meta: ZoneMetaView,
    #[schema(read_only)]
    permissions: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ZoneAccount)]
struct ZoneAccountView {
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ZoneOwner)]
struct ZoneOwnerView {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ZonePlan)]
struct ZonePlanView {
    id: &'static str,
    name: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ZoneMeta)]
struct ZoneMetaView {
    step: u32,
    phishing_detected: bool,
}

/// The view of a zone. `intent` gives the name of its account.
pub(super) fn view(zone: &Zone, intent: &Intent) -> ZoneView {
    let account = intent.accounts.get(&zone.account).map(|account| account.name.clone()).unwrap_or_default();
    ZoneView {
        id: zone.id.to_string(),
        name: zone.name.clone(),
        status: "active",
        paused: false,
        kind: "full",
        development_mode: 0,
        name_servers: Vec::new(),
        original_name_servers: None,
        created_on: stamp(zone.created_on),
        modified_on: stamp(zone.modified_on),
        activated_on: stamp(zone.created_on),
        account: ZoneAccountView { id: zone.account.to_string(), name: account.clone() },
        owner: ZoneOwnerView { id: zone.account.to_string(), name: account, kind: "organization" },
        plan: ZonePlanView { id: "self-hosted", name: "Self-hosted" },
        meta: ZoneMetaView { step: 0, phishing_detected: false },
        permissions: Vec::new(),
    }
}
