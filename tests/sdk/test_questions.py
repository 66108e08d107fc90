"""Search, usage, regions, and the paths of older clients."""

import pytest
from cloudflare import BadRequestError


# LB-42: search finds the three kinds by a part of the name
def test_search_finds_the_three_kinds(client, account_id, zone, name, make_pool):
    pool = make_pool("-web").id
    client.load_balancers.monitors.create(account_id=account_id, type="http", description=f"{name}-WEB monitor")
    client.load_balancers.create(
        zone_id=zone.id, name=f"{name}-web.{zone.name}", default_pools=[pool], fallback_pool=pool
    )
    # The SDK's pager looks for `result.items`, which the service has never sent; the page itself has the result.
    found = client.load_balancers.searches.with_raw_response.list(
        account_id=account_id, query=f"{name}-web", references="referrer"
    ).http_response.json()
    kinds = [resource["resource_type"] for resource in found["result"]["resources"]]
    assert kinds == ["load_balancer", "monitor", "pool"]
    assert found["result"]["resources"][2]["references"][0]["resource_type"] == "load_balancer"
    assert found["result_info"]["per_page"] == 25
    assert list(client.load_balancers.searches.list(account_id=account_id, query="none")) == []
    with pytest.raises(BadRequestError):
        client.load_balancers.searches.list(account_id=account_id, per_page=1001)


# LB-43: regions are found by country
def test_regions_are_found_by_country(client, account_id):
    regions = client.load_balancers.regions
    found = regions.list(account_id=account_id, country_code_a2="US")["regions"]
    assert [region["region_code"] for region in found] == ["WNAM", "ENAM"]
    for region in found:
        [us] = [country for country in region["countries"] if country["country_code_a2"] == "US"]
        assert us["country_subdivisions"]
    [weu] = regions.list(account_id=account_id, country_code_a2="FR")["regions"]
    [france] = [country for country in weu["countries"] if country["country_code_a2"] == "FR"]
    assert weu["region_code"] == "WEU" and "country_subdivisions" not in france
    [california] = regions.list(account_id=account_id, country_code_a2="US", subdivision_code="CA")["regions"]
    assert california["region_code"] == "WNAM"
    [oceania] = regions.get("OC", account_id=account_id)["regions"]
    assert oceania["region_code"] == "OC"


# LB-44: usage counts everything. The SDK has no method for it.
def test_usage_counts_everything(client, account_id, raw, make_pool):
    usage = f"/accounts/{account_id}/load_balancers/usage"
    before = raw("get", usage)
    make_pool(origins=[{"name": str(n), "address": f"192.0.2.{n}"} for n in range(3)])
    client.load_balancers.monitors.create(account_id=account_id, type="http")
    after = raw("get", usage)
    assert after["pools"] == before["pools"] + 1
    assert after["origins"] == before["origins"] + 3
    assert after["monitors"] == before["monitors"] + 1
    assert after["load_balancers"] == before["load_balancers"]
    assert after["max_origins_per_pool"] >= 3 and after["minimum_monitor_interval"] > 0


def test_older_clients_find_everything_below_the_user(client, account_id, raw, name):
    base = "/user/load_balancers"
    monitor = raw("post", f"{base}/monitors", {"type": "http"})
    assert client.load_balancers.monitors.get(monitor["id"], account_id=account_id).id == monitor["id"]
    assert raw("get", f"{base}/monitors/{monitor['id']}") == monitor
    assert raw("patch", f"{base}/monitors/{monitor['id']}", {"description": "x"})["description"] == "x"
    assert raw("put", f"{base}/monitors/{monitor['id']}", {"type": "https"})["type"] == "https"
    origins = [{"name": "a", "address": "192.0.2.1"}]
    pool = raw("post", f"{base}/pools", {"name": name, "origins": origins, "monitor": monitor["id"]})
    assert pool["id"] in [found["id"] for found in raw("get", f"{base}/pools", query={"monitor": monitor["id"]})]
    assert raw("get", f"{base}/monitors/{monitor['id']}/references")[0]["resource_id"] == pool["id"]
    assert raw("get", f"{base}/pools/{pool['id']}/references")[0]["resource_id"] == monitor["id"]
    assert raw("get", f"{base}/pools/{pool['id']}/health")["pool_id"] == pool["id"]
    preview = raw("post", f"{base}/pools/{pool['id']}/preview", {"expected_codes": "200"})
    assert list(raw("get", f"{base}/preview/{preview['preview_id']}")) == [pool["id"]]
    assert raw("delete", f"{base}/pools/{pool['id']}") == {"id": pool["id"]}
    assert raw("delete", f"{base}/monitors/{monitor['id']}") == {"id": monitor["id"]}
