//! Whose word about an origin's certificate is taken.

use dial::{Trust, TrustAnchors};
use std::{cell::RefCell, collections::HashMap, sync::Arc};
use verdict::Reason;

/// Whose word is taken; small enough to be part of what identifies a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrustChoice {
    /// Any certificate will do.
    Anything,
    /// The public authorities.
    Public,
    /// The zone's own authorities, and only these: the number changes when they do.
    Anchors(u64),
}

/// The zones' own authorities, parsed once per worker and version.
#[derive(Default)]
pub(crate) struct TrustStores(RefCell<HashMap<u64, Arc<TrustAnchors>>>);

/// How many parsed stores are kept before all are forgotten.
const KEEP: usize = 256;

impl TrustStores {
    /// What the dialer needs to know. `anchors` are the zone's authorities in PEM.
    ///
    /// # Errors
    /// [`Reason::TrustStoreEmpty`] when they cannot be read, so that nobody's word can be taken.
    pub(crate) fn trust(&self, choice: TrustChoice, anchors: &[String]) -> Result<Trust, Reason> {
        match choice {
            TrustChoice::Anything => Ok(Trust::Anything),
            TrustChoice::Public => Ok(Trust::Public),
            TrustChoice::Anchors(version) => self.store(version, anchors).map(Trust::Anchors),
        }
    }

    fn store(&self, version: u64, anchors: &[String]) -> Result<Arc<TrustAnchors>, Reason> {
        let mut stores = self.0.borrow_mut();
        if let Some(store) = stores.get(&version) {
            return Ok(store.clone());
        }
        let store = Arc::new(TrustAnchors::from_pems(anchors).map_err(|_| Reason::TrustStoreEmpty)?);
        if stores.len() >= KEEP {
            stores.clear();
        }
        stores.insert(version, store.clone());
        Ok(store)
    }
}
