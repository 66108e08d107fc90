//! Which addresses may be contacted at all.
//!
//! The question is asked of every address, after resolution, so that no name can lead where a literal address may not.
//! Addresses are compared in canonical form: `::ffff:127.0.0.1` is loopback like `127.0.0.1`.

use crate::DialerSettings;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use verdict::Reason;

/// Why `remote` must not be contacted; `None` when it may be. Source: EDGE section 2.2.
pub(crate) fn forbidden(remote: SocketAddr, settings: &DialerSettings, listeners: &[SocketAddr]) -> Option<Reason> {
    let ip = remote.ip().to_canonical();
    let within = |nets: &[ipnet::IpNet]| nets.iter().any(|net| net.contains(&ip));
    if listeners.iter().any(|listener| reaches(ip, remote.port(), *listener)) {
        Some(Reason::DnsEdgeAddress)
    } else if within(&settings.placeholders) {
        Some(Reason::OriginPlaceholder)
    } else if within(&settings.reserved) {
        Some(Reason::DnsReservedAddress)
    } else if !settings.allow_private && is_private(ip) {
        Some(Reason::DnsDisallowedAddress)
    } else {
        None
    }
}

/// Whether a connection to `ip` and `port` would arrive at `listener`.
fn reaches(ip: IpAddr, port: u16, listener: SocketAddr) -> bool {
    if port != listener.port() {
        return false;
    }
    let listening = listener.ip().to_canonical();
    // The unspecified address reaches this machine just as loopback does.
    ip == listening || (listening.is_unspecified() || ip.is_unspecified()) && is_own(ip)
}

/// Whether `ip` is an address of this machine: only such an address can be bound to.
fn is_own(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || UdpSocket::bind((ip, 0)).is_ok()
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_unicast_link_local() || ip.is_unique_local() || embeds(ip)
        }
    }
}

/// An IPv4-compatible address (`::10.0.0.1`, RFC 4291 section 2.5.5.1) around a private one.
fn embeds(ip: Ipv6Addr) -> bool {
    ip.segments()[..6] == [0; 6] && ip.to_ipv4().is_some_and(|inner| is_private(IpAddr::V4(inner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(remote: &str, settings: &DialerSettings, listeners: &[&str]) -> Option<Reason> {
        let listeners: Vec<SocketAddr> = listeners.iter().map(|text| text.parse().unwrap()).collect();
        forbidden(remote.parse().unwrap(), settings, &listeners)
    }

    // EDGE-25: an address where this edge listens would be a loop.
    #[test]
    fn the_edges_own_listeners_are_never_dialed() {
        let settings = DialerSettings::default();
        let exact = ["127.0.0.1:8080"];
        assert_eq!(ask("127.0.0.1:8080", &settings, &exact), Some(Reason::DnsEdgeAddress));
        assert_eq!(ask("[::ffff:127.0.0.1]:8080", &settings, &exact), Some(Reason::DnsEdgeAddress));
        assert_eq!(ask("0.0.0.0:8080", &settings, &exact), Some(Reason::DnsEdgeAddress));
        assert_eq!(ask("127.0.0.1:8081", &settings, &exact), None);
        assert_eq!(ask("127.0.0.2:8080", &settings, &exact), None);
    }

    // EDGE-25
    #[test]
    fn an_unspecified_listener_is_every_address_of_this_machine() {
        let settings = DialerSettings::default();
        for listener in ["0.0.0.0:8080", "[::]:8080"] {
            assert_eq!(ask("127.9.9.9:8080", &settings, &[listener]), Some(Reason::DnsEdgeAddress));
            assert_eq!(ask("203.0.113.7:8080", &settings, &[listener]), None);
        }
    }

    // EDGE-26: loopback and its kin are refused unless they were opted into.
    #[test]
    fn private_addresses_need_permission() {
        let open = DialerSettings::default();
        let shut = DialerSettings { allow_private: false, ..DialerSettings::default() };
        for remote in [
            "127.0.0.1:80",
            "10.1.2.3:80",
            "172.16.0.1:80",
            "192.168.1.1:80",
            "169.254.169.254:80",
            "0.0.0.0:80",
            "[::1]:80",
            "[::]:80",
            "[fe80::1]:80",
            "[fd00::1]:80",
            "[::ffff:10.0.0.1]:80",
            "[::10.0.0.1]:80",
        ] {
            assert_eq!(ask(remote, &shut, &[]), Some(Reason::DnsDisallowedAddress), "{remote}");
            assert_eq!(ask(remote, &open, &[]), None, "{remote}");
        }
        assert_eq!(ask("203.0.113.7:80", &shut, &[]), None);
        assert_eq!(ask("[2001:db8::1]:80", &shut, &[]), None);
    }

    // EDGE-27, EDGE-28: reserved addresses and placeholders are told apart.
    #[test]
    fn reserved_addresses_and_placeholders() {
        let settings = DialerSettings::default();
        assert_eq!(ask("1.1.1.1:443", &settings, &[]), Some(Reason::DnsReservedAddress));
        assert_eq!(ask("1.0.0.1:443", &settings, &[]), Some(Reason::DnsReservedAddress));
        assert_eq!(ask("192.0.2.0:443", &settings, &[]), Some(Reason::OriginPlaceholder));
        assert_eq!(ask("[100::]:443", &settings, &[]), Some(Reason::OriginPlaceholder));
        assert_eq!(ask("[100:0:0:1::]:443", &settings, &[]), None);
    }
}
