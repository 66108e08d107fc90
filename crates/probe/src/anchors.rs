//! The trust stores of simulated zones, read once and kept.

use dial::{Trust, TrustAnchors};
use model::SimulatedZone;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use verdict::Reason;
use xxhash_rust::xxh3::Xxh3;

/// How many trust stores are kept before all are forgotten and read again as needed.
const MOST: usize = 1_024;

/// Trust stores by a hash of their texts.
#[derive(Debug, Default)]
pub(crate) struct KnownAnchors(Mutex<HashMap<u64, Arc<TrustAnchors>>>);

impl KnownAnchors {
    /// Whose certificates count for a zone: its custom authorities when it has any, else the public ones.
    pub(crate) fn trust(&self, zone: Option<&SimulatedZone>) -> Result<Trust, Reason> {
        let pems = zone.map(|zone| zone.trust_anchors_pem.as_slice()).unwrap_or_default();
        if pems.is_empty() {
            return Ok(Trust::Public);
        }
        let mut hash = Xxh3::new();
        for pem in pems {
            hash.update(pem.as_bytes());
            hash.update(&[0]);
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(anchors) = known.get(&hash.digest()) {
            return Ok(Trust::Anchors(anchors.clone()));
        }
        let anchors = Arc::new(TrustAnchors::from_pems(pems).map_err(|_| Reason::TrustStoreEmpty)?);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash.digest(), anchors.clone());
        Ok(Trust::Anchors(anchors))
    }
}
