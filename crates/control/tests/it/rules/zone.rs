//! Zones and accounts.

use crate::fixture::{World, zone};
use model::{Account, AccountId, Zone};

#[tokio::test]
async fn a_zone_is_a_domain_in_lower_case() {
    let world = World::new().await;
    for name in ["example.org", "localhost", "a.b.c.example", "xn--bcher-kva.example"] {
        assert!(world.wrong(zone(world.account, name)).is_empty(), "{name}");
    }
    for name in ["", "Example.org", "example.org.", "*.example.org", "exa mple.org", "192.0.2.1", "a..b"] {
        assert_eq!(world.wrong(zone(world.account, name)), ["name"], "{name}");
    }
    assert_eq!(world.wrong(zone(AccountId::random(), "example.org")), ["account"]);
}

#[tokio::test]
async fn settings_have_ranges() {
    let world = World::new().await;
    let with = |timeout, upload| {
        let mut zone: Zone = zone(world.account, "example.org");
        (zone.settings.proxy_read_timeout, zone.settings.max_upload) = (timeout, upload);
        world.wrong(zone)
    };
    assert!(with(Some(1), 1).is_empty() && with(Some(6_000), 10_240).is_empty() && with(None, 100).is_empty());
    assert_eq!(with(Some(0), 0), ["settings.proxy_read_timeout", "settings.max_upload"]);
    assert_eq!(with(Some(6_001), 10_241), ["settings.proxy_read_timeout", "settings.max_upload"]);
}

#[tokio::test]
async fn an_account_has_a_name() {
    let world = World::new().await;
    let account =
        |name: &str| Account { id: AccountId::random(), name: name.to_owned(), created_on: world.hands.now() };
    assert_eq!(world.wrong(account("")), ["name"]);
    assert_eq!(world.wrong(account(&"x".repeat(101))), ["name"]);
    assert!(world.wrong(account("mine")).is_empty());
}
