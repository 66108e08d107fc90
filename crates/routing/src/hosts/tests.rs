use super::*;
use crate::fixture::World;
use model::ZoneId;

const ROUTES: u8 = 100;

/// A map with these load balancers, whose ids are their numbers, and these zones, with the numbers after [`ROUTES`].
fn hosts(routes: &[&str], zones: &[&str]) -> Hosts {
    let mut world = World::default();
    let pool = world.healthy(1, 1);
    for (number, name) in (0..).zip(routes) {
        world.balancer_in(number, name, ZoneId::from_bytes([0; 16]), &[pool], pool);
    }
    for (number, name) in (ROUTES..).zip(zones) {
        world.zone(number, name);
    }
    world.table().hosts
}

/// The number of the load balancer or zone that a host belongs to.
fn find(hosts: &Hosts, host: &str) -> Option<u8> {
    match hosts.find(host) {
        Found::Route(route) => Some(route.load_balancer.as_bytes()[0]),
        Found::Zone(zone) => zone.id.map(|id| id.as_bytes()[0]),
        Found::Nothing => None,
    }
}

#[test]
fn the_closest_name_decides() {
    let routes = ["www.example.com", "*.example.com", "*.deep.example.com", "example.com", "*.internal"];
    let hosts = hosts(&routes, &["example.com", "shop.example.com", "example.net"]);
    for (host, found) in [
        ("www.example.com", Some(0)),
        ("api.example.com", Some(1)),
        ("a.b.example.com", Some(1)),
        ("x.deep.example.com", Some(2)),
        ("deep.example.com", Some(1)),
        ("example.com", Some(3)),
        ("shop.example.com", Some(ROUTES + 1)),
        ("pay.shop.example.com", Some(ROUTES + 1)),
        ("www.example.net", Some(ROUTES + 2)),
        ("db.internal", Some(4)),
        ("internal", None),
        ("example.org", None),
        ("com", None),
        ("", None),
        (".", None),
        ("..example.com", Some(1)),
    ] {
        assert_eq!(find(&hosts, host), found, "{host}");
    }
}

#[test]
fn the_zone_of_a_name_is_its_longest_suffix() {
    let hosts = hosts(&["www.example.com"], &["example.com", "shop.example.com"]);
    let zone_of = |name| hosts.zone_of(name).map(|zone| &*zone.name);
    assert_eq!(zone_of("www.example.com"), Some("example.com"));
    assert_eq!(zone_of("pay.shop.example.com"), Some("shop.example.com"));
    assert_eq!(zone_of("wwwexample.com"), None);
}

#[test]
fn of_two_with_one_name_the_first_has_it_and_the_next_when_that_one_goes() {
    let mut hosts = hosts(&["a.example.com", "a.example.com", "*.a.example.com"], &[]);
    for owner in [Some(0), Some(1), None] {
        assert_eq!(find(&hosts, "a.example.com"), owner);
        assert_eq!(find(&hosts, "b.a.example.com"), Some(2));
        let before = hosts.clone();
        if let Found::Route(route) = before.find("a.example.com") {
            hosts.remove(route);
        }
    }
}

#[test]
fn a_name_that_nobody_has_is_forgotten() {
    let names: Vec<_> = (0..100).map(|number| format!("{number}.example.com")).collect();
    let mut hosts = hosts(&names.iter().map(String::as_str).collect::<Vec<_>>(), &["example.com"]);
    assert_eq!(hosts.names, 101);
    let full = hosts.clone();
    for name in &names {
        let Found::Route(route) = full.find(name) else { panic!("{name} has no route") };
        hosts.remove(route);
    }
    assert_eq!(hosts.names, 1);
    assert_eq!(find(&full, "7.example.com"), Some(7), "a copy stays as it was");
}
