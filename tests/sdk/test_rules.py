"""Custom rules: conditions that are refused, and what a visitor gets from those that apply."""

import http.client

import pytest
from cloudflare import BadRequestError


def fetch(server, host, path):
    """One GET through the edge; the status, the fields and the body."""
    connection = http.client.HTTPConnection(server.http.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode()
    finally:
        connection.close()


# LB-104: a fixed response is the answer
# LB-105: a disabled rule has no effect
# LB-106: a path chooses other pools
def test_a_fixed_response_and_an_override_of_pools(client, server, zone, make_pool, make_origin, name):
    first, second = make_origin(f"{name}-first"), make_origin(f"{name}-second")
    usual = make_pool("-usual", origins=[first.as_origin()]).id
    blog = make_pool("-blog", origins=[second.as_origin()]).id
    rules = [
        {"name": "blog", "condition": 'http.request.uri.path contains "/blog"', "overrides": {"pools": [blog]}},
        {
            "name": "closed", "condition": 'http.request.uri.path eq "/closed"',
            "fixed_response": {
                "status_code": 503, "message_body": "closed for today", "content_type": "text/plain",
                "location": "/open",
            },
        },
    ]
    made = client.load_balancers.create(
        zone_id=zone.id, name=zone.name, default_pools=[usual], fallback_pool=usual, proxied=True, rules=rules
    )
    assert [rule.terminates for rule in made.rules] == [False, True], "an answer ends the evaluation"
    status, fields, body = fetch(server, zone.name, "/closed")
    assert (status, body) == (503, "closed for today")
    assert (fields["content-type"], fields["location"]) == ("text/plain", "/open")
    assert fetch(server, zone.name, "/blog/x")[2] == second.name
    assert fetch(server, zone.name, "/")[2] == first.name

    client.load_balancers.edit(made.id, zone_id=zone.id, rules=[{**rule, "disabled": True} for rule in rules])
    assert fetch(server, zone.name, "/closed")[2] == first.name
    assert fetch(server, zone.name, "/blog/x")[2] == first.name


def test_a_condition_that_means_nothing_is_refused_with_a_way_out(client, zone, make_pool):
    pool = make_pool().id
    with pytest.raises(BadRequestError) as refused:
        client.load_balancers.create(
            zone_id=zone.id, name=zone.name, default_pools=[pool], fallback_pool=pool, proxied=True,
            rules=[{"name": "typo", "condition": 'http.hots eq "a"', "fixed_response": {"status_code": 200}}],
        )
    [error] = refused.value.errors
    assert error.code == 1002
    assert "rules[0].condition: at character 1" in error.message and "did you mean `http.host`?" in error.message
