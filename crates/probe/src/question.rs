//! What to ask of one target: where to connect, which host to name, whom to trust.

use model::{MonitorKind, ProbeTarget};
use verdict::Reason;

/// Where an HTTP request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub is_tls: bool,
    /// What to dial: an address or a host name.
    pub address: String,
    pub port: u16,
    /// The value of the `Host` header.
    pub host: String,
    /// Whether somebody chose that host; without a choice no server name is sent in the ClientHello (LB-63).
    pub is_host_chosen: bool,
    /// Path and query.
    pub path: String,
}

impl Destination {
    /// Where the first request of a check goes (LB-62, LB-63).
    pub(crate) fn of(target: &ProbeTarget) -> Result<Self, Reason> {
        let (monitor, endpoint) = (&target.monitor, &target.endpoint);
        let is_tls = monitor.kind == MonitorKind::Https;
        let chosen = endpoint.host.as_deref().or(monitor.host()).filter(|host| !host.is_empty());
        let host = chosen.map_or_else(|| authority(&endpoint.address), str::to_owned);
        let path = if monitor.path.is_empty() { "/" } else { &monitor.path };
        if !is_host(&host) || !is_path(path) {
            return Err(Reason::MonitorInvalid);
        }
        Ok(Self {
            is_tls,
            address: endpoint.address.clone(),
            port: port(target, if is_tls { 443 } else { 80 })?,
            host,
            is_host_chosen: chosen.is_some(),
            path: path.to_owned(),
        })
    }

    /// The host without a port and without brackets: what a certificate must be for.
    pub(crate) fn name(&self) -> &str {
        bare_host(&self.host)
    }

    /// The name to put into the ClientHello.
    pub(crate) fn server_name(&self) -> Option<&str> {
        Some(self.name()).filter(|_| self.is_host_chosen)
    }
}

/// The port to probe: the monitor's, else the endpoint's, else the protocol's. `default` 0 means there is none.
pub(crate) fn port(target: &ProbeTarget, default: u16) -> Result<u16, Reason> {
    let ports = [target.monitor.port, target.endpoint.port, default];
    ports.into_iter().find(|port| *port != 0).ok_or(Reason::MonitorInvalid)
}

/// An address as a `Host` header writes it: IPv6 in brackets.
pub(crate) fn authority(address: &str) -> String {
    if address.contains(':') && !address.starts_with('[') { format!("[{address}]") } else { address.to_owned() }
}

/// The host of an authority, without port and brackets.
pub(crate) fn bare_host(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// Whether a text may stand in a `Host` header.
pub(crate) fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"/\\?#@,\"<>".contains(&byte))
}

/// Whether a text may stand in a request line as the target.
pub(crate) fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_from_its_port() {
        for (authority, host) in [
            ("example.com", "example.com"),
            ("example.com:8080", "example.com"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[::1]", "::1"),
            ("10.0.0.1:80", "10.0.0.1"),
        ] {
            assert_eq!(bare_host(authority), host);
        }
    }

    #[test]
    fn what_would_break_out_of_its_line_is_no_path_and_no_host() {
        for text in ["", "a", "/a b", "/a\r\nX: y", "/\u{e9}", "/a#b"] {
            assert!(!is_path(text), "{text:?}");
        }
        for text in ["", "a b", "a\r\nX: y", "a/b", "user@host", "h\u{e9}"] {
            assert!(!is_host(text), "{text:?}");
        }
        assert!(is_path("/health?deep=1") && is_host("example.com:8080") && is_host("[::1]"));
    }
}
