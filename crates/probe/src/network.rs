//! Whether this machine has a network at all.

/// Whether no route leads over anything but loopback. False when that cannot be found out: doubt about the doubt must
/// not hide a real failure.
pub(crate) fn is_offline() -> bool {
    let v4 = std::fs::read_to_string("/proc/net/route");
    let v6 = std::fs::read_to_string("/proc/net/ipv6_route");
    match (v4, v6) {
        (Ok(v4), v6) => !leads_out_v4(&v4) && !v6.is_ok_and(|v6| leads_out_v6(&v6)),
        (Err(_), _) => false,
    }
}

/// The first column of `/proc/net/route` is the interface; its first line is a heading.
fn leads_out_v4(routes: &str) -> bool {
    routes.lines().skip(1).filter_map(|line| line.split_whitespace().next()).any(|interface| interface != "lo")
}

/// The last column of `/proc/net/ipv6_route` is the interface. Every interface has a link-local and a multicast route,
/// which lead nowhere by themselves.
fn leads_out_v6(routes: &str) -> bool {
    routes.lines().any(|line| {
        let own = line.starts_with("fe80") || line.starts_with("ff00");
        !own && line.split_whitespace().last().is_some_and(|interface| interface != "lo")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "Iface\tDestination\tGateway \tFlags\n";

    #[test]
    fn a_machine_with_only_loopback_is_offline() {
        assert!(!leads_out_v4(HEADING));
        assert!(!leads_out_v4(&format!("{HEADING}lo\t0000007F\t00000000\t0001\n")));
        assert!(leads_out_v4(&format!("{HEADING}eth0\t00000000\t0100A8C0\t0003\n")));
        let own = "fe800000000000000000000000000000 40 0 00 0 0100 1 0 00000001 eth0";
        assert!(!leads_out_v6(&format!("00000000000000000000000000000001 80 0 00 0 0000 2 0 80200001 lo\n{own}\n")));
        assert!(leads_out_v6("20010db8000000000000000000000000 40 0 00 0 0100 1 0 00000001 eth0\n"));
    }
}
