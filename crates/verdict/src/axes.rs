//! The axes along which every failure is placed: where in the journey, and whose side.

use std::fmt;

/// Where in the journey of a request, a probe or a change something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// The visitor's connection and TLS handshake with the edge.
    Accept,
    /// Reading and checking the visitor's request.
    Request,
    /// Finding the zone and load balancer for the host name.
    Identify,
    /// Rules, redirects, rate limits and other decisions of the site owner.
    Rules,
    /// Choosing a pool and an endpoint.
    Steer,
    /// Resolving the endpoint's name.
    Dns,
    /// Opening the TCP connection to the endpoint.
    Connect,
    /// The TLS handshake with the endpoint.
    Tls,
    /// Sending the request to the endpoint.
    Send,
    /// Waiting for the head of the endpoint's answer.
    Wait,
    /// Relaying the body of the answer.
    Body,
    /// Judging a complete answer against what a monitor expects.
    Judge,
    /// Checking or applying a configuration.
    Configure,
}

/// Whose side a failure is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// The client that made the request.
    Visitor,
    /// Bellwether itself.
    Edge,
    /// The server behind an endpoint.
    Origin,
    /// The site owner's configuration.
    Configuration,
    /// The path between the edge and the origin.
    Network,
    /// The prober that made an observation.
    Prober,
    /// Nobody: nothing failed.
    Nobody,
}

impl Phase {
    /// The stable text form, used in logs, metrics and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Accept => "accept",
            Phase::Request => "request",
            Phase::Identify => "identify",
            Phase::Rules => "rules",
            Phase::Steer => "steer",
            Phase::Dns => "dns",
            Phase::Connect => "connect",
            Phase::Tls => "tls",
            Phase::Send => "send",
            Phase::Wait => "wait",
            Phase::Body => "body",
            Phase::Judge => "judge",
            Phase::Configure => "configure",
        }
    }
}

impl Party {
    /// The stable text form, used in logs, metrics and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Party::Visitor => "visitor",
            Party::Edge => "edge",
            Party::Origin => "origin",
            Party::Configuration => "configuration",
            Party::Network => "network",
            Party::Prober => "prober",
            Party::Nobody => "nobody",
        }
    }

    /// Whose side it is, as a sentence for a page.
    pub const fn sentence(self) -> &'static str {
        match self {
            Party::Visitor => "The trouble is with the visitor's device, software or network.",
            Party::Edge => "The trouble is with the edge, Bellwether itself.",
            Party::Origin => "The trouble is with the origin, the server behind the edge.",
            Party::Configuration => "The trouble is in how the site is configured.",
            Party::Network => "The trouble is on the network between the edge and the origin.",
            Party::Prober => "The trouble is with the prober, not with the endpoint.",
            Party::Nobody => "Nothing is wrong.",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
