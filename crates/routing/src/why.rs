//! Why a choice was made, in one vocabulary for records, stories and the API.

use model::SteeringPolicy;
use std::fmt;

/// Why this pool and endpoint were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It was the first usable pool in the order of the load balancer.
    FailoverOrder,
    /// The pool was drawn by its weight.
    PoolWeight,
    /// The policy is stored but not in force yet: it was the first usable pool in order, as with `off`.
    NotInForce(SteeringPolicy),
    /// No pool could be used, so the fallback pool serves whatever its health.
    LastResort,
    /// The first endpoint failed and another one of the same pool took over.
    RetrySamePool,
    /// The first endpoint failed, its pool had no other, and the next pool took over.
    RetryNextPool,
    /// The endpoint that was chosen had no room, and another one of its pool had.
    SpillSamePool,
    /// The endpoint that was chosen had no room, nor had another one of its pool, and the next pool took over.
    SpillNextPool,
}

impl Why {
    /// The text form, such as `failover_order`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::FailoverOrder => "failover_order",
            Why::PoolWeight => "pool_weight",
            Why::NotInForce(policy) => not_in_force(policy),
            Why::LastResort => "last_resort",
            Why::RetrySamePool => "retry_same_pool",
            Why::RetryNextPool => "retry_next_pool",
            Why::SpillSamePool => "spill_same_pool",
            Why::SpillNextPool => "spill_next_pool",
        }
    }
}

const fn not_in_force(policy: SteeringPolicy) -> &'static str {
    match policy {
        SteeringPolicy::Geo | SteeringPolicy::Automatic => "geo_not_in_force",
        SteeringPolicy::DynamicLatency => "dynamic_latency_not_in_force",
        SteeringPolicy::Proximity => "proximity_not_in_force",
        SteeringPolicy::LeastOutstandingRequests => "least_outstanding_requests_not_in_force",
        SteeringPolicy::LeastConnections => "least_connections_not_in_force",
        SteeringPolicy::Off | SteeringPolicy::Random => "policy_not_in_force",
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
