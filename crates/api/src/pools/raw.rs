//! A pool as it comes in.

use super::endpoint_raw;
use crate::json::{Blankable, FromJson, Given, Object, Place};
use model::{
    DefaultShedPolicy, LoadShedding, MonitorGroupId, MonitorId, NotificationFilter, NotificationScope,
    OriginSteeringPolicy, Pool, SessionShedPolicy,
};

/// Reads what the body says over `pool`. Null puts a member back to its default.
pub(super) fn read(body: &Object<'_>, pool: &mut Pool) {
    let blank = Pool::blank(pool.id, pool.account, pool.created_on);
    body.read_only(&["id", "created_on", "modified_on", "disabled_at", "healthy"]);
    body.require("name", &mut pool.name);
    read_origins(body, pool);
    body.set("description", &mut pool.description, blank.description);
    body.set("enabled", &mut pool.enabled, blank.enabled);
    body.set("minimum_origins", &mut pool.minimum_origins, blank.minimum_origins);
    read_monitors(body, pool);
    body.set_optional("check_regions", &mut pool.check_regions);
    body.set_optional("health_sources", &mut pool.health_sources);
    body.set_optional("latitude", &mut pool.latitude);
    body.set_optional("longitude", &mut pool.longitude);
    body.set_optional("load_shedding", &mut pool.load_shedding);
    read_origin_steering(body, pool);
    body.set_optional("notification_filter", &mut pool.notification_filter);
    body.set("notification_email", &mut pool.notification_email, blank.notification_email);
    body.set("networks", &mut pool.networks, blank.networks);
    body.set("origin_max_connections", &mut pool.origin_max_connections, blank.origin_max_connections);
}

fn read_origins(body: &Object<'_>, pool: &mut Pool) {
    let read = |place: &Place<'_>| place.items(endpoint_raw::read);
    match body.given_with("origins", read) {
        Given::Value(origins) => pool.origins = origins,
        Given::Null => body.complain("origins", "null where a value is required", "name at least one endpoint"),
        Given::Absent if pool.origins.is_empty() => {
            body.complain("origins", "is missing", "name at least one endpoint")
        }
        Given::Absent | Given::Wrong => {}
    }
}

fn read_monitors(body: &Object<'_>, pool: &mut Pool) {
    let mut monitor = Blankable(pool.monitor.take());
    body.set::<Blankable<MonitorId>>("monitor", &mut monitor, Blankable(None));
    pool.monitor = monitor.0;
    let mut group = Blankable(pool.monitor_group.take());
    body.set::<Blankable<MonitorGroupId>>("monitor_group", &mut group, Blankable(None));
    pool.monitor_group = group.0;
}

fn read_origin_steering(body: &Object<'_>, pool: &mut Pool) {
    let read = |place: &Place<'_>| {
        place.object(|steering| {
            let mut policy = OriginSteeringPolicy::Random;
            steering.set("policy", &mut policy, OriginSteeringPolicy::Random);
            policy
        })
    };
    match body.given_with("origin_steering", read) {
        Given::Value(policy) => pool.origin_steering = policy,
        Given::Null => pool.origin_steering = OriginSteeringPolicy::Random,
        Given::Absent | Given::Wrong => {}
    }
}

impl FromJson for LoadShedding {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut shedding = LoadShedding {
                default_percent: 0.0,
                default_policy: DefaultShedPolicy::Random,
                session_percent: 0.0,
                session_policy: SessionShedPolicy::Hash,
            };
            body.set("default_percent", &mut shedding.default_percent, 0.0);
            body.set("default_policy", &mut shedding.default_policy, DefaultShedPolicy::Random);
            body.set("session_percent", &mut shedding.session_percent, 0.0);
            body.set("session_policy", &mut shedding.session_policy, SessionShedPolicy::Hash);
            shedding
        })
    }
}

impl FromJson for NotificationFilter {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut filter = NotificationFilter::default();
            body.set_optional("origin", &mut filter.origin);
            body.set_optional("pool", &mut filter.pool);
            filter
        })
    }
}

impl FromJson for NotificationScope {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut scope = NotificationScope::default();
            body.set("disable", &mut scope.disable, false);
            body.set_optional("healthy", &mut scope.healthy);
            scope
        })
    }
}
