//! Names that need no DNS: `localhost`, and those of the system's hosts file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The fixed addresses of a lower-case name, IPv4 first. `None`: the DNS has to be asked.
///
/// The hosts file is read each time, so that an edit counts soon; traffic comes here only when nothing is remembered.
pub(super) fn addresses(name: &str, hosts_file: &str) -> Option<Vec<IpAddr>> {
    if name == "localhost" || name.ends_with(".localhost") {
        // RFC 6761 section 6.3: these are loopback, and no DNS server is asked.
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let text = std::fs::read_to_string(hosts_file).ok()?;
    let mut found = find(&text, name);
    found.sort_by_key(IpAddr::is_ipv6);
    (!found.is_empty()).then_some(found)
}

/// Every address that the text of a hosts file gives to `name`.
fn find(text: &str, name: &str) -> Vec<IpAddr> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut found = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let Some(ip) = words.next().and_then(|word| word.parse().ok()) else { continue };
        if words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name)) && !found.contains(&ip) {
            found.push(ip);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_is_read_with_its_comments_and_aliases() {
        let text = "# none\n10.0.0.1 a.example A2.example # b.example\n\nnonsense a.example\n::1 a.example\n10.0.0.1 a.example";
        assert_eq!(find(text, "a.example"), ["10.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
        assert_eq!(find(text, "a2.example"), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert!(find(text, "b.example").is_empty());
    }

    #[test]
    fn localhost_needs_no_file() {
        assert_eq!(addresses("web.localhost", "").unwrap()[0], IpAddr::from([127, 0, 0, 1]));
        assert_eq!(addresses("localhost.example", ""), None);
    }
}
