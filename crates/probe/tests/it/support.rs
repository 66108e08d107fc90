//! What the tests of this crate share.

use dial::{Dialer, DialerSettings};
use model::{
    AccountId, Endpoint, Monitor, MonitorId, MonitorKind, Observation, Outcome, PoolId, ProbeTarget, Region,
    SimulatedZone, Timestamp,
};
use probe::{Prober, ProberSettings};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use testkit::DnsServer;
use verdict::{HealthReason, Reason};

/// The pool of every target here.
pub const POOL: &str = "0123456789abcdef0123456789abcdef";

/// A target that a test bends to its needs.
pub struct Check {
    pub monitor: Monitor,
    pub endpoint: Endpoint,
    pub zone: Option<SimulatedZone>,
    pub settings: ProberSettings,
}

/// A check of `address` that expects 200 within a second and is not repeated.
pub fn check(kind: MonitorKind, address: SocketAddr) -> Check {
    Check {
        monitor: monitor(kind),
        endpoint: endpoint(&address.ip().to_string(), address.port()),
        zone: None,
        settings: settings(DialerSettings::default()),
    }
}

/// An HTTP check of `address`.
pub fn http(address: SocketAddr) -> Check {
    check(MonitorKind::Http, address)
}

/// An HTTPS check of `address`.
pub fn https(address: SocketAddr) -> Check {
    check(MonitorKind::Https, address)
}

/// A check of a name that only this DNS server knows.
pub fn named(kind: MonitorKind, name: &str, port: u16, dns: &DnsServer) -> Check {
    let dialer = DialerSettings {
        resolvers: vec![dns.address()],
        hosts_file: String::new(),
        dns_timeout: Duration::from_millis(300),
        ..DialerSettings::default()
    };
    Check { monitor: monitor(kind), endpoint: endpoint(name, port), zone: None, settings: settings(dialer) }
}

impl Check {
    /// Changes the monitor.
    pub fn monitor(mut self, change: impl FnOnce(&mut Monitor)) -> Self {
        change(&mut self.monitor);
        self
    }

    /// Sets the host of the endpoint.
    pub fn host(mut self, host: &str) -> Self {
        self.endpoint.host = Some(host.to_owned());
        self
    }

    /// Simulates a zone with these certificate authorities.
    pub fn trusting(mut self, pem: String) -> Self {
        self.zone = Some(SimulatedZone { name: "zone.test".to_owned(), trust_anchors_pem: vec![pem] });
        self
    }

    /// The target.
    pub fn target(&self) -> ProbeTarget {
        ProbeTarget {
            pool: POOL.parse().expect("an id"),
            monitor: Arc::new(self.monitor.clone()),
            endpoint: Arc::new(self.endpoint.clone()),
            simulated_zone: self.zone.clone().map(Arc::new),
        }
    }

    /// Makes the check.
    pub async fn run(&self) -> Observation {
        Prober::new(self.settings.clone()).probe(&self.target(), 7).await
    }

    /// Makes the check, which must pass.
    pub async fn passes(&self) -> Observation {
        let observation = self.run().await;
        assert_eq!(observation.outcome, Outcome::Pass, "{observation:?}");
        observation
    }

    /// Makes the check, which must fail for this reason and be spelled so in a health event.
    pub async fn fails(&self, reason: Reason, health: HealthReason) -> Observation {
        let observation = self.run().await;
        assert_eq!(observation.outcome, Outcome::Fail(reason), "{observation:?}");
        assert_eq!(reason.health(), health);
        assert!(observation.timings.total.is_some());
        observation
    }
}

/// A second, for attempts that must run into it.
pub const SECOND: Duration = Duration::from_secs(1);

fn settings(dialer: DialerSettings) -> ProberSettings {
    ProberSettings { is_offline: || false, ..ProberSettings::new("TST", Region::WesternEurope, Dialer::new(dialer)) }
}

fn monitor(kind: MonitorKind) -> Monitor {
    Monitor {
        kind,
        timeout: 1,
        retries: 0,
        ..Monitor::blank(MonitorId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]), Timestamp::UNIX_EPOCH)
    }
}

fn endpoint(address: &str, port: u16) -> Endpoint {
    Endpoint { name: "endpoint".to_owned(), port, ..Endpoint::at(address) }
}

/// Another pool than [`POOL`].
pub fn other_pool() -> PoolId {
    PoolId::from_bytes([9; 16])
}
