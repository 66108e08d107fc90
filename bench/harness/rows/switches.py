"""What features that can be switched cost per request."""

from .. import bellwether
from ..contestants import of_bellwether
from ..loads import wrk
from ..table import middle, spread, table

NAME = "switches"
TITLE = "Features on and off"


def variants(bench):
    """By name: what differs from the defaults, as options of `Running` and of `provision`."""
    one = [("127.0.0.1", bench.origin.port)]
    many = [(f"127.4.0.{number + 1}", bench.origin.port) for number in range(10)]
    return {
        "as configured by default": ({}, {"endpoints": one}),
        "access log off": ({"access": "off"}, {"endpoints": one}),
        "stories of successes off": ({"sample_every": 0}, {"endpoints": one}),
        "access log and stories off": ({"access": "off", "sample_every": 0}, {"endpoints": one}),
        "ten endpoints, at random": ({}, {"endpoints": many}),
        "ten endpoints, by hash of the address": (
            {}, {"endpoints": many, "pool": {"origin_steering": {"policy": "hash"}}}),
        "steering of pools at random": ({}, {"endpoints": one, "balancer": {"steering_policy": "random"}}),
        "ten rules that do not match": ({}, {"endpoints": one, "balancer": {"rules": [
            {"name": f"rule {number}", "condition": f'starts_with(http.request.uri.path, "/section-{number}/")',
             "fixed_response": {"status_code": 404}} for number in range(10)]}}),
        "one rule that overrides pools": ({}, {"endpoints": one, "balancer": lambda pool: {"rules": [
            {"name": "all", "condition": 'http.request.method in { "GET" "HEAD" }', "overrides": {"pools": [pool]}}]}}),
    }


def measure(bench):
    contestants = []
    try:
        for number, (name, (options, provision)) in enumerate(variants(bench).items()):
            running = bellwether.Running(bench.work, f"switch-{number}", **options)
            running.api.provision(**provision)
            contestants.append(of_bellwether(name, running))
        return {"": bench.in_turn(contestants, wrk, bench.short)}
    finally:
        for contestant in contestants:
            contestant.server.stop()


def markdown(record):
    samples = record["cases"][""]
    base = middle(next(iter(samples.values())), "cpu")
    rows = [[name, spread(taken, "cpu"), f"{middle(taken, 'cpu') - base:+.1f}"] for name, taken in samples.items()]
    return ("Bellwether alone, 64 connections, answers of 107 bytes.\n\n"
            + table(["variant", "CPU us/request", "difference"], rows))
