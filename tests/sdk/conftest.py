"""One server for all tests; each test makes what it needs under names of its own and leaves the rest alone."""

import itertools
import time

import pytest
from cloudflare import Cloudflare
from origin import Origin
from server import TOKEN, Server

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("data"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(server):
    """The official client, told to refuse every answer that does not fit its types."""
    with Cloudflare(base_url=server.api, api_token=TOKEN, _strict_response_validation=True) as client:
        yield client


@pytest.fixture(scope="session")
def account_id(client):
    """The account that a first start makes."""
    accounts = list(client.accounts.list())
    assert len(accounts) == 1
    return accounts[0].id


@pytest.fixture
def name():
    """A name that no other test has."""
    return f"test-{next(NUMBERS)}"


@pytest.fixture
def zone(client, account_id, name):
    return client.zones.create(account={"id": account_id}, name=f"{name}.example")


@pytest.fixture
def make_pool(client, account_id, name):
    """Makes pools, with an endpoint that nobody asks unless a test says otherwise."""

    def make(suffix="", **fields):
        fields = {"origins": [{"name": "one", "address": "192.0.2.1"}], **fields}
        return client.load_balancers.pools.create(account_id=account_id, name=f"{name}{suffix}", **fields)

    return make


@pytest.fixture
def make_origin():
    """Makes origins, and closes them at the end."""
    origins = []

    def make(name):
        origins.append(Origin(name))
        return origins[-1]

    yield make
    for origin in origins:
        origin.close()


@pytest.fixture
def eventually():
    """Asks again and again until there is an answer that says something."""

    def ask(question, within=15.0):
        end = time.monotonic() + within
        while True:
            if answer := question():
                return answer
            assert time.monotonic() < end, f"not within {within} s"
            time.sleep(0.05)

    return ask


@pytest.fixture
def raw(client):
    """Calls without a method in the SDK, or whose type in the SDK is known to be wrong: the result as plain JSON."""

    def call(verb, path, body=None, query=None):
        options = {"params": query} if query else {}
        method = getattr(client, verb)
        reply = method(path, cast_to=object, body=body, options=options) if body is not None else method(
            path, cast_to=object, options=options
        )
        assert reply["success"] is True and reply["errors"] == []
        return reply["result"]

    return call
