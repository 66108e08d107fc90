"""Load balancers of zones and accounts."""

import pytest
from cloudflare import BadRequestError, NotFoundError


@pytest.fixture(params=["zone", "account"])
def home(request, zone, account_id):
    """What the client calls the owner of a load balancer."""
    return {"zone_id": zone.id} if request.param == "zone" else {"account_id": account_id}


# LB-5: PATCH changes what is supplied
# LB-6: PUT resets what is left out
# LB-7: DELETE gives the id
def test_a_load_balancer_is_created_read_changed_and_deleted(client, home, zone, make_pool):
    first, last = make_pool("-a").id, make_pool("-b").id
    balancers, host = client.load_balancers, f"www.{zone.name}"
    made = balancers.create(**home, name=host, default_pools=[first, last], fallback_pool=last, description="d")
    assert (made.name, made.default_pools, made.fallback_pool) == (host, [first, last], last)
    assert (made.enabled, made.proxied, made.steering_policy, made.session_affinity) == (True, False, "", "none")
    assert made.zone_name == (zone.name if "zone_id" in home else None)
    assert balancers.get(made.id, **home) == made
    assert made.id in [balancer.id for balancer in balancers.list(**home)]
    edited = balancers.edit(made.id, **home, steering_policy="random", random_steering={"default_weight": 0.5})
    assert (edited.steering_policy, edited.random_steering.default_weight) == ("random", 0.5)
    assert edited.description == "d"
    updated = balancers.update(made.id, **home, name=host, default_pools=[last], fallback_pool=first)
    assert (updated.description, updated.steering_policy, updated.random_steering) == ("", "", None)
    assert (updated.default_pools, updated.fallback_pool) == ([last], first)
    assert balancers.delete(made.id, **home).id == made.id
    with pytest.raises(NotFoundError):
        balancers.get(made.id, **home)


def test_everything_that_a_load_balancer_can_say_comes_back(client, zone, make_pool):
    a, b = make_pool("-a").id, make_pool("-b").id
    said = {
        "name": f"full.{zone.name}",
        "default_pools": [a, b],
        "fallback_pool": b,
        "description": "full",
        "enabled": False,
        "proxied": True,
        "ttl": 60.0,
        "steering_policy": "geo",
        "region_pools": {"WEU": [a, b]},
        "country_pools": {"US": [a]},
        "pop_pools": {"LAX": [b]},
        "random_steering": {"default_weight": 0.2, "pool_weights": {a: 0.5}},
        "location_strategy": {"prefer_ecs": "always", "mode": "resolver_ip"},
        "adaptive_routing": {"failover_across_pools": True},
        "session_affinity": "cookie",
        "session_affinity_ttl": 5000.0,
        "session_affinity_attributes": {
            "samesite": "Lax", "secure": "Always", "drain_duration": 100.0, "zero_downtime_failover": "sticky",
            "headers": [], "require_all_headers": False,
        },
        "rules": [
            {
                "name": "blog", "condition": 'http.request.uri.path contains "/blog"', "priority": 10,
                "disabled": False, "terminates": False,
                "overrides": {"pools": [b], "session_affinity": "none", "ttl": 45.0},
            },
            {
                "name": "closed", "condition": "", "priority": 20, "disabled": True, "terminates": True,
                "fixed_response": {"status_code": 503, "message_body": "closed", "content_type": "text/plain"},
            },
        ],
        "pool_sets": [
            {
                "name": "europe", "disabled": False,
                "match": {"default": False, "topology": {"regions": ["WEU"]}},
                "overrides": {"pools": [a], "fallback_pool": b},
            }
        ],
        "networks": ["cloudflare"],
    }
    # The SDK's types know `pool_sets`, but its methods take no such argument.
    known = {member: value for member, value in said.items() if member != "pool_sets"}
    made = client.load_balancers.create(zone_id=zone.id, **known, extra_body={"pool_sets": said["pool_sets"]})
    seen = made.to_dict(exclude_none=True)
    assert {member: seen[member] for member in said} == said


# LB-24: name, default pools and fallback pool are required
@pytest.mark.parametrize("missing", ["name", "default_pools", "fallback_pool"])
def test_a_load_balancer_needs_its_three_members(raw, zone, make_pool, missing):
    pool = make_pool().id
    body = {"name": f"www.{zone.name}", "default_pools": [pool], "fallback_pool": pool}
    del body[missing]
    with pytest.raises(BadRequestError) as refused:
        raw("post", f"/zones/{zone.id}/load_balancers", body)
    assert refused.value.errors[0].source.pointer == f"/{missing}"


# LB-25: pools must exist
# LB-26: the time of a session by cookie has bounds
# LB-27: and that of one by header others, and it needs headers
# LB-28: SameSite=None without Secure is refused
# LB-29: a sticky failover does not go with headers
@pytest.mark.parametrize(
    "fields",
    [
        {"default_pools": ["0" * 32]},
        {"session_affinity": "cookie", "session_affinity_ttl": 1799},
        {"session_affinity": "cookie", "session_affinity_ttl": 604801},
        {"session_affinity": "header", "session_affinity_ttl": 1800},
        {
            "session_affinity": "header", "session_affinity_ttl": 3601,
            "session_affinity_attributes": {"headers": ["X-User"]},
        },
        {"session_affinity": "cookie", "session_affinity_attributes": {"samesite": "None", "secure": "Never"}},
        {
            "session_affinity": "header",
            "session_affinity_attributes": {"headers": ["X-User"], "zero_downtime_failover": "sticky"},
        },
    ],
)
def test_a_load_balancer_that_makes_no_sense_is_refused(client, zone, make_pool, fields):
    pool = make_pool().id
    fields = {"default_pools": [pool], "fallback_pool": pool, "proxied": True, **fields}
    with pytest.raises(BadRequestError) as refused:
        client.load_balancers.create(zone_id=zone.id, name=f"www.{zone.name}", **fields)
    assert {error.code for error in refused.value.errors} == {1002}


# LB-45: null leaves pool sets, an empty list clears them
# LB-46: a set that means nothing is refused by name
def test_pool_sets(client, zone, make_pool):
    pool = make_pool().id
    sets = [{"name": "all", "overrides": {"pools": [pool]}}]
    made = client.load_balancers.create(zone_id=zone.id, name=zone.name, default_pools=[pool], fallback_pool=pool)

    def edit(sets):
        # The SDK's types know `pool_sets`, but its methods take no such argument.
        return client.load_balancers.edit(made.id, zone_id=zone.id, extra_body={"pool_sets": sets})

    assert edit(sets).pool_sets[0].overrides.pools == [pool]
    assert edit(None).pool_sets[0].name == "all"
    for wrong, label in [
        ({"name": "x"}, "POOL_SET_NO_INTENT"),
        ({"name": "x", "match": {}, "overrides": {"pools": [pool]}}, "POOL_SET_EMPTY_MATCH"),
        (
            {"name": "x", "match": {"default": True, "topology": {"countries": ["FR"]}},
             "overrides": {"pools": [pool]}},
            "POOL_SET_DEFAULT_WITH_MATCH",
        ),
    ]:
        with pytest.raises(BadRequestError) as refused:
            edit([wrong])
        assert label in refused.value.errors[0].message
    assert edit([]).pool_sets == []


def test_what_is_not_in_force_is_named(client, zone, make_pool):
    pool = make_pool().id
    reply = client.load_balancers.with_raw_response.create(
        zone_id=zone.id, name=zone.name, default_pools=[pool], fallback_pool=pool, proxied=True, steering_policy="geo"
    )
    notes = reply.http_response.json()["messages"]
    assert len(notes) == 1 and "`steering_policy` is stored but not in force" in notes[0]["message"]
    assert reply.parse().steering_policy == "geo"
