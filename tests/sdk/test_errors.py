"""What the client's own error classes make of our failures."""

import cloudflare
import pytest
from cloudflare import AuthenticationError, BadRequestError, Cloudflare, NotFoundError


# LB-10: without the right token nothing is told
def test_a_wrong_token_is_an_authentication_error(server):
    with Cloudflare(base_url=server.api, api_token="wrong") as stranger:
        with pytest.raises(AuthenticationError) as refused:
            stranger.accounts.list()
    assert refused.value.response.headers["www-authenticate"].startswith("Bearer")


def test_an_email_and_a_key_are_refused_clearly(server):
    with Cloudflare(base_url=server.api, api_email="a@example.com", api_key="0" * 32) as stranger:
        with pytest.raises(AuthenticationError) as refused:
            stranger.accounts.list()
    assert "keys" in refused.value.errors[0].message


# LB-2: a failure has numbered errors and no result
def test_every_complaint_comes_at_once(client, account_id):
    origins = [{"name": "a", "address": "", "weight": 2}, {"name": "b", "address": "not a host", "port": 70000}]
    with pytest.raises(BadRequestError) as refused:
        client.load_balancers.pools.create(account_id=account_id, name="bad name", origins=origins)
    body = refused.value.response.json()
    assert (body["success"], body["result"]) == (False, None)
    pointers = {error.source.pointer for error in refused.value.errors}
    expected = {"/name", "/origins/0/address", "/origins/0/weight", "/origins/1/address", "/origins/1/port"}
    assert expected <= pointers


# LB-9: an unknown id is not found
def test_an_unknown_id_is_a_not_found_error(client, account_id):
    with pytest.raises(NotFoundError) as refused:
        client.load_balancers.pools.get("0" * 32, account_id=account_id)
    assert isinstance(refused.value, cloudflare.APIStatusError)
    assert refused.value.errors[0].code == 7003


def test_answers_say_how_much_is_left(client):
    headers = client.accounts.with_raw_response.list().headers
    assert headers["x-ratelimit-limit"] == "1200"
    assert int(headers["x-ratelimit-remaining"]) < 1200
