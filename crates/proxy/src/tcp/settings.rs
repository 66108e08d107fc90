//! What a TCP listener does with the connections that it takes in.

use std::{net::SocketAddr, time::Duration};

/// A place where TCP is relayed to the endpoints of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpListener {
    /// Where it listens. Port 0 lets the system choose.
    pub listen: SocketAddr,
    pub choice: BalancerChoice,
    /// How endpoints are told who the visitor is, before the first byte of it.
    pub proxy_protocol_out: ProxyProtocolOut,
    /// A connection on which neither side sends anything. Default 300 s (`OCI-61`).
    pub idle_timeout: Duration,
}

/// Which load balancer a connection is for. Its pools, health and steering are used as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BalancerChoice {
    /// The one of this host name.
    Named(String),
    /// The one that the server name of TLS is the name of; TLS itself is passed on untouched. Visitors that name none
    /// here get `otherwise`, if there is one.
    ByServerName { otherwise: Option<String> },
}

/// How endpoints are told who the visitor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyProtocolOut {
    /// They are not told.
    #[default]
    Off,
    /// One line of text.
    V1,
    /// The binary form; with the server name of TLS, where it is known.
    V2,
}

impl TcpListener {
    /// How long a connection may be silent, unless the owner says otherwise.
    pub const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

    /// A listener for the load balancer of this name, with default settings.
    pub fn new(listen: SocketAddr, load_balancer: impl Into<String>) -> Self {
        let choice = BalancerChoice::Named(load_balancer.into());
        Self { listen, choice, proxy_protocol_out: ProxyProtocolOut::Off, idle_timeout: Self::IDLE_TIMEOUT }
    }
}
