//! The rules of a load balancer.

use super::{Scene, affinity, host, pool_set, rule, steering, value};
use model::{Complaints, LoadBalancer, Scope};

/// Everything that is wrong with a load balancer.
pub fn check(balancer: &LoadBalancer, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    owner(&mut complaints, balancer, scene);
    name(&mut complaints, balancer, scene);
    value::description(&mut complaints, &balancer.description);
    value::pools(&mut complaints, "default_pools", &balancer.default_pools, scene);
    value::known_pool(&mut complaints, "fallback_pool", balancer.fallback_pool, scene);
    steering::ttl(&mut complaints, balancer.ttl);
    steering::regions(&mut complaints, &balancer.region_pools, scene);
    steering::countries(&mut complaints, &balancer.country_pools, scene);
    steering::pops(&mut complaints, &balancer.pop_pools, scene);
    if let Some(random) = &balancer.random_steering {
        steering::random(&mut complaints, random, scene);
    }
    affinity::ttl(&mut complaints, balancer.session_affinity, balancer.session_affinity_ttl);
    let attributes = balancer.session_affinity_attributes.as_ref();
    affinity::attributes(&mut complaints, balancer.session_affinity, attributes, scene.policy);
    for (index, rule) in balancer.rules.iter().enumerate() {
        complaints.nest(&format!("rules[{index}]"), rule::check(rule, balancer, scene));
    }
    rule_count(&mut complaints, balancer, scene);
    pool_set::check_all(&mut complaints, balancer, scene);
    value::networks(&mut complaints, &balancer.networks);
    complaints
}

fn owner(complaints: &mut Complaints, balancer: &LoadBalancer, scene: &Scene<'_>) {
    match balancer.scope {
        Scope::Account(account) => scene.require_account(complaints, account),
        Scope::Zone(zone) => scene.require_zone(complaints, zone),
    }
}

fn name(complaints: &mut Complaints, balancer: &LoadBalancer, scene: &Scene<'_>) {
    let name = balancer.name.as_str();
    if let Err(problem) = host::pattern(name) {
        let remedy = "write a host name such as `www.example.com` or `*.example.com`";
        return complaints.add("name", format!("`{name}` {problem}"), remedy);
    }
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        complaints.add("name", format!("`{name}` has upper-case letters"), "write the name in lower case");
    }
    let Scope::Zone(zone) = balancer.scope else { return };
    if let Some(zone) = scene.intent.zones.get(&zone)
        && !lies_in(name, &zone.name)
    {
        let problem = format!("`{name}` does not lie in the zone {}", zone.name);
        complaints.add("name", problem, format!("write `{0}` or a name that ends in `.{0}`", zone.name));
    }
}

fn lies_in(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn rule_count(complaints: &mut Complaints, balancer: &LoadBalancer, scene: &Scene<'_>) {
    let (count, allowed) = (balancer.rules.len(), scene.quotas.rules_per_load_balancer);
    if count > allowed {
        complaints.add("rules", format!("there are {count} rules"), format!("write at most {allowed}"));
    }
}
