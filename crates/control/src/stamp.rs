//! Stamping: the members of a document that the writer decides, not the author. Times of creation, change and
//! switching off, and what follows from other members by rule.

use model::{
    Account, Certificate, Endpoint, LoadBalancer, Monitor, MonitorGroup, MonitorGroupMember, Pool, Timestamp,
    TrustAnchor, Zone, ZoneSettings,
};
use std::{collections::BTreeMap, sync::Arc};
use store::Object;

/// `object` as it is to be kept, given what it replaces.
pub(crate) fn stamp(object: Object, before: Option<&Object>, now: Timestamp) -> Object {
    match (object, before) {
        (Object::Account(value), Some(Object::Account(before))) => account(&value, Some(before), now).into(),
        (Object::Account(value), _) => account(&value, None, now).into(),
        (Object::Zone(value), Some(Object::Zone(before))) => zone(&value, Some(before), now).into(),
        (Object::Zone(value), _) => zone(&value, None, now).into(),
        (Object::Monitor(value), Some(Object::Monitor(before))) => monitor(&value, Some(before), now).into(),
        (Object::Monitor(value), _) => monitor(&value, None, now).into(),
        (Object::MonitorGroup(value), Some(Object::MonitorGroup(before))) => group(&value, Some(before), now).into(),
        (Object::MonitorGroup(value), _) => group(&value, None, now).into(),
        (Object::Pool(value), Some(Object::Pool(before))) => pool(&value, Some(before), now).into(),
        (Object::Pool(value), _) => pool(&value, None, now).into(),
        (Object::LoadBalancer(value), Some(Object::LoadBalancer(before))) => {
            load_balancer(&value, Some(before), now).into()
        }
        (Object::LoadBalancer(value), _) => load_balancer(&value, None, now).into(),
        (Object::Certificate(value), Some(Object::Certificate(before))) => {
            certificate(&value, Some(before), now).into()
        }
        (Object::Certificate(value), _) => certificate(&value, None, now).into(),
        (Object::TrustAnchor(value), Some(Object::TrustAnchor(before))) => {
            trust_anchor(&value, Some(before), now).into()
        }
        (Object::TrustAnchor(value), _) => trust_anchor(&value, None, now).into(),
    }
}

type Before<'a, T> = Option<&'a Arc<T>>;

fn account(value: &Account, before: Before<'_, Account>, now: Timestamp) -> Account {
    Account { created_on: before.map_or(now, |before| before.created_on), ..value.clone() }
}

fn zone(value: &Zone, before: Before<'_, Zone>, now: Timestamp) -> Zone {
    let created_on = before.map_or(now, |before| before.created_on);
    let settings = settings(&value.settings, before.map(|before| &before.settings), now);
    Zone { created_on, modified_on: now, settings, ..value.clone() }
}

/// A setting that differs from what it was, or for a new zone from its default, was modified now.
fn settings(value: &ZoneSettings, before: Option<&ZoneSettings>, now: Timestamp) -> ZoneSettings {
    let default = ZoneSettings::default();
    let old = before.unwrap_or(&default);
    let changed = [
        ("ssl", value.ssl != old.ssl),
        ("always_use_https", value.always_use_https != old.always_use_https),
        ("proxy_read_timeout", value.proxy_read_timeout != old.proxy_read_timeout),
        ("max_upload", value.max_upload != old.max_upload),
        ("pseudo_ipv4", value.pseudo_ipv4 != old.pseudo_ipv4),
        ("origin_max_http_version", value.origin_max_http_version != old.origin_max_http_version),
        ("origin_error_page_pass_thru", value.origin_error_page_pass_thru != old.origin_error_page_pass_thru),
        ("websockets", value.websockets != old.websockets),
    ];
    let mut modified: BTreeMap<String, Timestamp> = old.modified.clone();
    modified.extend(changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| (name.to_owned(), now)));
    ZoneSettings { modified, ..value.clone() }
}

fn monitor(value: &Monitor, before: Before<'_, Monitor>, now: Timestamp) -> Monitor {
    Monitor { created_on: before.map_or(now, |before| before.created_on), modified_on: now, ..value.clone() }
}

fn group(value: &MonitorGroup, before: Before<'_, MonitorGroup>, now: Timestamp) -> MonitorGroup {
    let old = before.map_or(&[][..], |before| &before.members);
    MonitorGroup {
        created_on: before.map_or(now, |before| before.created_on),
        modified_on: now,
        members: value.members.iter().map(|member| self::member(member, old, now)).collect(),
        ..value.clone()
    }
}

fn member(value: &MonitorGroupMember, old: &[MonitorGroupMember], now: Timestamp) -> MonitorGroupMember {
    let Some(before) = old.iter().find(|before| before.monitor_id == value.monitor_id) else {
        return MonitorGroupMember { created_at: now, updated_at: now, ..value.clone() };
    };
    let kept = MonitorGroupMember { created_at: before.created_at, updated_at: before.updated_at, ..value.clone() };
    if kept == *before { kept } else { MonitorGroupMember { updated_at: now, ..kept } }
}

fn pool(value: &Pool, before: Before<'_, Pool>, now: Timestamp) -> Pool {
    let old = before.map_or(&[][..], |before| &before.origins);
    Pool {
        created_on: before.map_or(now, |before| before.created_on),
        modified_on: now,
        disabled_at: disabled_at(value.enabled, before.and_then(|before| before.disabled_at), now),
        origins: value.origins.iter().map(|origin| endpoint(origin, old, now)).collect(),
        ..value.clone()
    }
}

fn endpoint(value: &Endpoint, old: &[Endpoint], now: Timestamp) -> Endpoint {
    let before = old.iter().find(|before| before.key() == value.key());
    let disabled_at = disabled_at(value.enabled, before.and_then(|before| before.disabled_at), now);
    Endpoint { disabled_at, ..value.clone() }
}

/// Switching off once is what counts; what stays off keeps its time.
fn disabled_at(enabled: bool, before: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    if enabled { None } else { before.or(Some(now)) }
}

fn load_balancer(value: &LoadBalancer, before: Before<'_, LoadBalancer>, now: Timestamp) -> LoadBalancer {
    let mut stamped = value.clone();
    stamped.created_on = before.map_or(now, |before| before.created_on);
    stamped.modified_on = now;
    for rule in &mut stamped.rules {
        // An answer that has been given ends the evaluation.
        rule.terminates |= rule.fixed_response.is_some();
    }
    stamped
}

fn certificate(value: &Certificate, before: Before<'_, Certificate>, now: Timestamp) -> Certificate {
    Certificate { uploaded_on: before.map_or(now, |before| before.uploaded_on), modified_on: now, ..value.clone() }
}

fn trust_anchor(value: &TrustAnchor, before: Before<'_, TrustAnchor>, now: Timestamp) -> TrustAnchor {
    TrustAnchor { uploaded_on: before.map_or(now, |before| before.uploaded_on), updated_on: now, ..value.clone() }
}
