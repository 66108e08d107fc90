//! What of an object stays the same as long as it exists.

use super::Resource;
use control::ObjectId;
use model::{CertificateId, LoadBalancerId, MonitorGroupId, MonitorId, PoolId, Timestamp, TrustAnchorId};
use std::{fmt::Display, str::FromStr};

/// Which object it is, what it belongs to, and when it was made: what no body can change.
pub(crate) struct Identity<R: Resource> {
    pub id: R::Id,
    pub home: R::Home,
    pub created_on: Timestamp,
}

impl<R: Resource> Identity<R> {
    /// That of an object which is made now.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    pub fn fresh(home: R::Home, now: Timestamp) -> Self {
        Self { id: R::Id::random(), home, created_on: now }
    }
}

/// Names an object of a kind.
pub(crate) trait Id: Copy + Ord + FromStr + Display + Into<ObjectId> + Send + Sync + 'static {
    /// A fresh one.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    fn random() -> Self;
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Id for $id {
            fn random() -> Self {
                $id::random()
            }
        }
    )*};
}

ids! { MonitorId MonitorGroupId PoolId LoadBalancerId CertificateId TrustAnchorId }
