//! The rules of a pool.

use super::{Scene, endpoint, value};
use model::{CheckRegion, Complaints, HealthSource, Pool};

/// The longest address list for notifications, in characters.
const EMAIL_MAX: usize = 1_024;

/// Everything that is wrong with a pool and its endpoints.
pub fn check(pool: &Pool, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    scene.require_account(&mut complaints, pool.account);
    name(&mut complaints, &pool.name);
    value::description(&mut complaints, &pool.description);
    origins(&mut complaints, pool, scene);
    monitor(&mut complaints, pool, scene);
    regions(&mut complaints, pool);
    position(&mut complaints, pool);
    shedding(&mut complaints, pool);
    value::networks(&mut complaints, &pool.networks);
    email(&mut complaints, &pool.notification_email);
    value::max_connections(&mut complaints, "origin_max_connections", pool.origin_max_connections);
    complaints
}

fn name(complaints: &mut Complaints, name: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(allowed) {
        complaints.add(
            "name",
            format!("`{name}` is not a pool name"),
            "use letters, digits, hyphens and underscores, at least one",
        );
    }
}

fn origins(complaints: &mut Complaints, pool: &Pool, scene: &Scene<'_>) {
    let (count, allowed) = (pool.origins.len(), scene.quotas.origins_per_pool);
    if count == 0 || count > allowed {
        let problem = format!("origin list length {count} must be in range [1, {allowed}]");
        complaints.add("origins", problem, "list the servers that answer for this pool");
    }
    for (index, origin) in pool.origins.iter().enumerate() {
        complaints.nest(&format!("origins[{index}]"), endpoint::check(origin, scene));
    }
    endpoint::distinct(complaints, &pool.origins);
}

fn monitor(complaints: &mut Complaints, pool: &Pool, scene: &Scene<'_>) {
    if let Some(id) = pool.monitor
        && scene.intent.monitors.get(&id).is_none_or(|monitor| monitor.account != pool.account)
    {
        let problem = format!("there is no monitor {id} in the account");
        complaints.add("monitor", problem, "create the monitor first, or leave it out");
    }
    if let Some(id) = pool.monitor_group
        && scene.intent.monitor_groups.get(&id).is_none_or(|group| group.account != pool.account)
    {
        let problem = format!("there is no monitor group {id} in the account");
        complaints.add("monitor_group", problem, "create the group first, or leave it out");
    }
    if pool.monitor.is_some() && pool.monitor_group.is_some() {
        complaints.add("monitor_group", "the pool has a monitor as well", "keep one of the two");
    }
}

fn regions(complaints: &mut Complaints, pool: &Pool) {
    let regions = pool.check_regions.as_deref().unwrap_or_default();
    for (index, region) in regions.iter().enumerate() {
        if regions.iter().take(index).any(|before| before == region) {
            let problem = format!("region `{}` stands in this list already", region.code());
            complaints.add(format!("check_regions[{index}]"), problem, "name each region once");
        }
    }
    match pool.health_sources.as_deref() {
        None => {}
        Some([HealthSource::Regional, HealthSource::Global]) => regional_health(complaints, regions),
        Some(_) => complaints.add(
            "health_sources",
            "this order of sources is not supported",
            "write [\"regional\", \"global\"], or null for the default",
        ),
    }
}

fn regional_health(complaints: &mut Complaints, regions: &[CheckRegion]) {
    if regions.is_empty() {
        complaints.add(
            "health_sources",
            "regional health needs to know which regions check",
            "list at least one region in `check_regions`",
        );
    }
    if regions.contains(&CheckRegion::China) {
        complaints.add(
            "check_regions",
            "`CHINA` cannot be combined with regional health",
            "leave out `CHINA`, or set `health_sources` to null",
        );
    }
}

fn position(complaints: &mut Complaints, pool: &Pool) {
    match (pool.latitude, pool.longitude) {
        (Some(_), None) => complaints.add("longitude", "is missing while `latitude` is given", "give both or neither"),
        (None, Some(_)) => complaints.add("latitude", "is missing while `longitude` is given", "give both or neither"),
        _ => {}
    }
    if let Some(latitude) = pool.latitude {
        value::range(complaints, "latitude", latitude, -90.0, 90.0);
    }
    if let Some(longitude) = pool.longitude {
        value::range(complaints, "longitude", longitude, -180.0, 180.0);
    }
}

fn shedding(complaints: &mut Complaints, pool: &Pool) {
    if let Some(shedding) = &pool.load_shedding {
        value::range(complaints, "load_shedding.default_percent", shedding.default_percent, 0.0, 100.0);
        value::range(complaints, "load_shedding.session_percent", shedding.session_percent, 0.0, 100.0);
    }
}

fn email(complaints: &mut Complaints, list: &str) {
    value::length(complaints, "notification_email", list, EMAIL_MAX);
    let is_address = |text: &str| text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    for address in list.split(',').map(str::trim).filter(|_| !list.is_empty()) {
        if !is_address(address) || address.contains(char::is_whitespace) {
            let problem = format!("`{address}` is not an e-mail address");
            complaints.add("notification_email", problem, "separate addresses with commas, or leave it empty");
        }
    }
}
