//! Monitors: what a probe asks an endpoint, and what it expects back.

use crate::{AccountId, MonitorId, StatusSet, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The protocol that a monitor speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorKind {
    Http,
    Https,
    Tcp,
    UdpIcmp,
    IcmpPing,
    Smtp,
}

impl MonitorKind {
    /// The text form, such as `udp_icmp`.
    pub const fn as_str(self) -> &'static str {
        match self {
            MonitorKind::Http => "http",
            MonitorKind::Https => "https",
            MonitorKind::Tcp => "tcp",
            MonitorKind::UdpIcmp => "udp_icmp",
            MonitorKind::IcmpPing => "icmp_ping",
            MonitorKind::Smtp => "smtp",
        }
    }

    /// The method of a monitor that names none.
    pub const fn default_method(self) -> &'static str {
        match self {
            MonitorKind::Http | MonitorKind::Https => "GET",
            MonitorKind::Tcp => "connection_established",
            MonitorKind::UdpIcmp | MonitorKind::IcmpPing | MonitorKind::Smtp => "",
        }
    }

    /// Whether probes of this kind speak HTTP.
    pub const fn is_http(self) -> bool {
        matches!(self, MonitorKind::Http | MonitorKind::Https)
    }
}

/// What a probe asks, how often, and what it expects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Monitor {
    pub id: MonitorId,
    pub account: AccountId,
    pub created_on: Timestamp,
    pub modified_on: Timestamp,
    pub kind: MonitorKind,
    pub description: String,
    /// `GET` for HTTP, `connection_established` for TCP.
    pub method: String,
    pub path: String,
    /// 0 means the default of the protocol (80 or 443).
    pub port: u16,
    /// Header name to values, in the spelling they were written in.
    pub header: BTreeMap<String, Vec<String>>,
    pub expected_codes: StatusSet,
    /// Empty means that the body is not looked at.
    pub expected_body: String,
    pub follow_redirects: bool,
    pub allow_insecure: bool,
    /// Name of the zone whose egress settings the probe uses; empty for none.
    pub probe_zone: String,
    /// Seconds between two probes of one endpoint, at least 1.
    pub interval: u32,
    /// Seconds that one attempt may take, 1 to 10.
    pub timeout: u32,
    /// Extra attempts after a timeout, made at once.
    pub retries: u32,
    pub consecutive_up: u32,
    pub consecutive_down: u32,
}

impl Monitor {
    /// A monitor of which nothing was said but what it is: every field that a body can set has its default.
    pub fn blank(id: MonitorId, account: AccountId, created_on: Timestamp) -> Self {
        Self {
            id,
            account,
            created_on,
            modified_on: created_on,
            kind: MonitorKind::Http,
            description: String::new(),
            method: MonitorKind::Http.default_method().to_owned(),
            path: "/".to_owned(),
            port: 0,
            header: BTreeMap::new(),
            expected_codes: StatusSet::default(),
            expected_body: String::new(),
            follow_redirects: false,
            allow_insecure: false,
            probe_zone: String::new(),
            interval: 60,
            timeout: 5,
            retries: 2,
            consecutive_up: 0,
            consecutive_down: 0,
        }
    }

    /// How often an endpoint is probed.
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.interval.into())
    }

    /// How long one attempt may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }

    /// The value of the `Host` header that the monitor sets, whatever its spelling.
    pub fn host(&self) -> Option<&str> {
        let (_, values) = self.header.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"))?;
        values.first().map(String::as_str)
    }
}
