"""The whole way with real origins: health, previews, events, and traffic that never notices."""

import http.client
import time

import pytest
from cloudflare import NotFoundError


@pytest.fixture
def fast_monitor(client, account_id):
    """A monitor that finds things out within about a second."""
    return client.load_balancers.monitors.create(
        account_id=account_id, type="http", interval=2, load_balancer_monitor_timeout=1, retries=0
    )


@pytest.fixture
def health_of(raw, account_id):
    """Pool health as the service really sends it: `pop_health` is a map by data center. The SDK's type for it, one
    object without the name of the data center, fits no answer that the service has ever been seen to give."""

    def health(pool):
        result = raw("get", f"/accounts/{account_id}/load_balancers/pools/{pool.id}/health")
        assert result["pool_id"] == pool.id
        found = {}
        for pop in result["pop_health"].values():
            for entry in pop["origins"]:
                [(address, seen)] = entry.items()
                found[address] = seen
        return found

    return health


def address(origin):
    return f"127.0.0.1:{origin.port}"


# LB-38: health is a map of data centers with one-key entries by address
# LB-39: a healthy endpoint has no failures and a round trip in ms
def test_health_is_shown_by_address(
    client, account_id, make_pool, make_origin, fast_monitor, health_of, eventually, name
):
    good, bad = make_origin(f"{name}-good"), make_origin(f"{name}-bad")
    bad.status = 500
    pool = make_pool(origins=[good.as_origin(), bad.as_origin()], monitor=fast_monitor.id)
    health = eventually(lambda: (seen := health_of(pool)) and len(seen) == 2 and seen)
    up, down = health[address(good)], health[address(bad)]
    assert (up["healthy"], up["failure_reason"], up["response_code"]) == (True, "No failures", 200)
    assert up["rtt"].endswith("ms") and float(up["rtt"].removesuffix("ms")) >= 0
    assert (down["healthy"], down["response_code"]) == (False, 500)
    assert down["failure_reason"] == "Response code mismatch error"
    assert client.load_balancers.pools.health.get(pool.id, account_id=account_id).pool_id == pool.id


def test_a_pool_without_a_monitor_has_no_health(client, account_id, make_pool):
    with pytest.raises(NotFoundError) as refused:
        client.load_balancers.pools.health.get(make_pool().id, account_id=account_id)
    assert "Health info unavailable" in refused.value.errors[0].message


# LB-37: a preview probes and stores nothing
def test_previews_of_a_pool_and_of_a_monitor(
    client, account_id, make_pool, make_origin, fast_monitor, eventually, name
):
    origin = make_origin(name)
    pool = make_pool(origins=[origin.as_origin()], monitor=fast_monitor.id)
    of_pool = client.load_balancers.pools.health.create(pool.id, account_id=account_id, expected_codes="418")
    of_monitor = client.load_balancers.monitors.previews.create(
        fast_monitor.id, account_id=account_id, expected_codes="200"
    )
    for preview, healthy in [(of_pool, False), (of_monitor, True)]:
        assert preview.pools == {pool.id: pool.name}

        def result(preview=preview):
            seen = client.load_balancers.previews.get(preview.preview_id, account_id=account_id)[pool.id]
            return seen if seen.healthy is not None else None

        seen = eventually(result)
        assert seen.healthy is healthy
        assert seen.origins[0][address(origin)].response_code == 200
    assert client.load_balancers.monitors.get(fast_monitor.id, account_id=account_id) == fast_monitor


# LB-40: a change is one event
# LB-41: and events are filtered. The SDK has no method for them.
def test_a_failing_endpoint_is_one_event_with_its_reason(
    raw, make_pool, make_origin, fast_monitor, health_of, eventually, name
):
    origin = make_origin(name)
    pool = make_pool(origins=[origin.as_origin()], monitor=fast_monitor.id)
    eventually(lambda: health_of(pool).get(address(origin), {}).get("healthy"))

    def events(**query):
        return raw("get", "/user/load_balancing_analytics/events", query={"pool_id": pool.id, **query})

    origin.status = 503
    [event] = eventually(lambda: events(origin_healthy="false"))
    assert (event["pool"]["name"], event["pool"]["healthy"], event["pool"]["changed"]) == (pool.name, False, True)
    [seen] = event["origins"]
    assert (seen["name"], seen["changed"], seen["failure_reason"]) == (name, True, "Response code mismatch error")
    assert seen["reason"]["id"] == "status_mismatch" and seen["reason"]["remedy"]
    [data_center] = seen["data_centers"]
    assert (data_center["evidence"]["status"], data_center["healthy"]) == (503, False)
    assert data_center["timings"]["total_ms"] > 0

    probed_again = time.monotonic() + 2 * fast_monitor.interval
    eventually(lambda: time.monotonic() > probed_again)
    assert events(origin_healthy="false") == [event], "the same result again is no event"
    assert events(until=event["timestamp"], since=event["timestamp"]) == [event]
    assert events(pool_name="other") == [] and events(origin_name="other") == []
    assert events(pool_healthy="true", origin_healthy="false") == []


def stories(raw):
    return raw("get", "/bellwether/stories", query={"limit": 100})


def fetch(server, host):
    """One GET through the edge; the status and the body."""
    connection = http.client.HTTPConnection(server.http.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": host})
        reply = connection.getresponse()
        return reply.status, reply.read().decode(), {name.upper(): value for name, value in reply.getheaders()}
    finally:
        connection.close()


def test_traffic_reaches_both_origins_and_does_not_notice_when_one_goes(
    client, server, raw, zone, make_pool, make_origin, fast_monitor, health_of, eventually, name
):
    stays, goes = make_origin(f"{name}-stays"), make_origin(f"{name}-goes")
    pool = make_pool(origins=[stays.as_origin(), goes.as_origin()], monitor=fast_monitor.id)
    host = f"www.{zone.name}"
    client.load_balancers.create(
        zone_id=zone.id, name=host, default_pools=[pool.id], fallback_pool=pool.id, proxied=True
    )
    eventually(lambda: sum(seen["healthy"] for seen in health_of(pool).values()) == 2)
    reached = set()
    eventually(lambda: reached.add(fetch(server, host)[1]) or len(reached) == 2)
    assert reached == {stays.name, goes.name}

    goes.close()
    down = lambda: not health_of(pool)[address(goes)]["healthy"]  # noqa: E731
    end = time.monotonic() + fast_monitor.interval + fast_monitor.timeout + 2
    while not down():
        status, body, _ = fetch(server, host)
        assert (status, body) == (200, stays.name) or (status, body) == (200, goes.name)
        assert time.monotonic() < end, "it is still in rotation"
    assert {fetch(server, host)[1] for _ in range(20)} == {stays.name}

    stays.close()
    status, _, headers = fetch(server, host)
    assert status == 521
    ray = headers["CF-RAY"]
    # A story is written down when its request is over, which the visitor may know first.
    story = eventually(lambda: next((seen for seen in stories(raw) if ray.startswith(seen["ray_id"])), None))
    story = raw("get", f"/bellwether/stories/{story['ray_id']}")
    assert (story["status"], story["host"]) == (521, host)
    assert story["reason"]["id"] == "tcp_refused"
    assert story["attempts"] and "521" in story["text"]
