//! Zones of the table.

use crate::{route::ZoneFacts, table::Table, zones::Zones};
use model::{Intent, TrustAnchor, Zone, ZoneId, ZoneSettings};
use std::{collections::BTreeMap, sync::Arc};
use xxhash_rust::xxh3::Xxh3;

/// The zones of the previous table, when none of them comes out otherwise now; else all of them, of which those that
/// did not change are kept.
pub(super) fn follow(previous: &Table, intent: &Intent) -> Arc<Zones> {
    let sources = &previous.sources;
    if intent.zones.is_same(&sources.zones) && intent.trust_anchors.is_same(&sources.trust_anchors) {
        return previous.zones.clone();
    }
    let mut anchors: BTreeMap<ZoneId, Vec<&TrustAnchor>> = BTreeMap::new();
    for anchor in intent.trust_anchors.values() {
        anchors.entry(anchor.zone).or_default().push(anchor);
    }
    let zones = intent.zones.values().map(|zone| {
        let anchors = anchors.get(&zone.id).map_or(&[][..], Vec::as_slice);
        keep_or_make(previous, zone, anchors)
    });
    Arc::new(Zones::new(zones.collect()))
}

fn keep_or_make(previous: &Table, zone: &Arc<Zone>, anchors: &[&TrustAnchor]) -> Arc<ZoneFacts> {
    let trust_id = trust_id(anchors);
    let is_same = |before: &&Arc<ZoneFacts>| {
        before.trust_id == trust_id && before.source.as_ref().is_some_and(|source| Arc::ptr_eq(source, zone))
    };
    if let Some(before) = previous.zones.named(&zone.name).filter(is_same) {
        return before.clone();
    }
    Arc::new(ZoneFacts {
        id: Some(zone.id),
        name: zone.name.as_str().into(),
        settings: zone.settings.clone(),
        trust_anchors_pem: anchors.iter().map(|anchor| anchor.certificate_pem.clone()).collect(),
        trust_id,
        source: Some(zone.clone()),
    })
}

/// A number for the certificates, whose order (by anchor id) is fixed; 0 is kept for none.
fn trust_id(anchors: &[&TrustAnchor]) -> u64 {
    if anchors.is_empty() {
        return 0;
    }
    let mut hasher = Xxh3::new();
    for anchor in anchors {
        hasher.update(anchor.certificate_pem.as_bytes());
        // PEM has no zero byte: it keeps two certificates apart.
        hasher.update(&[0]);
    }
    hasher.digest().max(1)
}

impl ZoneFacts {
    /// For an account's load balancer that lies in no zone: the default settings under its own name.
    pub(super) fn outside_zones(name: &str) -> Self {
        Self {
            id: None,
            name: name.into(),
            settings: ZoneSettings::default(),
            trust_anchors_pem: Arc::default(),
            trust_id: 0,
            source: None,
        }
    }
}
