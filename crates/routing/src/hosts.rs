//! Whose host name is it? One map from names to what is known under them.
//!
//! A name is looked up whole, then without its first label, and so on. On the way the first match decides:
//! 1. a load balancer of exactly this name;
//! 2. for every proper parent, a load balancer `*.parent`: a wildcard stands for one or more labels, like in the DNS;
//! 3. a zone of this name. Names under it are the zone's own, so wildcards of zones further up no longer count.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};
use xxhash_rust::xxh3::xxh3_64;

/// Numbers of the table's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Route(usize),
    Zone(usize),
    Nothing,
}

/// What is known under one name.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    exact: Option<usize>,
    wildcard: Option<usize>,
    zone: Option<usize>,
}

/// The map of names. Names are lower-case and have no trailing dot.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    names: HashMap<Box<str>, Entry, BuildHasherDefault<NameHasher>>,
}

impl Hosts {
    /// A map with room for `names`.
    pub fn with_capacity(names: usize) -> Self {
        Self { names: HashMap::with_capacity_and_hasher(names, Default::default()) }
    }

    /// Puts a route under a load balancer's name, which may start with `*.`. Of two with one name the first stays.
    pub fn add_route(&mut self, name: &str, route: usize) {
        match name.strip_prefix("*.") {
            Some(parent) => self.entry(parent).wildcard.get_or_insert(route),
            None => self.entry(name).exact.get_or_insert(route),
        };
    }

    /// Puts a zone under its name.
    pub fn add_zone(&mut self, name: &str, zone: usize) {
        self.entry(name).zone.get_or_insert(zone);
    }

    fn entry(&mut self, name: &str) -> &mut Entry {
        self.names.entry(name.into()).or_default()
    }

    /// What `host` belongs to.
    pub fn find(&self, host: &str) -> Found {
        for (depth, name) in ancestry(host).enumerate() {
            let Some(entry) = self.names.get(name) else { continue };
            let route = if depth == 0 { entry.exact } else { entry.wildcard };
            if let Some(route) = route {
                return Found::Route(route);
            }
            if let Some(zone) = entry.zone {
                return Found::Zone(zone);
            }
        }
        Found::Nothing
    }

    /// The closest zone that `host` is in.
    pub fn zone_of(&self, host: &str) -> Option<usize> {
        ancestry(host).find_map(|name| self.names.get(name)?.zone)
    }
}

/// The name itself, then each of its parents.
fn ancestry(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, parent)| parent))
}

/// XXH3 with a fixed seed. Only site owners put names into the map, so no stranger can make them collide.
#[derive(Debug, Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes) ^ self.0.rotate_left(5);
    }

    /// Ends a string. Names are the whole key, so that no separator is needed.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(routes: &[&str], zones: &[&str]) -> Hosts {
        let mut hosts = Hosts::default();
        for (number, name) in routes.iter().enumerate() {
            hosts.add_route(name, number);
        }
        for (number, name) in zones.iter().enumerate() {
            hosts.add_zone(name, number);
        }
        hosts
    }

    #[test]
    fn the_closest_name_decides() {
        let routes = ["www.example.com", "*.example.com", "*.deep.example.com", "example.com", "*.internal"];
        let hosts = hosts(&routes, &["example.com", "shop.example.com", "example.net"]);
        for (host, found) in [
            ("www.example.com", Found::Route(0)),
            ("api.example.com", Found::Route(1)),
            ("a.b.example.com", Found::Route(1)),
            ("x.deep.example.com", Found::Route(2)),
            ("deep.example.com", Found::Route(1)),
            ("example.com", Found::Route(3)),
            ("shop.example.com", Found::Zone(1)),
            ("pay.shop.example.com", Found::Zone(1)),
            ("www.example.net", Found::Zone(2)),
            ("db.internal", Found::Route(4)),
            ("internal", Found::Nothing),
            ("example.org", Found::Nothing),
            ("com", Found::Nothing),
            ("", Found::Nothing),
            (".", Found::Nothing),
            ("..example.com", Found::Route(1)),
        ] {
            assert_eq!(hosts.find(host), found, "{host}");
        }
    }

    #[test]
    fn the_zone_of_a_name_is_its_longest_suffix() {
        let hosts = hosts(&["www.example.com"], &["example.com", "shop.example.com"]);
        assert_eq!(hosts.zone_of("www.example.com"), Some(0));
        assert_eq!(hosts.zone_of("pay.shop.example.com"), Some(1));
        assert_eq!(hosts.zone_of("wwwexample.com"), None);
    }

    #[test]
    fn the_first_of_two_with_one_name_stays() {
        assert_eq!(hosts(&["a.example.com", "a.example.com"], &[]).find("a.example.com"), Found::Route(0));
    }
}
