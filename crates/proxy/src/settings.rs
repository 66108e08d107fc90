//! Every figure that the data plane obeys, each with its default.
//!
//! No stage holds a limit or a timer of its own. The site's own settings (a zone's read timeout, its body cap) arrive
//! with the routing table and win over what is written here.

use crate::{
    http2::{Http2, OriginHttp2},
    pace::MinimumRate,
    retry_budget::RetryAllowance,
    tcp::TcpListener,
    upgrade::Upgrades,
};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use wire::{HeadLimits, HelloLimits, proxy_protocol};

/// What the data plane is told at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where plain HTTP is served; `None` for nowhere. Port 0 lets the system choose.
    pub http: Option<SocketAddr>,
    /// Where HTTPS is served; `None` for nowhere. Port 0 lets the system choose.
    pub https: Option<SocketAddr>,
    /// The ports that visitors know, where something in front maps them to ours. Default: the ports that are served.
    pub public_ports: PublicPorts,
    /// How many threads serve; 0 means one per core.
    pub workers: usize,
    /// Which node this is.
    pub node: Node,
    /// How long anything may take.
    pub timeouts: Timeouts,
    /// How much of anything there may be.
    pub limits: Limits,
    /// How many requests may be tried a second time. Default 20 of a hundred, and 10 per second.
    pub retries: RetryAllowance,
    /// Our name in `CDN-Loop` (RFC 8586). Default `bellwether`.
    pub loop_id: String,
    /// How often a request may have passed us before, by its `CDN-Loop`. Default 1: once is a chain of two sites, more
    /// is a loop.
    pub max_loops: usize,
    /// The value of `Server` in every answer. Default `bellwether`.
    pub server_name: String,
    /// Peers whose forwarding headers are believed: they skip the checks for forged and repeated ones. Default none.
    pub trusted_proxies: Vec<IpNet>,
    /// What happens to request headers with an underscore in their name.
    pub underscores: Underscores,
    /// How HTTP/2 is spoken with visitors.
    pub http2: Http2,
    /// How HTTP/2 is spoken with origins.
    pub origin_http2: OriginHttp2,
    /// The protocols that visitors may switch to. Default `websocket` alone.
    pub upgrades: Upgrades,
    /// Whether proxies in front tell who their visitors are.
    pub proxy_protocol: ProxyProtocol,
    /// Where TCP is relayed without looking into it, or only as far as the server name of TLS. Default nowhere.
    pub tcp: Vec<TcpListener>,
}

/// The ports that visitors know. Redirects from one scheme to the other name them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicPorts {
    /// Of plain HTTP; `None` for the port that is listened on.
    pub http: Option<u16>,
    /// Of HTTPS; `None` for the port that is listened on.
    pub https: Option<u16>,
}

/// Whether connections begin with a header of the PROXY protocol that tells who the visitor is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// They do not: the peer is the visitor.
    #[default]
    Off,
    /// Those from these networks do, on every listener, and are refused when they do not. All others are plain
    /// visitors whose bytes are not looked at for a header: anybody could write one.
    RequireFrom(Vec<IpNet>),
}

impl ProxyProtocol {
    /// Whether a connection from this peer begins with a header.
    pub fn is_due_from(&self, peer: IpAddr) -> bool {
        match self {
            ProxyProtocol::Off => false,
            ProxyProtocol::RequireFrom(networks) => networks.iter().any(|network| network.contains(&peer)),
        }
    }
}

/// Which node this is, as it shows itself in Ray IDs, traces and records.
#[derive(Clone, Debug)]
pub struct Node {
    /// `fl` of the trace. Default `local`.
    pub name: Arc<str>,
    /// Three capital letters: the suffix of a Ray ID. Default `LCL`.
    pub data_center: Arc<str>,
    /// The code of the region. Default `WNAM`.
    pub region: Arc<str>,
}

/// What happens to request headers with an underscore in their name: many servers cannot tell `A_B` from `A-B`, so
/// one can be passed off as the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Underscores {
    /// They do not reach the origin.
    #[default]
    Drop,
    /// They are passed on.
    Keep,
}

/// How long anything may take.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// A header of the PROXY protocol, from the connection having been accepted. Default 5 s; the specification advises
    /// at least 3 s, so that a lost packet can be sent again.
    pub proxy_header: Duration,
    /// The TLS handshake with a visitor; also its first message, where TLS is passed on untouched. Default 15 s.
    pub handshake: Duration,
    /// From the first byte of a request's head to its last. Default 30 s.
    pub request_head: Duration,
    /// Between two reads of a request's body. Default 60 s.
    pub request_body: Duration,
    /// A visitor's connection between two requests. Default 400 s.
    pub visitor_idle: Duration,
    /// A visitor that does not take what is sent. Default 60 s.
    pub visitor_write: Duration,
    /// How long either direction of a tunnel may be silent, whatever the other one carries. Default 300 s.
    pub tunnel_idle: Duration,
    /// How long a visitor's leftover bytes are read and dropped before a close, so that it can read the answer first.
    /// Default 2 s.
    pub linger: Duration,
    /// One TCP connect to an origin. Default 19 s.
    pub connect: Duration,
    /// The TLS handshake with an origin. Default 19 s.
    pub origin_tls: Duration,
    /// From the request having been sent to the head of the answer, and between two reads of its body; a zone's
    /// `proxy_read_timeout` wins. Default 120 s.
    pub read: Duration,
    /// An origin that does not take what is sent. Default 30 s.
    pub write: Duration,
    /// An origin that does not acknowledge what was sent (`TCP_USER_TIMEOUT`). Default 90 s.
    pub ack: Duration,
    /// An idle connection to an origin. Default 900 s.
    pub origin_idle: Duration,
    /// A request that waits for its turn at an endpoint. Default 10 s.
    pub origin_queue: Duration,
}

/// How much of anything there may be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A header of the PROXY protocol. Default 4 KiB.
    pub proxy_header: proxy_protocol::Limits,
    /// The first message of TLS, where TLS is passed on untouched. Default 16 KiB in 16 records.
    pub hello: HelloLimits,
    /// A request's head. Default 128 KiB, 200 fields, a target of 32,768 bytes.
    pub request_head: HeadLimits,
    /// The head of an origin's answer. Default 128 KiB, 200 fields.
    pub response_head: HeadLimits,
    /// Visitors' connections per worker; more are refused. Default 32,768.
    pub connections: usize,
    /// Visitors' connections per address, or per IPv6 network of 64 bits, on the whole node; 0 for any number, the
    /// default: behind one address there may be many people, and `connections` is shared out fairly without it. Proxies
    /// that are trusted are not counted.
    pub connections_per_address: usize,
    /// What a visitor must read of its answer. Default 256 bytes per second, over 60 s of waiting for it: as long as
    /// `visitor_write`, so that nobody who pauses is given up sooner for it.
    pub minimum_read_rate: MinimumRate,
    /// What a visitor must send of its body. Default 256 bytes per second, over 30 s of waiting for it.
    pub minimum_body_rate: MinimumRate,
    /// Connections to each endpoint, and requests under way to it, on the whole node; 0 for any number, the default.
    /// Who comes when all are taken waits; the limits of single endpoints come with the routing table, and there nobody
    /// waits.
    pub origin_connections: usize,
    /// Requests of the node that may wait for each endpoint, where `origin_connections` is limited. Default 1,024.
    pub origin_queue: usize,
    /// Requests of one visitor's connection; the last is answered with `Connection: close`. 0 for no limit. Default
    /// 10,000.
    pub requests_per_connection: u64,
    /// Requests that one connection to an origin carries before it is closed. 0 for no limit, the default.
    pub requests_per_origin_connection: u64,
    /// Idle connections kept per endpoint and worker. Default 128.
    pub idle_per_endpoint: usize,
    /// Interim (1xx) answers before a final one. Default 100.
    pub interim_answers: usize,
    /// Characters of `X-Forwarded-For`. Default 100.
    pub forwarded_for: usize,
    /// Bytes of a read buffer at first. Default 16 KiB.
    pub buffer: usize,
    /// Bytes of a body that are read at a time, if so many have come. Default 256 KiB.
    pub buffer_max: usize,
    /// Pipes per worker that large bodies pass through from one plain connection to another without being copied; 0 for
    /// none. Each takes two descriptors. Default 64.
    pub body_pipes: usize,
    /// Bytes of a request's body that may wait for the origin before more is taken from the visitor. Default 64 KiB.
    pub upload_window: usize,
    /// Connections that the kernel holds for a worker that is busy. Default 4,096.
    pub backlog: i32,
    /// Bytes of leftovers that are read and dropped before a close. Default 1 MiB.
    pub linger: usize,
    /// Leaf certificates of the local authority that are kept. Default 4,096.
    pub issued_certificates: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http: None,
            https: None,
            public_ports: PublicPorts::default(),
            workers: 0,
            node: Node::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            retries: RetryAllowance::default(),
            loop_id: "bellwether".into(),
            max_loops: 1,
            server_name: "bellwether".into(),
            trusted_proxies: Vec::new(),
            underscores: Underscores::default(),
            http2: Http2::default(),
            origin_http2: OriginHttp2::default(),
            proxy_protocol: ProxyProtocol::default(),
            tcp: Vec::new(),
            upgrades: Upgrades::default(),
        }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self { name: "local".into(), data_center: "LCL".into(), region: "WNAM".into() }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            proxy_header: seconds(5),
            handshake: seconds(15),
            request_head: seconds(30),
            request_body: seconds(60),
            visitor_idle: seconds(400),
            visitor_write: seconds(60),
            tunnel_idle: seconds(300),
            linger: seconds(2),
            connect: seconds(19),
            origin_tls: seconds(19),
            read: seconds(120),
            write: seconds(30),
            ack: seconds(90),
            origin_idle: seconds(900),
            origin_queue: seconds(10),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            proxy_header: proxy_protocol::Limits::default(),
            hello: HelloLimits::default(),
            request_head: HeadLimits::default(),
            response_head: HeadLimits::default(),
            connections: 32_768,
            connections_per_address: 0,
            minimum_read_rate: MinimumRate { window: Duration::from_secs(60), ..MinimumRate::MODEST },
            minimum_body_rate: MinimumRate::MODEST,
            origin_connections: 0,
            origin_queue: 1_024,
            requests_per_connection: 10_000,
            requests_per_origin_connection: 0,
            idle_per_endpoint: 128,
            interim_answers: 100,
            forwarded_for: 100,
            buffer: 16 << 10,
            buffer_max: 256 << 10,
            body_pipes: 64,
            upload_window: 64 << 10,
            backlog: 4_096,
            linger: 1 << 20,
            issued_certificates: 4_096,
        }
    }
}

impl Settings {
    /// How many workers run: what is asked for, or one per core.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            asked => asked,
        }
    }

    /// Whether this peer's forwarding headers are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}
