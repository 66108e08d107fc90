//! The plain values of Bellwether: what a site owner intends, what probers saw, and what became of it.
//!
//! Every other room speaks these types. They hold no sockets, no clocks and no text formats; the `serde` derives only
//! name the fields, so that a store can keep a value and read it back. Field names follow the public API, whose shapes
//! are made in `api`.
//!
//! Values here are *checked*: whoever builds one from a stranger's input has collected every [`Complaint`] first.

mod account;
mod complaint;
mod event;
mod evidence;
mod health;
mod id;
mod intent;
mod load_balancer;
mod monitor;
mod monitor_group;
mod observation;
mod pool;
mod region;
mod shared_map;
mod status_set;
mod zone;

pub use account::Account;
pub use complaint::{Complaint, Complaints};
pub use event::{EventDataCenter, EventOrigin, EventPool, HealthEvent};
pub use evidence::{CertificateFacts, Evidence, Failure, Timings};
pub use health::{CheckRun, DataCenterVerdict, EndpointHealth, EndpointState, HealthSnapshot, PoolHealth, PoolState};
pub use id::{
    AccountId, CertificateId, LoadBalancerId, MonitorGroupId, MonitorId, ParseIdError, PoolId, PreviewId,
    TrustAnchorId, ZoneId,
};
pub use intent::Intent;
pub use load_balancer::{
    AdaptiveRouting, EcsPreference, FixedResponse, LoadBalancer, LocationMode, LocationStrategy, Overrides, PoolSet,
    PoolSetMatch, PoolSetOverrides, PoolSetTopology, RandomSteering, Rule, SameSite, Scope, SecureCookie,
    SessionAffinity, SessionAffinityAttributes, SteeringPolicy, ZeroDowntimeFailover,
};
pub use monitor::{Monitor, MonitorKind};
pub use monitor_group::{MonitorGroup, MonitorGroupMember};
pub use observation::{Observation, Outcome, ProbePlan, ProbeTarget, SimulatedZone, TargetId};
pub use pool::{
    DEFAULT_NETWORK, DefaultShedPolicy, Endpoint, EndpointKey, HealthSource, LoadShedding, NotificationFilter,
    NotificationScope, OriginSteeringPolicy, Pool, SessionShedPolicy,
};
pub use region::{CheckRegion, Region};
pub use shared_map::{Entries, Mark, Range, SharedMap, Span};
pub use status_set::{ParseStatusSetError, StatusSet};
pub use zone::{Certificate, HttpVersion, PseudoIpv4, Secret, SslMode, TrustAnchor, Zone, ZoneSettings};

/// A moment in time, UTC, with sub-second digits.
pub use jiff::Timestamp;
