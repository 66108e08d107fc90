"""Bellwether as a contestant: started, and told by its API what to balance."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

from . import machine
from .process import Server
from .template import fill

TOKEN = "bench-token-with-more-than-forty-characters"
HOST = "www.bench.test"


class Api:
    """The management API, as any client speaks it."""

    def __init__(self, address):
        self.address = address

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.address + path, method=method)
        request.data = json.dumps(body).encode() if body is not None else None
        request.add_header("Authorization", f"Bearer {TOKEN}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.read().decode()}")

    def balancers(self):
        return f"/accounts/{self.call('GET', '/accounts')[0]['id']}/load_balancers"

    def provision(self, endpoints, monitor=None, pool=None, balancer=None):
        """A load balancer for HOST over one pool of `endpoints`. Tells the ids of what was made. What the load balancer
        has besides may depend on the pool: then `balancer` is a function of its id."""
        account = self.call("GET", "/accounts")[0]["id"]
        zone = self.call("POST", "/zones", {"name": "bench.test", "account": {"id": account}})["id"]
        # What comes over TLS goes on in plain, as with the peers.
        self.call("PATCH", f"/zones/{zone}/settings/ssl", {"value": "flexible"})
        checks = {"type": "http", "interval": 60, "retries": 0, **(monitor or {})}
        monitor_id = self.call("POST", f"{self.balancers()}/monitors", checks)["id"]
        origins = [{"name": f"endpoint-{number}", "address": address, "port": port}
                   for number, (address, port) in enumerate(endpoints)]
        pool_id = self.call("POST", f"{self.balancers()}/pools",
                            {"name": "bench", "monitor": monitor_id, "origins": origins, **(pool or {})})["id"]
        balancer_id = self.call("POST", f"/zones/{zone}/load_balancers", {
            "name": HOST, "default_pools": [pool_id], "fallback_pool": pool_id, "proxied": True,
            **(balancer(pool_id) if callable(balancer) else balancer or {})})["id"]
        self.wait_for_health(pool_id)
        return {"zone": zone, "monitor": monitor_id, "pool": pool_id, "load_balancer": balancer_id}

    def wait_for_health(self, pool, seconds=20):
        """Until the first checks are in, so that nothing is steered by guesses."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            places = self.call("GET", f"{self.balancers()}/pools/{pool}/health")["pop_health"]
            endpoints = [state for place in places.values() for origin in place["origins"] for state in origin.values()]
            if endpoints and all(state["healthy"] for state in endpoints):
                return
            time.sleep(0.1)
        sys.exit(f"the endpoints of pool {pool} are not healthy after {seconds} s")

    def metric(self, name, label=""):
        """The value of a metric, summed over those of its series that have this label, such as `usable="false"`."""
        text = urllib.request.urlopen(self.address.removesuffix("/client/v4") + "/metrics").read().decode()
        series = re.findall(rf"^{name}({{[^}}]*}})? (\S+)$", text, re.M)
        return sum(float(value) for labels, value in series if label in labels)


class Running:
    """A started Bellwether."""

    def __init__(self, work, name="bellwether", access=None, sample_every=1000):
        home = work / name
        home.mkdir(exist_ok=True)
        self.access_log = home / "access.log"
        self.data = home / "data"
        config = fill(machine.PEERS / "bellwether/bellwether.toml", home / "bellwether.toml",
                      ACCESS=access or self.access_log, SAMPLE_EVERY=sample_every)
        self.server = Server([machine.bellwether(), "serve", "--config", config, "--data-dir", self.data],
                             stdout=subprocess.PIPE, env={**os.environ, "BELLWETHER_API_TOKEN": TOKEN})
        ready = self.server.processes[0].stdout.readline().decode()
        found = dict(part.split("=", 1) for part in ready.split() if "=" in part)
        if "http" not in found:
            self.server.fail(f"bellwether is not ready: {ready!r}")
        self.http, self.https = (int(found[key].rsplit(":", 1)[1]) for key in ("http", "https"))
        self.api = Api(found["api"])
