//! What the table is made of: a route per load balancer, its pools and their endpoints, and the zone it lies in.

use crate::{hashing, rule::RouteRule, wheel::Wheel};
use model::{
    EndpointKey, EndpointState, LoadBalancerId, OriginSteeringPolicy, Pool, PoolId, PoolState, RandomSteering, Scope,
    SteeringPolicy, Zone, ZoneId, ZoneSettings,
};
use std::{net::IpAddr, num::NonZeroU32, sync::Arc};
use verdict::Reason;

/// What the data plane obeys of a zone.
#[derive(Debug)]
pub struct ZoneFacts {
    /// `None` for an account's load balancer whose name lies in no zone; such a "zone" has default settings.
    pub id: Option<ZoneId>,
    pub name: Arc<str>,
    pub settings: ZoneSettings,
    /// Certificate authorities that the zone trusts for its origins, in PEM; empty means the public ones.
    pub trust_anchors_pem: Arc<[String]>,
    /// Changes when the anchors change; 0 when there are none.
    pub trust_id: u64,
    /// What it was made of, to see whether it can be kept.
    pub(crate) source: Option<Arc<Zone>>,
}

/// A load balancer, ready to steer.
#[derive(Debug)]
pub struct Route {
    pub load_balancer: LoadBalancerId,
    pub(crate) scope: Scope,
    /// The host name, as configured; may start with `*.`.
    pub name: Arc<str>,
    pub zone: Arc<ZoneFacts>,
    /// In failover order.
    pub pools: Vec<Arc<RoutePool>>,
    pub fallback: Arc<RoutePool>,
    /// The policy as configured, except that an automatic one is already decided.
    pub policy: SteeringPolicy,
    /// Whether a failed request may move to the next pool.
    pub failover_across_pools: bool,
    /// The usable pools by weight; only with `random` steering.
    pub(crate) by_weight: Wheel,
    /// The weights of pools, for `random` steering.
    pub(crate) weights: RandomSteering,
    /// In the order in which they are asked.
    pub(crate) rules: Box<[RouteRule]>,
}

/// A pool with its health, ready to be picked from.
#[derive(Debug)]
pub struct RoutePool {
    pub id: PoolId,
    pub name: Arc<str>,
    pub state: PoolState,
    pub steering: OriginSteeringPolicy,
    /// All of them, in the pool's order.
    pub endpoints: Vec<Arc<RouteEndpoint>>,
    /// The endpoints that health allows and that have a weight.
    pub(crate) usable: Wheel,
    /// What serves when the pool is the fallback: every enabled endpoint with a weight, else every enabled one.
    pub(crate) last_resort: Wheel,
    /// What it was made of, to see whether it can be kept.
    pub(crate) source: Option<Arc<Pool>>,
}

/// An endpoint with its health.
#[derive(Debug)]
pub struct RouteEndpoint {
    /// A stable number for the key: see [`crate::endpoint_uid`].
    pub uid: u64,
    pub key: Arc<EndpointKey>,
    pub name: Arc<str>,
    /// An IPv4 address, an IPv6 address or a host name.
    pub address: Arc<str>,
    /// The address, when it is not a host name.
    pub ip: Option<IpAddr>,
    /// 0 means the default of the protocol.
    pub port: u16,
    /// The host override.
    pub host: Option<Arc<str>>,
    pub weight: f64,
    /// How many connections a node may have open to it at a time; `None` is any number. Who counts them asks
    /// [`crate::steer`] for another endpoint by [`crate::divert`].
    pub max_connections: Option<NonZeroU32>,
    pub state: EndpointState,
    /// Why it is unhealthy.
    pub reason: Option<Reason>,
}

impl Route {
    /// Every pool that a choice may come from, in whatever role.
    pub(crate) fn every_pool(&self) -> impl Iterator<Item = &RoutePool> {
        let overlaid = self.rules.iter().flat_map(|RouteRule { overlay, .. }| {
            let lists = [&overlay.exactly, &overlay.defaults].into_iter().flatten();
            lists.flatten().chain(&overlay.fallback)
        });
        self.pools.iter().chain([&self.fallback]).chain(overlaid).map(Arc::as_ref)
    }
}

impl RoutePool {
    /// Whether steering may choose it other than as fallback: its health allows it, and so does at least one endpoint
    /// with a weight.
    pub fn is_usable(&self) -> bool {
        self.state.is_usable() && !self.usable.is_empty()
    }

    /// Whether it can serve as fallback, where health does not matter: it is enabled and so is an endpoint of it.
    pub fn can_fall_back(&self) -> bool {
        self.state != PoolState::Disabled && !self.last_resort.is_empty()
    }

    /// An endpoint of those on `wheel`, by the pool's own steering.
    pub(crate) fn pick(&self, wheel: &Wheel, client: IpAddr, place: f64) -> Option<&RouteEndpoint> {
        let index = match self.steering {
            OriginSteeringPolicy::Hash => self.preferred(wheel, client, |_| true),
            // Counts of requests and connections are not in force yet: both act as random by weight.
            OriginSteeringPolicy::Random
            | OriginSteeringPolicy::LeastOutstandingRequests
            | OriginSteeringPolicy::LeastConnections => wheel.spin(place),
        };
        self.endpoints.get(index?).map(Arc::as_ref)
    }

    /// As [`RoutePool::pick`], of those that are admitted. Looks at all of them.
    pub(crate) fn pick_where(
        &self,
        wheel: &Wheel,
        client: IpAddr,
        place: f64,
        admits: impl Fn(&RouteEndpoint) -> bool,
    ) -> Option<&RouteEndpoint> {
        let admits = |index| self.endpoints.get(index).is_some_and(|endpoint: &Arc<RouteEndpoint>| admits(endpoint));
        let index = match self.steering {
            OriginSteeringPolicy::Hash => self.preferred(wheel, client, admits),
            OriginSteeringPolicy::Random
            | OriginSteeringPolicy::LeastOutstandingRequests
            | OriginSteeringPolicy::LeastConnections => wheel.spin_where(place, admits),
        };
        self.endpoints.get(index?).map(Arc::as_ref)
    }

    fn preferred(&self, wheel: &Wheel, client: IpAddr, admits: impl Fn(usize) -> bool) -> Option<usize> {
        let slots = wheel.slots().iter().filter(|slot| admits(slot.index));
        hashing::preferred(client, slots, |index| self.endpoints.get(index).map_or(0, |endpoint| endpoint.uid))
    }
}
