"""Pools and their endpoints."""

import pytest
from cloudflare import APIStatusError, BadRequestError, NotFoundError


# LB-5: PATCH changes what is supplied
# LB-6: PUT resets what is left out
# LB-7: DELETE gives the id
def test_a_pool_is_created_read_changed_and_deleted(client, account_id, name):
    pools = client.load_balancers.pools
    origin = {"name": "one", "address": "192.0.2.1", "port": 8443, "weight": 0.25, "header": {"Host": ["a.example"]}}
    made = pools.create(account_id=account_id, name=name, origins=[origin], description="d", minimum_origins=2)
    assert (made.name, made.minimum_origins, made.origin_steering.policy) == (name, 2, "random")
    assert (made.load_shedding, made.notification_filter, made.check_regions, made.health_sources) == (None,) * 4
    seen = made.origins[0]
    assert (seen.port, seen.weight, seen.header.host, seen.enabled) == (8443, 0.25, ["a.example"], True)
    assert pools.get(made.id, account_id=account_id) == made
    edited = pools.edit(made.id, account_id=account_id, description="edited")
    assert (edited.description, edited.origins, edited.minimum_origins) == ("edited", made.origins, 2)
    updated = pools.update(made.id, account_id=account_id, name=name, origins=[origin])
    assert (updated.description, updated.minimum_origins) == ("", 1)
    assert pools.delete(made.id, account_id=account_id).id == made.id
    with pytest.raises(NotFoundError):
        pools.get(made.id, account_id=account_id)


# LB-14: a pool needs endpoints
# LB-15: a name has letters, digits, - and _
# LB-18: coordinates come in pairs and in range
# LB-20: a weight is from 0 to 1
@pytest.mark.parametrize(
    "fields",
    [
        {"origins": []},
        {"name": "with space"},
        {"name": "with.dot"},
        {"latitude": 10},
        {"latitude": 91, "longitude": 0},
        {"origins": [{"name": "a", "address": "192.0.2.1", "weight": 1.01}]},
        {"origins": [{"name": "a", "address": "192.0.2.1", "weight": -0.1}]},
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(client, account_id, name, fields):
    fields = {"name": name, "origins": [{"name": "one", "address": "192.0.2.1"}], **fields}
    with pytest.raises(BadRequestError) as refused:
        client.load_balancers.pools.create(account_id=account_id, **fields)
    assert {error.code for error in refused.value.errors} == {1002}


# LB-16: a name is taken once
def test_a_name_is_taken_once(make_pool):
    make_pool()
    with pytest.raises(BadRequestError) as refused:
        make_pool()
    assert refused.value.errors[0].code == 1003


# LB-17: an endpoint is in a pool once
def test_two_ports_of_one_host_are_two_endpoints(make_pool):
    same = [{"name": "a", "address": "192.0.2.1", "port": 1}, {"name": "b", "address": "192.0.2.1", "port": 1}]
    with pytest.raises(BadRequestError):
        make_pool("-same", origins=same)
    same[1]["port"] = 2
    assert len(make_pool("-ports", origins=same).origins) == 2


# LB-21: health sources are regional then global, or nothing
# LB-22: and regional ones need regions
def test_health_sources(client, account_id, make_pool):
    pool = make_pool(extra_body={"check_regions": ["WEU", "ENAM"]})
    assert pool.check_regions == ["WEU", "ENAM"]
    edit = client.load_balancers.pools.edit
    regional = edit(pool.id, account_id=account_id, health_sources=["regional", "global"])
    assert regional.health_sources == ["regional", "global"]
    for wrong in (["regional"], ["global", "regional"], ["local", "global"]):
        with pytest.raises(BadRequestError):
            edit(pool.id, account_id=account_id, health_sources=wrong)
    with pytest.raises(BadRequestError):
        edit(pool.id, account_id=account_id, check_regions=None)
    assert edit(pool.id, account_id=account_id, health_sources=None, check_regions=None).health_sources is None


# LB-23: what is disabled says since when
def test_what_is_disabled_says_since_when(client, account_id, make_pool):
    pool = make_pool(enabled=False, origins=[{"name": "a", "address": "192.0.2.1", "enabled": False}])
    assert pool.disabled_at and pool.origins[0].disabled_at
    on = [{"name": "a", "address": "192.0.2.1", "enabled": True}]
    pool = client.load_balancers.pools.edit(pool.id, account_id=account_id, enabled=True, origins=on)
    assert (pool.disabled_at, pool.origins[0].disabled_at) == (None, None)


# LB-33: a list can be narrowed to a monitor
def test_a_list_can_be_narrowed_to_a_monitor(client, account_id, make_pool):
    monitor = client.load_balancers.monitors.create(account_id=account_id, type="tcp", port=80)
    pool = make_pool(monitor=monitor.id)
    make_pool("-other")
    listed = client.load_balancers.pools.list(account_id=account_id, monitor=monitor.id)
    assert [found.id for found in listed] == [pool.id]
    [referrer] = client.load_balancers.monitors.references.get(monitor.id, account_id=account_id)
    assert (referrer.reference_type, referrer.resource_type, referrer.resource_id) == ("referrer", "pool", pool.id)


# LB-34: the bulk edit takes the first 25 pools by name
# LB-35: and nothing but the reset of the e-mail
def test_the_bulk_reset_takes_the_first_25_by_name(client, account_id, make_pool):
    for number in range(30):
        make_pool(f"-{number:02}", notification_email="a@example.com")
    pools = client.load_balancers.pools
    affected = list(pools.bulk_edit(account_id=account_id, notification_email=""))
    names = sorted(pool.name for pool in pools.list(account_id=account_id))
    assert [pool.name for pool in affected] == names[:25]
    assert all(pool.notification_email == "" for pool in affected)
    everything = pools.bulk_edit(account_id=account_id, notification_email="", extra_query={"per_page": 1000})
    assert len(list(everything)) == len(names)
    with pytest.raises(BadRequestError):
        pools.bulk_edit(account_id=account_id, notification_email="b@example.com")


def test_everything_that_a_pool_can_say_comes_back(client, account_id, make_pool):
    said = {
        "load_shedding": {"default_percent": 5.5, "default_policy": "hash", "session_percent": 1.0,
                          "session_policy": "hash"},
        "notification_filter": {"pool": {"disable": False, "healthy": False}, "origin": {"disable": True}},
        "origin_steering": {"policy": "hash"},
        "latitude": 52.5,
        "longitude": 13.4,
        "notification_email": "a@example.com,b@example.com",
    }
    pool = make_pool(**said)
    seen = pool.to_dict(exclude_none=True)
    assert {member: seen[member] for member in said} == said
    cleared = client.load_balancers.pools.edit(
        pool.id, account_id=account_id, load_shedding=None, notification_filter=None
    )
    assert (cleared.load_shedding, cleared.notification_filter) == (None, None)


# LB-30: a pool that is in use stays
# LB-36: references name who points here
def test_a_pool_in_use_stays_and_names_its_users(client, account_id, zone, make_pool):
    pool = make_pool()
    balancer = client.load_balancers.create(
        zone_id=zone.id, name=f"www.{zone.name}", default_pools=[pool.id], fallback_pool=pool.id
    )
    with pytest.raises(APIStatusError) as refused:
        client.load_balancers.pools.delete(pool.id, account_id=account_id)
    assert (refused.value.status_code, refused.value.errors[0].code) == (412, 1005)
    assert balancer.name in refused.value.errors[0].message
    referrers = list(client.load_balancers.pools.references.get(pool.id, account_id=account_id))
    assert [(found.reference_type, found.resource_type, found.resource_id, found.resource_name) for found in referrers] == [
        ("referrer", "load_balancer", balancer.id, balancer.name)
    ]
    assert client.load_balancers.pools.get(pool.id, account_id=account_id).id == pool.id
