//! A zone as it comes in.

use crate::json::{Given, Object, Place};
use model::{AccountId, Timestamp, Zone, ZoneId, ZoneSettings};

/// A zone of which nothing was said.
pub(super) fn blank(account: AccountId, now: Timestamp) -> Zone {
    Zone {
        id: ZoneId::random(),
        account,
        name: String::new(),
        created_on: now,
        modified_on: now,
        settings: ZoneSettings::default(),
    }
}

/// Reads what the body says over `zone`. Names are kept in lower case and without the trailing dot. `type` and
/// `jump_start` are about a DNS service that is not part of this product; they are understood and change nothing.
pub(super) fn read(body: &Object<'_>, zone: &mut Zone) {
    body.read_only(&["id", "created_on", "modified_on", "type", "jump_start"]);
    body.require("name", &mut zone.name);
    zone.name = zone.name.strip_suffix('.').unwrap_or(&zone.name).to_ascii_lowercase();
    let account = |place: &Place<'_>| {
        place.object(|account| {
            account.read_only(&["name"]);
            let mut id = zone.account;
            account.require("id", &mut id);
            id
        })
    };
    if let Given::Value(account) = body.given_with("account", account) {
        zone.account = account;
    }
}
