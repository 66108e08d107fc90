//! The rules of zones and accounts.

use super::{Scene, host, value};
use model::{Account, Complaints, Zone, ZoneSettings};

/// The longest name of an account, in characters.
const ACCOUNT_NAME_MAX: usize = 100;
/// Seconds that an origin may take to begin its answer.
const READ_TIMEOUT: (u32, u32) = (1, 6_000);
/// Mebibytes that a request body may have.
const UPLOAD: (u32, u32) = (1, 10_240);

/// Everything that is wrong with an account.
pub fn check_account(account: &Account) -> Complaints {
    let mut complaints = Complaints::new();
    if account.name.is_empty() {
        complaints.add("name", "is empty", "give the account a name");
    }
    value::length(&mut complaints, "name", &account.name, ACCOUNT_NAME_MAX);
    complaints
}

/// Everything that is wrong with a zone and its settings.
pub fn check(zone: &Zone, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    scene.require_account(&mut complaints, zone.account);
    let name = zone.name.as_str();
    if let Err(problem) = host::host_name(name) {
        complaints.add("name", format!("`{name}` {problem}"), "write a domain such as `example.com`");
    } else if name.bytes().any(|b| b.is_ascii_uppercase()) {
        complaints.add("name", format!("`{name}` has upper-case letters"), "write the name in lower case");
    }
    complaints.nest("settings", settings(&zone.settings));
    complaints
}

fn settings(settings: &ZoneSettings) -> Complaints {
    let mut complaints = Complaints::new();
    if let Some(seconds) = settings.proxy_read_timeout {
        let (low, high) = READ_TIMEOUT;
        value::range(&mut complaints, "proxy_read_timeout", seconds.into(), low.into(), high.into());
    }
    let (low, high) = UPLOAD;
    value::range(&mut complaints, "max_upload", settings.max_upload.into(), low.into(), high.into());
    complaints
}
