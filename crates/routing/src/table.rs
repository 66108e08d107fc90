//! The table: everything a request needs to find its way, at one generation.
//!
//! Its parts are shared with the tables before and after it wherever they did not change, so that a table costs what
//! differs from the one before. Whoever needs a route for much longer than a request holds that route alone, and lets
//! the table go.

use crate::{
    compile::{Compiled, Sources},
    hosts::{Found, Hosts},
    route::{Route, RoutePool, ZoneFacts},
    zones::Zones,
};
use model::{Certificate, CertificateId, LoadBalancerId, PoolId, SharedMap};
use std::sync::Arc;

/// Where requests go, compiled from one intent and one health snapshot. It never changes once made.
#[derive(Debug, Default)]
pub struct Table {
    /// Grows with every published table.
    pub generation: u64,
    /// The revision of the intent that it was compiled from.
    pub revision: u64,
    pub(crate) hosts: Hosts,
    pub(crate) routes: SharedMap<LoadBalancerId, Arc<Route>>,
    pub(crate) zones: Arc<Zones>,
    pub(crate) pools: SharedMap<PoolId, Compiled>,
    pub(crate) certificates: SharedMap<CertificateId, Arc<Certificate>>,
    pub(crate) extent: Extent,
    pub(crate) sources: Sources,
}

/// How much a table has in its pools, whether or not a load balancer uses them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub pools: usize,
    pub endpoints: usize,
    /// The endpoints that health allows.
    pub usable_endpoints: usize,
}

/// Whose host name it is.
#[derive(Clone, Copy, Debug)]
pub enum Identified<'t> {
    /// A load balancer's. Its route may be held without the rest of the table.
    LoadBalancer(&'t Arc<Route>),
    /// Inside a zone, but no enabled load balancer has the name.
    ZoneOnly(&'t ZoneFacts),
    /// In no zone and no load balancer's name.
    Unknown,
}

impl Table {
    /// Whose name `host` is. It must be normalised: lower-case, without port and trailing dot. Allocates nothing.
    ///
    /// The load balancer of exactly this name wins, then the longest wildcard, then the closest zone. A wildcard stands
    /// for one or more labels, but not across the border of a zone that is nested in its own.
    pub fn identify(&self, host: &str) -> Identified<'_> {
        match self.hosts.find(host) {
            Found::Route(route) => Identified::LoadBalancer(route),
            Found::Zone(zone) => Identified::ZoneOnly(zone),
            Found::Nothing => Identified::Unknown,
        }
    }

    /// Whether `host` is anyone's name here: that of a load balancer, or one inside a zone.
    pub fn knows_host(&self, host: &str) -> bool {
        !matches!(self.hosts.find(host), Found::Nothing)
    }

    /// The certificates that site owners uploaded.
    pub fn certificates(&self) -> &SharedMap<CertificateId, Arc<Certificate>> {
        &self.certificates
    }

    /// The zone of exactly this name.
    pub fn zone_named(&self, name: &str) -> Option<&ZoneFacts> {
        self.zones.named(name).map(Arc::as_ref)
    }

    /// Every route, in the order of the load balancers' ids.
    pub fn routes(&self) -> impl ExactSizeIterator<Item = &Route> {
        self.routes.values().map(Arc::as_ref)
    }

    /// The pool with this id, whether or not a load balancer uses it.
    pub fn pool(&self, id: PoolId) -> Option<&RoutePool> {
        self.pools.get(&id).map(|compiled| compiled.pool.as_ref())
    }

    /// How much there is in the pools.
    pub fn extent(&self) -> Extent {
        self.extent
    }
}
