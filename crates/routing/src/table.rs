//! The table: everything a request needs to find its way, at one generation.

use crate::{
    compile::Compiled,
    hosts::{Found, Hosts},
    route::{Route, RoutePool, ZoneFacts},
};
use model::{Certificate, PoolId};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Where requests go, compiled from one intent and one health snapshot. It never changes once made.
#[derive(Debug, Default)]
pub struct Table {
    /// Grows with every published table.
    pub generation: u64,
    /// The revision of the intent that it was compiled from.
    pub revision: u64,
    pub(crate) hosts: Hosts,
    pub(crate) routes: Vec<Route>,
    pub(crate) zones: Vec<Arc<ZoneFacts>>,
    pub(crate) zone_names: HashMap<Arc<str>, usize>,
    pub(crate) pools: BTreeMap<PoolId, Compiled>,
    pub(crate) certificates: Vec<Arc<Certificate>>,
}

/// Whose host name it is.
#[derive(Clone, Copy, Debug)]
pub enum Identified<'t> {
    LoadBalancer(&'t Route),
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
            Found::Route(index) => self.routes.get(index).map_or(Identified::Unknown, Identified::LoadBalancer),
            Found::Zone(index) => self.zones.get(index).map_or(Identified::Unknown, |zone| Identified::ZoneOnly(zone)),
            Found::Nothing => Identified::Unknown,
        }
    }

    /// Whether `host` is anyone's name here: that of a load balancer, or one inside a zone.
    pub fn knows_host(&self, host: &str) -> bool {
        !matches!(self.hosts.find(host), Found::Nothing)
    }

    /// The certificates that site owners uploaded, by id.
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.certificates
    }

    /// The zone of exactly this name.
    pub fn zone_named(&self, name: &str) -> Option<&ZoneFacts> {
        self.zone_names.get(name).and_then(|&index| self.zones.get(index)).map(Arc::as_ref)
    }

    /// Every route, in the order of the load balancers' ids.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The pool with this id, whether or not a load balancer uses it.
    pub fn pool(&self, id: PoolId) -> Option<&RoutePool> {
        self.pools.get(&id).map(|compiled| compiled.pool.as_ref())
    }
}
