//! Load balancers, their rules and their pool sets.

use crate::fixture::{World, balancer};
use control::Rejection;
use model::{
    FixedResponse, LoadBalancer, Overrides, PoolId, PoolSet, PoolSetMatch, PoolSetOverrides, PoolSetTopology,
    RandomSteering, Rule, SameSite, Scope, SecureCookie, SessionAffinity, SessionAffinityAttributes, SteeringPolicy,
    ZeroDowntimeFailover,
};

async fn wrong(change: impl FnOnce(&mut LoadBalancer, PoolId)) -> Vec<String> {
    let world = World::new().await;
    let pool = world.pool("web").await;
    let mut balancer = balancer(Scope::Zone(world.zone), "www.example.com", pool.id);
    change(&mut balancer, pool.id);
    world.wrong(balancer)
}

#[tokio::test]
async fn a_name_lies_in_its_zone() {
    for name in ["example.com", "www.example.com", "*.example.com", "*.a.example.com"] {
        assert!(wrong(|b, _| b.name = name.to_owned()).await.is_empty(), "{name}");
    }
    for name in ["", "example.org", "badexample.com", "a.*.example.com", "*", "WWW.example.com", "a b.example.com"] {
        assert_eq!(wrong(|b, _| b.name = name.to_owned()).await, ["name"], "{name}");
    }
    let world = World::new().await;
    let pool = world.pool("web").await;
    let private = balancer(Scope::Account(world.account), "anything.internal", pool.id);
    assert!(world.wrong(private).is_empty());
}

/// LB-24, the part that an empty list of pools is none.
#[tokio::test]
async fn pools_are_named_and_each_once() {
    assert_eq!(wrong(|b, _| b.default_pools.clear()).await, ["default_pools"]);
    assert_eq!(wrong(|b, pool| b.default_pools.push(pool)).await, ["default_pools[1]"]);
}

#[tokio::test]
async fn maps_lead_from_known_places_to_pools() {
    let map = |code: &str, pool| [(code.to_owned(), vec![pool])].into();
    assert!(wrong(|b, pool| b.region_pools = map("WNAM", pool)).await.is_empty());
    assert_eq!(wrong(|b, pool| b.region_pools = map("MOON", pool)).await, ["region_pools.MOON"]);
    assert_eq!(wrong(|b, _| b.region_pools = [("WEU".to_owned(), Vec::new())].into()).await, ["region_pools.WEU"]);
    assert!(wrong(|b, pool| b.country_pools = map("DE", pool)).await.is_empty());
    assert_eq!(wrong(|b, pool| b.country_pools = map("de", pool)).await, ["country_pools.de"]);
    assert!(wrong(|b, pool| b.pop_pools = map("LCL", pool)).await.is_empty());
    assert_eq!(wrong(|b, pool| b.pop_pools = map("LC", pool)).await, ["pop_pools.LC"]);
}

#[tokio::test]
async fn weights_and_times_have_ranges() {
    let steering = |default_weight, weight| {
        wrong(move |b, pool| {
            b.random_steering = Some(RandomSteering { default_weight, pool_weights: [(pool, weight)].into() });
        })
    };
    assert!(steering(0.0, 1.0).await.is_empty());
    assert_eq!(steering(1.1, 0.5).await, ["random_steering.default_weight"]);
    assert_eq!(steering(0.5, -0.5).await.len(), 1);
    assert_eq!(wrong(|b, _| b.ttl = -1.0).await, ["ttl"]);
    assert_eq!(wrong(|b, _| b.ttl = f64::NAN).await, ["ttl"]);
}

/// LB-26 and LB-27
#[tokio::test]
async fn a_session_lasts_as_long_as_its_kind_allows() {
    let headers = || Some(SessionAffinityAttributes { headers: vec!["x-user".to_owned()], ..Default::default() });
    let with = |affinity, ttl| {
        wrong(move |b, _| {
            (b.session_affinity, b.session_affinity_ttl) = (affinity, Some(ttl));
            b.session_affinity_attributes = headers();
        })
    };
    for kind in [SessionAffinity::Cookie, SessionAffinity::IpCookie] {
        for ttl in [1_799.0, 604_801.0] {
            assert_eq!(with(kind, ttl).await, ["session_affinity_ttl"]);
        }
        for ttl in [1_800.0, 604_800.0] {
            assert!(with(kind, ttl).await.is_empty());
        }
    }
    for ttl in [29.0, 3_601.0] {
        assert_eq!(with(SessionAffinity::Header, ttl).await, ["session_affinity_ttl"]);
    }
    assert!(with(SessionAffinity::Header, 30.0).await.is_empty());
    assert_eq!(
        wrong(|b, _| b.session_affinity = SessionAffinity::Header).await,
        ["session_affinity_attributes.headers"]
    );
}

async fn attributes(affinity: SessionAffinity, change: impl FnOnce(&mut SessionAffinityAttributes)) -> Vec<String> {
    let mut attributes = SessionAffinityAttributes { headers: vec!["x-user".to_owned()], ..Default::default() };
    change(&mut attributes);
    let wrong = wrong(|b, _| (b.session_affinity, b.session_affinity_attributes) = (affinity, Some(attributes))).await;
    let strip = |path: String| path.trim_start_matches("session_affinity_attributes.").to_owned();
    wrong.into_iter().map(strip).collect()
}

/// LB-28 and LB-29
#[tokio::test]
async fn attributes_of_sessions_fit_together() {
    use SessionAffinity::{Cookie, Header};
    let none_never = |a: &mut SessionAffinityAttributes| (a.samesite, a.secure) = (SameSite::None, SecureCookie::Never);
    assert_eq!(attributes(Cookie, none_never).await, ["secure"]);
    assert!(attributes(Cookie, |a| a.samesite = SameSite::None).await.is_empty());
    let sticky = |a: &mut SessionAffinityAttributes| a.zero_downtime_failover = ZeroDowntimeFailover::Sticky;
    assert_eq!(attributes(Header, sticky).await, ["zero_downtime_failover"]);
    assert!(attributes(Cookie, sticky).await.is_empty());
    assert_eq!(attributes(Cookie, |a| a.drain_duration = 86_401.0).await, ["drain_duration"]);
}

#[tokio::test]
async fn headers_of_sessions_are_few_and_well_formed() {
    let with = |headers: &[&str]| {
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        attributes(SessionAffinity::Header, move |a| a.headers = headers)
    };
    assert!(with(&["x-user", "cookie", "cookie:a,b", "X-Other"]).await.is_empty());
    assert_eq!(with(&["a", "b", "c", "d", "e", "f"]).await, ["headers"]);
    for bad in ["", "x user", "x:y", "cookie:", "cookie:a,"] {
        assert_eq!(with(&[bad]).await, ["headers[0]"], "{bad}");
    }
    assert_eq!(with(&["x".repeat(101).as_str()]).await, ["headers[0]"]);
}

async fn rule(change: impl FnOnce(&mut Rule, PoolId)) -> Vec<String> {
    let mut paths = wrong(|b, pool| {
        let mut rule = Rule::default();
        change(&mut rule, pool);
        b.rules.push(rule);
    })
    .await;
    paths.iter_mut().for_each(|path| *path = path.replace("rules[0]", "rule"));
    paths
}

/// LB-107, and the other bounds of an answer.
#[tokio::test]
async fn a_fixed_response_has_bounds() {
    let with = |change: fn(&mut FixedResponse)| {
        let mut response = FixedResponse { status_code: Some(503), ..Default::default() };
        change(&mut response);
        rule(move |rule, _| rule.fixed_response = Some(response))
    };
    assert!(with(|r| r.message_body = Some("x".repeat(1_024))).await.is_empty());
    assert_eq!(with(|r| r.message_body = Some("x".repeat(1_025))).await, ["rule.fixed_response.message_body"]);
    assert!(with(|r| r.content_type = Some("x".repeat(32))).await.is_empty());
    assert_eq!(with(|r| r.content_type = Some("x".repeat(33))).await, ["rule.fixed_response.content_type"]);
    assert_eq!(with(|r| r.location = Some("x".repeat(2_049))).await, ["rule.fixed_response.location"]);
    assert_eq!(with(|r| r.location = Some("/a\r\nSet-Cookie: b".to_owned())).await, ["rule.fixed_response.location"]);
    for status in [99, 199, 600] {
        let response = FixedResponse { status_code: Some(status), ..Default::default() };
        assert_eq!(rule(|rule, _| rule.fixed_response = Some(response)).await, ["rule.fixed_response.status_code"]);
    }
}

#[tokio::test]
async fn an_answer_without_content_takes_no_body() {
    for (status, complains) in [(204, true), (205, true), (304, true), (200, false), (404, false)] {
        let body = Some("text".to_owned());
        let response = FixedResponse { status_code: Some(status), message_body: body, ..Default::default() };
        let expected = if complains { vec!["rule.fixed_response.message_body"] } else { Vec::new() };
        assert_eq!(rule(|rule, _| rule.fixed_response = Some(response)).await, expected, "{status}");
    }
    let empty = FixedResponse { status_code: Some(204), message_body: Some(String::new()), ..Default::default() };
    assert!(rule(|rule, _| rule.fixed_response = Some(empty)).await.is_empty());
}

#[tokio::test]
async fn a_condition_is_refused_for_everything_that_is_wrong_with_it() {
    let with = |condition: &'static str| {
        rule(move |rule, _| {
            rule.condition = condition.to_owned();
            rule.fixed_response = Some(FixedResponse::default());
        })
    };
    assert!(with("").await.is_empty());
    assert!(with("http.request.uri.path contains \"/blog\" and not ip.src in { 192.0.2.0/24 }").await.is_empty());
    assert_eq!(with("http.hots eq \"a\" or http.host eq 7").await, ["rule.condition", "rule.condition"]);
    assert_eq!(with("dns.qry.name eq \"a.\"").await, ["rule.condition"]);
}

#[tokio::test]
async fn a_rule_does_one_thing() {
    assert_eq!(rule(|_, _| {}).await, ["rule"]);
    let both = |rule: &mut Rule, pool| {
        rule.fixed_response = Some(FixedResponse::default());
        rule.overrides = Some(Overrides { pools: Some(vec![pool]), ..Default::default() });
    };
    assert_eq!(rule(both).await, ["rule.fixed_response"]);
    let weighted_twice = |rule: &mut Rule, _| {
        let random_steering = Some(RandomSteering::default());
        rule.overrides = Some(Overrides { random_steering, pool_default_weight: Some(0.5), ..Default::default() });
    };
    assert_eq!(rule(weighted_twice).await, ["rule.overrides.random_steering"]);
}

#[tokio::test]
async fn overrides_are_checked_like_what_they_override() {
    let overriding = |change: fn(&mut Overrides)| {
        let mut overrides = Overrides::default();
        change(&mut overrides);
        rule(move |rule, _| rule.overrides = Some(overrides))
    };
    assert_eq!(overriding(|o| o.default_pools = Some(Vec::new())).await, ["rule.overrides.default_pools"]);
    assert_eq!(overriding(|o| o.fallback_pool = Some(PoolId::random())).await, ["rule.overrides.fallback_pool"]);
    assert_eq!(overriding(|o| o.ttl = Some(-1.0)).await, ["rule.overrides.ttl"]);
    let short = |o: &mut Overrides| {
        (o.session_affinity, o.session_affinity_ttl) = (Some(SessionAffinity::Cookie), Some(60.0));
    };
    assert_eq!(overriding(short).await, ["rule.overrides.session_affinity_ttl"]);
    let draining = |o: &mut Overrides| {
        let attributes = SessionAffinityAttributes { drain_duration: 1.0, ..Default::default() };
        o.session_affinity_attributes = Some(attributes);
    };
    assert_eq!(overriding(draining).await, ["rule.overrides.session_affinity_attributes.drain_duration"]);
}

async fn set(change: impl FnOnce(&mut PoolSet)) -> Result<(), String> {
    let world = World::new().await;
    let pool = world.pool("web").await;
    let chosen = PoolSetOverrides { pools: Some(vec![pool.id]), ..Default::default() };
    let mut set = PoolSet { overrides: Some(chosen), ..Default::default() };
    change(&mut set);
    let balancer =
        LoadBalancer { pool_sets: vec![set], ..balancer(Scope::Zone(world.zone), "www.example.com", pool.id) };
    match world.put(balancer).await {
        Ok(_) => Ok(()),
        Err(Rejection::Invalid(complaints)) => Err(complaints.to_string()),
        Err(other) => panic!("{other}"),
    }
}

/// LB-46, and the other symbols of pool sets.
#[tokio::test]
async fn pool_sets_are_refused_by_symbol() {
    let matching = |default, topology| Some(PoolSetMatch { default, topology });
    let places = |codes: Vec<String>| PoolSetTopology { countries: Some(codes), ..Default::default() };
    let all: Vec<String> = (0..1_001).map(|n| format!("{n}")).collect();
    let cases = [
        ("POOL_SET_NO_INTENT", set(|s| s.overrides = None).await),
        ("POOL_SET_NO_INTENT", set(|s| s.overrides = Some(PoolSetOverrides::default())).await),
        ("POOL_SET_EMPTY_MATCH", set(|s| s.matches = matching(false, None)).await),
        ("POOL_SET_DEFAULT_WITH_MATCH", set(|s| s.matches = matching(true, Some(places(vec!["DE".into()])))).await),
        ("POOL_SET_EMPTY_TOPOLOGY", set(|s| s.matches = matching(false, Some(places(Vec::new())))).await),
        ("POOL_SET_TOPOLOGY_TOO_LARGE", set(|s| s.matches = matching(false, Some(places(all)))).await),
    ];
    for (symbol, outcome) in cases {
        let text = outcome.expect_err(symbol);
        assert!(text.contains(&format!("{symbol}:")), "{symbol} in {text}");
    }
    let world = World::with(|options| options.quotas.pool_sets_per_load_balancer = 0).await;
    let pool = world.pool("web").await;
    let one = PoolSet { fixed_response: Some(FixedResponse::default()), ..Default::default() };
    let balancer = LoadBalancer { pool_sets: vec![one], ..balancer(Scope::Zone(world.zone), "a.example.com", pool.id) };
    let Err(Rejection::Invalid(complaints)) = world.put(balancer).await else { panic!("one too many") };
    assert!(complaints.to_string().contains("POOL_SETS_TOO_LARGE:"));
}

#[tokio::test]
async fn pool_sets_that_fit_are_accepted() {
    set(|_| {}).await.unwrap();
    set(|s| s.matches = Some(PoolSetMatch { default: true, topology: None })).await.unwrap();
    let topology = PoolSetTopology {
        pops: Some(vec!["LCL".into()]),
        countries: Some(vec!["DE".into(), "FR".into()]),
        regions: Some(vec!["WEU".into()]),
    };
    set(|s| s.matches = Some(PoolSetMatch { default: false, topology: Some(topology) })).await.unwrap();
    set(|s| (s.overrides, s.fixed_response) = (None, Some(FixedResponse::default()))).await.unwrap();
}

#[tokio::test]
async fn pool_sets_are_checked_in_detail() {
    let twice = PoolSetTopology { countries: Some(vec!["DE".into(), "DE".into()]), ..Default::default() };
    let text = set(|s| s.matches = Some(PoolSetMatch { default: false, topology: Some(twice) })).await.unwrap_err();
    assert!(text.starts_with("pool_sets[0].match.topology.countries[1]: "), "{text}");
    let text = set(|s| s.name = "x".repeat(201)).await.unwrap_err();
    assert!(text.starts_with("pool_sets[0].name: "), "{text}");
    let geo = |s: &mut PoolSet| s.overrides.as_mut().unwrap().steering_policy = Some(SteeringPolicy::Geo);
    assert!(set(geo).await.unwrap_err().starts_with("pool_sets[0].overrides.steering_policy: "));
    assert!(set(|s| s.fixed_response = Some(FixedResponse::default())).await.is_err(), "it chooses and answers");
}
