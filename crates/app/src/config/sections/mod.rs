//! Every key there is, section by section, and the settings that they fill.

mod control;
mod edge;
mod health;
mod node;
mod origin;
mod tcp;
mod telling;

pub use control::{ApiConfig, StoreConfig, StoreUrl};
pub use health::ProberConfig;
use node::NodeConfig;
pub use telling::LogConfig;

use super::{
    forms::{ListOf, Text},
    reader::Reader,
};
use ::control::{Policy, Quotas, Timers};
use ::health::QuorumPolicy;
use dial::DialerSettings;
use ipnet::IpNet;
use std::{net::IpAddr, time::Duration};
use telemetry::{MetricsSettings, StoryBookSettings};

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub node: NodeConfig,
    pub edge: proxy::Settings,
    pub dial: DialerSettings,
    pub prober: ProberConfig,
    pub quorum: QuorumPolicy,
    pub policy: Policy,
    pub quotas: Quotas,
    pub timers: Timers,
    pub api: ApiConfig,
    pub store: StoreConfig,
    pub log: LogConfig,
    pub stories: StoryBookSettings,
    pub metrics: MetricsSettings,
}

const SECOND: Duration = Duration::from_secs(1);

/// Declares every key and gives the configuration that results. Complaints stay with the reader.
pub fn read(reader: &mut Reader) -> Config {
    let node = node::node(reader);
    let mut edge = edge::edge(reader, &node);
    tcp::tcp(reader, &mut edge);
    let mut dial = DialerSettings::default();
    origin::origin(reader, &mut edge, &mut dial);
    origin::dns(reader, &mut dial);
    let prober = health::prober(reader);
    let quorum = health::quorum(reader);
    let api = control::api(reader, edge.timeouts.read);
    let store = control::store(reader);
    let timers = control::timers(reader);
    let policy = control::policy(reader, dial.allow_private);
    let quotas = control::quotas(reader);
    let log = telling::log(reader);
    let (stories, metrics) = telling::memory(reader);
    Config { node, edge, dial, prober, quorum, policy, quotas, timers, api, store, log, stories, metrics }
}

const NETWORKS: ListOf<Text<IpNet>> = ListOf {
    item: Text { parse: network, show: ToString::to_string, expects: "a network" },
    expects: "a list of addresses or networks, such as [\"10.0.0.0/8\"]",
};

/// A network, or an address that stands for itself.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
