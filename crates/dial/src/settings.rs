//! What may be set about dialing, with the defaults.

use ipnet::IpNet;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// The settings of a [`Dialer`](crate::Dialer). May be replaced while it is in use: see `Dialer::apply`.
#[derive(Clone, Debug, PartialEq)]
pub struct DialerSettings {
    /// Whether loopback, private, link-local, unique-local and unspecified addresses may be contacted. Default: true.
    pub allow_private: bool,
    /// DNS servers to ask; empty (the default) means those of the system, with its search list.
    pub resolvers: Vec<SocketAddr>,
    /// Names with fixed addresses, asked before everything else. Lower-case, without a trailing dot. Default: none.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
    /// The system's list of fixed names, read before DNS is asked; empty for none. Default: `/etc/hosts`.
    pub hosts_file: String,
    /// Where this edge listens. Dialing one of these would be a loop. An unspecified address stands for every address
    /// of this machine. Default: none; `Dialer::set_edge_listeners` sets them once the ports are known.
    pub edge_listeners: Vec<SocketAddr>,
    /// Addresses that belong to somebody else's edge and are nobody's origin. Default: the 1.1.1.1 class.
    pub reserved: Vec<IpNet>,
    /// Addresses that mean "no origin here". Default: 192.0.2.0/24 and 100::/64.
    pub placeholders: Vec<IpNet>,
    /// How long one name may take to resolve. Default: 5 s.
    pub dns_timeout: Duration,
    /// The longest that an answer is used without asking again; its TTL may be shorter, and then that counts.
    /// Default: 5 s.
    pub dns_cache: Duration,
    /// How long "there is no such name" is believed. Default: 1 s.
    pub dns_negative_cache: Duration,
    /// How long an expired answer may still be used while the DNS servers fail or are silent. Default: 5 min.
    pub dns_stale: Duration,
    /// How long to wait for the DNS servers before an expired answer stands in (RFC 8767 section 5). Default: 1.8 s.
    pub dns_stale_after: Duration,
    /// How many names the cache may hold. Default: 10,000.
    pub dns_cache_names: usize,
    /// How long to wait for the other address family once one has answered (RFC 8305 section 3). Default: 50 ms.
    pub dns_other_family: Duration,
    /// How many aliases (CNAME) may lead to an address. Default: 16.
    pub dns_chain: usize,
    /// How many names may be in resolution at once; more wait in line. Default: 512.
    pub dns_in_flight: usize,
    /// How many addresses of one name are tried. Default: 4.
    pub attempts_addresses: usize,
    /// How many TLS configurations, each with the sessions of one peer, are kept for resumption. Default: 4,096.
    pub tls_peers: usize,
}

impl Default for DialerSettings {
    fn default() -> Self {
        Self {
            allow_private: true,
            resolvers: Vec::new(),
            hosts: BTreeMap::new(),
            hosts_file: "/etc/hosts".to_owned(),
            edge_listeners: Vec::new(),
            reserved: nets(&["1.1.1.1/32", "1.0.0.1/32", "2606:4700:4700::1111/128", "2606:4700:4700::1001/128"]),
            placeholders: nets(&["192.0.2.0/24", "100::/64"]),
            dns_timeout: Duration::from_secs(5),
            dns_cache: Duration::from_secs(5),
            dns_negative_cache: Duration::from_secs(1),
            dns_stale: Duration::from_secs(300),
            dns_stale_after: Duration::from_millis(1_800),
            dns_cache_names: 10_000,
            dns_other_family: Duration::from_millis(50),
            dns_chain: 16,
            dns_in_flight: 512,
            attempts_addresses: 4,
            tls_peers: 4_096,
        }
    }
}

/// The networks of a list written in this file. A mistake in it shows in the first test that makes the defaults.
fn nets(list: &[&str]) -> Vec<IpNet> {
    list.iter().map(|net| net.parse().expect("the default networks are well-formed")).collect()
}
