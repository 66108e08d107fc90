//! The nested objects that a load balancer and the overrides of its rules share, as they come in.

use crate::json::{FromJson, Place};
use model::{
    EcsPreference, FixedResponse, LocationMode, LocationStrategy, RandomSteering, SameSite, SecureCookie,
    SessionAffinityAttributes, ZeroDowntimeFailover,
};

impl FromJson for RandomSteering {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut steering = RandomSteering::default();
            body.set("default_weight", &mut steering.default_weight, 1.0);
            body.set("pool_weights", &mut steering.pool_weights, Default::default());
            steering
        })
    }
}

impl FromJson for LocationStrategy {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut strategy = LocationStrategy::default();
            body.set("prefer_ecs", &mut strategy.prefer_ecs, EcsPreference::default());
            body.set("mode", &mut strategy.mode, LocationMode::default());
            strategy
        })
    }
}

impl FromJson for SessionAffinityAttributes {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut attributes = SessionAffinityAttributes::default();
            body.set("samesite", &mut attributes.samesite, SameSite::default());
            body.set("secure", &mut attributes.secure, SecureCookie::default());
            body.set("drain_duration", &mut attributes.drain_duration, 0.0);
            let failover = &mut attributes.zero_downtime_failover;
            body.set("zero_downtime_failover", failover, ZeroDowntimeFailover::default());
            body.set("headers", &mut attributes.headers, Vec::new());
            body.set("require_all_headers", &mut attributes.require_all_headers, false);
            attributes
        })
    }
}

impl FromJson for FixedResponse {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        place.object(|body| {
            let mut response = FixedResponse::default();
            body.set_optional("status_code", &mut response.status_code);
            body.set_optional("message_body", &mut response.message_body);
            body.set_optional("content_type", &mut response.content_type);
            body.set_optional("location", &mut response.location);
            response
        })
    }
}
