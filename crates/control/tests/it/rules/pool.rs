//! Pools and their endpoints.

use crate::fixture::{World, endpoint, group, pool};
use control::Policy;
use model::{CheckRegion, Endpoint, HealthSource, LoadShedding, Pool, Region};

async fn wrong(change: impl FnOnce(&mut Pool)) -> Vec<String> {
    let world = World::new().await;
    let mut pool = pool(world.account, "web");
    change(&mut pool);
    world.wrong(pool)
}

/// LB-14
#[tokio::test]
async fn a_pool_has_endpoints_up_to_its_quota() {
    assert_eq!(wrong(|p| p.origins.clear()).await, ["origins"]);
    let world = World::with(|options| options.quotas.origins_per_pool = 1).await;
    let origins = vec![endpoint("one", "192.0.2.1"), endpoint("two", "192.0.2.2")];
    assert_eq!(world.wrong(Pool { origins, ..pool(world.account, "web") }), ["origins"]);
}

/// LB-15
#[tokio::test]
async fn a_pool_name_is_letters_digits_hyphens_and_underscores() {
    for name in ["", "a b", "a.b", "büro", "a/b"] {
        assert_eq!(wrong(|p| p.name = name.to_owned()).await, ["name"], "{name}");
    }
    assert!(wrong(|p| p.name = "Web_1-a".to_owned()).await.is_empty());
}

/// LB-18
#[tokio::test]
async fn a_position_has_two_coordinates_on_the_globe() {
    let at = |latitude, longitude| wrong(move |p| (p.latitude, p.longitude) = (latitude, longitude));
    assert_eq!(at(Some(1.0), None).await, ["longitude"]);
    assert_eq!(at(None, Some(1.0)).await, ["latitude"]);
    assert_eq!(at(Some(91.0), Some(0.0)).await, ["latitude"]);
    assert_eq!(at(Some(0.0), Some(-180.5)).await, ["longitude"]);
    assert_eq!(at(Some(f64::NAN), Some(0.0)).await, ["latitude"]);
    assert!(at(Some(-90.0), Some(180.0)).await.is_empty());
}

/// LB-19, where private addresses are not allowed; by default they are.
#[tokio::test]
async fn a_private_address_needs_a_virtual_network_when_they_are_not_allowed() {
    let strict = Policy { allow_private: false, ..Policy::default() };
    let world = World::with(|options| options.policy = strict).await;
    let with = |endpoint: Endpoint| world.wrong(Pool { origins: vec![endpoint], ..pool(world.account, "web") });
    for address in ["10.0.0.1", "127.0.0.1", "169.254.0.1", "::1", "fd00::1"] {
        assert_eq!(with(endpoint("one", address)), ["origins[0].address"], "{address}");
        let inside = Endpoint { virtual_network_id: Some("net".to_owned()), ..endpoint("one", address) };
        assert!(with(inside).is_empty());
        assert!(wrong(|p| p.origins[0].address = address.to_owned()).await.is_empty(), "the default");
    }
    assert!(with(endpoint("one", "192.0.2.1")).is_empty());
}

/// LB-20
#[tokio::test]
async fn a_weight_is_hundredths_from_0_to_1() {
    for weight in [1.01, -0.1, f64::NAN, f64::INFINITY] {
        assert!(wrong(|p| p.origins[0].weight = weight).await.contains(&"origins[0].weight".to_owned()), "{weight}");
    }
    assert_eq!(wrong(|p| p.origins[0].weight = 0.255).await, ["origins[0].weight"]);
    for hundredth in 0..=100 {
        let weight = f64::from(hundredth) / 100.0;
        assert!(wrong(|p| p.origins[0].weight = weight).await.is_empty(), "{weight}");
    }
}

#[tokio::test]
async fn an_address_is_an_ip_address_or_a_host_name() {
    for address in ["", "http://a.example", "a.example/x", "a.example:80", "256.1.1.1", "a b", "-a.example", "[::1]"] {
        assert_eq!(wrong(|p| p.origins[0].address = address.to_owned()).await, ["origins[0].address"], "{address}");
    }
    for address in ["192.0.2.1", "2001:db8::1", "a.example", "localhost", "_http.a.example"] {
        assert!(wrong(|p| p.origins[0].address = address.to_owned()).await.is_empty(), "{address}");
    }
    assert_eq!(wrong(|p| p.origins[0].host = Some("a b".to_owned())).await, ["origins[0].header.Host"]);
    assert_eq!(
        wrong(|p| p.origins[0].virtual_network_id = Some(String::new())).await,
        ["origins[0].virtual_network_id"]
    );
}

/// LB-21 and LB-22
#[tokio::test]
async fn health_sources_are_the_default_or_regional_then_global() {
    use HealthSource::{Global, Local, Regional};
    let region = || Some(vec![CheckRegion::One(Region::WesternEurope)]);
    for sources in [vec![Regional], vec![Global, Regional], vec![Local, Global], vec![]] {
        assert_eq!(
            wrong(|p| (p.health_sources, p.check_regions) = (Some(sources), region())).await,
            ["health_sources"]
        );
    }
    assert!(wrong(|p| p.health_sources = None).await.is_empty());
    let regional = || Some(vec![Regional, Global]);
    assert!(wrong(|p| (p.health_sources, p.check_regions) = (regional(), region())).await.is_empty());
    for none in [None, Some(Vec::new())] {
        assert_eq!(wrong(|p| (p.health_sources, p.check_regions) = (regional(), none)).await, ["health_sources"]);
    }
    let china = Some(vec![CheckRegion::One(Region::WesternEurope), CheckRegion::China]);
    assert_eq!(wrong(|p| (p.health_sources, p.check_regions) = (regional(), china)).await, ["check_regions"]);
    let twice = Some(vec![CheckRegion::All, CheckRegion::All]);
    assert_eq!(wrong(|p| p.check_regions = twice).await, ["check_regions[1]"]);
}

#[tokio::test]
async fn a_pool_is_probed_by_a_monitor_or_a_group_not_both() {
    let world = World::new().await;
    let monitor = world.monitor().await;
    let group = group(world.account, &[monitor.id]);
    world.put(group.clone()).await.unwrap();
    let both = Pool { monitor: Some(monitor.id), monitor_group: Some(group.id), ..pool(world.account, "web") };
    assert_eq!(world.wrong(both), ["monitor_group"]);
}

#[tokio::test]
async fn the_small_print_is_checked_too() {
    let shedding = |default_percent, session_percent| {
        let shedding = LoadShedding {
            default_percent,
            default_policy: Default::default(),
            session_percent,
            session_policy: Default::default(),
        };
        wrong(move |p| p.load_shedding = Some(shedding))
    };
    assert_eq!(shedding(100.1, -1.0).await, ["load_shedding.default_percent", "load_shedding.session_percent"]);
    assert!(shedding(0.0, 100.0).await.is_empty());
    let email = |list: &str| {
        let list = list.to_owned();
        wrong(move |p: &mut Pool| p.notification_email = list)
    };
    for bad in ["nobody", "a@", "@b", "a@b,", "a @b"] {
        assert_eq!(email(bad).await, ["notification_email"], "{bad}");
    }
    assert!(email("a@b.example, c@d.example").await.is_empty());
    let networks = ["cloudflare", "moon", "cloudflare"].map(str::to_owned).to_vec();
    assert_eq!(wrong(|p| p.networks = networks).await, ["networks[1]", "networks[2]"]);
    assert_eq!(wrong(|p| p.description = "x".repeat(1_025)).await, ["description"]);
    assert!(wrong(|p| p.description = "ü".repeat(1_024)).await.is_empty(), "characters, not bytes");
}
