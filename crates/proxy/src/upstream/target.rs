//! What a request needs of a connection: port, TLS or not, which name and whose word is trusted (EDGE-51 to 59).

use super::{Bound, TrustChoice};
use crate::visitor::Scheme;
use model::{HttpVersion, SslMode};
use routing::{Choice, RouteEndpoint, ZoneFacts};
use std::net::IpAddr;

/// Where and how an endpoint is to be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'t> {
    pub(crate) endpoint: &'t RouteEndpoint,
    pub(crate) port: u16,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Tls<'t>>,
    /// How many connections there may be, where that is limited.
    pub(crate) bound: Option<Bound>,
}

/// How TLS is spoken with an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tls<'t> {
    /// The host that the origin is asked for, without port: the name that is sent and expected.
    pub(crate) host: &'t str,
    pub(crate) trust: TrustChoice,
    /// HTTP/2 is offered.
    pub(crate) http2: bool,
}

impl<'t> Target<'t> {
    /// How to reach the chosen endpoint for a visitor who came by `scheme` and asks for `host` (lower-case, without
    /// port).
    pub(crate) fn new(choice: &Choice<'t>, zone: &ZoneFacts, scheme: Scheme, host: &'t str) -> Self {
        let endpoint = choice.endpoint;
        let tls = speaks_tls(zone.settings.ssl, scheme).then(|| Tls {
            host: endpoint.host.as_deref().map_or(host, without_port),
            trust: trust_of(zone),
            http2: zone.settings.origin_max_http_version == HttpVersion::Two,
        });
        let port = match (endpoint.port, tls.is_some()) {
            (0, false) => 80,
            (0, true) => 443,
            (port, _) => port,
        };
        Self { endpoint, port, tls, bound: Bound::of(choice.pool, endpoint) }
    }
}

impl<'t> Tls<'t> {
    /// The server name to send: none when the origin is asked for by address (RFC 6066 section 3).
    pub(crate) fn server_name(&self) -> Option<&'t str> {
        self.host.parse::<IpAddr>().is_err().then_some(self.host)
    }
}

/// Whether the origin is spoken to by TLS. `flexible` means plain HTTP on every port of ours: a node of this edge may
/// listen anywhere, so its port says nothing.
const fn speaks_tls(mode: SslMode, visitor: Scheme) -> bool {
    match mode {
        SslMode::Off | SslMode::Flexible => false,
        SslMode::Full | SslMode::Strict => matches!(visitor, Scheme::Https),
        SslMode::OriginPull => true,
    }
}

fn trust_of(zone: &ZoneFacts) -> TrustChoice {
    match zone.settings.ssl {
        SslMode::Off | SslMode::Flexible | SslMode::Full => TrustChoice::Anything,
        SslMode::Strict | SslMode::OriginPull if zone.trust_anchors_pem.is_empty() => TrustChoice::Public,
        SslMode::Strict | SslMode::OriginPull => TrustChoice::Anchors(zone.trust_id),
    }
}

/// A host override may carry a port, which is no part of the name.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.contains(':') => name,
        _ => host.trim_start_matches('[').trim_end_matches(']'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // EDGE-57, EDGE-58: flexible never speaks TLS to the origin, SSL-only origin pull always does.
    #[test]
    fn the_mode_and_the_visitor_decide_about_tls() {
        let spoken = |mode| (speaks_tls(mode, Scheme::Http), speaks_tls(mode, Scheme::Https));
        assert_eq!(spoken(SslMode::Off), (false, false));
        assert_eq!(spoken(SslMode::Flexible), (false, false));
        assert_eq!(spoken(SslMode::Full), (false, true));
        assert_eq!(spoken(SslMode::Strict), (false, true));
        assert_eq!(spoken(SslMode::OriginPull), (true, true));
    }

    #[test]
    fn a_port_is_no_part_of_a_name() {
        assert_eq!(without_port("www.example.com"), "www.example.com");
        assert_eq!(without_port("www.example.com:8443"), "www.example.com");
        assert_eq!(without_port("[2001:db8::1]"), "2001:db8::1");
    }
}
