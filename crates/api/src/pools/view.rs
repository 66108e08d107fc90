//! A pool as it goes out.

use crate::{
    answer::{Number, stamp},
    json::{default_shed_word, health_source_word, session_shed_word},
};
use model::{Endpoint, LoadShedding, NotificationFilter, NotificationScope, Pool};
use serde::Serialize;
use utoipa::ToSchema;

/// A set of endpoints that serve the same thing.
#[derive(Serialize, ToSchema)]
#[schema(as = Pool)]
pub(crate) struct PoolView {
    #[schema(read_only)]
    id: String,
    #[schema(read_only)]
    created_on: String,
    #[schema(read_only)]
    modified_on: String,
    /// Present only while the pool is disabled.
    #[schema(read_only)]
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    name: String,
    description: String,
    enabled: bool,
    /// Healthy endpoints that the pool needs to be healthy.
    minimum_origins: u32,
    monitor: Option<String>,
    monitor_group: Option<String>,
    /// Regions that probe; null is every data center.
    check_regions: Option<Vec<&'static str>>,
    health_sources: Option<Vec<&'static str>>,
    latitude: Option<Number>,
    longitude: Option<Number>,
    load_shedding: Option<LoadSheddingView>,
    origin_steering: OriginSteeringView,
    notification_filter: Option<NotificationFilterView>,
    notification_email: String,
    networks: Vec<String>,
    /// `max_connections` of each endpoint that has none of its own; 0 is any number.
    origin_max_connections: u32,
    origins: Vec<OriginView>,
}

/// One server that answers for a pool.
#[derive(Serialize, ToSchema)]
#[schema(as = Origin)]
struct OriginView {
    name: String,
    address: String,
    enabled: bool,
    /// Present only while the endpoint is disabled.
    #[schema(read_only)]
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    weight: Number,
    /// 0 is the default of the protocol.
    port: u16,
    header: Option<OriginHeaderView>,
    virtual_network_id: Option<String>,
    flatten_cname: bool,
    /// Connections that a node may have open to it at a time: 0 is any number, null takes what the pool says.
    max_connections: Option<u32>,
}

/// The host override of an endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = OriginHeader)]
struct OriginHeaderView {
    #[serde(rename = "Host")]
    host: [String; 1],
}

/// How an endpoint of the pool is chosen.
#[derive(Serialize, ToSchema)]
#[schema(as = OriginSteering)]
struct OriginSteeringView {
    policy: &'static str,
}

/// The share of traffic that the pool turns away.
#[derive(Serialize, ToSchema)]
#[schema(as = LoadShedding)]
struct LoadSheddingView {
    default_percent: Number,
    default_policy: &'static str,
    session_percent: Number,
    session_policy: &'static str,
}

/// Which health changes are told.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationFilter)]
struct NotificationFilterView {
    origin: Option<NotificationScopeView>,
    pool: Option<NotificationScopeView>,
}

/// The filter for one kind of resource.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationScope)]
struct NotificationScopeView {
    disable: bool,
    healthy: Option<bool>,
}

/// The view of a pool.
pub(crate) fn view(pool: &Pool) -> PoolView {
    PoolView {
        id: pool.id.to_string(),
        created_on: stamp(pool.created_on),
        modified_on: stamp(pool.modified_on),
        disabled_at: pool.disabled_at.map(stamp),
        name: pool.name.clone(),
        description: pool.description.clone(),
        enabled: pool.enabled,
        minimum_origins: pool.minimum_origins,
        monitor: pool.monitor.map(|id| id.to_string()),
        monitor_group: pool.monitor_group.map(|id| id.to_string()),
        check_regions: pool.check_regions.as_ref().map(|regions| regions.iter().map(|region| region.code()).collect()),
        health_sources: pool
            .health_sources
            .as_ref()
            .map(|sources| sources.iter().copied().map(health_source_word).collect()),
        latitude: pool.latitude.map(Number),
        longitude: pool.longitude.map(Number),
        load_shedding: pool.load_shedding.as_ref().map(load_shedding),
        origin_steering: OriginSteeringView { policy: pool.origin_steering.as_str() },
        notification_filter: pool.notification_filter.as_ref().map(notification_filter),
        notification_email: pool.notification_email.clone(),
        networks: pool.networks.clone(),
        origin_max_connections: pool.origin_max_connections,
        origins: pool.origins.iter().map(origin).collect(),
    }
}

fn origin(origin: &Endpoint) -> OriginView {
    OriginView {
        name: origin.name.clone(),
        address: origin.address.clone(),
        enabled: origin.enabled,
        disabled_at: origin.disabled_at.map(stamp),
        weight: Number(origin.weight),
        port: origin.port,
        header: origin.host.clone().map(|host| OriginHeaderView { host: [host] }),
        virtual_network_id: origin.virtual_network_id.clone(),
        flatten_cname: origin.flatten_cname,
        max_connections: origin.max_connections,
    }
}

fn load_shedding(shedding: &LoadShedding) -> LoadSheddingView {
    LoadSheddingView {
        default_percent: Number(shedding.default_percent),
        default_policy: default_shed_word(shedding.default_policy),
        session_percent: Number(shedding.session_percent),
        session_policy: session_shed_word(shedding.session_policy),
    }
}

fn notification_filter(filter: &NotificationFilter) -> NotificationFilterView {
    let scope = |scope: &NotificationScope| NotificationScopeView { disable: scope.disable, healthy: scope.healthy };
    NotificationFilterView { origin: filter.origin.as_ref().map(scope), pool: filter.pool.as_ref().map(scope) }
}
