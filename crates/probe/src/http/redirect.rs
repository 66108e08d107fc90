//! Where a `Location` leads. Pure.

use crate::question::{Destination, bare_host, is_host, is_path};

/// The destination that `location` names, seen from `from` (RFC 3986 section 5). `None` when it cannot be asked by HTTP.
///
/// A location on the same host stays with the same endpoint: it is the endpoint that is checked, and its host name may
/// well lead to the load balancer. Another host is looked up.
pub(super) fn follow(from: &Destination, location: &str) -> Option<Destination> {
    let location = location.split('#').next().unwrap_or_default();
    let (is_tls, rest) = match location.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, Some(rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, Some(rest)),
        Some((scheme, _)) if is_scheme(scheme) => return None,
        _ => (from.is_tls, location.strip_prefix("//")),
    };
    let next = match rest {
        Some(rest) => absolute(from, is_tls, rest)?,
        None => Destination { path: relative(&from.path, location), ..from.clone() },
    };
    is_path(&next.path).then_some(next)
}

/// Whether two destinations are the same host for the purpose of what may be shown to it.
pub(super) fn same_host(one: &Destination, other: &Destination) -> bool {
    one.name().eq_ignore_ascii_case(other.name())
}

fn absolute(from: &Destination, is_tls: bool, rest: &str) -> Option<Destination> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = bare_host(authority);
    if !is_host(authority) || host.is_empty() {
        return None;
    }
    let port = match authority.rsplit_once(':') {
        Some((before, port)) if !before.starts_with('[') || before.ends_with(']') => port.parse().ok()?,
        _ if is_tls => 443,
        _ => 80,
    };
    let same = host.eq_ignore_ascii_case(from.name());
    Some(Destination {
        is_tls,
        address: if same { from.address.clone() } else { host.to_owned() },
        port,
        host: authority.to_owned(),
        is_host_chosen: from.is_host_chosen || !same,
        path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
    })
}

fn relative(base: &str, reference: &str) -> String {
    let path = base.split('?').next().unwrap_or_default();
    if reference.starts_with('/') {
        reference.to_owned()
    } else if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('?') {
        format!("{path}{reference}")
    } else {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{reference}")
    }
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from() -> Destination {
        Destination {
            is_tls: false,
            address: "10.0.0.1".to_owned(),
            port: 8080,
            host: "www.example.com".to_owned(),
            is_host_chosen: true,
            path: "/a/b?c=d".to_owned(),
        }
    }

    fn leads_to(location: &str) -> Option<(bool, String, u16, String)> {
        follow(&from(), location).map(|next| (next.is_tls, next.address, next.port, next.path))
    }

    #[test]
    fn a_path_stays_where_it_is() {
        for (location, path) in [("/x", "/x"), ("x", "/a/x"), ("?q", "/a/b?q"), ("/x#part", "/x"), ("", "/a/b?c=d")] {
            let expected = (false, "10.0.0.1".to_owned(), 8080, path.to_owned());
            assert_eq!(leads_to(location), Some(expected), "{location}");
        }
    }

    #[test]
    fn the_same_host_is_the_same_endpoint_and_another_is_looked_up() {
        for (location, expected) in [
            ("https://www.example.com/x", (true, "10.0.0.1", 443, "/x")),
            ("https://WWW.example.com:8443", (true, "10.0.0.1", 8443, "/")),
            ("//www.example.com/x", (false, "10.0.0.1", 80, "/x")),
            ("HTTP://other.example?q=1", (false, "other.example", 80, "/?q=1")),
            ("http://[2001:db8::1]:81/", (false, "2001:db8::1", 81, "/")),
            ("http://[2001:db8::1]/", (false, "2001:db8::1", 80, "/")),
        ] {
            let (is_tls, address, port, path) = expected;
            assert_eq!(leads_to(location), Some((is_tls, address.to_owned(), port, path.to_owned())), "{location}");
        }
    }

    #[test]
    fn what_cannot_be_asked_by_http_leads_nowhere() {
        for location in ["ftp://example.com/", "http://", "http://a b/", "http://user@host/", "http://h:99999/", "/a b"]
        {
            assert_eq!(leads_to(location), None, "{location}");
        }
    }

    proptest! {
        /// Whatever a stranger sends, what comes out can be written into a request line and a `Host` header.
        #[test]
        fn a_strangers_location_never_breaks_out(location in "(https?:)?(//)?[a-z:/?#\\[\\]@ \\r\\n.é%0-9]{0,40}") {
            if let Some(next) = follow(&from(), &location) {
                prop_assert!(is_path(&next.path) && is_host(&next.host) && !next.address.is_empty());
            }
        }
    }
}
